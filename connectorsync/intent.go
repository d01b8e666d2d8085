package connectorsync

import (
	"slices"
	"time"
)

// Intend notes that a command which must not run twice is about to go to
// Finesse. The command goes only after the broker has confirmed the [Send].
func (s *State) Intend(messageID, agent, word string, now time.Time) []Effect {
	i := Intent{MessageID: messageID, Agent: agent, Word: word, Node: s.cfg.Node, At: MillisOf(now)}
	s.intents.put(messageID, i)
	s.order.Begun(i.mark())
	s.send(Intents{List: []Intent{i}}, now)
	return s.done()
}

// Intended finds the intent of a redelivered command: some node, or this one
// before a restart, was about to run it or has run it. Intents are kept for
// Config.IntentTTL, and at most Config.MaxIntents of them.
func (s *State) Intended(messageID string, now time.Time) (Intent, bool) {
	i, ok := s.intents.get(messageID)
	if !ok || s.expired(i, now) {
		return Intent{}, false
	}
	return i, true
}

func (s *State) expired(i Intent, now time.Time) bool { return now.Sub(i.At.Time()) > s.cfg.IntentTTL }

func (b Intents) apply(s *State, _ Header, now time.Time) {
	for _, i := range b.List {
		if known, ok := s.intents.get(i.MessageID); !s.expired(i, now) && (!ok || known.At < i.At) {
			s.intents.put(i.MessageID, i)
		}
		s.order.Begun(i.mark())
	}
}

func (i Intent) mark() Mark { return Mark{i.Agent, i.MessageID, i.At} }

// sendIntents sends the intents of all nodes: who asks may have been restarted.
func (s *State) sendIntents(now time.Time) {
	var list []Intent
	for _, id := range s.intents.order {
		if i, _ := s.intents.get(id); !s.expired(i, now) {
			list = append(list, i)
		}
	}
	for part := range slices.Chunk(list, listedPerMessage) {
		s.send(Intents{List: part}, now)
	}
}
