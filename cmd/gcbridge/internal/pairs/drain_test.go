package pairs

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestDrain: a node that is told to end hands its agents over first, and a
// second signal ends it at once.
func TestDrain(t *testing.T) {
	th := newTheatre(t)
	t.Run("hands over", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.terminate(0)
		s.takenOverBy(1)
		s.servedBy(1)
		s.quiet(1)
	})
	t.Run("a second signal ends at once", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.killNode(1) // nobody takes the agents: draining lasts
		s.Nodes[0].Signal(syscall.SIGTERM)
		require.True(t, Eventually(patience, func() bool { return strings.Contains(s.Nodes[0].Log(), "consuming no more") }))
		s.Nodes[0].Signal(syscall.SIGTERM)
		require.Error(t, s.Nodes[0].Ended(2*time.Second), "it did not end in order, and it did end")
	})
}
