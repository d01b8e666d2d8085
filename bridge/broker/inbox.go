package broker

import (
	"context"
	"sync"
)

// inboxLimit bounds what waits for the handler of an AutoAck subscription. The
// others are bounded by their prefetch.
const inboxLimit = 8192

// arrival is a delivery and the connection that brought it.
type arrival struct {
	delivery *Delivery
	from     *conn
}

// inbox stands between a connection, which must never wait (trap 6), and the
// handler of a subscription.
type inbox struct {
	mu   sync.Mutex
	list []arrival
	wake chan struct{}
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// push appends; false if it is full and the delivery was not taken.
func (b *inbox) push(a arrival) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.list) >= inboxLimit {
		return false
	}
	b.list = append(b.list, a)
	signal(b.wake)
	return true
}

// pop waits for the next one; false if ctx ended.
func (b *inbox) pop(ctx context.Context) (arrival, bool) {
	for {
		b.mu.Lock()
		if len(b.list) > 0 {
			a := b.list[0]
			b.list[0] = arrival{}
			b.list = b.list[1:]
			b.mu.Unlock()
			return a, true
		}
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return arrival{}, false
		case <-b.wake:
		}
	}
}
