package broker_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// Why a link went down stays to be seen when it is up again at once, as after a
// renewal, which no other error covers.
func TestWhyTheLinkWentDown(t *testing.T) {
	b := startEmbedded(t)
	l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}})
	require.Empty(t, l.Stats().LastError)
	l.Renew()
	err := l.AwaitDown()
	require.True(t, errors.Is(err, broker.ErrLost))
	l.AwaitUp()
	require.Equal(t, err.Error(), l.Stats().LastError)
}

// A connection on which the broker does not take what was sent after the login is
// none, and a link without its connections is never up.
func TestALinkIsUpWhenTheBrokerHasHandledTheLogin(t *testing.T) {
	enough := make(chan struct{})
	var refused, ups atomic.Int64
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command != frame.BEGIN {
			return false
		}
		if refused.Add(1) == 10 {
			close(enough)
		}
		c.refuse("no transactions today")
		return true
	})
	l := startLink(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, OnUp: func() { ups.Add(1) }},
		broker.Subscription{From: queue(t, "in"), Handle: func(d *broker.Delivery) { d.Ack() }})
	wait.Closed(t, enough, "ten tries")
	require.Zero(t, ups.Load())
	require.Contains(t, l.Stats().LastError, "no transactions today")
}
