package measure

import "time"

// memory is how long it is remembered, at least, what came.
const memory = time.Minute

// twice remembers keys for a while, and finds those that come again.
type twice struct {
	now, before map[string]bool
	turned      time.Time
}

// seen reports whether key came before; what came more than twice [memory] ago
// may be forgotten, so that a long run does not grow without end.
func (t *twice) seen(key string, at time.Time) bool {
	if t.now == nil || at.Sub(t.turned) >= memory {
		t.before, t.now, t.turned = t.now, map[string]bool{}, at
	}
	if t.now[key] || t.before[key] {
		return true
	}
	t.now[key] = true
	return false
}
