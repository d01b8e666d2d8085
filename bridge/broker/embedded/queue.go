package embedded

import (
	"cmp"
	"container/list"
	"errors"
	"fmt"
	"slices"
	"time"
)

var errFull = errors.New("memory limit reached")

// queue holds messages in order and gives them to its consumers. A topic has
// one private queue per subscription. All methods need the broker's lock.
type queue struct {
	name    string
	limit   int        // bytes, of waiting and unacknowledged messages
	bytes   int        // of both
	pending *list.List // of *message, by seq
	subs    []*subscription
	sole    *subscription // the exclusive consumer that alone is served, nil = all are
}

func newQueue(name string, limit int) *queue {
	return &queue{name: name, limit: limit, pending: list.New()}
}

// room fails with errFull if extra bytes do not fit. What has expired makes room.
func (q *queue) room(extra int, now time.Time) error {
	if q.bytes+extra <= q.limit {
		return nil
	}
	for e := q.pending.Front(); e != nil; {
		next := e.Next()
		if m := e.Value.(*message); m.expired(now) {
			q.remove(e)
			q.bytes -= m.size()
		}
		e = next
	}
	if q.bytes+extra > q.limit {
		return fmt.Errorf("%w: %s holds %d of %d bytes", errFull, q.name, q.bytes, q.limit)
	}
	return nil
}

// add appends m; room was asked before.
func (q *queue) add(m *message) {
	q.bytes += m.size()
	q.pending.PushBack(m)
}

// takeBack puts m, which was delivered and not acknowledged, where it was.
func (q *queue) takeBack(m *message) {
	m.redelivered = true
	for e := q.pending.Front(); e != nil; e = e.Next() {
		if e.Value.(*message).seq > m.seq {
			q.pending.InsertBefore(m, e)
			return
		}
	}
	q.pending.PushBack(m)
}

// forget drops what m occupied, when it was acknowledged.
func (q *queue) forget(m *message) { q.bytes -= m.size() }

func (q *queue) remove(e *list.Element) { q.pending.Remove(e) }

// newestWins is the priority of which, in ActiveMQ, not the first but the newest
// exclusive consumer is served.
const newestWins = 127

// attach adds a consumer. While there are exclusive ones, one of them is served
// alone: the one of the highest priority, of equals the first, as long as it lives.
// Each keeps what it has not acknowledged.
func (q *queue) attach(s *subscription) {
	q.line(s)
	if s.exclusive && (q.sole == nil || s.priority > q.sole.priority || s.priority == newestWins) {
		q.sole = s
	}
}

// detach removes a consumer.
func (q *queue) detach(s *subscription) {
	q.unline(s)
	if q.sole != s {
		return
	}
	q.sole = nil
	if next := slices.IndexFunc(q.subs, func(o *subscription) bool { return o.exclusive }); next >= 0 {
		q.sole = q.subs[next] // exclusive ones have no turns: they stand as they came
	}
}

// line puts a consumer behind those of its priority.
func (q *queue) line(s *subscription) {
	at := slices.IndexFunc(q.subs, func(o *subscription) bool { return o.priority < s.priority })
	if at < 0 {
		at = len(q.subs)
	}
	q.subs = slices.Insert(q.subs, at, s)
}

func (q *queue) unline(s *subscription) {
	q.subs = slices.DeleteFunc(q.subs, func(o *subscription) bool { return o == s })
}

// dispatch gives waiting messages to consumers, in order, as long as there is
// one with room: the exclusive one, or the highest priority first, equals in turn.
func (q *queue) dispatch(now time.Time) {
	for e := q.pending.Front(); e != nil; {
		if !slices.ContainsFunc(q.subs, q.serves) {
			return
		}
		next := e.Next()
		m := e.Value.(*message)
		if m.expired(now) {
			q.remove(e)
			q.forget(m)
		} else if s := q.choose(m); s != nil {
			q.remove(e)
			if s != q.sole {
				q.unline(s)
				q.line(s) // the next turn is another's
			}
			if s.deliver(m) {
				q.forget(m)
			}
		}
		e = next
	}
}

func (q *queue) choose(m *message) *subscription {
	for _, s := range q.subs {
		if q.serves(s) && s.selector.matches(m) {
			return s
		}
	}
	return nil
}

// serves reports whether s can be given another message now.
func (q *queue) serves(s *subscription) bool { return (q.sole == nil || q.sole == s) && s.free() }

// keepPersistent drops what does not survive a restart.
func (q *queue) keepPersistent() {
	for e := q.pending.Front(); e != nil; {
		next := e.Next()
		if m := e.Value.(*message); !m.persistent {
			q.remove(e)
			q.forget(m)
		}
		e = next
	}
}

// subscription is one consumer.
type subscription struct {
	session   *session
	id        string
	dest      string
	queue     *queue
	auto      bool // no acknowledgement
	block     bool // one acknowledges all before it, too
	exclusive bool
	priority  int
	prefetch  int
	selector  selector
	unacked   *deliveries
}

// free reports whether s can take another message now.
func (s *subscription) free() bool {
	return s.unacked.len() < s.prefetch && s.session.out.room()
}

// deliver sends m. True: it needs no acknowledgement and is gone.
func (s *subscription) deliver(m *message) bool {
	if s.auto {
		s.session.send(m.frameFor(s, ""))
		return true
	}
	ack := s.session.nextAck()
	if s.session.version == v12 {
		s.unacked.add(ack, m)
	} else {
		s.unacked.add(m.id, m)
	}
	s.session.send(m.frameFor(s, ack))
	return false
}

// giveBack returns everything unacknowledged to the queue, in order.
func (s *subscription) giveBack() {
	back := s.unacked.takeAll()
	slices.SortFunc(back, func(a, b *message) int { return cmp.Compare(b.seq, a.seq) })
	for _, m := range back {
		s.queue.takeBack(m)
	}
}
