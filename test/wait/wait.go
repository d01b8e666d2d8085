// Package wait waits in tests for what must come. Every wait ends with the
// event that it is for, or much later with a failed test; none lasts for a time.
package wait

import "time"

// Patience is how long a test waits for what must come. It is far longer than
// anything takes, and never used up by a test that passes.
const Patience = 15 * time.Second

// Tick is the time between two looks at a condition.
const Tick = 2 * time.Millisecond

// TB is what a wait needs of a *testing.T, or of what stands in for one.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
}

// Until looks at cond until it holds or limit is over, and says whether it holds.
func Until(limit time.Duration, cond func() bool) bool {
	tick := time.NewTicker(Tick)
	defer tick.Stop()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for {
		if cond() {
			return true
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return cond()
		}
	}
}

// For returns what c brings next. The test fails if that takes longer than
// Patience, or if c is closed; what names what was waited for.
func For[T any](t TB, c <-chan T, what string) T {
	t.Helper()
	v, open := next(t, c, what)
	if !open {
		t.Fatalf("closed instead of: %s", what)
	}
	return v
}

// Closed returns when c is closed, and drops what comes before. The test fails
// if that takes longer than Patience after the last that came.
func Closed[T any](t TB, c <-chan T, what string) {
	t.Helper()
	for {
		if _, open := next(t, c, what); !open {
			return
		}
	}
}

func next[T any](t TB, c <-chan T, what string) (v T, open bool) {
	t.Helper()
	limit := time.NewTimer(Patience)
	defer limit.Stop()
	select {
	case v, open = <-c:
	case <-limit.C:
		t.Fatalf("not within %s: %s", Patience, what)
	}
	return v, open
}
