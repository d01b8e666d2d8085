package pairs

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim"
	"gcbridge/load"
)

// TestLoadFailOver: the load kills the node that serves, and times until each agent
// is told where they stand by the other one, and answered by it.
func TestLoadFailOver(t *testing.T) {
	const agents = 8
	fin := StartFinesse(t, sim.WithScale(agents))
	set := ActivePassive(StartBrokers(t))
	set.Finesse = []*sim.Server{fin}
	lab := NewLab(t, program, "load", set)
	lab.Start()
	cfg := load.Config{
		BrokerURLs: set.Order[0], Agents: load.SimulatedAgents(agents), Queue: lab.Queue, Timeout: patience,
		Kill: func() error {
			lab.Whole(agents)
			lab.Nodes[0].Kill()
			return nil
		},
	}
	phases, err := load.Run(t.Context(), cfg, load.FailOver)
	require.NoError(t, err, "%+v", phases)
	got := phases[len(phases)-1]
	require.Equal(t, load.FailOver, got.Name)
	require.Equal(t, agents, got.Operations())
	answered, told := got.Series[0].Spread(), got.Series[1].Spread()
	require.Equal(t, agents, told.Count)
	require.GreaterOrEqual(t, answered.Min, told.Min)
	require.Greater(t, told.Max, set.Timeout/2, "the death is noticed first")
}
