package connectorsync

import (
	"cmp"
	"time"
)

// forgetAfter is how long a dead peer is remembered, and the replica of an agent
// that no node could take over or that an original connector holds.
const forgetAfter = 10 * time.Minute

// missedAnnouncements is after how many intervals without an announcement the
// replica of an agent is dropped although its owner lives.
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
	unread  bool      // and has not read yet what was kept

	beat      Heartbeat // the newest
	beatSeq   uint64    // 0: none yet
	unable    time.Time // since when it says that it has no Finesse; zero: it has one
	miscounts int       // heartbeats in a row whose agents are not those that are known
}

// noteBeat takes a heartbeat; false if a newer one came first.
func (p *peer) noteBeat(b Heartbeat, seq uint64, now time.Time) bool {
	if seq < p.beatSeq {
		return false
	}
	p.beat, p.beatSeq = b, seq
	switch {
	case !b.Unable:
		p.unable = time.Time{}
	case p.unable.IsZero():
		p.unable = now
	}
	return true
}

// miscounted compares the number of agents that the peer says it holds with those
// that are known: true means that an announcement was lost. One difference is no
// sign, the announcement may follow.
func (p *peer) miscounted(known int) bool {
	if known == p.beat.Agents {
		p.miscounts = 0
		return false
	}
	p.miscounts++
	if p.miscounts < 2 {
		return false
	}
	p.miscounts = 0
	return true
}

// peers are the other nodes.
type peers struct {
	limit    int
	byNode   map[string]*peer
	askedAll time.Time // when all were asked last
}

func (ps *peers) inOrder() []*peer {
	list := make([]*peer, 0, len(ps.byNode))
	for _, node := range inOrder(ps.byNode) {
		list = append(list, ps.byNode[node])
	}
	return list
}

// anyUp reports whether another node lives, as far as this one knows.
func (ps *peers) anyUp() bool {
	for _, p := range ps.byNode {
		if p.up {
			return true
		}
	}
	return false
}

// synced reports whether peers live, and whether the answer of one is missing.
// Who does not know what was kept waits for the answer of one who does.
func (ps *peers) synced(missing bool) (heard, waiting bool) {
	for _, p := range ps.byNode {
		heard = heard || p.up
		waiting = waiting || p.up && (!p.synced || p.unread && missing)
	}
	return heard, waiting
}

// brokeOff is a peer that was heard after a time, has not finished its answer
// and was not heard lately; nil if another was, or if there is none.
func (ps *peers) brokeOff(after, now time.Time, lately time.Duration) *peer {
	var found *peer
	for _, p := range ps.inOrder() {
		switch {
		case now.Sub(p.heard) < lately:
			return nil
		case p.up && !p.synced && p.heard.After(after):
			found = p
		}
	}
	return found
}

// anyBetter reports whether a node lives that goes before this one. A peer whose
// heartbeat was not heard yet does not count.
func (ps *peers) anyBetter(this rank) bool {
	for _, p := range ps.byNode {
		if p.up && p.beatSeq > 0 && p.beat.Role != RoleDraining &&
			(rank{!p.beat.Unable, p.beat.Priority, p.node}).better(this) {
			return true
		}
	}
	return false
}

// rank orders the nodes for an agent that no node holds: one that reaches Finesse
// goes before one that does not, then counts the priority, then the greater node id.
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
