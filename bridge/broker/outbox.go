package broker

import (
	"slices"
	"sync"
	"time"
)

// item is a message to be sent, and its delivery callback.
type item struct {
	msg      Message
	done     func(error) // may be nil
	deadline time.Time   // zero = does not expire
	sent     bool        // it may have reached the broker
	alone    bool        // to be sent alone: an ERROR came when it was sent before
}

func (i *item) expired(now time.Time) bool { return !i.deadline.IsZero() && !now.Before(i.deadline) }

// outbox is the ordered, bounded queue of messages that the broker has not
// confirmed. The first few may be in flight: taken by the one sender, and still in
// the queue until they are confirmed or dropped. All methods may be called by
// anyone, but take and settle by the sender only.
type outbox struct {
	limit int

	mu       sync.Mutex
	items    []*item
	inFlight int
	closed   bool

	wake chan struct{} // capacity 1: something was put
	idle chan struct{} // capacity 1: the last one was settled
}

func newOutbox(limit int) *outbox {
	return &outbox{limit: limit, wake: make(chan struct{}, 1), idle: make(chan struct{}, 1)}
}

// put appends, or fails with ErrBufferFull or ErrClosed.
func (o *outbox) put(i *item) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return ErrClosed
	}
	if len(o.items) >= o.limit {
		return ErrBufferFull
	}
	o.items = append(o.items, i)
	signal(o.wake)
	return nil
}

// take returns what to send next and leaves it in the queue: up to most
// messages, or a single one that has to go alone.
func (o *outbox) take(most int) []*item {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for n < len(o.items) && n < most {
		if o.items[n].alone {
			n = max(n, 1)
			break
		}
		n++
	}
	o.inFlight = n
	return slices.Clone(o.items[:n])
}

// settle removes the first n, which are confirmed or dropped, and puts the others
// that were in flight back.
func (o *outbox) settle(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.items[:n])
	o.items = o.items[n:]
	o.inFlight = 0
	if len(o.items) == 0 {
		o.items = nil
		signal(o.idle)
	}
}

// expire removes and returns what has expired and is not in flight.
func (o *outbox) expire(now time.Time) []*item {
	return o.remove(func(i *item) bool { return i.expired(now) })
}

// remove removes and returns what is chosen and is not in flight.
func (o *outbox) remove(chosen func(*item) bool) []*item {
	o.mu.Lock()
	defer o.mu.Unlock()
	var gone []*item
	kept := o.items[:o.inFlight]
	for _, i := range o.items[o.inFlight:] {
		if chosen(i) {
			gone = append(gone, i)
		} else {
			kept = append(kept, i)
		}
	}
	clear(o.items[len(kept):])
	o.items = kept
	if len(o.items) == 0 {
		signal(o.idle)
	}
	return gone
}

// close refuses further messages and returns those that are left.
func (o *outbox) close() []*item {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	left := o.items
	o.items = nil
	return left
}

// waiting is the number of unconfirmed messages.
func (o *outbox) waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.items)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
