package load

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAgentsOfTheDead(t *testing.T) {
	for name, c := range map[string]struct {
		dead  string
		nodes map[string]string
		want  []string
		err   error
	}{
		"one node serves":             {"", map[string]string{"1": "a", "2": "a"}, []string{"1", "2"}, nil},
		"two nodes serve":             {"b", map[string]string{"1": "a", "2": "b"}, []string{"2"}, nil},
		"two nodes serve, which one?": {"", map[string]string{"1": "a", "2": "b"}, nil, errManyNodes},
		"it has nobody":               {"c", map[string]string{"1": "a", "2": "b"}, nil, ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			members := []*member{{Agent: Agent{ID: "1"}}, {Agent: Agent{ID: "2"}}}
			p := &player{cfg: Config{Killed: c.dead}, fleet: &fleet{members: members}, nodes: c.nodes}
			theirs, err := p.ofTheDead()
			require.ErrorIs(t, err, c.err)
			var got []string
			for _, m := range theirs {
				got = append(got, m.ID)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestFailOverNeedsAVictim(t *testing.T) {
	_, err := Run(t.Context(), Config{Agents: SimulatedAgents(1)}, FailOver)
	require.ErrorIs(t, err, ErrConfig)
	require.ErrorContains(t, err, "needs a process to kill")
}
