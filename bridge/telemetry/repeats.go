package telemetry

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// RepeatWindow is how long a message is not repeated.
const RepeatWindow = 10 * time.Second

// Repeats logs what happens to many agents at once as one line with a count: the
// first of a message at once, and what follows within [RepeatWindow] as a number
// at its end. Each is logged for debugging, too. The zero Repeats logs nothing.
// Safe for concurrent use.
type Repeats struct {
	log zerolog.Logger

	mu   sync.Mutex
	more map[string]int // by message, in the window that runs
}

// NewRepeats makes one that writes to log.
func NewRepeats(log zerolog.Logger) *Repeats {
	return &Repeats{log: log, more: map[string]int{}}
}

// Say logs that message holds for an agent, and why (err may be nil).
func (r *Repeats) Say(level zerolog.Level, agent string, err error, message string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	_, running := r.more[message]
	if running {
		r.more[message]++
		level = zerolog.DebugLevel
	} else {
		r.more[message] = 0
		level := level
		time.AfterFunc(RepeatWindow, func() { r.end(level, message) })
	}
	r.mu.Unlock()
	r.log.WithLevel(level).Str("agent", agent).Err(err).Msg(message)
}

// end closes a window, and says how often the message came.
func (r *Repeats) end(level zerolog.Level, message string) {
	r.mu.Lock()
	n := r.more[message]
	delete(r.more, message)
	r.mu.Unlock()
	if n > 0 {
		r.log.WithLevel(level).Int("more_agents", n).Dur("within", RepeatWindow).Msg(message)
	}
}
