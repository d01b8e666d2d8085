package pool

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"gcbridge/finesse"
)

// DefaultMaxRequests is how many requests may be under way at one Finesse when
// [Config] names no other number; docs/operations.md says why.
const DefaultMaxRequests = 1000

// limiter bounds the requests under way at one server, fairly: whoever has the
// fewest under way comes next, and of equals who waits longest. It implements
// [finesse.Limiter]. Safe for concurrent use.
//
// Two bounds keep some agents from starving all others: one has at most a quarter
// of the places, and those whose last request got no answer in time have at most
// a half of them, together.
type limiter struct {
	limit int

	mu      sync.Mutex
	used    int
	late    int                // places that agents have who are late
	demands map[string]*demand // of the agents who have a place, wait, or are late
	waiting list.List          // of *turn, the longest waiting first
}

// demand is what one agent has and wants.
type demand struct {
	running int
	waits   int
	late    bool // the last request got no answer in time
}

// turn is one request's.
type turn struct {
	agent string
	late  bool          // the place counts as one of the late
	comes chan struct{} // closed when it has a place
}

func newLimiter(limit int) *limiter {
	return &limiter{limit: max(limit, 1), demands: map[string]*demand{}}
}

// Acquire implements [finesse.Limiter].
func (l *limiter) Acquire(ctx context.Context, agent string) (release func(error), err error) {
	t := &turn{agent: agent, comes: make(chan struct{})}
	at := l.enqueue(t)
	select {
	case <-t.comes:
		return func(err error) { l.release(t, err) }, nil
	case <-ctx.Done():
		l.giveUp(at, t)
		return nil, ctx.Err()
	}
}

func (l *limiter) enqueue(t *turn) *list.Element {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.demands[t.agent]
	if d == nil {
		d = &demand{}
		l.demands[t.agent] = d
	}
	d.waits++
	at := l.waiting.PushBack(t)
	l.fill()
	return at
}

// giveUp takes a turn back, whether it has come or not.
func (l *limiter) giveUp(at *list.Element, t *turn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-t.comes: // at the same time
		l.leave(t)
	default:
		l.waiting.Remove(at)
		l.demands[t.agent].waits--
	}
	l.forget(t.agent)
	l.fill()
}

// release gives a place back; err is how the request ended.
func (l *limiter) release(t *turn, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.leave(t)
	var fe *finesse.Error
	l.demands[t.agent].late = errors.As(err, &fe) && fe.Timeout()
	l.forget(t.agent)
	l.fill()
}

func (l *limiter) leave(t *turn) {
	l.used--
	l.demands[t.agent].running--
	if t.late {
		l.late--
	}
}

// forget drops what is not needed any more.
func (l *limiter) forget(agent string) {
	if d := l.demands[agent]; d.running == 0 && d.waits == 0 && !d.late {
		delete(l.demands, agent)
	}
}

// fill gives every place that is free to whoever comes next.
func (l *limiter) fill() {
	for l.used < l.limit {
		at := l.next()
		if at == nil {
			return
		}
		t := turnAt(at)
		l.waiting.Remove(at)
		d := l.demands[t.agent]
		d.waits--
		d.running++
		l.used++
		if t.late = d.late; t.late {
			l.late++
		}
		close(t.comes)
	}
}

// next is the turn to come; nil if none may.
func (l *limiter) next() *list.Element {
	var best *list.Element
	fewest := max(l.limit/4, 1)
	for at := l.waiting.Front(); at != nil; at = at.Next() {
		d := l.demands[turnAt(at).agent]
		if d.running >= fewest || d.late && l.late >= max(l.limit/2, 1) {
			continue
		}
		best, fewest = at, d.running
		if fewest == 0 {
			break // nobody has fewer
		}
	}
	return best
}

// turnAt is a row of the list of those who wait, which holds nothing else.
func turnAt(at *list.Element) *turn {
	t, _ := at.Value.(*turn)
	return t
}

// load is how many requests are under way, and how many wait.
func (l *limiter) load() (used, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used, l.waiting.Len()
}
