package connectorsync

import (
	"slices"
	"time"
)

// intents are the commands that must not run twice and that were about to run,
// on any node. The oldest are forgotten first.
type intents struct {
	bounded[Intent]
	ttl time.Duration
}

func (in *intents) expired(i Intent, now time.Time) bool { return now.Sub(i.At.Time()) > in.ttl }

func (in *intents) find(messageID string, now time.Time) (Intent, bool) {
	i, ok := in.get(messageID)
	if !ok || in.expired(i, now) {
		return Intent{}, false
	}
	return i, true
}

// learn takes over an intent of another node, unless a newer one is known.
func (in *intents) learn(i Intent, now time.Time) {
	if known, ok := in.get(i.MessageID); !in.expired(i, now) && (!ok || known.At < i.At) {
		in.put(i.MessageID, i)
	}
}

// current are those that have not expired, oldest first.
func (in *intents) current(now time.Time) []Intent {
	var list []Intent
	for _, id := range in.order {
		if i, ok := in.find(id, now); ok {
			list = append(list, i)
		}
	}
	return list
}

// Intend notes that a command which must not run twice is about to go to
// Finesse. The command goes only after the broker has confirmed the [Send].
func (s *State) Intend(messageID, agent, word string, now time.Time) []Effect {
	i := Intent{MessageID: messageID, Agent: agent, Word: word, Node: s.cfg.Node, At: MillisOf(now)}
	s.intents.put(messageID, i)
	s.order.Begun(i.mark())
	s.send(Intents{List: []Intent{i}}, now)
	if s.recall.on && s.link.up && s.stage != left {
		s.out.emit(Remember{KeptIntent{i}})
	}
	return s.out.done()
}

// Intended finds the intent of a redelivered command: some node, or this one
// before a restart, was about to run it or has run it. Intents are kept for
// Config.IntentTTL, and at most Config.MaxIntents of them.
func (s *State) Intended(messageID string, now time.Time) (Intent, bool) {
	return s.intents.find(messageID, now)
}

func (b Intents) apply(s *State, _ Header, now time.Time) {
	for _, i := range b.List {
		s.intents.learn(i, now)
		s.order.Begun(i.mark())
	}
}

func (i Intent) mark() Mark { return Mark{i.Agent, i.MessageID, i.At} }

// sendIntents sends the intents of all nodes: the one that asks may have been
// restarted.
func (s *State) sendIntents(now time.Time) {
	for part := range slices.Chunk(s.intents.current(now), listedPerMessage) {
		s.send(Intents{List: part}, now)
	}
}
