package broker

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

// The window of a subscription. A small one would let one slow agent stop the
// commands of all others.
const (
	defaultPrefetch = 1000
	maxPrefetch     = 20_000
)

// Subscription is one consumer of a link.
type Subscription struct {
	From     Destination
	Prefetch int    // unacknowledged deliveries at a time: 1..20,000, 0 = 1000; without effect with AutoAck
	Priority int    // activemq.priority: 0..127, the highest with room is served first
	Selector string // JMS selector, "" = all
	// Exclusive: of all exclusive consumers of a queue only the one of the
	// highest priority is served, however busy it is (activemq.exclusive).
	Exclusive bool
	// Gated subscriptions consume only while [Link.Open] says so.
	Gated bool
	// AutoAck takes messages without acknowledging them, for topics. What the
	// handler cannot keep up with is dropped and counted.
	AutoAck bool
	// Classes tells Map and Object messages from text, where the broker can: see
	// [Delivery.Empty].
	Classes bool
	// Handle is called in order, on one goroutine per subscription; it must
	// not block. It is not called for deliveries of a connection that has gone
	// before their turn came (they come again), nor while the link drains. If it
	// panics the delivery is acknowledged and the link goes on.
	Handle func(*Delivery)
}

// consumption is a subscription and what waits for its handler. It outlives
// connections.
type consumption struct {
	Subscription
	box *inbox
}

// consumer is the consuming connection.
type consumer struct {
	link  *Link
	conn  *conn
	since time.Time // when its subscriptions began
	acks  *ackList
	flush chan chan error
}

// The roles of consuming connections.
const (
	roleConsuming = "consuming"
	roleGated     = "consuming commands"
)

// openConsumer opens a consuming connection with subs live.
func (l *Link) openConsumer(ctx context.Context, e endpoint, role string, subs []*consumption) (*consumer, error) {
	c := &consumer{link: l, since: time.Now(), acks: newAckList(), flush: make(chan chan error)}
	for _, s := range subs {
		s.box.forgetEnded()
	}
	k, err := l.cfg.open(ctx, e, role, func(k *conn) error {
		c.conn = k
		l.noteConsuming(role, k)
		for _, s := range subs {
			if err := c.subscribe(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	k.work.Go(func() {
		if err := l.cfg.contain("acknowledging", c.acknowledge); err != nil {
			k.wire.kill(err)
		}
	})
	return c, nil
}

// noteConsuming keeps a connection before it brings anything, for [Link.checkPulse].
func (l *Link) noteConsuming(role string, k *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if role == roleGated {
		l.gatedConn = k
		return
	}
	l.openConn = k
}

// The ways of acknowledging.
const (
	ackIndividual = "client-individual"
	ackAuto       = "auto"
)

// subscribe starts s on the connection being opened.
func (c *consumer) subscribe(s *consumption) error {
	mode, header := ackIndividual, []string{}
	add := func(name, value string) { header = append(header, name, value) }
	if s.AutoAck {
		mode = ackAuto
	} else {
		// With automatic acknowledgements the broker gives them itself as it sends:
		// a window bounds nothing here, and a small one costs it a pending list.
		add("activemq.prefetchSize", strconv.Itoa(s.Prefetch))
	}
	if s.Priority != 0 {
		add("activemq.priority", strconv.Itoa(s.Priority))
	}
	if s.Exclusive {
		add("activemq.exclusive", "true")
	}
	if s.Classes && c.link.classes.Load() {
		add(headerTransformation, writeJSON)
	}
	if s.Selector != "" {
		add("selector", s.Selector)
	}
	return c.conn.subscribe(s.From.String(), mode, func(m *frame.Frame) { c.arrived(s, m) }, header...)
}

// arrived queues m for the handler of s. A message that makes this panic is
// acknowledged unread: see [Link.hand].
func (c *consumer) arrived(s *consumption, m *frame.Frame) {
	ack := func() {}
	if !s.AutoAck {
		var used atomic.Bool
		ack = func() {
			if !used.Swap(true) {
				c.ack(m)
			}
		}
	}
	defer func() {
		if p := recover(); p != nil {
			_ = c.link.cfg.recovered("delivery", p)
			c.link.dropped.Add(1)
			ack()
		}
	}()
	d := c.link.cfg.decode(m, time.Now())
	d.AckFunc, d.Consuming = ack, c.since
	if !s.box.push(arrival{d, c.conn}) {
		c.link.dropped.Add(1)
		c.link.cfg.Log.WithLevel(c.link.drops.level(time.Now())).Stringer("from", s.From).Msg("message dropped, the handler is too slow")
	}
}

// ack hands m to the acknowledging goroutine. It never blocks.
func (c *consumer) ack(m *frame.Frame) {
	if !c.conn.ended() {
		c.acks.put(m)
	}
}

// acknowledge sends what ack was given, on the connection that brought it and
// no other, until the connection ends.
func (c *consumer) acknowledge() error {
	for {
		select {
		case <-c.conn.over:
			return nil
		case <-c.acks.wake:
			if err := c.sendAcks(); err != nil {
				return err
			}
		case reply := <-c.flush:
			err := c.sendAcks()
			if err == nil {
				err = c.conn.barrier()
			}
			reply <- err
		}
	}
}

// sendAcks sends the acknowledgements that wait, in one go.
func (c *consumer) sendAcks() error {
	taken := c.acks.take()
	return c.conn.try(func() error {
		for n, m := range taken {
			f := frame.New(frame.ACK, frame.Id, m.Header.Get(frame.Ack))
			if err := c.conn.write(f, n == len(taken)-1); err != nil {
				return err
			}
		}
		return nil
	})
}

// settle returns when every acknowledgement given so far has been handled by
// the broker, or ctx or the connection has ended.
func (c *consumer) settle(ctx context.Context) {
	reply := make(chan error, 1)
	select {
	case <-ctx.Done():
	case <-c.conn.over:
	case c.flush <- reply:
		select {
		case <-ctx.Done():
		case <-c.conn.over:
		case <-reply:
		}
	}
}

// handle gives s's deliveries to its handler until life ends.
func (l *Link) handle(life context.Context, s *consumption) {
	for {
		a, ok := s.box.pop(life)
		if !ok {
			return
		}
		l.checkPulse(a.from)
		if l.draining.Load() || (!s.AutoAck && a.from.ended()) {
			continue
		}
		l.delivered.Add(1)
		l.hand(s, a.delivery)
	}
}
