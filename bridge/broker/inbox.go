package broker

import (
	"context"
	"slices"
	"sync"
)

// inboxLimit bounds what waits for the handler of an AutoAck subscription.
const inboxLimit = 8192

// arrival is a delivery and the connection that brought it.
type arrival struct {
	delivery *Delivery
	from     *conn
}

// inbox stands between a connection, which must never wait (trap 6), and the
// handler of a subscription.
type inbox struct {
	// limit is how many may wait, 0 = all that come. It is 0 where deliveries are
	// acknowledged: there the broker keeps to the prefetch, and a delivery that was
	// dropped here would stay unacknowledged until the connection ends.
	limit int
	mu    sync.Mutex
	list  []arrival
	wake  chan struct{}
}

func newInbox(limit int) *inbox { return &inbox{limit: limit, wake: make(chan struct{}, 1)} }

// push appends; false if it is full and the delivery was not taken.
func (b *inbox) push(a arrival) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limit > 0 && len(b.list) >= b.limit {
		return false
	}
	b.list = append(b.list, a)
	signal(b.wake)
	return true
}

// forgetEnded drops what would come again anyway: where deliveries are
// acknowledged, those of connections that have gone.
func (b *inbox) forgetEnded() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limit == 0 {
		b.list = slices.DeleteFunc(b.list, func(a arrival) bool { return a.from.ended() })
	}
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
