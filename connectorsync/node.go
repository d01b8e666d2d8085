package connectorsync

import "time"

// Apply takes in a message that [Codec.Decode] accepted.
func (s *State) Apply(m Message, now time.Time) []Effect {
	if m.Body == nil {
		return nil
	}
	_, clear := m.Body.(AgentState)
	if m.Boot == 0 && !clear {
		s.emit(Ignored{Node: m.Node, Kind: m.Body.Kind(), Reason: ReasonMalformed})
		return s.done()
	}
	if reason := s.admit(m.Header, now); reason != "" {
		s.emit(Ignored{Node: m.Node, Kind: m.Body.Kind(), Reason: reason})
		return s.done()
	}
	m.Body.apply(s, m.Header, now)
	for i, e := range s.out {
		if ig, ok := e.(Ignored); ok && ig.Kind == "" {
			ig.Kind = m.Body.Kind()
			s.out[i] = ig
		}
	}
	return s.done()
}

// Tick lets time pass: heartbeats, announcements, dead peers, take-overs. Call
// it at least twice per Config.Heartbeat. If it was not called for
// Config.Timeout, this node slept, and does not hold the silence of that time
// against the others.
func (s *State) Tick(now time.Time) []Effect {
	slept := !s.lastTick.IsZero() && now.Sub(s.lastTick) >= s.cfg.Timeout
	s.lastTick = now
	if !s.linkUp || s.stage == left {
		return s.done()
	}
	if slept {
		s.since = now
	}
	s.settle(now)
	s.watch(now)
	s.decide(now)
	s.offer(now)
	s.expire(now)
	if now.Sub(s.lastBeat) >= s.cfg.Heartbeat {
		s.beat(now)
	}
	for _, agent := range inOrder(s.own) {
		if h := s.own[agent]; now.Sub(h.sent) >= h.every {
			s.announce(agent, now)
		}
	}
	return s.done()
}

// LinkUp says that messages can be sent and the subscription to the topic is
// live. Call it at each connection, after [State.LinkDown].
func (s *State) LinkUp(now time.Time) []Effect {
	s.linkUp, s.since, s.settled = true, now, false
	for _, p := range s.peers {
		p.synced = false
	}
	s.beat(now)
	s.askAll(now)
	for _, agent := range inOrder(s.own) {
		s.announce(agent, now)
	}
	return s.done()
}

// LinkDown says that this node hears nobody: nobody is dead because of it.
func (s *State) LinkDown() {
	s.linked = s.linked || s.linkUp
	s.linkUp = false
}

// Able says whether a Finesse serves this node.
func (s *State) Able(able bool, now time.Time) []Effect {
	if s.unable == able {
		s.unable = !able
		s.beat(now)
	}
	return s.done()
}

// Ready reports whether this node has heard what its peers know, so that it may
// consume commands: each peer that lives has answered its sync request, or
// Config.Timeout has passed since the link came up and, unless a [Renew] was of
// no use, no peer broke off in the middle of its answer.
func (s *State) Ready(now time.Time) bool { return s.ready(now) }

// Drain begins to leave: the peers are asked to take this node's agents, and
// each [LetGo] shrinks [State.Held]. Commands must no longer be consumed, and
// take-overs under way are to be given up without a [State.Gone].
func (s *State) Drain(now time.Time) []Effect {
	if s.stage == working {
		s.stage = draining
		clear(s.taking)
		s.beat(now)
	}
	return s.done()
}

// Leave is the last thing that this node says; what it still holds is free for
// its peers at once. Afterwards nothing is sent.
func (s *State) Leave(now time.Time) []Effect {
	if s.stage != left && s.linkUp {
		s.seq++
		h := Header{s.cfg.Node, s.cfg.Boot, s.seq, MillisOf(now)}
		s.emit(Send{Message{h, Heartbeat{Priority: s.cfg.Priority, Role: RoleLeft, Agents: len(s.own), Version: Version}}})
	}
	s.stage = left
	return s.done()
}

// Taken says that this node's presence for an agent is up, after a client's
// Connect or a [TakeOver]. From now on the agent is this node's: its
// subscription is newer than any other that was heard of, whatever the clocks
// say. For an agent that is held already it does what [State.Changed] does.
func (s *State) Taken(agent string, c Context, now time.Time) []Effect {
	if s.own[agent] != nil {
		return s.Changed(agent, c, now)
	}
	at := MillisOf(now)
	if r := s.replicas[agent]; r != nil {
		at = max(at, r.at+1)
		delete(s.replicas, agent)
	}
	if e, ok := s.ended.get(agent); ok {
		at = max(at, e.at+1)
	}
	delete(s.taking, agent)
	s.own[agent] = &holding{at: at, context: c, every: s.spread(agent)}
	s.announce(agent, now)
	return s.done()
}

// Changed says that what a successor must know of an agent changed. It has no
// effect for an agent that is not held: its session was let go meanwhile.
func (s *State) Changed(agent string, c Context, now time.Time) []Effect {
	if h := s.own[agent]; h != nil && !h.context.equal(c) {
		h.context = c
		s.announce(agent, now)
	}
	return s.done()
}

// Gone says that the session of an agent ended here by itself: it logged out,
// or its take-over failed for good, say because Finesse refuses the password.
// Then this node does not try again until another holder announces it. It has
// no effect after a [LetGo].
func (s *State) Gone(agent string, now time.Time) []Effect {
	if h := s.own[agent]; h != nil {
		delete(s.own, agent)
		s.ended.put(agent, ending{claim{h.at, s.cfg.Node}, s.cfg.Boot, h.context.Destination})
		s.send(AgentGone{Agent: agent, SubscriptionTime: h.at}, now)
		return s.done()
	}
	if r := s.replicas[agent]; r != nil && s.taking[agent] {
		r.refused = true
	}
	delete(s.taking, agent)
	return s.done()
}

// Demand says that a command came here for an agent without a session. If
// another node holds or held the agent it moves here: commands go where the
// broker's priorities want them, and the agent follows. known is false if
// nobody is known to have had it, or its take-over failed: [C5] applies.
func (s *State) Demand(agent string, _ time.Time) (effects []Effect, known bool) {
	switch {
	case s.own[agent] != nil, s.taking[agent]:
		return nil, true
	case !s.Elsewhere(agent):
		return nil, false
	}
	s.takeOver(agent, s.replicas[agent], WhyDemand)
	return s.done(), true
}

// Elsewhere reports whether another node has an agent whom [State.Demand] would
// move here.
func (s *State) Elsewhere(agent string) bool {
	r := s.replicas[agent]
	return r != nil && !r.refused && s.stage == working
}

// Yielded says that the session of an agent that was let go has ended, its
// commands finished. It has no effect for another agent.
func (s *State) Yielded(agent string, now time.Time) []Effect {
	if to, ok := s.yielding[agent]; ok {
		delete(s.yielding, agent)
		s.send(Yielded{Agent: agent, To: to}, now)
	}
	return s.done()
}

// Held is the number of agents that this node holds.
func (s *State) Held() int { return len(s.own) }

// Destination is the broker path last known for an agent on any node [C5], "" if none is.
func (s *State) Destination(agent string) string {
	if h := s.own[agent]; h != nil {
		return h.context.Destination
	}
	if r := s.replicas[agent]; r != nil {
		return r.context.Destination
	}
	e, _ := s.ended.get(agent)
	return e.destination
}
