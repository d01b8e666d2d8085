package brokertest

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/wait"
)

// Harness is a running link of a test, and what it received.
type Harness struct {
	*broker.Link
	// Got has the deliveries of all subscriptions, in order of handling.
	Got chan *broker.Delivery

	t     *testing.T
	up    chan struct{}
	down  chan error
	end   context.CancelFunc
	ended chan struct{}
}

// Consume is a subscription whose deliveries go to Harness.Got.
func Consume(d broker.Destination) broker.Subscription { return broker.Subscription{From: d} }

// Run starts a link with cfg (its callbacks OnUp and OnDown are the harness's)
// and returns when it is up. The end of the test stops it.
func Run(t *testing.T, cfg broker.Config, subs ...broker.Subscription) *Harness {
	t.Helper()
	h := Launch(t, cfg, subs...)
	h.AwaitUp()
	return h
}

// Launch is Run that does not wait.
func Launch(t *testing.T, cfg broker.Config, subs ...broker.Subscription) *Harness {
	t.Helper()
	h := &Harness{
		Got: make(chan *broker.Delivery, 100_000), t: t,
		up: make(chan struct{}, 100), down: make(chan error, 100), ended: make(chan struct{}),
	}
	cfg.OnUp = func() { offer(h.up, struct{}{}) }
	cfg.OnDown = func(err error) { offer(h.down, err) }
	if cfg.BackoffMax == 0 {
		cfg.BackoffMax = 100 * time.Millisecond
	}
	cfg.Log = zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.InfoLevel)
	var err error
	h.Link, err = broker.New(cfg)
	require.NoError(t, err)
	for _, s := range subs {
		if s.Handle == nil {
			s.Handle = func(d *broker.Delivery) { h.Got <- d }
		}
		require.NoError(t, h.Subscribe(s))
	}
	ctx, cancel := context.WithCancel(t.Context())
	h.end = cancel
	go func() {
		defer close(h.ended)
		if err := h.Link.Run(ctx); err != nil {
			t.Errorf("link: %v", err)
		}
	}()
	t.Cleanup(h.Stop)
	return h
}

func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

// Stop ends the link's context and returns when Run has.
func (h *Harness) Stop() {
	h.end()
	<-h.ended
}

// AwaitUp returns when the link has come up (once more).
func (h *Harness) AwaitUp() { h.t.Helper(); await(h.t, h.up, "link up") }

// AwaitDown returns why the link went down.
func (h *Harness) AwaitDown() error { h.t.Helper(); return await(h.t, h.down, "link down") }

// Next is the next delivery.
func (h *Harness) Next() *broker.Delivery { h.t.Helper(); return await(h.t, h.Got, "delivery") }

// Silence fails the test if a delivery comes within d.
func (h *Harness) Silence(d time.Duration) {
	h.t.Helper()
	if wait.Until(d, func() bool { return len(h.Got) > 0 }) {
		got := <-h.Got
		h.t.Fatalf("got a delivery from %s: %.100q", got.From, got.Body)
	}
}

// Confirmed publishes m and returns its result: nil when the broker confirmed it.
func (h *Harness) Confirmed(m broker.Message) error { h.t.Helper(); return h.result(h.Publish, m) }

// FragileConfirmed is Confirmed on the fragile connection.
func (h *Harness) FragileConfirmed(m broker.Message) error {
	h.t.Helper()
	return h.result(h.PublishFragile, m)
}

func (h *Harness) result(publish func(broker.Message, func(error)) error, m broker.Message) error {
	h.t.Helper()
	done := make(chan error, 1)
	require.NoError(h.t, publish(m, func(err error) { done <- err }))
	return await(h.t, done, "result of a message")
}

func await[T any](t TB, c <-chan T, what string) T {
	t.Helper()
	limit := time.NewTimer(Patience)
	defer limit.Stop()
	select {
	case v := <-c:
		return v
	case <-limit.C:
		t.Fatalf("no %s within %s", what, Patience)
		panic("unreachable")
	}
}

// Queue is a queue named after the test, so that none sees another's messages.
func Queue(t *testing.T) broker.Destination {
	t.Helper()
	d, err := broker.Queue(destinationName(t))
	require.NoError(t, err)
	return d
}

// Topic is a topic named after the test.
func Topic(t *testing.T) broker.Destination {
	t.Helper()
	d, err := broker.Topic(destinationName(t))
	require.NoError(t, err)
	return d
}

func destinationName(t *testing.T) string {
	return strings.NewReplacer("/", ".", ",", "", "_", "-").Replace(t.Name())
}

// recorder collects the errors of dropped messages; OnDrop may be its drop.
type recorder struct {
	mu    sync.Mutex
	drops []error
}

func (r *recorder) drop(_ broker.Message, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drops = append(r.drops, err)
}

func (r *recorder) dropped() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.drops)
}
