package connectorsync

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// The kinds of the memory. They are never read on the topic, nor the others in
// the memory, so that what was sealed for one place is worth nothing in the other.
const (
	KindKept       Kind = "gcKept"
	KindKeptGone   Kind = "gcKeptGone"
	KindKeptIntent Kind = "gcKeptIntent"
	KindKeptMark   Kind = "gcKeptMark"
)

// Kept is an agent whom the sender holds, for the time after the death of every node.
type Kept struct {
	Agent            string `json:"agent"`
	SubscriptionTime Millis `json:"subscriptionTime"`
	Context
}

// KeptGone says that the agent was held until now. What was kept of them before is void.
type KeptGone struct {
	Agent            string `json:"agent"`
	SubscriptionTime Millis `json:"subscriptionTime"`
	Destination      string `json:"destination,omitempty"` // where RE_LOGIN goes
}

// KeptIntent is an intent for the time after the death of every node.
type KeptIntent struct{ Intent }

// KeptMark comes back to its sender behind everything that was kept before.
type KeptMark struct{}

// Kind implements [Body].
func (Kept) Kind() Kind { return KindKept }

// Kind implements [Body].
func (KeptGone) Kind() Kind { return KindKeptGone }

// Kind implements [Body].
func (KeptIntent) Kind() Kind { return KindKeptIntent }

// Kind implements [Body].
func (KeptMark) Kind() Kind { return KindKeptMark }

// keptKinds are the rows of the memory.
var keptKinds = []kind{
	{KindKept, encodeKept, decodeKept},
	{KindKeptGone, encodeJSON, decodeJSON[KeptGone]},
	{KindKeptIntent, encodeJSON, decodeJSON[KeptIntent]},
	{KindKeptMark, encodeJSON, decodeJSON[KeptMark]},
}

// rowOf finds a kind in a table.
func rowOf(table []kind, k Kind) (kind, bool) {
	i := slices.IndexFunc(table, func(row kind) bool { return row.kind == k })
	if i < 0 {
		return kind{}, false
	}
	return table[i], true
}

// keptPayload is the only form in which secrets are kept.
type keptPayload struct {
	Kept
	clearSecrets
}

func encodeKept(b Body) ([]byte, error) {
	k, ok := b.(Kept)
	if !ok {
		return nil, fmt.Errorf("connectorsync: %T is no %s", b, KindKept)
	}
	return json.Marshal(keptPayload{k, reveal(k.Context)})
}

func decodeKept(payload []byte) (Body, error) {
	var p keptPayload
	if err := json.Unmarshal(payload, &p); err != nil {
		return nil, err
	}
	p.fill(&p.Context)
	return p.Kept, nil
}

func (b Kept) check() error {
	return all(isName(b.Agent), isTime(b.SubscriptionTime), b.isSound())
}

func (b KeptGone) check() error {
	return all(isName(b.Agent), isTime(b.SubscriptionTime), isText(b.Destination))
}
func (b KeptIntent) check() error { return Intents{[]Intent{b.Intent}}.check() }
func (KeptMark) check() error     { return nil }

// apply makes a replica of an agent whom a node held. Nothing that is known from
// the nodes themselves, or that is newer, gives way.
func (b Kept) apply(s *State, h Header, now time.Time) {
	c := claim{b.SubscriptionTime, h.Node}
	r, ended := s.agents.replicas[b.Agent], s.agents.endedBehind(b.Agent, c)
	switch {
	case s.agents.own[b.Agent] != nil, r != nil && !r.before(c), ended, h.Node == s.cfg.Node && h.Boot == s.cfg.Boot:
		return
	case r == nil && s.agents.full():
		s.out.emit(Ignored{Node: h.Node, Reason: ReasonFull})
		return
	}
	s.agents.replicas[b.Agent] = &replica{claim: c, boot: h.Boot, context: b.Context, complete: true, heard: now}
}

func (b KeptGone) apply(s *State, h Header, _ time.Time) {
	c := claim{b.SubscriptionTime, h.Node}
	if s.agents.endedBehind(b.Agent, c) {
		return
	}
	s.agents.ended.put(b.Agent, ending{claim: c, boot: h.Boot, destination: b.Destination})
	if r := s.agents.replicas[b.Agent]; r != nil && !c.before(r.claim) && !s.agents.taking[b.Agent] {
		delete(s.agents.replicas, b.Agent)
	}
}

func (b KeptIntent) apply(s *State, _ Header, now time.Time) {
	s.intents.learn(b.Intent, now)
	s.order.Begun(b.mark())
}

func (KeptMark) apply(*State, Header, time.Time) {}

// endedBehind reports whether the last end that is known of an agent is not older
// than a claim.
func (a *agents) endedBehind(agent string, c claim) bool {
	e, ok := a.ended.get(agent)
	return ok && !e.before(c)
}

// recall is whether this node knows what was kept before it started.
type recall struct {
	on    bool // there is a memory
	known bool // it was read, or a peer that has read it has told what it knows, or it was waited for in vain
	owed  bool // a peer was told that it is not read yet

	mine, others bool // of what this node has read something is its own, another node's
}

// alone reports whether all that this node has read is its own.
func (r recall) alone() bool { return r.mine && !r.others }

// missing reports whether what was kept is not known yet.
func (r recall) missing() bool { return r.on && !r.known }

// recallPatience is after how many Config.Timeout since the link came up a node
// begins without what was kept.
const recallPatience = 2

// Recall takes in a message of the memory, of any age that [Memory.Take] lets through.
func (s *State) Recall(m Message, now time.Time) []Effect {
	s.recall.mine = s.recall.mine || m.Node == s.cfg.Node
	s.recall.others = s.recall.others || m.Node != s.cfg.Node
	m.Body.apply(s, m.Header, now)
	s.out.nameKind(m.Body.Kind())
	return s.out.done()
}

// Recalled says that the memory was read to its end. Peers that asked before are told again.
func (s *State) Recalled(now time.Time) []Effect {
	if !s.recall.missing() {
		return nil
	}
	s.recall.known = true
	if s.recall.owed {
		s.recall.owed = false
		for _, p := range s.peers.inOrder() {
			if p.up {
				s.tellAll(p, now)
			}
		}
	}
	return s.out.done()
}

// RecallMissing reports whether this node does not know yet what was kept.
func (s *State) RecallMissing() bool { return s.recall.missing() }

// Remember asks for something to be kept beyond the death of every node. A
// KeptIntent has to be kept before its command goes to Finesse.
type Remember struct{ Body Body }

func (Remember) effect() {}

// remember has an agent of this node's kept as they are now.
func (s *State) remember(agent string, now time.Time) {
	h := s.agents.own[agent]
	if !s.recall.on || h == nil || s.stage == left {
		return
	}
	h.kept = now
	s.out.emit(Remember{Kept{Agent: agent, SubscriptionTime: h.at, Context: h.context}})
}

// forget has it kept that an agent was held until now. The sessions of a node that
// has left end without a meaning: their agents are to be served again.
func (s *State) forget(agent string, at Millis, destination string) {
	if s.recall.on && s.stage != left {
		s.out.emit(Remember{KeptGone{Agent: agent, SubscriptionTime: at, Destination: destination}})
	}
}

// lateIntents is how old an intent is that is kept anew on another broker: its
// command has its outcome by then.
const lateIntents = time.Minute

// RememberAll has everything kept that this node holds: the memory may be another
// broker's than before.
func (s *State) RememberAll(now time.Time) []Effect {
	for _, agent := range inOrder(s.agents.own) {
		s.remember(agent, now)
	}
	for _, i := range s.intents.current(now) {
		if s.recall.on && i.Node == s.cfg.Node && now.Sub(i.At.Time()) <= lateIntents {
			s.out.emit(Remember{KeptIntent{i}})
		}
	}
	return s.out.done()
}

// refresh keeps the agents anew whose memory grows old.
func (s *State) refresh(now time.Time) {
	if !s.recall.on {
		return
	}
	for _, agent := range inOrder(s.agents.own) {
		h := s.agents.own[agent]
		spread := float64(h.every) / float64(s.cfg.Interval)
		if now.Sub(h.kept) >= time.Duration(spread*float64(keepAnew)) {
			s.remember(agent, now)
		}
	}
}
