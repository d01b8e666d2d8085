package session

import (
	"context"
	"sync"

	"gcbridge/bridge/wire"
)

// Agents are the sessions of a node. Make them with [NewAgents]; they may be used
// from any goroutine, and only Wait blocks.
type Agents struct {
	deps *Deps

	mu      sync.Mutex
	ctx     context.Context // of every session, set by Start
	byID    map[string]*Session
	running sync.WaitGroup
}

// NewAgents makes an empty set. Nothing runs before Start.
func NewAgents(deps *Deps) *Agents { return &Agents{deps: deps, byID: map[string]*Session{}} }

// Start lets sessions run until ctx ends. Call it once, before any other method
// that makes a session.
func (a *Agents) Start(ctx context.Context) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ctx = ctx
}

// Wait returns when every session has ended.
func (a *Agents) Wait() { a.running.Wait() }

// Find is an agent's session; nil if they are not known here.
func (a *Agents) Find(agent string) *Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.byID[agent]
}

// Connect is an agent's session, started if there is none, or none that lives;
// nil: too many new agents are being tried already.
func (a *Agents) Connect(agent string) *Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.byID[agent]; s != nil && !s.inbox.ended() {
		return s
	}
	s := New(agent, a.deps)
	if !a.deps.Trust.arrives(s) {
		return nil
	}
	a.start(s)
	return s
}

// ended reports whether Run has returned.
func (b *inbox) ended() bool {
	select {
	case <-b.done:
		return true
	default:
		return false
	}
}

// start runs s. The caller holds the lock.
func (a *Agents) start(s *Session) {
	a.byID[s.agent] = s
	ctx := a.ctx
	a.running.Go(func() {
		defer a.remove(s)
		s.Run(ctx)
	})
}

// remove forgets s, unless another session has taken its place.
func (a *Agents) remove(s *Session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.byID[s.agent] == s {
		delete(a.byID, s.agent)
	}
}

// TakeOver starts the successor of an agent's session on another node. What is
// left of an earlier session here makes way first.
func (a *Agents) TakeOver(agent string, h Holding) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := Successor(agent, a.deps, h)
	old := a.byID[agent]
	if old == nil {
		a.start(s)
		return
	}
	old.LetGo()
	a.running.Go(func() {
		<-old.inbox.done
		a.mu.Lock()
		defer a.mu.Unlock()
		if now := a.byID[agent]; now == nil || now == old {
			a.start(s)
		}
	})
}

// LetGo ends an agent's session, because another node has them; false: there is none.
func (a *Agents) LetGo(agent string) bool {
	s := a.Find(agent)
	if s != nil {
		s.LetGo()
	}
	return s != nil
}

// Handed says that the node which had an agent has finished their commands, or
// is at it (busy).
func (a *Agents) Handed(agent string, busy bool) {
	if s := a.Find(agent); s != nil {
		s.Handed(busy)
	}
}

// Retire forgets the session of an agent who was let go. It may go on for a
// moment, but takes no more commands: others may come to serve the agent here.
func (a *Agents) Retire(agent string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.byID, agent)
}

// SupervisorAt is the session of the supervisor who is bound to an address; of
// several the one with the smallest login id, nil if there is none.
func (a *Agents) SupervisorAt(at wire.Address) *Session {
	var found *Session
	for _, s := range a.All() {
		sn := s.Snapshot()
		if sn.Supervisor && sn.Destination == at.String() && (found == nil || sn.Agent < found.agent) {
			found = s
		}
	}
	return found
}

// All lists the sessions, in no order.
func (a *Agents) All() []*Session {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]*Session, 0, len(a.byID))
	for _, s := range a.byID {
		all = append(all, s)
	}
	return all
}
