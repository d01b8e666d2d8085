package broker_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// Deliveries that have to be acknowledged are never dropped, however many a
// broker sends that knows nothing of the prefetch: a dropped one would be held
// back until the connection ends.
func TestNoDeliveryIsDroppedThatHasToBeAcknowledged(t *testing.T) {
	const n = 10_000
	acks := make(chan string, n)
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		switch {
		case f.Command == frame.ACK:
			acks <- f.Header.Get(frame.Id)
		case f.Command == frame.BEGIN && c.sub != "":
			c.receipt(f)
			for i := range n {
				c.message(fmt.Sprint(i), "x")
			}
			c.sub = ""
			return true
		}
		return false
	})
	all := make(chan struct{})
	sub := brokertest.Consume(queue(t, "in"))
	sub.Prefetch = 10
	first := true
	var l *brokertest.Harness
	sub.Handle = func(d *broker.Delivery) {
		if first { // the others pile up behind it
			<-all
			first = false
		}
		d.Ack()
	}
	l = brokertest.Run(t, broker.Config{URLs: []string{s.url()}}, sub)
	require.NoError(t, l.Confirmed(text(t, "q", "x")))
	close(all)
	deadline := time.NewTimer(brokertest.Patience)
	defer deadline.Stop()
	for i := range n {
		select {
		case id := <-acks:
			require.Equal(t, "ack-"+fmt.Sprint(i), id)
		case <-deadline.C:
			t.Fatalf("%d of %d acknowledged", i, n)
		}
	}
	require.Zero(t, l.Stats().Dropped)
	require.Zero(t, l.Stats().Reconnects)
}

// A full window that follows an ERROR frame leaves no goroutine behind (trap 8; the
// package's TestMain looks for goroutines).
func TestErrorAmidAFullWindow(t *testing.T) {
	const window = 5000
	var refused atomic.Int64
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command != frame.BEGIN || c.sub == "" {
			return false
		}
		c.receipt(f)
		c.refuse("enough")
		refused.Add(1)
		for i := range window {
			c.message(fmt.Sprint(i), "x")
		}
		return true
	})
	sub := brokertest.Consume(queue(t, "in"))
	sub.Prefetch = window
	l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}, BackoffMax: 10 * time.Millisecond}, sub)
	require.True(t, wait.Until(brokertest.Patience, func() bool { return refused.Load() > 20 }))
	require.Contains(t, l.Stats().LastError, "enough")
}
