package broker_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// The traps into which a STOMP client can fall, go-stomp v3.1.5 for one, by the
// numbers under which the package's comments speak of them.

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

// go-stomp waits for one interval where ActiveMQ takes up to two, and waits
// for beats that the broker said it would not send.
func TestTrap01IdleConnectionSurvivesLateBeats(t *testing.T) {
	const interval = 250 * time.Millisecond
	for name, beat := range map[string]func(time.Duration) time.Duration{
		"two intervals": func(agreed time.Duration) time.Duration { return 2 * agreed },
		"no beats":      func(time.Duration) time.Duration { return 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const enough = 8
			var beaten sync.Map // the connections that beat as often as that
			s := newFake(t, nil)
			s.beat = beat
			s.beaten = func(c *fakeConn) {
				if c.beats.Load() == enough {
					beaten.Store(c.number, nil)
				}
			}
			l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, Heartbeat: interval})
			require.Eventually(t, func() bool {
				n := 0
				beaten.Range(func(any, any) bool { n++; return true })
				return n == 3
			}, brokertest.Patience, interval/10, "each of the three idle connections beats on")
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
		require.NoError(t, wait.For(t, answered, "answer: this is a deadlock"))
	}
}

// A receipt that comes too late blocks go-stomp for ever.
func TestTrap03LateReceiptDropsTheConnection(t *testing.T) {
	var late atomic.Bool
	replaced := make(chan struct{})
	var mu sync.Mutex
	var arrived []string
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command == frame.CONNECT && c.number == 4 {
			close(replaced)
		}
		if f.Command != frame.SEND {
			return false
		}
		mu.Lock()
		arrived = append(arrived, fmt.Sprintf("%d %s", c.number, f.Body))
		mu.Unlock()
		if late.Swap(true) {
			return false
		}
		select { // the receipt comes when nobody waits for it any more
		case <-replaced:
		case <-t.Context().Done():
		}
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
			refused.Add(1)
			c.refuse("no") // and leaves the connection open, as ActiveMQ does
			return true
		}
		return false
	})
	const n, wait = 60, 4 * time.Second
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, ReceiptTimeout: wait})
	start := time.Now()
	for range n { // each is refused twice, first among others
		done := make(chan error, 1)
		require.NoError(t, l.Publish(text(t, "q", "bad"), func(err error) { done <- err }))
		require.NoError(t, l.Confirmed(text(t, "q", "good")))
		require.ErrorIs(t, <-done, broker.ErrRefused)
	}
	require.Less(t, time.Since(start), wait, "none may have waited")
	require.GreaterOrEqual(t, refused.Load(), int64(2*n))
}

// go-stomp's transactions wait for a receipt as long as a heart-beat takes.
func TestTrap05SlowReceiptOutlivesTheHeartbeat(t *testing.T) {
	var mu sync.Mutex
	waiting := map[*fakeConn]*frame.Frame{} // for its receipt, the one frame of a connection
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		_, asked := f.Header.Contains(frame.Receipt)
		if asked {
			mu.Lock()
			defer mu.Unlock()
			waiting[c] = f
			c.beats.Store(0)
		}
		return asked
	})
	s.beaten = func(c *fakeConn) {
		mu.Lock()
		defer mu.Unlock()
		if f := waiting[c]; f != nil && c.beats.Load() == 3 {
			c.receipt(f)
		}
	}
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
	const interval = 500 * time.Millisecond // far more than a busy machine delays a beat
	l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}, Heartbeat: interval},
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
	// A client that promises such beats and sends none is cut off meanwhile, twice.
	for range 2 {
		silent := brokertest.Dial(t, b.URL(), frame.HeartBeat, fmt.Sprintf("%d,0", interval.Milliseconds()))
		silent.Gone()
	}
	require.True(t, l.Up())
	require.Zero(t, l.Stats().Reconnects)
	require.NotZero(t, l.Stats().Dropped, "what does not fit is dropped and counted")
}

// Unsubscribe and Disconnect hang while messages flow.
func TestTrap07StopsWhileMessagesFlow(t *testing.T) {
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command == frame.BEGIN && c.sub != "" {
			c.receipt(f)
			for i := 0; c.send(c.delivery(fmt.Sprint(i), "x")) == nil; i++ {
				continue // until the connection is closed
			}
			return true
		}
		return false
	})
	flowing := make(chan struct{}, 1)
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}}, broker.Subscription{
		From: queue(t, "in"), Handle: func(d *broker.Delivery) {
			if d.ID == "1000" {
				flowing <- struct{}{}
			}
		},
	})
	wait.For(t, flowing, "the flow")
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
	t.Run("connections cut after login", func(t *testing.T) {
		var cut atomic.Int64
		s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
			if f.Command == frame.CONNECT {
				_ = c.send(frame.New(frame.CONNECTED, frame.Version, "1.2"))
				cut.Add(1)
			}
			_ = c.Close()
			return true
		})
		l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, BackoffMax: time.Millisecond}, brokertest.Consume(queue(t, "in")))
		require.Eventually(t, func() bool { return cut.Load() > 300 }, brokertest.Patience, time.Millisecond)
		l.Stop()
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
