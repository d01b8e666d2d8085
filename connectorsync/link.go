package connectorsync

import "time"

// link is whether this node hears the others, and since when.
type link struct {
	up      bool
	before  bool // it was up before
	settled bool // this node was ready since the link came up
	renewed bool // this node asked for a Renew since it was ready

	since    time.Time // from when on the silence of others counts
	lastTick time.Time
}

func (l *link) opened(now time.Time) { l.up, l.since, l.settled = true, now, false }

func (l *link) closed() { l.before, l.up = l.before || l.up, false }

// tick notes that time passes. If that was not noted for limit, this node slept,
// and the silence of others is counted from now on.
func (l *link) tick(now time.Time, limit time.Duration) {
	slept := !l.lastTick.IsZero() && now.Sub(l.lastTick) >= limit
	l.lastTick = now
	if slept && l.up {
		l.since = now
	}
}

// silence is how long nothing was heard that was heard last at a time. The time
// in which this node could not hear does not count.
func (l *link) silence(last, now time.Time) time.Duration { return now.Sub(later(last, l.since)) }

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
