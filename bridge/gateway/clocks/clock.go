package clocks

import "time"

// clock is what is known of a producer's clock.
type clock struct {
	known       bool
	low, before time.Duration // the smallest difference of this window, and of the one before
	begun       time.Duration // when this window began

	late   bool // something fresh looked too old:
	level  time.Duration
	lateAt time.Duration
}

// offset is the smallest difference; 0 while none is known.
func (c *clock) offset() time.Duration { return min(c.low, c.before) }

// take learns from something that did not wait.
func (c *clock) take(difference, at time.Duration) {
	switch {
	case !c.known:
		c.known, c.low, c.before, c.begun = true, difference, difference, at
	case at-c.begun >= window:
		c.before, c.low, c.begun = c.low, difference, at
	}
	c.low = min(c.low, difference)
	c.late = false
}

// lower learns from something that may have waited: not more than that.
func (c *clock) lower(difference time.Duration) { c.low = min(c.low, difference) }

// set takes note of something fresh that is too old, and reports whether the clock
// must have been set back: the difference has been the same for a while.
func (c *clock) set(difference, at time.Duration) bool {
	switch {
	case !c.late || (difference-c.level).Abs() > alike:
		c.late, c.level, c.lateAt = true, difference, at
	case at-c.lateAt >= confirm:
		*c = clock{}
		c.take(difference, at)
		return true
	}
	return false
}

// book remembers clocks by name, the newest names first.
type book struct {
	clocks map[string]*clock
	order  []string
}

func newBook() book { return book{clocks: map[string]*clock{}} }

func (b *book) get(name string) *clock { return b.clocks[name] }

func (b *book) make(name string) *clock {
	if c := b.clocks[name]; c != nil {
		return c
	}
	if len(b.order) >= most {
		delete(b.clocks, b.order[0])
		b.order = b.order[1:]
	}
	b.order = append(b.order, name)
	b.clocks[name] = &clock{}
	return b.clocks[name]
}

// What makes a node doubt itself: of at least so many commands in two spans more
// than half were too old. It goes on doubting for a while, because who gives way
// gets no more commands to learn from.
const (
	span   = 10 * time.Second
	enough = 10
	doubt  = 5 * time.Minute
)

// share counts which commands were too old, in this span and the one before.
type share struct {
	begun       time.Duration
	now, before tally
	until       time.Duration // how long this node doubts itself
}

type tally struct{ all, old int }

func (s *share) add(at time.Duration, old bool) {
	if at-s.begun >= span {
		s.before, s.now = s.now, tally{}
		if at-s.begun >= 2*span {
			s.before = tally{}
		}
		s.begun = at
	}
	s.now.all++
	if old {
		s.now.old++
	}
	all, late := s.now.all+s.before.all, s.now.old+s.before.old
	switch {
	case all < enough:
	case 2*late > all:
		s.until = at + doubt
	default:
		s.until = 0
	}
}

func (s *share) most(at time.Duration) bool { return at < s.until }
