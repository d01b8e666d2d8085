package connectorsync

import (
	"cmp"
	"time"
)

// forgetAfter is how long the dead are remembered: a peer, and the replica of
// an agent that nobody could take over or that an original connector holds.
const forgetAfter = 10 * time.Minute

// missedAnnouncements is after how many intervals without a word the replica
// of an agent is dropped although its owner lives.
const missedAnnouncements = 3

// peer is another node, as heard.
type peer struct {
	node    string
	boot    Millis
	window  window
	heard   time.Time // by our clock
	up      bool
	left    bool
	asked   time.Time // when it was last sent a SyncRequest of its own
	unasked bool      // it is to be sent one as soon as it may be
	told    time.Time // when its SyncRequest was last answered
	synced  bool      // it has answered since the link came up

	beat    Heartbeat // the newest
	beatSeq uint64    // 0: none yet
	unable  time.Time // since when it says that it has no Finesse; zero: it has one
	odd     int       // heartbeats in a row whose agents are not those we know
}

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
	p := s.peers[h.Node]
	restarted := p != nil && p.boot < h.Boot
	if p != nil && h.Boot < p.boot { // the clock may have been set back between two lives
		if p.up || now.Sub(p.heard) <= s.cfg.Freshness {
			return ReasonOldBoot
		}
		restarted = true
	}
	switch {
	case p == nil && len(s.peers) >= s.cfg.MaxPeers:
		return ReasonFull
	case p == nil:
		p = &peer{node: h.Node, boot: h.Boot}
		s.peers[h.Node] = p
	case restarted:
		s.awaitNoMore(p.node)
		missed := !p.up
		*p = peer{node: h.Node, boot: h.Boot, up: !missed}
		if !missed {
			s.emit(PeerUp{Node: h.Node, Restarted: true})
			s.ask(p, now)
		}
	}
	if !p.window.admit(h.Seq) {
		return ReasonReplayed
	}
	p.heard = now
	if !p.up && !p.left {
		p.up = true
		s.emit(PeerUp{Node: h.Node})
		s.ask(p, now)
	}
	return ""
}

// ask requests what a peer knows, but not again before it can have answered.
func (s *State) ask(p *peer, now time.Time) {
	last := later(p.asked, s.askedAll)
	p.unasked = !last.IsZero() && now.Sub(last) < s.cfg.Heartbeat
	if p.unasked {
		return
	}
	p.asked = now
	s.send(SyncRequest{To: p.node}, now)
}

// askAll requests what anybody knows.
func (s *State) askAll(now time.Time) {
	s.askedAll = now
	s.send(SyncRequest{}, now)
}

func (b Heartbeat) apply(s *State, h Header, now time.Time) {
	p := s.peers[h.Node]
	if h.Seq < p.beatSeq {
		return // a newer one came first
	}
	p.beat, p.beatSeq = b, h.Seq
	switch {
	case !b.Unable:
		p.unable = time.Time{}
	case p.unable.IsZero():
		p.unable = now
	}
	switch b.Role {
	case RoleLeft:
		p.left = true
		s.down(p, DownLeft, now)
	case RoleDraining:
		s.decide(now)
	default:
		s.compare(p, now)
	}
}

// compare asks a peer that holds another number of agents than we know of: an
// announcement was lost. One odd count is no sign, the announcement may follow.
func (s *State) compare(p *peer, now time.Time) {
	known := 0
	for _, r := range s.replicas {
		if r.node == p.node && r.boot == p.boot && r.complete {
			known++
		}
	}
	if known == p.beat.Agents {
		p.odd = 0
		return
	}
	if p.odd++; p.odd >= 2 {
		p.odd = 0
		s.ask(p, now)
	}
}

func (b SyncRequest) apply(s *State, h Header, now time.Time) {
	p := s.peers[h.Node]
	if b.To != "" && b.To != s.cfg.Node || !p.told.IsZero() && now.Sub(p.told) < s.cfg.Heartbeat/2 {
		return
	}
	p.told = now
	for _, agent := range inOrder(s.own) {
		s.announce(agent, now)
	}
	for _, agent := range inOrder(s.replicas) {
		r := s.replicas[agent]
		if s.standing(r, now) == ownerEnded {
			s.handOn(agent, r, now)
		}
	}
	s.sendIntents(now)
	s.sendOrder(now)
	s.send(SyncDone{To: h.Node}, now)
}

func (b SyncDone) apply(s *State, h Header, now time.Time) {
	if b.To == s.cfg.Node {
		p := s.peers[h.Node]
		p.synced, p.unasked = true, false
		s.decide(now)
	}
}

// settle notes that this node has become ready, and asks for a [Renew] if it
// should be and has to suspect itself.
func (s *State) settle(now time.Time) {
	if p := s.deafTo(now); p != nil && now.Sub(s.since) >= s.cfg.Timeout {
		s.renewed, s.since = true, now
		s.emit(Renew{Node: p.node})
	}
	if s.ready(now) {
		s.settled, s.renewed = true, false
	}
}

// deafTo is a peer that began to answer this node, which has just come on line,
// and broke off. nil: there is none, or new connections were of no use.
func (s *State) deafTo(now time.Time) *peer {
	if s.settled || s.renewed || s.stage != working {
		return nil
	}
	var broken *peer
	for _, node := range inOrder(s.peers) {
		p := s.peers[node]
		switch {
		case now.Sub(p.heard) < s.cfg.Heartbeat+s.cfg.Heartbeat/2:
			return nil // somebody is heard
		case p.up && !p.synced && p.heard.After(s.since):
			broken = p
		}
	}
	return broken
}

// watch finds the peers that fell silent. The silence of a time in which this
// node could not hear does not count.
func (s *State) watch(now time.Time) {
	for _, node := range inOrder(s.peers) {
		p := s.peers[node]
		switch {
		case !p.up:
			if now.Sub(p.heard) > forgetAfter {
				delete(s.peers, node)
			}
		case now.Sub(later(p.heard, s.since)) >= s.cfg.Timeout:
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
	s.emit(PeerDown{Node: p.node, Why: why})
	s.awaitNoMore(p.node)
	for _, other := range s.peers {
		if other.up {
			s.askAll(now)
			break
		}
	}
	s.decide(now)
}

// rank orders the nodes for what nobody holds: one that reaches Finesse goes
// before one that does not, then counts the priority, then the greater node id.
type rank struct {
	able     bool
	priority int
	node     string
}

func (r rank) better(o rank) bool {
	if r.able != o.able {
		return r.able
	}
	return cmp.Or(cmp.Compare(r.priority, o.priority), cmp.Compare(r.node, o.node)) > 0
}

// best reports whether this node is the first of those that may take agents.
// A peer whose heartbeat was not heard yet does not count.
func (s *State) best() bool {
	me := rank{!s.unable, s.cfg.Priority, s.cfg.Node}
	for _, p := range s.peers {
		if p.up && p.beatSeq > 0 && p.beat.Role != RoleDraining &&
			(rank{!p.beat.Unable, p.beat.Priority, p.node}).better(me) {
			return false
		}
	}
	return s.stage == working
}

// company reports whether another node lives, as far as this one knows.
func (s *State) company() bool {
	for _, p := range s.peers {
		if p.up {
			return true
		}
	}
	return false
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
