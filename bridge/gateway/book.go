package gateway

import (
	"sync"
	"time"

	"gcbridge/bridge/wire"
)

// Limits of what a book remembers of clients that went away.
const (
	maxDestinations = 50_000
	maxLastKnown    = 50_000
)

// Book knows where clients listen. Make one with [NewBook]; it is safe for
// concurrent use, and nothing in it blocks.
type Book struct {
	mu    sync.Mutex
	dests map[string]entry // by address
	last  map[string]entry // the destination last known for an agent [C5]
}

// entry is a binding and when it was last named.
type entry struct {
	wire.Binding
	seen time.Time
}

// NewBook makes an empty book.
func NewBook() *Book { return &Book{dests: map[string]entry{}, last: map[string]entry{}} }

// Bind remembers a destination that a client named.
func (k *Book) Bind(b wire.Binding) {
	k.mu.Lock()
	defer k.mu.Unlock()
	makeRoom(k.dests, maxDestinations)
	k.dests[b.To.String()] = entry{b, time.Now()}
}

// Belongs notes that an agent's messages go to a destination bound before.
func (k *Book) Belongs(agent string, b wire.Binding) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.dests[b.To.String()]
	if !ok {
		return // pushed out by tens of thousands of newer ones
	}
	e.Dialect = b.Dialect
	makeRoom(k.last, maxLastKnown)
	k.last[agent] = e
}

// Expect notes where an agent's first Connect asks their messages to go, until
// the session says where they do: what the client sent right behind it may
// have to be refused before that.
func (k *Book) Expect(agent string, b wire.Binding) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, known := k.last[agent]; known {
		return
	}
	makeRoom(k.last, maxLastKnown)
	k.last[agent] = entry{b, time.Now()}
}

// makeRoom drops the entry seen longest ago when m is full. Full maps are a
// sign of clients that invent names; the scan is their price, not the agents'.
func makeRoom(m map[string]entry, limit int) {
	if len(m) < limit {
		return
	}
	var oldest string
	for k, e := range m {
		if oldest == "" || e.seen.Before(m[oldest].seen) {
			oldest = k
		}
	}
	delete(m, oldest)
}

// Seen finds a destination and notes that it lives.
func (k *Book) Seen(at wire.Address, now time.Time) (wire.Binding, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.dests[at.String()]
	if ok {
		e.seen = now
		k.dests[at.String()] = e
	}
	return e.Binding, ok
}

// At finds how a client that listens at an address is spoken to.
func (k *Book) At(at wire.Address) (wire.Binding, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.dests[at.String()]
	return e.Binding, ok
}

// LastKnown is where an agent was last bound [C5].
func (k *Book) LastKnown(agent string) (wire.Binding, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.last[agent]
	return e.Binding, ok
}

// All lists every bound destination, in no order [E3].
func (k *Book) All() []wire.Binding {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make([]wire.Binding, 0, len(k.dests))
	for _, e := range k.dests {
		all = append(all, e.Binding)
	}
	return all
}

// Len is how many destinations are bound.
func (k *Book) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.dests)
}
