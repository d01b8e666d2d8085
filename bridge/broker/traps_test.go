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
	"gcbridge/bridge/broker/brokertest"
	"gcbridge/bridge/broker/embedded"
)

// The traps of go-stomp v3.1.5, by the numbers under which the package's
// comments speak of them.

func queue(t *testing.T, name string) broker.Destination {
	t.Helper()
	d, err := broker.Queue(name)
	require.NoError(t, err)
	return d
}

func text(t *testing.T, to, body string) broker.Message {
	t.Helper()
	return broker.Message{To: queue(t, to), Body: body}
}

func startEmbedded(t *testing.T) *embedded.Broker {
	t.Helper()
	b, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// The library waits for one interval where ActiveMQ takes up to two, and waits
// for beats that the broker said it would not send.
func TestTrap01IdleConnectionSurvivesLateBeats(t *testing.T) {
	const interval = 250 * time.Millisecond
	for name, beat := range map[string]func(time.Duration) time.Duration{
		"two intervals": func(agreed time.Duration) time.Duration { return 2 * agreed },
		"no beats":      func(time.Duration) time.Duration { return 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFake(t, nil)
			s.beat = beat
			l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, Heartbeat: interval})
			<-time.After(8 * interval)
			require.True(t, l.Up())
			require.Zero(t, l.Stats().Reconnects)
			require.EqualValues(t, 3, s.accepted.Load())
		})
	}
	t.Run("silence is noticed", func(t *testing.T) {
		t.Parallel()
		s := newFake(t, nil)
		s.beat = func(time.Duration) time.Duration { return time.Hour }
		l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, Heartbeat: interval})
		require.ErrorIs(t, l.AwaitDown(), broker.ErrLost)
		l.AwaitUp()
	})
}

// A send with receipt holds the connection's lock; on the connection that
// consumes, it deadlocks with a full subscription.
func TestTrap02HandlerMayWaitForItsAnswer(t *testing.T) {
	const n = 300
	b := startEmbedded(t)
	p := brokertest.Dial(t, b.URL())
	for i := range n {
		p.Send("/queue/in", fmt.Sprint(i))
	}
	var l *brokertest.Harness
	ready, answered := make(chan struct{}), make(chan error, n)
	l = brokertest.Launch(t, broker.Config{URLs: []string{b.URL()}}, broker.Subscription{
		From: queue(t, "in"), Handle: func(d *broker.Delivery) {
			<-ready
			done := make(chan error, 1)
			err := l.Publish(text(t, "out", string(d.Body)), func(err error) { done <- err })
			if err == nil {
				err = <-done
			}
			answered <- err
			d.Ack()
		},
	})
	close(ready)
	for range n {
		select {
		case err := <-answered:
			require.NoError(t, err)
		case <-time.After(brokertest.Patience):
			t.Fatal("deadlock")
		}
	}
}

// A receipt that comes too late blocks the library for ever.
func TestTrap03LateReceiptDropsTheConnection(t *testing.T) {
	var late atomic.Bool
	var mu sync.Mutex
	var arrived []string
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command != frame.SEND {
			return false
		}
		mu.Lock()
		arrived = append(arrived, fmt.Sprintf("%d %s", c.number, f.Body))
		mu.Unlock()
		if late.Swap(true) {
			return false
		}
		<-time.After(500 * time.Millisecond)
		return false
	})
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, ReceiptTimeout: 200 * time.Millisecond})
	require.NoError(t, l.Confirmed(text(t, "q", "x")))
	l.Stop()
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, []string{"1 x", "4 x"}, arrived, "again, on another connection")
	require.Zero(t, l.Stats().Reconnects)
}

// After an ERROR frame the next send with receipt may hang for all of the
// receipt timeout.
func TestTrap04ErrorIsNoticedBeforeTheReceiptTimeout(t *testing.T) {
	var refused atomic.Int64
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command == frame.SEND && string(f.Body) == "bad" {
			if refused.Add(1) <= 20 {
				c.refuse("no") // and leaves the connection open, as ActiveMQ does
				return true
			}
		}
		return false
	})
	const wait = 3 * time.Second
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, ReceiptTimeout: wait})
	start := time.Now()
	for range 10 { // each is refused twice, first among others
		done := make(chan error, 1)
		require.NoError(t, l.Publish(text(t, "q", "bad"), func(err error) { done <- err }))
		require.NoError(t, l.Confirmed(text(t, "q", "good")))
		require.ErrorIs(t, <-done, broker.ErrRefused)
	}
	require.Less(t, time.Since(start), wait, "none of twenty may have waited")
}

// The library's transactions wait for a receipt as long as a heart-beat takes.
func TestTrap05SlowReceiptOutlivesTheHeartbeat(t *testing.T) {
	s := newFake(t, func(_ *fakeConn, f *frame.Frame) bool {
		if _, asked := f.Header.Contains(frame.Receipt); asked {
			<-time.After(600 * time.Millisecond)
		}
		return false
	})
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, Heartbeat: 250 * time.Millisecond}, brokertest.Consume(queue(t, "in")))
	require.NoError(t, l.Confirmed(text(t, "q", "x")))
	require.EqualValues(t, 3, s.accepted.Load())
}

// A subscription that is not drained stops all others and the heart-beats.
func TestTrap06StalledHandlerStallsNothingElse(t *testing.T) {
	b := startEmbedded(t)
	release := make(chan struct{})
	defer close(release)
	topic, err := broker.Topic("flood")
	require.NoError(t, err)
	stalled := func(*broker.Delivery) { <-release }
	l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}, Heartbeat: 200 * time.Millisecond},
		broker.Subscription{From: queue(t, "stalled"), Handle: stalled},
		broker.Subscription{From: topic, AutoAck: true, Handle: stalled},
		brokertest.Consume(queue(t, "lively")))
	p := brokertest.Dial(t, b.URL())
	for i := range 10_000 { // more than the inbox holds
		p.Write(frame.SEND, []byte("x"), frame.Destination, topic.String())
		if i%500 == 0 {
			p.Send("/queue/stalled", "x")
			p.Send("/queue/lively", "x")
			l.Next().Ack()
		}
	}
	<-time.After(time.Second) // five beats: a silent client would be cut off after two
	require.Zero(t, l.Stats().Reconnects)
	require.NotZero(t, l.Stats().Dropped, "what does not fit is dropped and counted")
}

// Unsubscribe and Disconnect hang while messages flow.
func TestTrap07StopsWhileMessagesFlow(t *testing.T) {
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command == frame.BEGIN && c.sub != "" {
			c.receipt(f)
			for i := range 50_000 {
				c.message(fmt.Sprint(i), "x")
			}
			return true
		}
		return false
	})
	slow := func(*broker.Delivery) { <-time.After(time.Millisecond) }
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}}, broker.Subscription{From: queue(t, "in"), Handle: slow})
	start := time.Now()
	l.Stop()
	require.Less(t, time.Since(start), 5*time.Second)
	require.Eventually(t, func() bool { return s.open.Load() == 0 }, brokertest.Patience, 5*time.Millisecond)
}

// Dead connections leave goroutines, failed logins sockets. (The package's
// TestMain looks for goroutines.)
func TestTrap08NothingLeaks(t *testing.T) {
	t.Run("failed logins", func(t *testing.T) {
		var tries atomic.Int64
		s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
			tries.Add(1)
			c.refuse("go away")
			return true
		})
		l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, BackoffMax: time.Millisecond})
		require.Eventually(t, func() bool { return tries.Load() > 30 }, brokertest.Patience, time.Millisecond)
		require.LessOrEqual(t, s.open.Load(), int64(2))
		require.Contains(t, l.Stats().LastError, "go away")
		l.Stop()
		require.Eventually(t, func() bool { return s.open.Load() == 0 }, brokertest.Patience, time.Millisecond)
	})
	t.Run("ERROR amid messages", func(t *testing.T) {
		s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
			if f.Command != frame.BEGIN || c.sub == "" {
				return false
			}
			c.receipt(f)
			for i := range 100 {
				c.message(fmt.Sprint(i), "x")
			}
			c.refuse("enough")
			for i := range 100 {
				c.message(fmt.Sprint(i), "x")
			}
			return true
		})
		l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}, BackoffMax: 10 * time.Millisecond}, brokertest.Consume(queue(t, "in")))
		for range 20 {
			require.ErrorIs(t, l.AwaitDown(), broker.ErrRefused)
		}
	})
	t.Run("connections cut at login", func(t *testing.T) {
		for _, command := range []string{frame.CONNECT, frame.SUBSCRIBE, frame.BEGIN} {
			var cut atomic.Int64
			s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
				if f.Command == command {
					cut.Add(1)
					_ = c.Close()
				}
				return f.Command == command
			})
			l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, BackoffMax: time.Millisecond}, brokertest.Consume(queue(t, "in")))
			require.Eventually(t, func() bool { return cut.Load() > 20 }, brokertest.Patience, time.Millisecond)
			l.Stop()
		}
	})
}

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
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		mu.Lock()
		defer mu.Unlock()
		_, asked := f.Header.Contains(frame.Receipt)
		if c.number == 3 && f.Command != frame.ABORT {
			seen = append(seen, fmt.Sprint(f.Command, " ", asked))
		}
		if f.Command == frame.BEGIN && c.sub != "" {
			c.message("1", "hello")
			<-time.After(100 * time.Millisecond)
			seen = append(seen, "receipt")
		}
		return false
	})
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}}, brokertest.Consume(queue(t, "in")))
	mu.Lock()
	require.Equal(t, []string{"CONNECT false", "SUBSCRIBE false", "BEGIN true", "receipt"}, seen)
	mu.Unlock()
	require.Equal(t, "hello", string(l.Next().Body))
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
	require.Equal(t, slices.Repeat([]string{"poison"}, 5), dropped)
	var first []string
	for _, body := range stored {
		if !slices.Contains(first, body) {
			first = append(first, body)
		}
	}
	require.Equal(t, append(want, "last", "fine"), first)
}

// The library sets no write deadline: a broker that stops reading blocks it.
func TestTrap12StalledWriteDropsTheConnection(t *testing.T) {
	var stalled atomic.Bool
	release := make(chan struct{})
	s := newFake(t, func(_ *fakeConn, f *frame.Frame) bool {
		if f.Command == frame.SEND && !stalled.Swap(true) {
			<-release
		}
		return false
	})
	t.Cleanup(func() { close(release) })
	const wait = 3 * time.Second
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, WriteTimeout: 300 * time.Millisecond, ReceiptTimeout: wait})
	start := time.Now()
	large := fmt.Sprintf("%01048576d", 7)
	for range 20 {
		require.NoError(t, l.Publish(text(t, "q", large), nil))
	}
	require.NoError(t, l.Confirmed(text(t, "q", "last")))
	require.Less(t, time.Since(start), wait)
	require.EqualValues(t, 4, s.accepted.Load(), "only the publishing connection was replaced")
}
