package connectorsync

import "time"

// admit checks a header against what is known of its node, and notes that the
// node lives. "" means that the message is to be applied.
func (s *State) admit(h Header, now time.Time) Reason {
	switch {
	case h.Node == s.cfg.Node && h.Boot > s.cfg.Boot:
		return ReasonTwin
	case h.Node == s.cfg.Node:
		return ReasonEcho
	case h.Boot == 0: // an O-025 in clear has nothing to check
		return ""
	}
	if age := now.Sub(h.At.Time()).Abs(); age > s.cfg.Freshness {
		return ReasonStale
	}
	p := s.peers.byNode[h.Node]
	restarted := p != nil && p.boot < h.Boot
	if p != nil && h.Boot < p.boot { // its clock may have been set back before it was restarted
		if p.up || now.Sub(p.heard) <= s.cfg.Freshness {
			return ReasonOldBoot
		}
		restarted = true
	}
	switch {
	case p == nil && len(s.peers.byNode) >= s.peers.limit:
		return ReasonFull
	case p == nil:
		p = &peer{node: h.Node, boot: h.Boot}
		s.peers.byNode[h.Node] = p
	case restarted:
		s.stopAwaiting(p.node)
		missed := !p.up
		*p = peer{node: h.Node, boot: h.Boot, up: !missed}
		if !missed {
			s.out.emit(PeerUp{Node: h.Node, Restarted: true})
			s.ask(p, now)
		}
	}
	if !p.window.admit(h.Seq) {
		return ReasonReplayed
	}
	p.heard = now
	if !p.up && !p.left {
		p.up = true
		s.out.emit(PeerUp{Node: h.Node})
		s.ask(p, now)
	}
	return ""
}

// ask requests what a peer knows, but not again before it can have answered.
func (s *State) ask(p *peer, now time.Time) {
	last := later(p.asked, s.peers.askedAll)
	p.unasked = !last.IsZero() && now.Sub(last) < s.cfg.Heartbeat
	if p.unasked {
		return
	}
	p.asked = now
	s.send(SyncRequest{To: p.node}, now)
}

// askAll requests what all peers know.
func (s *State) askAll(now time.Time) {
	s.peers.askedAll = now
	s.send(SyncRequest{}, now)
}

func (b Heartbeat) apply(s *State, h Header, now time.Time) {
	p := s.peers.byNode[h.Node]
	if !p.noteBeat(b, h.Seq, now) {
		return
	}
	switch b.Role {
	case RoleLeft:
		p.left = true
		s.down(p, DownLeft, now)
	case RoleDraining:
		s.decide(now)
	default:
		if p.miscounted(s.agents.heldBy(p)) {
			s.ask(p, now)
		}
	}
}

func (b SyncRequest) apply(s *State, h Header, now time.Time) {
	p := s.peers.byNode[h.Node]
	if b.To != "" && b.To != s.cfg.Node || !p.told.IsZero() && now.Sub(p.told) < s.cfg.Heartbeat/2 {
		return
	}
	s.tellAll(p, now)
}

// tellAll answers a peer with everything that this node knows.
func (s *State) tellAll(p *peer, now time.Time) {
	p.told = now
	for _, agent := range inOrder(s.agents.own) {
		s.announce(agent, now)
	}
	for _, agent := range inOrder(s.agents.replicas) {
		r := s.agents.replicas[agent]
		if s.ownerOf(r, now) == ownerEnded {
			s.handOn(agent, r, now)
		}
	}
	s.sendIntents(now)
	s.sendOrder(now)
	unread := s.recall.missing()
	s.recall.owed = s.recall.owed || unread
	s.send(SyncDone{To: p.node, Unread: unread}, now)
}

func (b SyncDone) apply(s *State, h Header, now time.Time) {
	if b.To == s.cfg.Node {
		p := s.peers.byNode[h.Node]
		p.synced, p.unasked, p.unread = true, false, b.Unread
		s.decide(now)
	}
}

// settle notes that this node has become ready, and asks for a [Renew] if it
// should be and may be the one that does not hear.
func (s *State) settle(now time.Time) {
	if p := s.brokeOff(now); p != nil && now.Sub(s.link.since) >= s.cfg.Timeout {
		s.link.renewed, s.link.since = true, now
		s.out.emit(Renew{Node: p.node})
	}
	if s.ready(now) {
		s.link.settled, s.link.renewed = true, false
		s.recall.known = true // by whatever way
	}
}

// brokeOff is a peer that began to answer this node, which has just come on line,
// and broke off. nil: there is none, or new connections did not help.
func (s *State) brokeOff(now time.Time) *peer {
	if s.link.settled || s.link.renewed || s.stage != working {
		return nil
	}
	return s.peers.brokeOff(s.link.since, now, s.cfg.Heartbeat+s.cfg.Heartbeat/2)
}

// watch finds the peers that fell silent.
func (s *State) watch(now time.Time) {
	for _, p := range s.peers.inOrder() {
		switch {
		case !p.up:
			if now.Sub(p.heard) > forgetAfter {
				delete(s.peers.byNode, p.node)
			}
		case s.link.silence(p.heard, now) >= s.cfg.Timeout:
			s.down(p, DownSilent, now)
		case p.unasked:
			s.ask(p, now)
		}
	}
}

// down counts a peer as dead. Its replicas may be better known elsewhere, so
// the nodes that are left compare.
func (s *State) down(p *peer, why DownWhy, now time.Time) {
	if !p.up {
		return
	}
	p.up = false
	s.out.emit(PeerDown{Node: p.node, Why: why})
	s.stopAwaiting(p.node)
	if s.peers.anyUp() {
		s.askAll(now)
	}
	s.decide(now)
}

// best reports whether this node is the first of those that may take agents.
func (s *State) best() bool {
	return s.stage == working && !s.peers.anyBetter(rank{!s.unable, s.cfg.Priority, s.cfg.Node})
}
