package broker

import (
	"sync"

	"github.com/go-stomp/stomp/v3/frame"
)

// ackList holds the acknowledgements that were given and not yet sent. There
// are never more than unacknowledged deliveries, which the prefetch bounds, so
// that giving one never waits.
type ackList struct {
	mu   sync.Mutex
	list []*frame.Frame
	wake chan struct{} // capacity 1: something was put
}

func newAckList() *ackList { return &ackList{wake: make(chan struct{}, 1)} }

func (a *ackList) put(m *frame.Frame) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list = append(a.list, m)
	signal(a.wake)
}

// take returns all, in the order in which they were given.
func (a *ackList) take() []*frame.Frame {
	a.mu.Lock()
	defer a.mu.Unlock()
	taken := a.list
	a.list = nil
	return taken
}
