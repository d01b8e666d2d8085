package broker_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/brokertest"
)

// Sends without receipt are lost in silence when a connection breaks.
func TestTrap09NothingIsLostWhenConnectionsBreak(t *testing.T) {
	const n = 2000
	var mu sync.Mutex
	var arrived []string
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command != frame.SEND {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		arrived = append(arrived, string(f.Body))
		if len(arrived)%97 == 0 { // in the midst of a batch
			_ = c.Close()
			return true
		}
		return false
	})
	l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}, BackoffMax: 10 * time.Millisecond, ReceiptTimeout: time.Second})
	for i := range n - 1 {
		require.NoError(t, l.Publish(text(t, "q", fmt.Sprint(i)), nil))
	}
	require.NoError(t, l.Confirmed(text(t, "q", fmt.Sprint(n-1))))
	l.Stop()
	mu.Lock()
	defer mu.Unlock()
	next := 0
	for _, body := range arrived {
		var k int
		_, err := fmt.Sscan(body, &k)
		require.NoError(t, err)
		require.LessOrEqual(t, k, next, "gap")
		if k == next {
			next++
		}
	}
	require.Equal(t, n, next)
	require.Greater(t, len(arrived), n)
}

// SUBSCRIBE with a receipt ends the subscription; the link says that it is up
// when a later frame was confirmed.
func TestTrap10SubscribedWithoutReceipt(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	confirm := make(chan struct{})
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		mu.Lock()
		defer mu.Unlock()
		_, asked := f.Header.Contains(frame.Receipt)
		if c.number == 3 && f.Command != frame.ABORT {
			seen = append(seen, fmt.Sprint(f.Command, " ", asked))
		}
		if f.Command == frame.BEGIN && c.sub != "" {
			c.message("1", "hello")
			c.serving.Go(func() {
				select {
				case <-confirm:
					c.receipt(f)
				case <-t.Context().Done():
				}
			})
			return true
		}
		return false
	})
	l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}}, brokertest.Consume(queue(t, "in")))
	require.Equal(t, "hello", string(l.Next().Body))
	require.False(t, l.Up(), "nothing has been confirmed")
	close(confirm)
	l.AwaitUp()
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, []string{"CONNECT false", "SUBSCRIBE false", "BEGIN true"}, seen)
}

// One ERROR frame kills everything on its connection.
func TestTrap11ErrorCostsOneMessage(t *testing.T) {
	var mu sync.Mutex
	var stored []string
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command != frame.SEND {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if string(f.Body) == "poison" {
			c.refuse("not that")
			return true
		}
		stored = append(stored, string(f.Body))
		return false
	})
	var dropped []string
	cfg := broker.Config{URLs: []string{s.url()}, OnDrop: func(m broker.Message, _ error) { dropped = append(dropped, m.Body) }}
	l := brokertest.Run(t, cfg, brokertest.Consume(queue(t, "in")))
	var want []string
	for i := range 200 {
		body := fmt.Sprint(i)
		if i%50 == 25 {
			body = "poison"
		} else {
			want = append(want, body)
		}
		require.NoError(t, l.Publish(text(t, "q", body), nil))
	}
	require.NoError(t, l.Confirmed(text(t, "q", "last")))
	require.ErrorIs(t, l.FragileConfirmed(text(t, "q", "poison")), broker.ErrRefused)
	require.NoError(t, l.FragileConfirmed(text(t, "q", "fine")))
	require.Zero(t, l.Stats().Reconnects, "the consuming connection is the same")
	l.Stop()
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, slices.Repeat([]string{"poison"}, 5), dropped)
	var first []string
	for _, body := range stored {
		if !slices.Contains(first, body) {
			first = append(first, body)
		}
	}
	require.Equal(t, append(want, "last", "fine"), first)
}

// A queue that is full refuses everything: after the third time the messages to
// it no longer cost the connection that all others need.
func TestAFullDestinationDoesNotHoldUpOthers(t *testing.T) {
	var refused atomic.Int64
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command == frame.SEND && f.Header.Get(frame.Destination) == "/queue/full" {
			refused.Add(1)
			c.refuse("memory limit reached")
			return true
		}
		return false
	})
	var dropped atomic.Int64
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, OnDrop: func(broker.Message, error) { dropped.Add(1) }},
		brokertest.Consume(queue(t, "in")))
	const many = 500
	for range many {
		require.NoError(t, l.Publish(text(t, "full", "x"), nil))
	}
	require.NoError(t, l.Confirmed(text(t, "q", "others")))
	require.EqualValues(t, many, dropped.Load())
	require.Less(t, refused.Load(), int64(many/4))
}

// A broker that stops reading blocks who writes without a deadline.
func TestTrap12StalledWriteDropsTheConnection(t *testing.T) {
	var stalled atomic.Bool
	queued, release := make(chan struct{}), make(chan struct{})
	s := newFake(t, func(_ *fakeConn, f *frame.Frame) bool {
		switch {
		case f.Command == frame.CONNECT:
			<-queued // so that all of it is one batch
		case f.Command == frame.SEND && !stalled.Swap(true):
			<-release
		}
		return false
	})
	t.Cleanup(func() { close(release) })
	const wait = 10 * time.Second
	l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}, WriteTimeout: 300 * time.Millisecond, ReceiptTimeout: wait})
	start := time.Now()
	large := fmt.Sprintf("%01048576d", 7)
	for range 20 {
		require.NoError(t, l.Publish(text(t, "q", large), nil))
	}
	close(queued)
	l.AwaitUp()
	require.NoError(t, l.Confirmed(text(t, "q", "last")))
	require.Less(t, time.Since(start), wait)
	require.EqualValues(t, 4, s.accepted.Load(), "only the publishing connection was replaced")
}
