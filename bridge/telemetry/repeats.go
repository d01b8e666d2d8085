package telemetry

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// RepeatWindow is how long a message is not repeated.
const RepeatWindow = 10 * time.Second

// Say logs that message holds for an agent, and why (err may be nil): see [repeats].
func (t *Telemetry) Say(log zerolog.Logger, level zerolog.Level, agent string, err error, message string) {
	t.repeats.say(log, level, agent, err, message)
}

// repeats logs what happens to many agents at once as one line with a count: the
// first of a message at once, and what follows within [RepeatWindow] as a number
// at its end. Each is logged for debugging, too. Safe for concurrent use.
type repeats struct {
	mu   sync.Mutex
	more map[string]int // by message, in the window that runs
}

func (r *repeats) say(log zerolog.Logger, level zerolog.Level, agent string, err error, message string) {
	r.mu.Lock()
	if r.more == nil {
		r.more = map[string]int{}
	}
	_, running := r.more[message]
	if running {
		r.more[message]++
		level = zerolog.DebugLevel
	} else {
		r.more[message] = 0
		level := level
		time.AfterFunc(RepeatWindow, func() { r.end(log, level, message) })
	}
	r.mu.Unlock()
	log.WithLevel(level).Str("agent", agent).Err(err).Msg(message)
}

// end closes a window, and says how often the message came.
func (r *repeats) end(log zerolog.Logger, level zerolog.Level, message string) {
	r.mu.Lock()
	n := r.more[message]
	delete(r.more, message)
	r.mu.Unlock()
	if n > 0 {
		log.WithLevel(level).Int("more_agents", n).Dur("within", RepeatWindow).Msg(message)
	}
}
