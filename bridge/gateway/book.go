package gateway

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
)

// Limits of what a book remembers of clients whose agents Finesse never accepted.
// What those of accepted agents use is never forgotten: there are only so many.
const (
	// maxUnused destinations are known that no accepted agent uses: as many desks
	// may wait for their agents before a shift.
	maxUnused = 2_000
	// maxUnknown agents are known with where they asked to be told.
	maxUnknown = 2_000
)

// Book knows where clients listen. Make one with [NewBook]; it is safe for
// concurrent use, and nothing in it blocks.
type Book struct {
	telemetry *telemetry.Telemetry

	mu     sync.Mutex
	deaf   bool                                 // nothing can come
	since  time.Time                            // something can come
	dests  map[string]*place                    // by address
	unused *simplelru.LRU[string, struct{}]     // those without an agent; named longest ago goes first
	agents map[string]wire.Binding              // the destination last known for an accepted agent [C5]
	others *simplelru.LRU[string, wire.Binding] // and for one who is not, or not yet
	news   map[string]struct{}                  // see News; nil: nobody wants to know
	names  producers                            // what each producer has named
}

// place is a destination, and how many accepted agents listen there.
type place struct {
	wire.Binding
	agents int
	heard  time.Time // when something last came from there
}

// NewBook makes an empty book.
func NewBook(t *telemetry.Telemetry) *Book {
	k := &Book{telemetry: t, dests: map[string]*place{}, agents: map[string]wire.Binding{}, names: newProducers()}
	k.unused, _ = simplelru.NewLRU(maxUnused, k.forget) // it fails for sizes below 1
	k.others, _ = simplelru.NewLRU[string, wire.Binding](maxUnknown, nil)
	return k
}

// forget drops a destination that leaves the unused ones, if it has not found an
// agent. The caller holds the lock.
func (k *Book) forget(at string, _ struct{}) {
	if d := k.dests[at]; d != nil && d.agents == 0 {
		delete(k.dests, at)
		k.telemetry.Count(telemetry.DestinationsForgotten)
	}
}

// Bind remembers a destination that a client named.
func (k *Book) Bind(b wire.Binding) {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := b.To.String()
	d := k.dests[at]
	if d == nil {
		d = &place{}
		k.dests[at] = d
	}
	d.Binding, d.heard = b, time.Now()
	if d.agents == 0 {
		k.unused.Add(at, struct{}{})
	}
}

// Belongs notes that an agent's messages go to a destination; see [session.Book].
func (k *Book) Belongs(agent string, b wire.Binding, proven bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !proven {
		k.others.Add(agent, b)
		return
	}
	k.others.Remove(agent)
	at := b.To.String()
	d := k.dests[at]
	if d == nil { // pushed out by thousands of newer ones
		d = &place{Binding: b}
		k.dests[at] = d
	}
	d.agents++
	d.heard = time.Now()
	k.unused.Remove(at)
	if old, had := k.agents[agent]; had {
		k.leave(old.To.String())
	}
	k.agents[agent] = b
}

// leave takes an agent from a destination; without any it may be forgotten.
func (k *Book) leave(at string) {
	d := k.dests[at]
	d.agents--
	if d.agents == 0 {
		k.unused.Add(at, struct{}{})
	}
}

// Expect notes where an agent's first Connect asks their messages to go, until
// the session says where they do: what the client sent right behind it may
// have to be refused before that.
func (k *Book) Expect(agent string, b wire.Binding) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, known := k.agents[agent]; known {
		return
	}
	if _, known := k.others.Get(agent); known {
		return
	}
	k.others.Add(agent, b)
}

// Seen finds a destination and notes that it lives.
func (k *Book) Seen(at wire.Address) (wire.Binding, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spoke(at.String())
	d, ok := k.dests[at.String()]
	if !ok {
		return wire.Binding{}, false
	}
	k.unused.Get(at.String())
	d.heard = time.Now()
	return d.Binding, true
}

// Spoke notes that an agent's client sent a command.
func (k *Book) Spoke(agent string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if b, ok := k.agents[agent]; ok {
		k.dests[b.To.String()].heard = time.Now()
		k.spoke(b.To.String())
	}
}

// maxNews bounds what waits to be told to other nodes.
const maxNews = 4 * maxUnused

// spoke notes what other nodes are to be told. The caller holds the lock.
func (k *Book) spoke(at string) {
	if k.news != nil && len(k.news) < maxNews {
		k.news[at] = struct{}{}
	}
}

// KeepNews makes the book remember for [Book.News].
func (k *Book) KeepNews() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.news = map[string]struct{}{}
}

// News are the addresses from which something came here since the last call.
func (k *Book) News() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.news) == 0 {
		return nil
	}
	all := slices.Sorted(maps.Keys(k.news))
	clear(k.news)
	return all
}

// HeardElsewhere notes that something has come from an address to another node.
func (k *Book) HeardElsewhere(at string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if d := k.dests[at]; d != nil {
		d.heard = time.Now()
	}
}

// Heard is when something last came from an address, or could for the first time
// after none could; now, while none can; see [session.Book].
func (k *Book) Heard(at wire.Address) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, ok := k.dests[at.String()]
	if k.deaf || !ok {
		return time.Now()
	}
	if d.heard.Before(k.since) {
		return k.since
	}
	return d.heard
}

// Listening notes whether commands can come.
func (k *Book) Listening(yes bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.deaf, k.since = !yes, time.Now()
}

// At finds how a client that listens at an address is spoken to.
func (k *Book) At(at wire.Address) (wire.Binding, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, ok := k.dests[at.String()]
	if !ok {
		return wire.Binding{}, false
	}
	return d.Binding, true
}

// LastKnown is where an agent was last bound [C5].
func (k *Book) LastKnown(agent string) (wire.Binding, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if b, ok := k.others.Peek(agent); ok {
		return b, true
	}
	b, ok := k.agents[agent]
	return b, ok
}

// Named notes that the producer of a message named a destination.
func (k *Book) Named(messageID string, b wire.Binding) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.names.names(messageID, b)
}

// Only is the destination that the producer of a message has named since this node
// started, if it has named exactly one.
func (k *Book) Only(messageID string) (wire.Binding, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	b, ok := k.names.only(messageID)
	if ok {
		if d := k.dests[b.To.String()]; d != nil {
			return d.Binding, true
		}
	}
	return b, ok
}

// All lists every bound destination, in no order [E3].
func (k *Book) All() []wire.Binding {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := make([]wire.Binding, 0, len(k.dests))
	for _, d := range k.dests {
		all = append(all, d.Binding)
	}
	return all
}

// Len is how many destinations are bound.
func (k *Book) Len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.dests)
}
