package load

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// due is something to do at a time.
type due struct {
	at time.Time
	do func()
}

// agenda is what is to be done, the earliest first. It is for one goroutine at a
// time, and reads no clock.
type agenda struct{ list dueList }

// add notes something.
func (a *agenda) add(at time.Time, do func()) { heap.Push(&a.list, due{at, do}) }

// run does what is due at now, in order, and reports whether nothing is left.
func (a *agenda) run(now time.Time) (empty bool) {
	for len(a.list) > 0 && !a.list[0].at.After(now) {
		heap.Pop(&a.list).(due).do()
	}
	return len(a.list) == 0
}

// dueList is a heap.
type dueList []due

func (l dueList) Len() int           { return len(l) }
func (l dueList) Less(i, j int) bool { return l[i].at.Before(l[j].at) }
func (l dueList) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }
func (l *dueList) Push(x any)        { *l = append(*l, x.(due)) }
func (l *dueList) Pop() any {
	last := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return last
}

// day is when calls come for an agent: one in each interval, from a moment of
// the agent's own in the first, a little earlier or later each time, until length
// is over.
func day(rnd *rand.Rand, interval, length time.Duration) (at []time.Duration) {
	first := time.Duration(rnd.Float64() * float64(interval))
	for t := first; t < length; t += interval {
		early := time.Duration(rnd.Float64() * float64(interval) / 10)
		at = append(at, max(t-early, 0))
	}
	return at
}
