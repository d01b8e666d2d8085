package bridge

import (
	"sync"
	"time"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/session"
	"gcbridge/protocol"
)

// bound is a destination that a client named in Hello or Connect.
type bound struct {
	dest    broker.Destination
	dialect protocol.Dialect
	seen    time.Time
	fragile bool // a JMSReplyTo: the broker may refuse it, so it has a connection of its own
}

// Limits of what the registry remembers of clients that went away.
const (
	maxDestinations = 50_000
	maxLastKnown    = 50_000
)

// registry knows the agents' sessions and the clients' destinations.
// Safe for concurrent use; nothing in it blocks.
type registry struct {
	mu       sync.Mutex
	agents   map[string]*session.Session
	dests    map[string]bound // by broker path
	last     map[string]bound // the destination last known for an agent [C5]
	loggedIn map[string]struct{}
	max      int // GC_MAX_AGENTS
}

func newRegistry(maxAgents int) *registry {
	return &registry{
		agents: map[string]*session.Session{}, dests: map[string]bound{}, last: map[string]bound{},
		loggedIn: map[string]struct{}{}, max: maxAgents,
	}
}

// session finds an agent's session; nil if he is not known.
func (g *registry) session(agent string) *session.Session {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.agents[agent]
}

// add keeps s unless its agent has a session already, which is returned then.
func (g *registry) add(s *session.Session) (kept *session.Session, added bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if old := g.agents[s.Agent()]; old != nil {
		return old, false
	}
	g.agents[s.Agent()] = s
	return s, true
}

// remove forgets s, unless another session has taken its place.
func (g *registry) remove(s *session.Session) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.agents[s.Agent()] == s {
		delete(g.agents, s.Agent())
	}
}

// sessions lists all sessions.
func (g *registry) sessions() []*session.Session {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]*session.Session, 0, len(g.agents))
	for _, s := range g.agents {
		out = append(out, s)
	}
	return out
}

// supervisorAt finds the supervisor who is bound to a destination; of several
// the one with the smallest login id, nil if there is none.
func (g *registry) supervisorAt(path string) *session.Session {
	var found *session.Session
	for _, s := range g.sessions() {
		sn := s.Snapshot()
		if sn.Supervisor && sn.Destination == path && (found == nil || sn.Agent < found.Agent()) {
			found = s
		}
	}
	return found
}

// bind remembers a destination that a client named.
func (g *registry) bind(b bound) {
	g.mu.Lock()
	defer g.mu.Unlock()
	makeRoom(g.dests, maxDestinations)
	g.dests[b.dest.String()] = b
}

// belongs notes that agent's messages go to a destination bound before. It
// implements session.Deps.Bound.
func (g *registry) belongs(agent string, b session.Binding) {
	g.mu.Lock()
	defer g.mu.Unlock()
	d, ok := g.dests[b.Destination]
	if !ok {
		return // pushed out by tens of thousands of newer ones
	}
	d.dialect = b.Dialect
	makeRoom(g.last, maxLastKnown)
	g.last[agent] = d
}

// expects notes where an agent's first Connect asks his messages to go, until
// his session says where they do: what his client sent right behind it may
// have to be refused before that.
func (g *registry) expects(agent string, b bound) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.last[agent]; known {
		return
	}
	makeRoom(g.last, maxLastKnown)
	g.last[agent] = b
}

// makeRoom drops the entry seen longest ago when m is full. Full maps are a
// sign of clients that invent names; the scan is their price, not the agents'.
func makeRoom(m map[string]bound, limit int) {
	if len(m) < limit {
		return
	}
	var oldest string
	for k, b := range m {
		if oldest == "" || b.seen.Before(m[oldest].seen) {
			oldest = k
		}
	}
	delete(m, oldest)
}

// destination finds a destination by its broker path and notes that it lives.
func (g *registry) destination(path string, now time.Time) (bound, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, ok := g.dests[path]
	if ok {
		b.seen = now
		g.dests[path] = b
	}
	return b, ok
}

// lastKnown is the destination an agent was last bound to [C5].
func (g *registry) lastKnown(agent string) (bound, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, ok := g.last[agent]
	return b, ok
}

// destinations lists every bound destination [E3].
func (g *registry) destinations() []bound {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]bound, 0, len(g.dests))
	for _, b := range g.dests {
		out = append(out, b)
	}
	return out
}

// admit takes a place under GC_MAX_AGENTS [C20].
func (g *registry) admit(agent string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.max > 0 && len(g.loggedIn) >= g.max {
		return false
	}
	g.loggedIn[agent] = struct{}{}
	return true
}

// release gives a place back.
func (g *registry) release(agent string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.loggedIn, agent)
}
