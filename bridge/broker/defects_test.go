package broker_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// startLink runs a link until the test ends.
func startLink(t *testing.T, cfg broker.Config, subs ...broker.Subscription) *broker.Link {
	t.Helper()
	cfg.BackoffMax = 100 * time.Millisecond
	l, err := broker.New(cfg)
	require.NoError(t, err)
	for _, s := range subs {
		require.NoError(t, l.Subscribe(s))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Errorf("link: %v", err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return l
}

// confirmed publishes m and returns its result.
func confirmed(t *testing.T, publish func(broker.Message, func(error)) error, m broker.Message) error {
	t.Helper()
	done := make(chan error, 1)
	require.NoError(t, publish(m, func(err error) { done <- err }))
	return wait.For(t, done, "the result of "+m.Body)
}

// A handler that panics costs its delivery, which no other consumer gets.
func TestDefectInHandler(t *testing.T) {
	b := startEmbedded(t)
	got := make(chan string, 10)
	l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}}, broker.Subscription{From: queue(t, "q"), Handle: func(d *broker.Delivery) {
		if string(d.Body) == "poison" {
			panic("defect in Handle")
		}
		d.Ack()
		got <- string(d.Body)
	}})
	require.NoError(t, l.Confirmed(text(t, "q", "poison")))
	require.NoError(t, l.Confirmed(text(t, "q", "fine")))
	require.Equal(t, "fine", wait.For(t, got, "the next delivery"))
	st := l.Stats()
	require.EqualValues(t, 1, st.Defects)
	require.Zero(t, st.Reconnects)
	require.True(t, st.Up)
	l.Stop()

	next := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}}, brokertest.Consume(queue(t, "q")))
	require.NoError(t, next.Confirmed(text(t, "q", "behind it")))
	d := next.Next()
	d.Ack()
	require.Equal(t, "behind it", string(d.Body))
}

// A message that cannot be read is acknowledged, not delivered for ever.
func TestDefectInReadingAMessage(t *testing.T) {
	for name, auto := range map[string]bool{"acknowledged": false, "automatically": true} {
		t.Run(name, func(t *testing.T) {
			b := startEmbedded(t)
			cfg := broker.Config{URLs: []string{b.URL()}}
			from := brokertest.Queue(t)
			l := brokertest.Run(t, cfg.WithDecode(func(d *broker.Delivery) {
				if string(d.Body) == "poison" {
					panic("defect in reading")
				}
			}), broker.Subscription{From: from, AutoAck: auto})
			require.NoError(t, l.Confirmed(broker.Message{To: from, Body: "poison"}))
			require.NoError(t, l.Confirmed(broker.Message{To: from, Body: "fine"}))
			d := l.Next()
			d.Ack()
			require.Equal(t, "fine", string(d.Body))
			st := l.Stats()
			require.EqualValues(t, 1, st.Defects)
			require.EqualValues(t, 1, st.Dropped)
			require.Zero(t, st.Reconnects)
			l.Stop()

			next := brokertest.Run(t, cfg, brokertest.Consume(from))
			require.NoError(t, next.Confirmed(broker.Message{To: from, Body: "behind it"}))
			d = next.Next()
			d.Ack()
			require.Equal(t, "behind it", string(d.Body))
		})
	}
}

// A message that cannot be sent is given up; those around it arrive, in order.
func TestDefectInSendingAMessage(t *testing.T) {
	for name, publish := range map[string]func(l *broker.Link) func(broker.Message, func(error)) error{
		"publishing": func(l *broker.Link) func(broker.Message, func(error)) error { return l.Publish },
		"fragile":    func(l *broker.Link) func(broker.Message, func(error)) error { return l.PublishFragile },
	} {
		t.Run(name, func(t *testing.T) {
			b := startEmbedded(t)
			cfg := broker.Config{URLs: []string{b.URL()}}
			l := brokertest.Run(t, cfg.WithEncode(func(m *broker.Message) {
				if m.Body == "2" {
					panic("defect in sending")
				}
			}), brokertest.Consume(queue(t, "q")))
			results := make(chan string, 10)
			for _, body := range []string{"0", "1", "2", "2", "2", "3", "4"} { // three: a destination that refuses three is left out for a while
				require.NoError(t, publish(l.Link)(text(t, "q", body), func(err error) {
					results <- fmt.Sprint(body, " ", defect.Is(err), " ", errors.Is(err, broker.ErrLost), " ", errclass.Of(err))
				}))
			}
			for _, body := range []string{"0", "1", "3", "4"} {
				d := l.Next()
				for string(d.Body) < body { // what was sent before the defect came twice
					d.Ack()
					d = l.Next()
				}
				d.Ack()
				require.Equal(t, body, string(d.Body))
			}
			for _, want := range []string{
				"0 false false ", "1 false false ", "2 true true internal", "2 true true internal", "2 true true internal", "3 false false ", "4 false false ",
			} {
				require.Equal(t, want, wait.For(t, results, "the result of a message"))
			}
			st := l.Stats()
			require.EqualValues(t, 3, st.Dropped)
			require.Positive(t, st.Defects)
			require.Zero(t, st.Reconnects, "only the connection that sends is made anew")
			require.True(t, wait.Until(wait.Patience, func() bool { return l.Stats().Waiting == 0 }))
		})
	}
}

// A callback that panics costs that call.
func TestDefectsInCallbacks(t *testing.T) {
	b := startEmbedded(t)
	calls := make(chan string, 10)
	defective := func(name string) { calls <- name; panic("defect in " + name) }
	l := startLink(t, broker.Config{
		URLs: []string{b.URL()}, Log: zerolog.Nop(), SendBuffer: 1,
		OnUp: func() { defective("OnUp") }, OnDown: func(error) { defective("OnDown") },
		OnDrop: func(broker.Message, error) { defective("OnDrop") },
	})
	require.Equal(t, "OnUp", wait.For(t, calls, "a call"))
	require.NoError(t, l.Publish(text(t, "q", "1"), func(error) { defective("done") }))
	require.Equal(t, "done", wait.For(t, calls, "a call"))
	require.True(t, wait.Until(wait.Patience, func() bool { return l.Stats().Waiting == 0 }))
	require.Zero(t, l.Stats().Reconnects)
	b.Stop()
	require.Equal(t, "OnDown", wait.For(t, calls, "a call"))
	require.NoError(t, l.Publish(text(t, "q", "2"), nil))
	require.ErrorIs(t, l.Publish(text(t, "q", "3"), nil), broker.ErrBufferFull)
	require.Equal(t, "OnDrop", wait.For(t, calls, "a call"))
	require.NoError(t, b.Restart())
	require.Equal(t, "OnUp", wait.For(t, calls, "a call"))
	require.True(t, wait.Until(wait.Patience, func() bool { return l.Stats().Waiting == 0 }))
	require.NoError(t, confirmed(t, l.Publish, text(t, "q", "4")))
	require.EqualValues(t, 5, l.Stats().Defects)
}

// once is a step that panics the first time.
func once(text string) func() {
	var done atomic.Bool
	return func() {
		if !done.Swap(true) {
			panic(text)
		}
	}
}

// A defect of our own costs the connections, which are made anew.
func TestDefectsCostTheConnection(t *testing.T) {
	cert, pool := certificate(t)
	// A log line that panics is a defect at the place where it is written.
	inLine := func(line string) func(*broker.Config) {
		return func(c *broker.Config) {
			fail := once("defect at " + line)
			c.Log = c.Log.Hook(zerolog.HookFunc(func(_ *zerolog.Event, _ zerolog.Level, msg string) {
				if msg == line {
					fail()
				}
			}))
		}
	}
	for name, tc := range map[string]struct {
		arm     func(*broker.Config)
		provoke func(t *testing.T, l *broker.Link) // when it is up
	}{
		"login": {func(c *broker.Config) {
			fail := once("defect in TLS")
			c.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, VerifyConnection: func(tls.ConnectionState) error { fail(); return nil }}
		}, nil},
		"link up": {inLine("broker link up"), nil},
		"gate":    {inLine("consuming"), nil},
		"sender": {inLine("broker connection replaced"), func(t *testing.T, l *broker.Link) {
			require.ErrorIs(t, confirmed(t, l.PublishFragile, text(t, "refused", "x")), broker.ErrRefused)
		}},
		"acknowledging": {func(*broker.Config) {}, func(_ *testing.T, l *broker.Link) { l.SpoilAck() }},
		"settling": {func(*broker.Config) {}, func(t *testing.T, l *broker.Link) {
			l.SpoilSettling()
			require.True(t, wait.Until(wait.Patience, func() bool { return l.Stats().Reconnects == 1 }), "nobody acknowledges on these any more")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
				switch {
				case f.Command == frame.SEND && f.Header.Get(frame.Destination) == "/queue/refused":
					c.refuse("no such queue")
					return true
				case f.Command == frame.SEND:
					c.receipt(f)
					return true
				}
				return false
			})
			ups := make(chan struct{}, 10)
			cfg := broker.Config{URLs: []string{"stomp+ssl://" + front(t, s.listener.Addr().String(), cert)}, Log: zerolog.New(io.Discard)}
			cfg.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
			cfg.OnUp = func() { ups <- struct{}{} }
			tc.arm(&cfg)
			l := startLink(t, cfg,
				broker.Subscription{From: queue(t, "in"), Handle: func(d *broker.Delivery) { d.Ack() }},
				broker.Subscription{From: queue(t, "gated"), Gated: true, Handle: func(d *broker.Delivery) { d.Ack() }})
			l.Open()
			if tc.provoke != nil {
				wait.For(t, ups, "the link")
				tc.provoke(t, l)
			}
			require.True(t, wait.Until(wait.Patience, func() bool { return l.Stats().Defects == 1 }))
			// Publishing, fragile, consuming and gated connection, and none that was left open.
			require.True(t, wait.Until(wait.Patience, func() bool { return l.Up() && s.open.Load() == 4 }), "%d open", s.open.Load())
			require.NoError(t, confirmed(t, l.Publish, text(t, "out", "x")))
			require.NoError(t, confirmed(t, l.PublishFragile, text(t, "out", "x")))
			require.EqualValues(t, 1, l.Stats().Defects)
		})
	}
}
