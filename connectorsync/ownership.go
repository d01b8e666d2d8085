package connectorsync

import "time"

// standing is how an agent's owner is doing, as far as this node knows.
type standing int

const (
	ownerLives standing = iota
	ownerDrains
	ownerEnded    // it died, left or was restarted
	ownerOriginal // an original connector: it says nothing of itself
)

func (s *State) standing(r *replica, now time.Time) standing {
	switch r.node {
	case s.cfg.Node: // our own earlier life
		return ownerEnded
	case "":
		return ownerOriginal
	}
	p := s.peers[r.node]
	switch {
	case p == nil && now.Sub(s.since) < s.cfg.Timeout:
		return ownerLives // it has had no time to speak
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
	owner         standing
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
	for _, agent := range inOrder(s.replicas) {
		r := s.replicas[agent]
		if s.taking[agent] || r.refused {
			continue
		}
		c.owner = s.standing(r, now)
		c.ownerPriority, c.ownerKnown, c.ownerUnable = 0, false, false
		if p := s.peers[r.node]; p != nil && p.beatSeq > 0 {
			c.ownerPriority, c.ownerKnown = p.beat.Priority, true
			c.ownerUnable = !p.unable.IsZero() && now.Sub(p.unable) >= s.cfg.Timeout
		}
		if why, ok := c.take(); ok {
			s.takeOver(agent, r, why)
		}
	}
}

func (s *State) takeOver(agent string, r *replica, why Why) {
	s.taking[agent] = true
	delete(s.awaiting, agent)
	s.emit(TakeOver{
		Agent: agent, Context: r.context, Complete: r.complete, From: r.node, Yields: s.company(), Why: why,
	})
}

// ready: see [State.Ready].
func (s *State) ready(now time.Time) bool {
	if !s.linkUp || s.stage != working {
		return false
	}
	if now.Sub(s.since) >= s.cfg.Timeout {
		return s.deafTo(now) == nil
	}
	heard := false
	for _, p := range s.peers {
		if p.up && !p.synced {
			return false
		}
		heard = heard || p.up
	}
	return heard || s.linked
}

// confirmed applies that node h.Node holds an agent and that its presence is
// up. It returns the replica to write content to, nil if the news is none.
func (s *State) confirmed(h Header, agent string, at Millis, now time.Time) *replica {
	theirs := claim{at, h.Node}
	if e, ok := s.ended.get(agent); ok && e.covers(theirs, h.Boot) {
		s.emit(Ignored{Node: h.Node, Reason: ReasonOutdated})
		return nil
	}
	r := s.replicas[agent]
	if own := s.own[agent]; own != nil {
		if theirs.before(claim{own.at, s.cfg.Node}) {
			if now.Sub(own.sent) >= s.cfg.Heartbeat/2 {
				s.announce(agent, now) // it does not know yet
			}
			return nil
		}
		if p := s.peers[h.Node]; p != nil && p.left {
			return nil // the winner has left since, so there is none
		}
		delete(s.own, agent)
		r = &replica{context: own.context, complete: true}
		s.replicas[agent] = r
		s.yielding[agent] = h.Node
		s.send(Yielded{Agent: agent, To: h.Node, Busy: true}, now)
		s.emit(LetGo{Agent: agent, Winner: h.Node})
	}
	switch {
	case r == nil && len(s.replicas) >= s.cfg.MaxAgents:
		s.emit(Ignored{Node: h.Node, Reason: ReasonFull})
		return nil
	case r == nil:
		r = &replica{}
		s.replicas[agent] = r
	case theirs.before(r.claim) && s.standing(r, now) != ownerEnded:
		s.emit(Ignored{Node: h.Node, Reason: ReasonOutdated})
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
	delete(s.awaiting, b.Agent)
	if b.Busy && (s.own[b.Agent] != nil || s.yielding[b.Agent] != "") {
		s.awaiting[b.Agent] = h.Node
	}
	s.emit(Handed{Agent: b.Agent, Busy: b.Busy})
}

// awaitNoMore gives up what a node that died was about to finish: what it had
// comes again, and is judged by what is known to have begun.
func (s *State) awaitNoMore(node string) {
	for _, agent := range inOrder(s.awaiting) {
		if s.awaiting[agent] == node {
			delete(s.awaiting, agent)
			s.emit(Handed{Agent: agent})
		}
	}
}

func (b AgentGone) apply(s *State, h Header, _ time.Time) {
	gone := claim{b.SubscriptionTime, h.Node}
	r := s.replicas[b.Agent]
	e := ending{claim: gone, boot: h.Boot}
	if r != nil {
		e.destination = r.context.Destination
	}
	if old, ok := s.ended.get(b.Agent); !ok || old.before(gone) {
		s.ended.put(b.Agent, e)
	}
	if r != nil && r.node == gone.node && r.at <= gone.at {
		delete(s.replicas, b.Agent)
	}
}

func (b Orphan) apply(s *State, h Header, now time.Time) {
	c := claim{b.SubscriptionTime, b.Owner}
	e, ended := s.ended.get(b.Agent)
	r := s.replicas[b.Agent]
	switch {
	case s.own[b.Agent] != nil, r != nil && !r.before(c), ended && e.covers(c, b.OwnerBoot):
		return
	case b.Owner == s.cfg.Node && b.OwnerBoot == s.cfg.Boot:
		return // we let it go, or ended it, ourselves
	case r == nil && len(s.replicas) >= s.cfg.MaxAgents:
		s.emit(Ignored{Node: h.Node, Reason: ReasonFull})
		return
	}
	s.replicas[b.Agent] = &replica{
		claim: c, boot: b.OwnerBoot, seq: 0, context: b.Context, complete: true, heard: now,
	}
}

// offer hands on the orphans that this node does not take: who should may not
// know of them.
func (s *State) offer(now time.Time) {
	for _, agent := range inOrder(s.replicas) {
		r := s.replicas[agent]
		switch {
		case s.taking[agent] || r.refused || s.standing(r, now) != ownerEnded:
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

// expire drops the replicas that nobody speaks of any more.
func (s *State) expire(now time.Time) {
	for agent, r := range s.replicas {
		limit := forgetAfter
		if st := s.standing(r, now); st == ownerLives || st == ownerDrains {
			limit = missedAnnouncements * s.cfg.Interval
		}
		if !s.taking[agent] && now.Sub(later(r.heard, s.since)) > limit {
			delete(s.replicas, agent)
		}
	}
}
