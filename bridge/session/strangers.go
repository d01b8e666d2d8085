package session

import (
	"fmt"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"gcbridge/bridge/telemetry"
)

// The bounds of the sessions of agents whom Finesse never accepted. Such a session
// is kept to refuse what follows its Connect in the same words.
const (
	// maxStrangers are kept; who was heard of longest ago goes first.
	maxStrangers = 200
	// maxNewcomers are at their first try; further ones are told to come again.
	// Nobody at a try is pushed out: at the start of a shift everybody is new.
	maxNewcomers = 10_000
)

// strangers are the sessions of agents whom Finesse never accepted.
type strangers struct {
	idle   *simplelru.LRU[*Session, struct{}] // have nothing to do
	trying map[*Session]struct{}              // are at a command
}

// newStrangers keeps so many who have nothing to do.
func newStrangers(most int) (strangers, error) {
	idle, err := simplelru.NewLRU[*Session, struct{}](most+1, nil)
	if err != nil {
		return strangers{}, fmt.Errorf("session: %d strangers: %w", most, err)
	}
	return strangers{idle: idle, trying: map[*Session]struct{}{}}, nil
}

// arrives reports whether there is room for the session of a new agent.
func (t *Trust) arrives(s *Session) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.strangers.trying) >= maxNewcomers {
		t.telemetry.Count(telemetry.StrangersRefused)
		return false
	}
	t.strangers.trying[s] = struct{}{}
	return true
}

// trying says that a stranger is at a command.
func (t *Trust) trying(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.strangers.idle.Remove(s)
	t.strangers.trying[s] = struct{}{}
}

// tried says that a command has come to its end. Who is a stranger still may
// push another one out.
func (t *Trust) tried(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, is := t.strangers.trying[s]; !is {
		return // accepted meanwhile
	}
	delete(t.strangers.trying, s)
	t.strangers.idle.Add(s, struct{}{})
	for t.strangers.idle.Len() > maxStrangers {
		old, _, _ := t.strangers.idle.RemoveOldest()
		t.telemetry.Count(telemetry.StrangersForgotten)
		old.inbox.signal(sigForget)
	}
}

// proven says that a session is no stranger's any more, or has ended.
func (t *Trust) proven(s *Session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.strangers.trying, s)
	t.strangers.idle.Remove(s)
}

// Strangers is how many sessions there are of agents whom Finesse never accepted.
func (t *Trust) Strangers() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.strangers.trying) + t.strangers.idle.Len()
}

// forgotten ends the session of a stranger who was pushed out, unless they came
// back at that moment.
func (s *Session) forgotten() {
	if len(s.inbox.mail) > 0 || s.shown.proven.Load() {
		return
	}
	s.log.Debug().Msg("Finesse never accepted the agent, and there are many of these: session ends")
	s.life.ended = true
}
