package broker_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/brokertest"
	"gcbridge/protocol/errclass"
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

// What a message was confirmed on is a broker that is there: the next connection
// is made at once.
func TestAConfirmedMessageProvesTheBroker(t *testing.T) {
	served := map[int64]bool{} // by connection; only one sends
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		switch {
		case f.Command != frame.SEND:
		case served[c.number]: // each takes one message only
			_ = c.Close()
			return true
		default:
			served[c.number] = true
		}
		return false
	})
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, BackoffMin: time.Hour, BackoffMax: time.Hour, ReceiptTimeout: time.Second})
	for range 4 {
		require.NoError(t, l.Confirmed(text(t, "q", "x")))
	}
	require.Zero(t, l.Stats().Reconnects, "only the publishing connection is made anew")
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
