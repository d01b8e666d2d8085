// Package cluster says which node has an agent, and whether a command may run
// here: on a node that runs [Alone], or in a [Pair]. Where an agent belongs is
// decided by package connectorsync, which is pure; what is left here is to feed
// it with what happens and to carry out what follows.
package cluster

import (
	"context"
	"sync"
	"time"

	"gcbridge/bridge/session"
	"gcbridge/connectorsync"
)

// Membership is a node's part in a cluster. Its methods may be called from any
// goroutine; only Begin, Run and Drain block.
type Membership interface {
	session.Membership

	// Locate is whether another node has an agent, or had them and died, and where
	// their client listens as a node told it, in the form of [wire.Address]; "" = not known.
	Locate(agent string) (elsewhere bool, address string)
	// Fetch moves an agent of another node here, because a command came here. The
	// session is there when it returns true; false: no node has the agent.
	Fetch(agent string) bool
	// Settling reports whether this node began to take commands a moment ago, so
	// that the agents who belong to them may still be on their way.
	Settling() bool

	// Hear takes in what another node says; from is the node that the message names.
	Hear(body, from string)
	// LinkUp and LinkDown tell of the link to the broker.
	LinkUp()
	LinkDown()
	// Run lets time pass until ctx ends.
	Run(ctx context.Context)
	// Drain leaves the cluster: idle reports that no command is under way. It
	// returns when every agent has been taken over, or ctx ends.
	Drain(ctx context.Context, idle func() bool)
	// Status is the cluster as of now; nil for a node that runs alone.
	Status() *connectorsync.Status
	// Memory is what outlives all nodes as of now; nil if nothing does.
	Memory() *MemoryStatus
}

// Alone is the membership of a node without others. It keeps a command from
// running behind a later one of the same producer: a broker may deliver what it
// had given to a lost connection behind what it gave to the next.
type Alone struct {
	mu    sync.Mutex
	known *connectorsync.Order
}

// orderedAgents bounds the agents whose newest command is remembered.
const orderedAgents = 50_000

// NewAlone makes the membership of a node that has just started.
func NewAlone() *Alone { return &Alone{known: connectorsync.NewOrder(orderedAgents)} }

// Begin implements [session.Membership].
func (a *Alone) Begin(_ context.Context, r *session.Request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known.Begun(connectorsync.Mark{Agent: r.Command.ID, MessageID: r.MessageID, At: connectorsync.MillisOf(time.Now())})
	return nil
}

// Overtaken implements [session.Membership].
func (a *Alone) Overtaken(messageID, agent string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.known.Overtaken(messageID, agent)
}

// Intended implements [session.Membership]: nobody else could have run it.
func (*Alone) Intended(string) bool { return false }

// Held implements [session.Membership].
func (*Alone) Held(string, session.Holding) {}

// Lost implements [session.Membership].
func (*Alone) Lost(string) {}

// Yielded implements [session.Membership].
func (*Alone) Yielded(string) {}

// Locate implements [Membership].
func (*Alone) Locate(string) (elsewhere bool, address string) { return false, "" }

// Fetch implements [Membership].
func (*Alone) Fetch(string) bool { return false }

// Settling implements [Membership].
func (*Alone) Settling() bool { return false }

// Hear implements [Membership]: there is nobody.
func (*Alone) Hear(string, string) {}

// LinkUp implements [Membership].
func (*Alone) LinkUp() {}

// LinkDown implements [Membership].
func (*Alone) LinkDown() {}

// Run implements [Membership].
func (*Alone) Run(ctx context.Context) { <-ctx.Done() }

// Drain implements [Membership]: it waits for what is under way.
func (*Alone) Drain(ctx context.Context, idle func() bool) { until(ctx, idle, func() {}) }

// Status implements [Membership].
func (*Alone) Status() *connectorsync.Status { return nil }

// Memory implements [Membership].
func (*Alone) Memory() *MemoryStatus { return nil }

// until polls cond while ctx lasts, with a step between.
func until(ctx context.Context, cond func() bool, step func()) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			step()
		}
	}
}
