package e2e

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker/embedded"
	"gcbridge/finesse/sim"
	"gcbridge/load"
	"gcbridge/load/measure"
)

// loadLab is a lab with an embedded broker, and a load for it.
func loadLab(t *testing.T, agents int) (*lab, load.Config) {
	t.Helper()
	b, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	l := newLab(t, b.URL(), nil, sim.WithScale(agents))
	return l, load.Config{BrokerURLs: []string{b.URL()}, Agents: load.SimulatedAgents(agents), Duration: time.Second, Timeout: patience}
}

// bySimulator lets the lab's simulator make the calls of a load.
func bySimulator(t *testing.T, l *lab, cfg *load.Config) {
	t.Helper()
	web := &http.Client{Timeout: patience}
	t.Cleanup(web.CloseIdleConnections)
	s, err := load.NewSimulator(l.sim.ControlURL(), web)
	require.NoError(t, err)
	cfg.Caller, cfg.Known = s, s.Known
}

// TestLoad plays every scenario small against a worker: everything comes, once.
func TestLoad(t *testing.T) {
	const agents = 6
	for _, c := range []struct {
		name, scenario string
		simulator      bool
		series         []string // that have times
		operations     int      // at least
	}{
		{"login-ready", load.LoginReady, true, []string{"login and ready", "login", "ready"}, agents},
		{"state-loop", load.StateLoop, true, []string{"state change"}, 10},
		{
			"inbound-at-once", load.InboundAtOnce, true,
			[]string{"call to ringing", "answer to active", "release to over", "release to ready"},
			agents,
		},
		{
			"inbound-at-once, the agents call each other", load.InboundAtOnce, false,
			[]string{"call to ringing", "answer to active", "release to over", "release to ready", "callers to not ready", "callers to ready"},
			agents / 2,
		},
		{
			"steady-day", load.SteadyDay, true,
			[]string{"call to ringing", "answer to active", "release to over", "release to ready"}, agents,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, cfg := loadLab(t, agents)
			cfg.Scale, cfg.Duration = 60, 2*time.Second // of the day: one call for each agent
			if c.simulator {
				bySimulator(t, l, &cfg)
			}
			phases, err := load.Run(t.Context(), cfg, c.scenario)
			require.NoError(t, err, "%+v", phases)
			got := phases[len(phases)-1]
			require.Equal(t, c.scenario, got.Name)
			require.GreaterOrEqual(t, got.Operations(), c.operations)
			var timed []string
			for _, s := range got.Series {
				if len(s.Samples) > 0 {
					timed = append(timed, s.Name)
					require.Positive(t, s.Spread().Min, s.Name)
				}
			}
			require.Equal(t, c.series, timed)
			for _, a := range cfg.Agents {
				state, _ := l.sim.Agent(a.ID)
				require.Equal(t, "LOGOUT", string(state.State), "nobody is left behind")
				require.Empty(t, state.Dialogs)
			}
		})
	}
}

// TestLoadFindsWhatNeverComes lets the worker end in the middle of a state loop.
func TestLoadFindsWhatNeverComes(t *testing.T) {
	const agents = 3
	l, cfg := loadLab(t, agents)
	cfg.Timeout = time.Second
	var once sync.Once
	cfg.Progress = func(p measure.Progress) {
		if p.Name == load.StateLoop && p.Done > 0 {
			once.Do(l.stop)
		}
	}
	phases, err := load.Run(context.WithoutCancel(t.Context()), cfg, load.StateLoop)
	require.ErrorIs(t, err, load.ErrMissing)
	require.Len(t, phases, 2)
	require.True(t, phases[0].Clean())
	require.Equal(t, agents, phases[1].Lost)
}

// TestLoadKnowsAnotherFinesse: the simulator that is to make the calls is not the
// worker's Finesse.
func TestLoadKnowsAnotherFinesse(t *testing.T) {
	l, cfg := loadLab(t, 2)
	other := &lab{sim: sim.Start(t, sim.WithScale(2))}
	bySimulator(t, other, &cfg)
	_, err := load.Run(t.Context(), cfg, load.LoginReady)
	require.ErrorContains(t, err, "the worker's Finesse is not this simulator")
	for _, r := range l.asked() {
		require.NotEqual(t, cfg.Agents[1].ID, r.User, "nobody but the first was tried")
	}
}
