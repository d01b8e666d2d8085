package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// TestBeatsAtTheOtherNode: with GC_INACTIVITY_LOGOUT a client is silent only if no
// node of the pair hears it. The agent is at one node, and the Beats go to the other.
func TestBeatsAtTheOtherNode(t *testing.T) {
	const silence = 10 * time.Second
	l := newLab(t, brokertest.ActiveMQ(t).URL(), func(c *config.Config) {
		paired(c)
		c.ConsumerPriority, c.NodeID, c.CommandQueue, c.InactivityLogout = 100, "node-2", "Elsewhere", silence
	})
	l.cfg.CommandQueue = "Connector1"
	first, _ := l.second("node-1", 127)
	require.Eventually(t, func() bool { return len(first.Snapshot().Pair.Peers) == 1 }, patience, tick, "they see each other")
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	require.Equal(t, 1, first.Snapshot().Pair.Held)
	loggedOut := func() bool { a, _ := l.sim.Agent("1001"); return a.State == callcontrol.Logout }

	var last time.Time
	begun := time.Now()
	require.True(t, wait.Until(patience, func() bool {
		if time.Since(last) > time.Second {
			last = time.Now()
			require.NoError(t, p.conn.Send("/queue/Elsewhere", true, "", "type", "Beat#A"))
		}
		return time.Since(begun) > silence+2*time.Second || loggedOut()
	}))
	require.False(t, loggedOut(), "the client beats")
	require.True(t, wait.Until(patience, loggedOut), "and then it does not")
	require.Greater(t, time.Since(last), silence-2*time.Second)
	p.expect(own, "1001#State#LOGOUT#")
	require.Equal(t, 1, first.Snapshot().Pair.Held+l.worker.Snapshot().Pair.Held, "nobody moved")
}
