package session

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
)

// TestPlaceIsKept: a logged-in agent whose state changes still has their place.
func TestPlaceIsKept(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(userEvent("", finesse.StateReady))
		require.Equal(t, 1, g.deps.Places.Taken())
		g.cancel()
		<-g.s.Done()
		require.Zero(t, g.deps.Places.Taken(), "a session that has ended has none")
	})
}

// TestOvertakenIsCounted: people see how often commands come too late.
func TestOvertakenIsCounted(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.overtaken = []string{"MakeReady"}
		g.do(noDest, "MakeReady#1001", "")
		require.Equal(t, 1, g.count("commands_overtaken"))
	})
}
