package broker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// TestStandingStill: a process that stood still handles nothing that its former
// connections brought; the broker delivers it again, over new ones.
func TestStandingStill(t *testing.T) {
	b, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	for name, gated := range map[string]bool{"pair": true, "alone": false} {
		t.Run(name, func(t *testing.T) {
			queue, err := broker.Queue(t.Name())
			require.NoError(t, err)
			publisher := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}})
			sent := make(chan error, 2)
			for _, body := range []string{"one", "two"} {
				require.NoError(t, publisher.Publish(broker.Message{To: queue, Body: body}, func(err error) { sent <- err }))
			}
			require.NoError(t, <-sent)
			require.NoError(t, <-sent)
			got := make(chan *broker.Delivery, 10)
			link := make(chan *broker.Link, 1)
			first := true
			l := runLink(t, b.URL(), broker.Subscription{From: queue, Gated: gated, Handle: func(d *broker.Delivery) {
				if first {
					first = false
					(<-link).StandStill(time.Minute) // and what waits behind this one is not handled
				}
				d.Ack()
				got <- d
			}})
			link <- l
			if gated {
				l.Open()
			}
			one := wait.For(t, got, "delivery")
			require.Equal(t, "one", string(one.Body))
			for {
				d := wait.For(t, got, "delivery")
				if string(d.Body) == "one" { // its acknowledgement was lost with the connection
					continue
				}
				require.True(t, d.Consuming.After(one.Consuming), "it comes over a new connection")
				break
			}
			require.EqualValues(t, 1, l.Stats().Stalls)
			require.Eventually(t, func() bool { return l.Stats().Reconnects == 1 }, brokertest.Patience, time.Millisecond)
		})
	}
}
