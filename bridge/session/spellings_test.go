package session

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestLoginIDOfLetters: one that Finesse has confirmed is not asked for again.
func TestLoginIDOfLetters(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.user.ID, g.server.right = "ann.lee", "pw"
		g.s = New("ann.lee", g.deps)
		g.run()
		g.do(destA, "Connect#ann.lee", "A,pw")
		require.Equal(t, 1, g.asks("USER"))
		g.server.set(func(f *fakeServer) { f.asked = nil })
		g.do(destB, "Connect#ann.lee", "B,bad")
		require.Zero(t, g.asks("USER"), g.server.log())
		g.got()
	})
}

// TestWhoHasTheAgent: a session that has ended has nobody, and does not take the
// agent from the one that has them now.
func TestWhoHasTheAgent(t *testing.T) {
	bubble(t, func(g *rig) {
		g.named()
		g.got()
		newer := New("1001", g.deps)
		g.s = newer
		ctx, cancel := context.WithCancel(g.t.Context())
		go newer.Run(ctx)
		g.do(destB, "Connect#1001", "B,pw")
		synctest.Wait()
		require.Same(t, newer, g.deps.Trust.holders["1001"], "the displaced session has ended")
		cancel()
		<-newer.Done()
		require.Empty(t, g.deps.Trust.holders, "an agent who has gone is no one's")
	})
}

// TestPasswordsNotTriedAreCounted: those alone that Finesse was not asked for.
func TestPasswordsNotTriedAreCounted(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		require.Zero(t, g.count("passwords_not_tried"))
		for range 2 {
			g.do(destB, "Connect#1001", "B,bad")
		}
		require.Equal(t, 1, g.count("passwords_refused"))
		require.Equal(t, 1, g.count("passwords_not_tried"), "it is known to be wrong")
		g.got()
	})
}
