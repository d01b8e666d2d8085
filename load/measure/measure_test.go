package measure

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const ms = time.Millisecond

func TestSpread(t *testing.T) {
	require.Zero(t, SpreadOf(nil))
	require.Equal(t, Spread{Count: 1, Min: ms, P50: ms, P95: ms, P99: ms, Max: ms, Mean: ms}, SpreadOf([]time.Duration{ms}))
	var took []time.Duration
	for i := range 200 {
		took = append(took, time.Duration(200-i)*ms)
	}
	want := Spread{Count: 200, Min: ms, P50: 100 * ms, P95: 190 * ms, P99: 198 * ms, Max: 200 * ms, Mean: 100500 * time.Microsecond}
	require.Equal(t, want, SpreadOf(took))
	require.Equal(t, 200*ms, took[0], "the caller's list stays as it is")
}

func TestSpreadIsInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var took []time.Duration
		for _, n := range rapid.SliceOfN(rapid.Int64Range(0, 1e12), 1, 300).Draw(t, "took") {
			took = append(took, time.Duration(n))
		}
		s := SpreadOf(took)
		order := []time.Duration{s.Min, s.P50, s.P95, s.P99, s.Max}
		for i := range order[1:] {
			if order[i] > order[i+1] {
				t.Fatalf("not in order: %v", order)
			}
		}
		if s.Mean < s.Min || s.Mean > s.Max {
			t.Fatalf("the mean %s is not between %s and %s", s.Mean, s.Min, s.Max)
		}
		for percent, got := range map[int]time.Duration{50: s.P50, 95: s.P95, 99: s.P99} {
			below := 0
			for _, d := range took {
				if d <= got {
					below++
				}
			}
			if below*100 < percent*len(took) {
				t.Fatalf("only %d of %d are at most p%d", below, len(took), percent)
			}
		}
	})
}

// begin is a phase that began at the zero second, and what the time is.
func begin(goal int) (*Phase, func(d time.Duration) time.Time) {
	zero := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return Begin("phase", zero, goal, "login", "ready"), func(d time.Duration) time.Time { return zero.Add(d) }
}

func TestPhaseCountsWhatCame(t *testing.T) {
	p, at := begin(3)
	p.Expect("login", "login 1", at(0), "c1")
	p.Expect("login", "login 2", at(ms), "c2")
	p.Expect("ready", "ready 1", at(ms))
	require.Equal(t, 3, p.Open())
	require.True(t, p.Arrived("login 1", at(10*ms)))
	require.False(t, p.Arrived("login 1", at(11*ms)), "it came already")
	require.False(t, p.Arrived("login 7", at(11*ms)), "nobody waits for it")
	require.True(t, p.Waits("login 2"))
	require.True(t, p.Arrived("login 2", at(21*ms)))
	require.True(t, p.Arrived("ready 1", at(30*ms)))
	require.Equal(t, Progress{Name: "phase", Done: 2, Goal: 3, Since: 40 * ms, Last: 20 * ms}, p.Progress(at(40*ms)))
	r := p.End(at(time.Second))
	require.True(t, r.Clean())
	want := []Series{
		{Name: "login", Samples: []Sample{{At: 10 * ms, Took: 10 * ms}, {At: 21 * ms, Took: 20 * ms}}},
		{Name: "ready", Samples: []Sample{{At: 30 * ms, Took: 29 * ms}}},
	}
	require.Empty(t, cmp.Diff(want, r.Series))
	require.Equal(t, 2, r.Operations())
	require.Equal(t, 30*ms, r.Took, "until the last answer")
	require.InDelta(t, 2/0.03, r.Rate(), 1e-9)
	require.Equal(t, 15*ms, r.Series[0].Spread().Mean)
}

func TestPhaseFindsWhatIsLost(t *testing.T) {
	p, at := begin(0)
	p.Expect("login", "login 2", at(ms))
	p.Expect("login", "login 1", at(0))
	p.Expect("login", "login 3", at(0))
	p.Arrived("login 3", at(ms))
	r := p.End(at(time.Second))
	require.Equal(t, 2, r.Lost)
	require.Equal(t, ms, r.Took)
	require.Equal(t, time.Second, Begin("empty", at(0), 0, "x").End(at(time.Second)).Took)
	require.False(t, r.Clean())
	require.Equal(t, []string{
		"never came: login of login 1, asked for 0s after the beginning",
		"never came: login of login 2, asked for 1ms after the beginning",
	}, r.Faults)
	require.Zero(t, r.Errors+r.Doubled)
}

func TestPhaseFindsWhatCameTwice(t *testing.T) {
	p, at := begin(0)
	require.True(t, p.Told(at(0), "1001", "O-001", "READY"))
	require.True(t, p.Told(at(0), "1002", "O-001", "READY"), "another agent's")
	require.True(t, p.Told(at(0), "1001", "O-001R", "EADY"), "the parts do not run together")
	require.False(t, p.Told(at(memory), "1001", "O-001", "READY"))
	require.False(t, p.Told(at(memory+1), "1002", "O-001", "READY"), "remembered for at least that long")
	require.True(t, p.Told(at(5*memory), "1001", "O-001", "READY"), "and forgotten after that")
	r := p.End(at(5 * memory))
	require.Equal(t, 2, r.Doubled)
	require.False(t, r.Clean())
	require.Equal(t, "came twice: 1001 O-001 READY", r.Faults[0])
}

func TestPhaseAStateMayComeBack(t *testing.T) {
	p, at := begin(0)
	for _, s := range []string{"READY", "RESERVED", "READY"} {
		require.True(t, p.Changed("1001", s))
	}
	require.True(t, p.Changed("1002", "READY"), "another agent's")
	require.False(t, p.Changed("1001", "READY"))
	p.Stands("1002", "TALKING")
	require.False(t, p.Changed("1002", "TALKING"))
	p.Stands("1002", "TALKING")
	r := p.End(at(0))
	require.Equal(t, 2, r.Doubled)
	require.Equal(t, []string{"came twice: READY", "came twice: TALKING"}, r.Faults)
}

func TestPhaseAnErrorEndsTheWait(t *testing.T) {
	p, at := begin(0)
	p.Expect("login", "login 1", at(0), "c1", "c2")
	p.Expect("login", "login 1", at(ms), "c3") // one more command for the same
	p.Expect("ready", "ready 1", at(ms), "c3")
	p.Expect("ready", "ready 2", at(ms), "c4")
	p.Arrived("ready 2", at(ms))
	require.False(t, p.Refused("c4", "PLEASE_RETRY"), "it was answered")
	require.False(t, p.Refused("c9", "PLEASE_RETRY"), "nobody asked that")
	require.True(t, p.Refused("c3", "PLEASE_RETRY"))
	require.True(t, p.Refused("c1", "PLEASE_RETRY"), "the same operation: known, and not counted again")
	require.False(t, p.Arrived("login 1", at(2*ms)))
	require.Zero(t, p.Open())
	p.Fault("logged out", "1002")
	r := p.End(at(time.Second))
	require.Zero(t, r.Lost)
	require.Equal(t, 2, r.Errors)
	require.Equal(t, map[string]int{"PLEASE_RETRY": 1, "logged out": 1}, r.Causes)
	require.Equal(t, []string{"error PLEASE_RETRY: login 1, ready 1", "error logged out: 1002"}, r.Faults)
	require.False(t, r.Clean())
}

func TestPhaseKeepsTheFirstTime(t *testing.T) {
	p, at := begin(0)
	p.Expect("login", "login 1", at(0), "c1")
	p.Expect("login", "login 1", at(5*ms), "c2")
	p.Arrived("login 1", at(7*ms))
	require.Equal(t, 7*ms, p.End(at(ms)).Series[0].Samples[0].Took)
}

func TestPhaseKeepsFewFaults(t *testing.T) {
	p, at := begin(0)
	for range 10 * shownFaults {
		p.Fault("E", "x")
	}
	r := p.End(at(0))
	require.Len(t, r.Faults, shownFaults)
	require.Equal(t, 10*shownFaults, r.Errors)
	require.Zero(t, r.Rate(), "no time, no rate")
}

func TestPhaseRefusesAnUnknownSeries(t *testing.T) {
	p, at := begin(0)
	require.Panics(t, func() { p.Expect("other", "x", at(0)) })
}

func TestTimeline(t *testing.T) {
	s := Series{Samples: []Sample{{At: 0, Took: ms}, {At: 99 * ms, Took: 3 * ms}, {At: 100 * ms, Took: 5 * ms}, {At: 310 * ms, Took: 7 * ms}}}
	width, got := s.Timeline(300*ms, 10)
	require.Equal(t, 100*ms, width)
	require.Len(t, got, 3)
	require.Equal(t, []int{2, 1, 1}, []int{got[0].Count, got[1].Count, got[2].Count}, "what came at the very end belongs to the last")
	require.Equal(t, 2*ms, got[0].Mean)
	require.Equal(t, 200*ms, got[2].From)
	for length, want := range map[time.Duration]time.Duration{
		5 * time.Second: 100 * ms, 10 * time.Second: 200 * ms, 31 * time.Second: time.Second, 10 * time.Minute: 20 * time.Second,
	} {
		width, got = s.Timeline(length, 50)
		require.Equal(t, want, width, length)
		require.LessOrEqual(t, len(got), 50)
	}
	_, got = s.Timeline(0, 50)
	require.Empty(t, got)
}
