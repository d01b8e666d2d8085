package broker

import (
	"cmp"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// batch is how many messages share one receipt at most.
const batch = 64

// Link is a connection to the broker that heals itself: three STOMP
// connections (consuming, publishing, fragile sends).
type Link struct {
	cfg     Config
	ends    []endpoint
	subs    []*consumption // live whenever the link is up
	gated   []*consumption // live while the gate is open, too
	gate    *gate
	publish *sender
	fragile *sender
	renew   chan struct{} // holds what Renew asked for
	pulse   *pulse
	drops   drops

	started  atomic.Bool
	draining atomic.Bool
	classes  atomic.Bool    // the connected broker tells Map messages from text
	closing  sync.WaitGroup // connections being closed

	reconnects, delivered, published, dropped atomic.Uint64

	mu        sync.Mutex
	url       string // "" while down
	lastError string
	why       error // why the link is not up; nil while it is, and before the first try
	everUp    bool
	consuming *consumer // while up
	openConn  *conn     // the newest consuming connection
	gatedConn *conn     // the newest of the gated subscriptions
}

// New validates cfg (ErrConfig). Nothing is dialled before Run.
func New(cfg Config) (*Link, error) {
	cfg = cfg.withDefaults()
	ends, err := cfg.check()
	if err != nil {
		return nil, err
	}
	l := &Link{cfg: cfg, ends: ends, gate: newGate(), renew: make(chan struct{}, 1), pulse: newPulse()}
	l.publish = &sender{link: l, role: "publishing", most: batch, box: newOutbox(cfg.SendBuffer)}
	l.fragile = &sender{link: l, role: "fragile", most: 1, box: newOutbox(cfg.SendBuffer)}
	return l, nil
}

// Subscribe adds a subscription that lives as long as the link. Call before
// Run; it fails with ErrConfig or ErrDestination.
func (l *Link) Subscribe(s Subscription) error {
	s.Prefetch = cmp.Or(s.Prefetch, defaultPrefetch)
	switch {
	case l.started.Load():
		return fmt.Errorf("%w: Subscribe after Run", ErrConfig)
	case s.From.IsZero():
		return fmt.Errorf("%w: subscription to nothing", ErrDestination)
	case s.Prefetch < 1 || s.Prefetch > maxPrefetch:
		return fmt.Errorf("%w: prefetch %d, want 1 to %d", ErrConfig, s.Prefetch, maxPrefetch)
	case s.Priority < 0 || s.Priority > 127:
		return fmt.Errorf("%w: consumer priority %d, want 0 to 127", ErrConfig, s.Priority)
	case s.Handle == nil:
		return fmt.Errorf("%w: subscription without a handler", ErrConfig)
	}
	if err := checkText("selector", s.Selector); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	list := &l.subs
	if s.Gated {
		list = &l.gated
	}
	limit := 0
	if s.AutoAck {
		limit = inboxLimit
	}
	*list = append(*list, &consumption{Subscription: s, box: newInbox(limit)})
	return nil
}

// Publish queues m, in order, and returns; anyone may call it at any time. done
// (may be nil) is called once, on another goroutine, and must not block: nil
// when the broker has confirmed m by receipt, else why it was not delivered
// (ErrExpired, ErrRefused, ErrClosed, ErrUnconfirmed, or of class Internal: a
// defect each time that it was sent). A panic in it is contained. While the link is down
// messages wait in the buffer; when that is full Publish returns ErrBufferFull
// and done is not called, as for ErrMessage, ErrDestination and ErrClosed.
// Messages resent after a link failure may arrive twice.
func (l *Link) Publish(m Message, done func(error)) error { return l.put(l.publish, m, done) }

// PublishFragile is Publish on the connection of fragile sends (replies to
// JMSReplyTo, temporary queues, reject queue): a refusal by the broker costs
// only that message. Order is kept among fragile sends only.
func (l *Link) PublishFragile(m Message, done func(error)) error { return l.put(l.fragile, m, done) }

func (l *Link) put(s *sender, m Message, done func(error)) error {
	if err := m.validate(); err != nil {
		return err
	}
	i := &item{msg: m, done: done}
	if m.TTL > 0 {
		i.deadline = time.Now().Add(m.TTL)
	}
	if err := s.box.put(i); err != nil {
		l.dropped.Add(1)
		l.cfg.OnDrop(m, err)
		return err
	}
	return nil
}

// drop gives up on a message.
func (l *Link) drop(i *item, err error) {
	l.dropped.Add(1)
	l.cfg.Log.WithLevel(l.drops.level(time.Now())).Err(err).Stringer("to", i.msg.To).Str("type", i.msg.Type).Msg("message dropped")
	l.cfg.OnDrop(i.msg, err)
	l.tell(i, err)
}

// Renew asks for new connections in place of those that are up. They are closed
// in good order, as on the way back to the primary, and the link comes up again
// on the first broker that accepts it. It returns at once; anyone may call it.
// While the link is down it does nothing.
func (l *Link) Renew() { signal(l.renew) }

// Up reports whether the link is usable now.
func (l *Link) Up() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.url != ""
}

// Stats are running counts for status and metrics.
type Stats struct {
	Up         bool   `json:"up"`
	URL        string `json:"url"`        // connected broker, without credentials, "" while down
	Reconnects uint64 `json:"reconnects"` // times the link came up again
	Delivered  uint64 `json:"delivered"`  // deliveries given to handlers
	Published  uint64 `json:"published"`  // messages confirmed
	Dropped    uint64 `json:"dropped"`    // messages given up, either way
	Waiting    uint64 `json:"waiting"`    // messages not yet confirmed
	Defects    uint64 `json:"defects"`    // panics contained
	Stalls     uint64 `json:"stalls"`     // times that this process stood still for too long
	LastError  string `json:"lastError"`  // of a connection or login, "" if none yet
}

// Stats returns a snapshot.
func (l *Link) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{
		Up: l.url != "", URL: l.url, LastError: l.lastError,
		Reconnects: l.reconnects.Load(), Delivered: l.delivered.Load(),
		Published: l.published.Load(), Dropped: l.dropped.Load(),
		Defects: l.cfg.defects.Load(), Stalls: l.pulse.stalls.Load(),
		Waiting: uint64(l.publish.box.waiting() + l.fragile.box.waiting()), // lengths
	}
}

// Down is why the link is not up: an error of a connection, or [ErrLogin]; nil while
// it is up, and before the first try has failed.
func (l *Link) Down() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.why
}

// noteDown notes why the link is not up.
func (l *Link) noteDown(err error) {
	l.noteError(err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.why = err
}

func (l *Link) noteError(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastError = err.Error()
}

// closeAsync closes k in the background; Run waits for it.
func (l *Link) closeAsync(k *conn) {
	k.wire.kill(errDone)
	l.closing.Go(k.close)
}
