package connectorsync

import "time"

// Apply takes in a message that [Codec.Decode] accepted.
func (s *State) Apply(m Message, now time.Time) []Effect {
	if m.Body == nil {
		return nil
	}
	_, clear := m.Body.(AgentState)
	if m.Boot == 0 && !clear {
		s.out.emit(Ignored{Node: m.Node, Kind: m.Body.Kind(), Reason: ReasonMalformed})
		return s.out.done()
	}
	if reason := s.admit(m.Header, now); reason != "" {
		s.out.emit(Ignored{Node: m.Node, Kind: m.Body.Kind(), Reason: reason})
		return s.out.done()
	}
	m.Body.apply(s, m.Header, now)
	s.out.nameKind(m.Body.Kind())
	return s.out.done()
}

// Tick lets time pass: heartbeats, announcements, dead peers, take-overs. Call
// it at least twice per Config.Heartbeat. If it was not called for
// Config.Timeout, this node slept, and does not hold the silence of that time
// against the others.
func (s *State) Tick(now time.Time) []Effect {
	s.link.tick(now, s.cfg.Timeout)
	if !s.link.up || s.stage == left {
		return s.out.done()
	}
	s.settle(now)
	s.watch(now)
	s.decide(now)
	s.offer(now)
	s.expire(now)
	s.refresh(now)
	if now.Sub(s.lastBeat) >= s.cfg.Heartbeat {
		s.beat(now)
	}
	for _, agent := range inOrder(s.agents.own) {
		if h := s.agents.own[agent]; now.Sub(h.sent) >= h.every {
			s.announce(agent, now)
		}
	}
	return s.out.done()
}

// LinkUp says that messages can be sent and the subscription to the topic is
// live. Call it at each connection, after [State.LinkDown].
func (s *State) LinkUp(now time.Time) []Effect {
	s.link.opened(now)
	for _, p := range s.peers.byNode {
		p.synced = false
	}
	s.beat(now)
	s.askAll(now)
	for _, agent := range inOrder(s.agents.own) {
		s.announce(agent, now)
	}
	return s.out.done()
}

// LinkDown says that this node hears no other; that makes none of them dead.
func (s *State) LinkDown() { s.link.closed() }

// Able says whether a Finesse serves this node.
func (s *State) Able(able bool, now time.Time) []Effect {
	if s.unable == able {
		s.unable = !able
		s.beat(now)
	}
	return s.out.done()
}

// Ready reports whether this node has heard what its peers know, so that it may
// consume commands: each peer that lives has answered its sync request, or
// Config.Timeout has passed since the link came up and no peer broke off in the
// middle of its answer, or did so again after a [Renew]. With a memory it has
// also been read, here or by a peer that lives, or the time has passed twice; if it
// was read here and names no other node, a third of the time is enough.
func (s *State) Ready(now time.Time) bool { return s.ready(now) }

// Drain begins to leave: the peers are asked to take this node's agents, and
// each [LetGo] shrinks [State.Held]. Commands must no longer be consumed, and
// take-overs under way are to be given up without a [State.Gone].
func (s *State) Drain(now time.Time) []Effect {
	if s.stage == working {
		s.stage = draining
		clear(s.agents.taking)
		s.beat(now)
	}
	return s.out.done()
}

// Leave is the last thing that this node says; what it still holds is free for
// its peers at once. Afterwards nothing is sent.
func (s *State) Leave(now time.Time) []Effect {
	s.send(Heartbeat{Priority: s.cfg.Priority, Role: RoleLeft, Agents: len(s.agents.own), Version: Version}, now)
	s.stage = left
	return s.out.done()
}

// Taken says that this node's presence for an agent is up, after a client's
// Connect or a [TakeOver]. From now on the agent is this node's: its
// subscription is newer than any other that was heard of, whatever the clocks
// say. For an agent that is held already it does what [State.Changed] does.
func (s *State) Taken(agent string, c Context, now time.Time) []Effect {
	if _, leaves := s.agents.yielding[agent]; leaves {
		return nil // the session says what it held before it heard that it was let go
	}
	if s.agents.own[agent] != nil {
		return s.Changed(agent, c, now)
	}
	s.agents.hold(agent, c, s.spread(agent), now)
	s.announce(agent, now)
	s.remember(agent, now)
	return s.out.done()
}

// Changed says that what a successor must know of an agent changed. It has no
// effect for an agent that is not held: its session was let go meanwhile.
func (s *State) Changed(agent string, c Context, now time.Time) []Effect {
	if h := s.agents.own[agent]; h != nil && !h.context.equal(c) {
		h.context = c
		s.announce(agent, now)
		s.remember(agent, now)
	}
	return s.out.done()
}

// Gone says that the session of an agent ended here by itself: it logged out,
// or its take-over failed for good, for example because Finesse refuses the password.
// Then this node does not try again until another holder announces it. It has
// no effect after a [LetGo].
func (s *State) Gone(agent string, now time.Time) []Effect {
	h := s.agents.own[agent]
	if h == nil {
		if r := s.agents.replicas[agent]; r != nil && s.agents.taking[agent] {
			s.forget(agent, r.at+1, r.context.Destination)
		}
		s.agents.refuse(agent)
		return s.out.done()
	}
	s.forget(agent, h.at, h.context.Destination)
	s.agents.end(agent, ending{claim{h.at, s.cfg.Node}, s.cfg.Boot, h.context.Destination})
	s.send(AgentGone{Agent: agent, SubscriptionTime: h.at}, now)
	return s.out.done()
}

// Demand says that a command came here for an agent without a session. If
// another node holds or held the agent it moves here: commands go where the
// broker's priorities want them, and the agent follows. known is false if
// nobody is known to have had it, or its take-over failed: [C5] applies.
func (s *State) Demand(agent string, _ time.Time) (effects []Effect, known bool) {
	switch {
	case s.agents.own[agent] != nil, s.agents.taking[agent]:
		return nil, true
	case !s.Elsewhere(agent):
		return nil, false
	}
	s.takeOver(agent, s.agents.replicas[agent], WhyDemand)
	return s.out.done(), true
}

// Elsewhere reports whether another node has an agent whom [State.Demand] would
// move here.
func (s *State) Elsewhere(agent string) bool {
	r := s.agents.replicas[agent]
	return r != nil && !r.refused && s.stage == working
}

// Yielded says that the session of an agent that was let go has ended, its
// commands finished. It has no effect for another agent.
func (s *State) Yielded(agent string, now time.Time) []Effect {
	if to, ok := s.agents.yielding[agent]; ok {
		delete(s.agents.yielding, agent)
		s.send(Yielded{Agent: agent, To: to}, now)
	}
	return s.out.done()
}

// Held is the number of agents that this node holds.
func (s *State) Held() int { return len(s.agents.own) }

// Destination is the broker path last known for an agent on any node [C5], "" if none is.
func (s *State) Destination(agent string) string { return s.agents.destination(agent) }
