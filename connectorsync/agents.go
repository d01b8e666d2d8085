package connectorsync

import (
	"cmp"
	"time"
)

// claim orders two nodes that hold the same agent: the newest subscription
// wins, the greater node id breaks a tie. An original connector has the
// smallest id, because it lets go of whatever another node announces.
type claim struct {
	at   Millis
	node string
}

func (c claim) before(o claim) bool {
	return cmp.Or(cmp.Compare(c.at, o.at), cmp.Compare(c.node, o.node)) < 0
}

// holding is an agent that this node holds.
type holding struct {
	at      Millis
	context Context
	sent    time.Time // when it was last announced
	kept    time.Time // when the memory last got it
	every   time.Duration
}

// replica is an agent that another node holds, or held.
type replica struct {
	claim
	boot     Millis // of the owner; 0: an original connector
	seq      uint64 // of the message that brought the context
	context  Context
	complete bool
	heard    time.Time
	offered  time.Time // when it was last handed on as an orphan, or became one
	refused  bool      // a take-over failed for good
}

// ending is the last claim of an agent that is gone.
type ending struct {
	claim
	boot        Millis
	destination string
}

// covers reports whether a claim is this one, or an earlier one of the same boot.
func (e ending) covers(c claim, boot Millis) bool {
	return e.node == c.node && c.at <= e.at && e.boot == boot
}

// agents are the agents of all nodes, as this node knows them.
type agents struct {
	limit    int // of replicas
	own      map[string]*holding
	replicas map[string]*replica
	taking   map[string]bool // a TakeOver is under way
	ended    bounded[ending]
	yielding map[string]string // agents let go whose commands are not finished: to which node
	awaiting map[string]string // agents held, or yielded, whose earlier commands another node finishes: which
}

func newAgents(limit int) agents {
	return agents{
		limit: limit, own: map[string]*holding{}, replicas: map[string]*replica{}, taking: map[string]bool{},
		ended: newBounded[ending](limit), yielding: map[string]string{}, awaiting: map[string]string{},
	}
}

// destination is the one last known for an agent, "" if none is.
func (a *agents) destination(agent string) string {
	if h := a.own[agent]; h != nil {
		return h.context.Destination
	}
	if r := a.replicas[agent]; r != nil {
		return r.context.Destination
	}
	e, _ := a.ended.get(agent)
	return e.destination
}

// hold makes an agent this node's. Its subscription is newer than any other that
// was heard of, whatever the clocks say.
func (a *agents) hold(agent string, c Context, every time.Duration, now time.Time) {
	at := MillisOf(now)
	if r := a.replicas[agent]; r != nil {
		at = max(at, r.at+1)
		delete(a.replicas, agent)
	}
	if e, ok := a.ended.get(agent); ok {
		at = max(at, e.at+1)
	}
	delete(a.taking, agent)
	a.own[agent] = &holding{at: at, context: c, every: every}
}

// yield gives an agent of this node's to the winner.
func (a *agents) yield(agent, winner string) *replica {
	r := &replica{context: a.own[agent].context, complete: true}
	delete(a.own, agent)
	a.replicas[agent] = r
	a.yielding[agent] = winner
	return r
}

// end removes an agent of this node's for good.
func (a *agents) end(agent string, last ending) {
	delete(a.own, agent)
	a.ended.put(agent, last)
}

// refuse notes that a take-over failed for good.
func (a *agents) refuse(agent string) {
	if r := a.replicas[agent]; r != nil && a.taking[agent] {
		r.refused = true
	}
	delete(a.taking, agent)
}

// gone notes that another node's session of an agent ended.
func (a *agents) gone(agent string, c claim, boot Millis) {
	r := a.replicas[agent]
	e := ending{claim: c, boot: boot}
	if r != nil {
		e.destination = r.context.Destination
	}
	if old, ok := a.ended.get(agent); !ok || old.before(c) {
		a.ended.put(agent, e)
	}
	if r != nil && r.node == c.node && r.at <= c.at {
		delete(a.replicas, agent)
	}
}

// full reports whether there is no room for another replica.
func (a *agents) full() bool { return len(a.replicas) >= a.limit }

// heldBy counts the agents of a peer whose context is known.
func (a *agents) heldBy(p *peer) int {
	known := 0
	for _, r := range a.replicas {
		if r.node == p.node && r.boot == p.boot && r.complete {
			known++
		}
	}
	return known
}

// handed notes that another node has finished the commands that it had for an
// agent, or is busy with them.
func (a *agents) handed(agent, node string, busy bool) {
	delete(a.awaiting, agent)
	if busy && (a.own[agent] != nil || a.yielding[agent] != "") {
		a.awaiting[agent] = node
	}
}

// stopAwaiting forgets what a node was to finish, and returns its agents.
func (a *agents) stopAwaiting(node string) []string {
	var released []string
	for _, agent := range inOrder(a.awaiting) {
		if a.awaiting[agent] == node {
			delete(a.awaiting, agent)
			released = append(released, agent)
		}
	}
	return released
}
