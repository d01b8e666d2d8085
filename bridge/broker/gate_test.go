package broker_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// TestGate: a gated subscription consumes while the gate is open. What was not
// acknowledged when it was shut comes again to the next consumer, and the rest
// of the link works on.
func TestGate(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	queue, err := broker.Queue("gated")
	require.NoError(t, err)
	got := make(chan *broker.Delivery, 100)
	var taken []string
	l := runLink(t, amq.URL(), broker.Subscription{From: queue, Gated: true, Exclusive: true, Handle: func(d *broker.Delivery) {
		if string(d.Body) != "left" {
			d.Ack()
		}
		got <- d
	}})
	publish := func(body string) {
		done := make(chan error, 1)
		require.NoError(t, l.Publish(broker.Message{To: queue, Body: body}, func(err error) { done <- err }))
		require.NoError(t, <-done, "publishing does not depend on the gate")
	}
	next := func() string { return string(wait.For(t, got, "delivery").Body) }
	publish("one")
	// A consumer that comes now gets it only if the gated one is not there.
	other := brokertest.Dial(t, amq.URL())
	other.Subscribe(queue.String())
	require.Equal(t, "one", string(other.Expect(frame.MESSAGE).Body))
	require.Empty(t, got, "nothing comes through a shut gate")
	other.Close() // without acknowledging
	l.Open()
	taken = append(taken, next())
	publish("left")
	taken = append(taken, next())
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	l.Shut(ctx)
	require.NoError(t, ctx.Err())
	publish("two")
	require.Empty(t, got)
	l.Open()
	require.Equal(t, []string{"one", "left"}, taken)
	// The broker notices the end of a connection in its own time, so what it
	// delivers again may come behind what is new.
	require.ElementsMatch(t, []string{"left", "two"}, []string{next(), next()})
}

// TestExclusive: of two exclusive consumers the one of the higher priority gets
// everything, also what is over its prefetch, and takes over when it comes later.
func TestExclusive(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	queue, err := broker.Queue("exclusive")
	require.NoError(t, err)
	const n = 50
	low, high := make(chan *broker.Delivery, n), make(chan *broker.Delivery, n)
	l := runLink(t, amq.URL(), broker.Subscription{From: queue, Priority: 100, Exclusive: true, Handle: func(d *broker.Delivery) { low <- d }})
	runLink(t, amq.URL(), broker.Subscription{From: queue, Priority: 127, Exclusive: true, Handle: func(d *broker.Delivery) { high <- d }})
	for range n {
		require.NoError(t, l.Publish(broker.Message{To: queue, Body: "x"}, nil))
	}
	for range n {
		wait.For(t, high, "delivery to the higher priority").Ack() // one by one: its prefetch is full nearly all the time
	}
	require.Empty(t, low)
}

// runLink runs a link with one subscription until the test ends, and returns
// when it is up.
func runLink(t *testing.T, url string, s broker.Subscription) *broker.Link {
	t.Helper()
	up := make(chan struct{}, 10)
	l, err := broker.New(broker.Config{URLs: []string{url}, OnUp: func() { up <- struct{}{} }})
	require.NoError(t, err)
	require.NoError(t, l.Subscribe(s))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	<-up
	return l
}
