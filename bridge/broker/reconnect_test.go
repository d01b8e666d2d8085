package broker_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/protocol/errclass"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// A broker that lets nobody in is tried at growing intervals, not without pause.
func TestPausesGrow(t *testing.T) {
	const tries = 6
	var mu sync.Mutex
	var at []time.Time
	enough := make(chan struct{})
	s := newFake(t, func(c *fakeConn, _ *frame.Frame) bool {
		mu.Lock()
		defer mu.Unlock()
		if at = append(at, time.Now()); len(at) == tries {
			close(enough)
		}
		_ = c.Close()
		return true
	})
	l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}, BackoffMin: 20 * time.Millisecond, BackoffMax: time.Hour})
	wait.Closed(t, enough, "six tries")
	l.Stop()
	least := time.Duration(0)
	for n := range tries - 1 {
		least += 10 * time.Millisecond << n // without jitter
	}
	require.GreaterOrEqual(t, at[tries-1].Sub(at[0]), least)
	require.False(t, l.Up())
}

// A link that comes up and breaks at once is no success: it pauses as long.
func TestPausesGrowOverShortLives(t *testing.T) {
	const lives = 6
	s := newFake(t, nil)
	var mu sync.Mutex
	var at []time.Time
	enough := make(chan struct{})
	var l *broker.Link
	made := make(chan struct{})
	l = startLink(t, broker.Config{
		URLs: []string{s.url()}, BackoffMin: 20 * time.Millisecond, OnUp: func() {
			<-made
			mu.Lock()
			defer mu.Unlock()
			if at = append(at, time.Now()); len(at) == lives {
				close(enough)
			}
			l.Renew()
		},
	})
	close(made)
	wait.Closed(t, enough, "six short lives")
	mu.Lock()
	defer mu.Unlock()
	least := time.Duration(0)
	for n := range lives - 1 {
		least += min(10*time.Millisecond<<n, 50*time.Millisecond) // without jitter; startLink bounds it
	}
	require.GreaterOrEqual(t, at[lives-1].Sub(at[0]), least)
}

// What a message was confirmed on is a broker that is there: the next connection
// is made at once.
func TestAConfirmedMessageProvesTheBroker(t *testing.T) {
	var served sync.Map // by connection
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		switch {
		case f.Command != frame.SEND:
		case had(&served, c.number): // each takes one message only
			_ = c.Close()
			return true
		}
		return false
	})
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Hour, BackoffMax: time.Hour, ReceiptTimeout: time.Second})
	for range 4 {
		require.NoError(t, l.Confirmed(text(t, "q", "x")))
	}
	require.Zero(t, l.Stats().Reconnects, "only the publishing connection is made anew")
}

// had reports whether n has been here before.
func had(seen *sync.Map, n int64) bool {
	_, before := seen.LoadOrStore(n, true)
	return before
}

// A link has all of its connections or none: what was opened is closed when a
// further one is refused.
func TestNoConnectionIsLeftBehind(t *testing.T) {
	for name, refused := range map[string]int64{"the second": 2, "the third": 3} {
		t.Run(name, func(t *testing.T) {
			enough := make(chan struct{})
			s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
				if f.Command != frame.CONNECT || c.number%refused != 0 {
					return false
				}
				if c.number == 10*refused {
					close(enough)
				}
				_ = c.Close()
				return true
			})
			l := brokertest.Launch(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, BackoffMax: time.Millisecond},
				brokertest.Consume(queue(t, "in")))
			wait.Closed(t, enough, "ten rounds")
			require.True(t, wait.Until(wait.Patience, func() bool { return s.open.Load() <= refused }), "%d are open", s.open.Load())
			require.False(t, l.Up())
		})
	}
}

// A destination that refuses twice, and then no more, gets what comes next; one
// that refuses a third time gets none for a while.
func TestRefusedTwiceIsNotFull(t *testing.T) {
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command != frame.SEND || string(f.Body) != "poison" {
			return false
		}
		c.refuse("not that")
		return true
	})
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, BackoffMax: time.Millisecond})
	for range 2 {
		require.ErrorIs(t, l.Confirmed(text(t, "q", "poison")), broker.ErrRefused)
	}
	require.NoError(t, l.Confirmed(text(t, "q", "fine")))
	for range 3 {
		require.ErrorIs(t, l.Confirmed(text(t, "q", "poison")), broker.ErrRefused)
	}
	err := l.Confirmed(text(t, "q", "fine"))
	var refused *broker.RefusedError
	require.True(t, errors.As(err, &refused), err)
	require.Equal(t, "not that", refused.Message)
	require.NoError(t, l.Confirmed(text(t, "elsewhere", "fine")))
}

// A link that has nothing to send ends at once.
func TestNothingToDrain(t *testing.T) {
	s := newFake(t, nil)
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}}, brokertest.Consume(queue(t, "in")))
	require.NoError(t, l.Confirmed(text(t, "q", "x")))
	began := time.Now()
	l.Stop()
	require.Less(t, time.Since(began), time.Second)
}

// Each error says what it is, to people and to who decides by its class.
func TestErrorsSayWhatTheyAre(t *testing.T) {
	texts := map[string]bool{}
	for err, class := range map[error]errclass.Class{
		broker.ErrDestination: errclass.Client,
		broker.ErrMessage:     errclass.Client,
		broker.ErrRefused:     errclass.Client,
		broker.ErrBufferFull:  errclass.Unavailable,
		broker.ErrExpired:     errclass.Unavailable,
		broker.ErrClosed:      errclass.Unavailable,
		broker.ErrLost:        errclass.Unavailable,
		broker.ErrUnconfirmed: errclass.Indeterminate,
		broker.ErrConfig:      errclass.Internal,
	} {
		require.Equal(t, class, errclass.Of(err), err)
		require.True(t, strings.HasPrefix(err.Error(), "broker: "), err)
		require.False(t, texts[err.Error()], err)
		texts[err.Error()] = true
	}
	require.Equal(t, "broker: refused by the broker: queue full", (&broker.RefusedError{Message: "queue full"}).Error())
}

// A message that was lost with its connection expires like any other.
func TestLostMessageExpires(t *testing.T) {
	var gone atomic.Bool
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command == frame.SEND {
			gone.Store(true)
		}
		if gone.Load() {
			_ = c.Close()
		}
		return gone.Load()
	})
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, BackoffMax: 10 * time.Millisecond})
	m := text(t, "q", "x")
	m.TTL = 100 * time.Millisecond
	require.ErrorIs(t, l.Confirmed(m), broker.ErrExpired)
}

// A link whose publishing connection cannot be made anew is down, even if its
// other connections live.
func TestLinkWithoutAPublisherIsDown(t *testing.T) {
	var deaf atomic.Bool
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command == frame.SEND && c.sub == "" {
			deaf.Store(true)
			_ = c.Close()
			return true
		}
		if f.Command == frame.CONNECT && deaf.Load() {
			_ = c.Close()
			return true
		}
		return false
	})
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, BackoffMax: 10 * time.Millisecond},
		brokertest.Consume(queue(t, "in")))
	require.NoError(t, l.Publish(text(t, "q", "x"), nil))
	require.ErrorIs(t, l.AwaitDown(), broker.ErrLost)
	require.False(t, l.Up())
	deaf.Store(false)
	l.AwaitUp()
}

// Acknowledgements given before a link is renewed reach the broker on the
// connection that brought the messages.
func TestRenewSendsAcknowledgements(t *testing.T) {
	const n = 10
	for range 20 {
		var acked atomic.Int64
		s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
			switch {
			case f.Command == frame.ACK:
				acked.Add(1)
			case f.Command == frame.BEGIN && c.sub != "" && c.number <= 3 && acked.Load() == 0:
				c.receipt(f)
				for i := range n {
					c.message(fmt.Sprint(i), "x")
				}
				return true
			}
			return false
		})
		l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, BackoffMax: time.Millisecond},
			brokertest.Consume(queue(t, "in")))
		var all []*broker.Delivery
		for range n {
			all = append(all, l.Next())
		}
		for _, d := range all {
			d.Ack()
		}
		l.Renew()
		require.ErrorIs(t, l.AwaitDown(), broker.ErrLost)
		l.AwaitUp()
		l.Stop()
		require.EqualValues(t, n, acked.Load())
	}
}

// A gate that was never open has nobody to wait for.
func TestShutBeforeOpen(t *testing.T) {
	l, err := broker.New(broker.Config{URLs: []string{"stomp://localhost:1"}})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shut := make(chan struct{})
	go func() { defer close(shut); l.Shut(ctx) }()
	wait.Closed(t, shut, "the end of Shut")
}

// A link whose gated consumer cannot be opened, or is cut, goes down and comes
// back with one: it must not look well and take no commands.
func TestGatedConsumerFails(t *testing.T) {
	for name, cut := range map[string]func(c *fakeConn, f *frame.Frame) bool{
		"at its beginning": func(_ *fakeConn, f *frame.Frame) bool { return f.Command == frame.SUBSCRIBE },
		"later":            func(c *fakeConn, f *frame.Frame) bool { return f.Command == frame.ACK && c.sub != "" },
	} {
		t.Run(name, func(t *testing.T) {
			var failed atomic.Bool
			s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
				if cut(c, f) && !failed.Swap(true) {
					_ = c.Close()
					return true
				}
				if f.Command == frame.BEGIN && c.sub != "" {
					c.receipt(f)
					c.message("1", "x")
					return true
				}
				return false
			})
			gated := brokertest.Consume(queue(t, "in"))
			gated.Gated = true
			l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Millisecond, BackoffMax: time.Millisecond}, gated)
			l.Open()
			if name == "later" {
				l.Next().Ack()
			}
			require.Error(t, l.AwaitDown())
			l.AwaitUp()
			require.Equal(t, "x", string(l.Next().Body))
		})
	}
}
