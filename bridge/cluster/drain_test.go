package cluster_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/session"
)

// TestDrainTicks: a node that waits for its last commands still beats, or its peers
// would take it for dead and take its agents over in the middle of them.
func TestDrainTicks(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		n.meets(127)
		n.pair.Held("1002", session.Holding{})
		n.bodies()
		began := time.Now()
		beats := 0
		n.pair.Drain(t.Context(), func() bool {
			beats += len(n.bodies())
			return time.Since(began) > 5*time.Second
		})
		require.Positive(t, beats)
	})
}
