package load

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/load/measure"
)

func small(url string) Config {
	return Config{BrokerURLs: []string{url}, Agents: SimulatedAgents(3), Duration: 200 * time.Millisecond, Timeout: 5 * time.Second}
}

func TestRunPlaysInOrder(t *testing.T) {
	s := startStandIn(t, nil)
	cfg := small(s.url)
	cfg.Active = 1
	var seen []string
	cfg.Progress = func(p measure.Progress) {
		if len(seen) == 0 || seen[len(seen)-1] != p.Name {
			seen = append(seen, p.Name)
		}
	}
	phases, err := Run(t.Context(), cfg, StateLoop)
	require.NoError(t, err)
	require.Len(t, phases, 2, "login-ready comes first in any case")
	require.Equal(t, LoginReady, phases[0].Name)
	require.Equal(t, 3, phases[0].Operations())
	require.Equal(t, StateLoop, phases[1].Name)
	require.Positive(t, phases[1].Operations())
	require.Equal(t, []string{"rehearsal", LoginReady, StateLoop, "leave"}, seen)
	require.Nil(t, phases[0].Worker)
	first := s.words("100001")
	require.Contains(t, first, "[Connect Login Logout Connect Login MakeReady MakeNotReady MakeReady", "in and out alone, then with all")
	require.Contains(t, first, "MakeNotReady Logout]", "and out at the end")
	require.Equal(t, "[Connect Login MakeReady MakeNotReady Logout]", s.words("100003"), "not active")
}

func TestRunFindsWhatIsMissing(t *testing.T) {
	spoiled := func(word, agent, code string, times int) func(w, a, c string) int {
		return func(w, a, c string) int {
			if w == word && a == agent && c == code {
				return times
			}
			return 1
		}
	}
	for name, c := range map[string]struct {
		spoil func(w, a, c string) int
		want  measure.Result
	}{
		"an event that never comes":    {spoiled("MakeReady", "100002", "O-001", 0), measure.Result{Lost: 2}},
		"an event that comes twice":    {spoiled("MakeReady", "100002", "O-001", 2), measure.Result{Doubled: 1}},
		"an error instead of an event": {spoiled("Login", "100002", "O-011", -1), measure.Result{Errors: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := startStandIn(t, c.spoil)
			cfg := small(s.url)
			cfg.Timeout = 500 * time.Millisecond
			phases, err := Run(t.Context(), cfg, LoginReady)
			require.ErrorIs(t, err, ErrMissing)
			require.Len(t, phases, 1)
			got := phases[0]
			require.Equal(t, c.want, measure.Result{Errors: got.Errors, Lost: got.Lost, Doubled: got.Doubled}, "%q", got.Faults)
		})
	}
}

func TestRunTriesOneAgentFirst(t *testing.T) {
	none := func(_, _, code string) int {
		if code == "O-011" {
			return -1
		}
		return 1
	}
	s := startStandIn(t, none)
	phases, err := Run(t.Context(), small(s.url), LoginReady)
	require.ErrorIs(t, err, ErrMissing)
	require.ErrorContains(t, err, "100001, does not come in and out")
	require.Empty(t, phases)
	require.Equal(t, "[]", s.words("100002"))
}

func TestRunAsksTheSimulatorForTheFirstAgent(t *testing.T) {
	s := startStandIn(t, nil)
	cfg := small(s.url)
	stranger := errors.New("no such agent")
	cfg.Known = func(_ context.Context, agent string) error {
		require.Equal(t, "100001", agent)
		return stranger
	}
	_, err := Run(t.Context(), cfg, LoginReady)
	require.ErrorIs(t, err, stranger)
	require.Equal(t, "[Connect Login Logout]", s.words("100001"))
	require.Equal(t, "[]", s.words("100002"))
}

func TestRunEndsWithItsContext(t *testing.T) {
	s := startStandIn(t, nil)
	cfg := small(s.url)
	cfg.Duration = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	cfg.Progress = func(p measure.Progress) {
		if p.Name == StateLoop && p.Done > 0 {
			cancel()
		}
	}
	phases, err := Run(ctx, cfg, StateLoop)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, phases, 2, "what was played comes back")
	require.Contains(t, s.words("100003"), "Logout]", "nobody is left behind")
}

func TestRunRefusesNonsense(t *testing.T) {
	agents := SimulatedAgents(2)
	for name, cfg := range map[string]Config{
		"no agents":       {},
		"the same twice":  {Agents: append(agents, agents[0])},
		"no id":           {Agents: []Agent{{}}},
		"negative":        {Agents: agents, Connections: -1},
		"before it began": {Agents: agents, Duration: -time.Second},
	} {
		_, err := Run(t.Context(), cfg, LoginReady)
		require.ErrorIs(t, err, ErrConfig, name)
	}
	_, err := Run(t.Context(), Config{Agents: agents}, "lunch")
	require.ErrorIs(t, err, ErrConfig)
	require.ErrorContains(t, err, "login-ready, inbound-at-once")
}

func TestRunNeedsABroker(t *testing.T) {
	cfg := small("stomp://127.0.0.1:1")
	cfg.Timeout = 100 * time.Millisecond
	_, err := Run(t.Context(), cfg, LoginReady)
	require.ErrorIs(t, err, errNoBroker)
	require.ErrorContains(t, err, "refused")
}
