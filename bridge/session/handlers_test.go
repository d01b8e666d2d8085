package session

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
)

func TestEveryAgentCommandIsServed(t *testing.T) {
	table := handlers()
	for _, r := range protocol.CommandRows() {
		_, ok := table[r.Word]
		require.Equal(t, !r.ByDestination, ok, r.Word)
	}
	for w := range forcedStates {
		require.Contains(t, table, w, "what a supervisor may send for a member, the member may send, too")
	}
}

func TestUnsupportedCommandsSaySo(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		for _, jmsType := range []string{"GETSKILLGROPU#1001", "GETSUPERVISOR#1001", "GETAGENTEXTENSION#1001"} {
			g.do(noDest, jmsType, "")
			out := g.outputs()
			require.Len(t, out, 2, jmsType)
			require.Contains(t, out[0].Message.Body, "1001#Control#PrintStatusBar#GET")
			require.Contains(t, out[0].Message.Body, "is not supported: the answer is in a Unified CCE database")
			require.Equal(t, "1001#Error#GENERIC_ERROR", out[1].Message.Body)
			require.NotEmpty(t, out[1].CorrelationID)
		}
		require.Empty(t, g.server.log())
	})
}
