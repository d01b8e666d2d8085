package gateway

import "sync"

// seen remembers the ids of recent commands. The broker delivers a command
// again when the link failed before its acknowledgement arrived; a command that
// was already decided here must not run twice, and one that is still running
// must not start again. Bounded: the oldest decided ids go first.
type seen struct {
	mu    sync.Mutex
	byID  map[string]*inFlight
	order []string
	limit int
}

// inFlight is one command; again holds the acknowledgements of its
// redeliveries, which wait for the same decision.
type inFlight struct {
	decided bool
	acks    []func()
}

const rememberedCommands = 20_000

func newSeen(limit int) *seen {
	return &seen{byID: make(map[string]*inFlight), limit: limit}
}

// start notes a delivery. fresh: it has to be run, and decide is called when
// its outcome is known. Otherwise it is a redelivery, and its ack is called
// with the decision of the first, at once if that is known.
func (s *seen) start(id string, ack func()) (fresh bool) {
	s.mu.Lock()
	f, ok := s.byID[id]
	switch {
	case !ok:
		s.byID[id] = &inFlight{acks: []func(){ack}}
		s.order = append(s.order, id)
		s.trim()
		s.mu.Unlock()
		return true
	case !f.decided:
		f.acks = append(f.acks, ack)
		s.mu.Unlock()
		return false
	}
	s.mu.Unlock()
	ack()
	return false
}

// decide acknowledges every delivery of id.
func (s *seen) decide(id string) {
	s.mu.Lock()
	f := s.byID[id]
	if f == nil {
		s.mu.Unlock()
		return
	}
	acks := f.acks
	f.decided, f.acks = true, nil
	s.mu.Unlock()
	for _, ack := range acks {
		ack()
	}
}

// running is how many commands are not decided yet.
func (s *seen) running() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, f := range s.byID {
		if !f.decided {
			n++
		}
	}
	return n
}

// trim forgets the oldest ids while there are too many; one that still runs is kept.
func (s *seen) trim() {
	for len(s.order) > s.limit && s.byID[s.order[0]].decided {
		delete(s.byID, s.order[0])
		s.order = s.order[1:]
	}
}
