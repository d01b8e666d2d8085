package bridge

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestResource: administrators of Finesse see which node has an agent, and the node
// tells its own connections from those of other programs.
func TestResource(t *testing.T) {
	l := run(t)
	l.login()
	require.Equal(t, []string{"gcbridge-" + l.w.cfg.NodeID}, l.sim.Resources("1001"))
}
