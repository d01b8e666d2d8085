package connectorsync

import "time"

// ownerState is what this node knows of an agent's owner.
type ownerState int

const (
	ownerLives ownerState = iota
	ownerDrains
	ownerEnded    // it died, left or was restarted
	ownerOriginal // an original connector: it sends no heartbeats
)

func (s *State) ownerOf(r *replica, now time.Time) ownerState {
	switch r.node {
	case s.cfg.Node: // this node, before it was restarted
		return ownerEnded
	case "":
		return ownerOriginal
	}
	p := s.peers.byNode[r.node]
	switch {
	case p == nil && now.Sub(s.link.since) < s.cfg.Timeout:
		return ownerLives // it has had no time to send one
	case p == nil, !p.up, p.boot != r.boot:
		return ownerEnded
	case p.beat.Role == RoleDraining:
		return ownerDrains
	}
	return ownerLives
}

// choice is everything that decides whether a node takes an agent unasked. Two
// nodes that lose one Finesse do not notice at once, so the earlier is given time.
type choice struct {
	owner         ownerState
	best          bool // this node is the first of those that may take
	able          bool // Finesse serves this node
	failback      bool
	priority      int
	ownerPriority int
	ownerKnown    bool // a heartbeat of the owner was heard
	ownerUnable   bool // it has been without Finesse for some time
}

// take is the decision. The owner of a fail-back lives and goes on until this
// node has the agent, so a node without Finesse does not begin one.
func (c choice) take() (Why, bool) {
	switch {
	case !c.best:
		return "", false
	case c.owner == ownerEnded:
		return WhyOwnerLost, true
	case c.owner == ownerDrains:
		return WhyHandOver, true
	case c.owner == ownerLives && c.able && c.ownerUnable:
		return WhyUnable, true
	case c.owner == ownerLives && c.failback && c.able && c.ownerKnown && c.priority > c.ownerPriority:
		return WhyFailback, true
	}
	return "", false
}

// decide starts the take-overs that are due. A node that has just come on line
// has not heard enough to decide.
func (s *State) decide(now time.Time) {
	if !s.ready(now) || !s.best() {
		return
	}
	c := choice{best: true, able: !s.unable, failback: s.cfg.Failback, priority: s.cfg.Priority}
	for _, agent := range inOrder(s.agents.replicas) {
		r := s.agents.replicas[agent]
		if s.agents.taking[agent] || r.refused {
			continue
		}
		c.owner = s.ownerOf(r, now)
		c.ownerPriority, c.ownerKnown, c.ownerUnable = 0, false, false
		if p := s.peers.byNode[r.node]; p != nil && p.beatSeq > 0 {
			c.ownerPriority, c.ownerKnown = p.beat.Priority, true
			c.ownerUnable = !p.unable.IsZero() && now.Sub(p.unable) >= s.cfg.Timeout
		}
		if why, ok := c.take(); ok {
			s.takeOver(agent, r, why)
		}
	}
}

func (s *State) takeOver(agent string, r *replica, why Why) {
	s.agents.taking[agent] = true
	delete(s.agents.awaiting, agent)
	s.out.emit(TakeOver{
		Agent: agent, Context: r.context, Complete: r.complete, From: r.node, Yields: s.peers.anyUp(), Why: why,
	})
}

// ready: see [State.Ready].
func (s *State) ready(now time.Time) bool {
	if !s.link.up || s.stage != working {
		return false
	}
	waited, missing := now.Sub(s.link.since), s.recall.missing()
	if waited >= s.patience() && (!missing || waited >= recallPatience*s.cfg.Timeout) {
		return s.brokeOff(now) == nil
	}
	heard, waiting := s.peers.synced(missing)
	return !waiting && (heard || s.link.before && !missing)
}

// aloneShare is the part of Config.Timeout for which a node waits that seems to be alone.
const aloneShare = 3

// patience is how long this node waits for what its peers know. One that has read of
// no other node in the memory, and hears none, is most likely alone: a peer that
// lives answers in milliseconds, and one that hangs and has agents has kept them.
func (s *State) patience() time.Duration {
	if s.recall.alone() && !s.peers.anyUp() {
		return s.cfg.Timeout / aloneShare
	}
	return s.cfg.Timeout
}

// confirmed applies that node h.Node holds an agent and that its presence is
// up. It returns the replica to complete, nil if nothing changes.
func (s *State) confirmed(h Header, agent string, at Millis, now time.Time) *replica {
	theirs := claim{at, h.Node}
	if e, ok := s.agents.ended.get(agent); ok && e.covers(theirs, h.Boot) {
		s.out.emit(Ignored{Node: h.Node, Reason: ReasonOutdated})
		return nil
	}
	r := s.agents.replicas[agent]
	if own := s.agents.own[agent]; own != nil {
		if theirs.before(claim{own.at, s.cfg.Node}) {
			if now.Sub(own.sent) >= s.cfg.Heartbeat/2 {
				s.announce(agent, now) // it does not know yet
			}
			return nil
		}
		if p := s.peers.byNode[h.Node]; p != nil && p.left {
			return nil // the winner has left since, so the agent stays here
		}
		r = s.agents.yield(agent, h.Node)
		s.send(Yielded{Agent: agent, To: h.Node, Busy: true}, now)
		s.out.emit(LetGo{Agent: agent, Winner: h.Node})
	}
	switch {
	case r == nil && s.agents.full():
		s.out.emit(Ignored{Node: h.Node, Reason: ReasonFull})
		return nil
	case r == nil:
		r = &replica{}
		s.agents.replicas[agent] = r
	case theirs.before(r.claim) && s.ownerOf(r, now) != ownerEnded:
		s.out.emit(Ignored{Node: h.Node, Reason: ReasonOutdated})
		return nil
	}
	if r.claim != theirs || r.boot != h.Boot {
		r.claim, r.boot, r.seq, r.refused = theirs, h.Boot, 0, false
	}
	r.heard = now
	return r
}

func (b AgentContext) apply(s *State, h Header, now time.Time) {
	if r := s.confirmed(h, b.Agent, b.SubscriptionTime, now); r != nil && h.Seq > r.seq {
		r.seq, r.context, r.complete = h.Seq, b.Context, true
	}
}

func (b AgentState) apply(s *State, h Header, now time.Time) {
	r := s.confirmed(h, b.Agent, b.SubscriptionTime, now)
	if r == nil || r.seq > 0 && h.Seq <= r.seq {
		return // a context is newer
	}
	r.context.Password, r.context.Extension = b.Password, b.Extension
}

func (b Yielded) apply(s *State, h Header, _ time.Time) {
	if b.To != s.cfg.Node {
		return
	}
	s.agents.handed(b.Agent, h.Node, b.Busy)
	s.out.emit(Handed{Agent: b.Agent, Busy: b.Busy})
}

// stopAwaiting gives up what a node that died was about to finish: what it had
// comes again, and is judged by what is known to have begun.
func (s *State) stopAwaiting(node string) {
	for _, agent := range s.agents.stopAwaiting(node) {
		s.out.emit(Handed{Agent: agent})
	}
}

func (b AgentGone) apply(s *State, h Header, _ time.Time) {
	s.agents.gone(b.Agent, claim{b.SubscriptionTime, h.Node}, h.Boot)
}

func (b Orphan) apply(s *State, h Header, now time.Time) {
	c := claim{b.SubscriptionTime, b.Owner}
	e, ended := s.agents.ended.get(b.Agent)
	r := s.agents.replicas[b.Agent]
	switch {
	case s.agents.own[b.Agent] != nil, r != nil && !r.before(c), ended && e.covers(c, b.OwnerBoot):
		return
	case b.Owner == s.cfg.Node && b.OwnerBoot == s.cfg.Boot:
		return // we let it go, or ended it, ourselves
	case r == nil && s.agents.full():
		s.out.emit(Ignored{Node: h.Node, Reason: ReasonFull})
		return
	}
	s.agents.replicas[b.Agent] = &replica{
		claim: c, boot: b.OwnerBoot, seq: 0, context: b.Context, complete: true, heard: now,
	}
}

// offer hands on the orphans that this node does not take: the node that should
// take them may not know of them.
func (s *State) offer(now time.Time) {
	for _, agent := range inOrder(s.agents.replicas) {
		r := s.agents.replicas[agent]
		switch {
		case s.agents.taking[agent] || r.refused || s.ownerOf(r, now) != ownerEnded:
			r.offered = time.Time{}
		case r.offered.IsZero():
			r.offered = now
		case now.Sub(r.offered) >= s.cfg.Interval:
			s.handOn(agent, r, now)
		}
	}
}

func (s *State) handOn(agent string, r *replica, now time.Time) {
	r.offered = now
	s.send(Orphan{Agent: agent, SubscriptionTime: r.at, Owner: r.node, OwnerBoot: r.boot, Context: r.context}, now)
}

// expire drops the replicas that were not heard of for long.
func (s *State) expire(now time.Time) {
	for agent, r := range s.agents.replicas {
		limit := forgetAfter
		if st := s.ownerOf(r, now); st == ownerLives || st == ownerDrains {
			limit = missedAnnouncements * s.cfg.Interval
		}
		if !s.agents.taking[agent] && s.link.silence(r.heard, now) > limit {
			delete(s.agents.replicas, agent)
		}
	}
}
