package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// counts are how many operations each series of a phase has.
func counts(ph Phase) map[string]int {
	out := map[string]int{}
	for _, s := range ph.Series {
		if len(s.Samples) > 0 {
			out[s.Name] = len(s.Samples)
		}
	}
	return out
}

func TestCallsAreAnsweredAndEnd(t *testing.T) {
	s := startStandIn(t, nil)
	cfg := small(s.url)
	cfg.Caller = s
	phases, err := Run(t.Context(), cfg, InboundAtOnce)
	require.NoError(t, err)
	require.Equal(t, map[string]int{ring: 3, answer: 3, release: 3, again: 3}, counts(phases[1]))
	require.Equal(t, "[Connect Login MakeReady AnswerCall ReleaseCall MakeReady MakeNotReady Logout]", s.words("100003"))
}

func TestCallsThatAreNotMade(t *testing.T) {
	s := startStandIn(t, func(word, agent, _ string) int {
		if word == "ring" && agent == "100002" {
			return -1
		}
		return 1
	})
	cfg := small(s.url)
	cfg.Caller = s
	phases, err := Run(t.Context(), cfg, InboundAtOnce)
	require.ErrorIs(t, err, ErrMissing)
	require.Equal(t, map[string]int{"no call: " + errNobody.Error(): 1}, phases[1].Causes)
	require.Equal(t, map[string]int{ring: 2, answer: 2, release: 2, again: 2}, counts(phases[1]))
}

func TestSteadyDayGoesOn(t *testing.T) {
	s := startStandIn(t, nil)
	cfg := small(s.url)
	cfg.Caller = s
	cfg.Scale, cfg.Duration = 1200, 1500*time.Millisecond // a call in each tenth of a second
	phases, err := Run(t.Context(), cfg, SteadyDay)
	require.NoError(t, err)
	day := phases[1]
	require.Greater(t, counts(day)[ring], 3, "more than one call for an agent")
	require.Equal(t, counts(day)[ring], counts(day)[again])
	require.InDelta(t, 45, counts(day)[ring]+day.Skipped, 3)
}

func TestSteadyDaySkipsACallBesideACall(t *testing.T) {
	s := startStandIn(t, func(word, _, code string) int {
		if word == "ReleaseCall" && code == "O-001" {
			return 0 // they do not come back from the first call
		}
		return 1
	})
	cfg := small(s.url)
	cfg.Caller = s
	cfg.Scale, cfg.Duration, cfg.Timeout = 1200, 500*time.Millisecond, time.Second
	phases, err := Run(t.Context(), cfg, SteadyDay)
	require.ErrorIs(t, err, ErrMissing)
	require.Equal(t, 3, counts(phases[1])[ring])
	require.Equal(t, 3, phases[1].Lost)
	require.Positive(t, phases[1].Skipped)
}

func TestStateLoopGoesOnAfterARefusal(t *testing.T) {
	refused := false
	s := startStandIn(t, func(word, agent, _ string) int {
		if word == "MakeNotReady" && agent == "100001" && !refused {
			refused = true
			return -1
		}
		return 1
	})
	cfg := small(s.url)
	cfg.Active, cfg.Duration = 1, 4*retryTime
	phases, err := Run(t.Context(), cfg, StateLoop)
	require.ErrorIs(t, err, ErrMissing)
	require.Equal(t, map[string]int{"PLEASE_RETRY": 1}, phases[1].Causes)
	require.Positive(t, phases[1].Operations())
}
