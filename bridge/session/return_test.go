package session

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
)

// asked is how many turns were asked for.
func (g *rig) asked() (n int) {
	g.note(func() { n = len(g.turns) })
	return n
}

// turn gives the nth turn that was asked for.
func (g *rig) turn(n int) {
	g.note(func() { close(g.turns[n].comes) })
	synctest.Wait()
}

// opened is how many streams there have been.
func (f *fakeServer) opened() (n int) {
	f.set(func(f *fakeServer) { n = len(f.streams) })
	return n
}

// TestReturnAfterAnOutage: a lost stream comes back, and is read, when it is the
// agent's turn; who has a call is urgent.
func TestReturnAfterAnOutage(t *testing.T) {
	for _, call := range []bool{false, true} {
		t.Run(fmt.Sprintf("call %t", call), func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				if call {
					g.tell(dialogEvent(finesse.EventPost, "70", "ACTIVE", "ACTIVE"))
				}
				g.got()
				g.keepWaiting = true
				g.server.streams[0].end(errors.New("gone"))
				time.Sleep(time.Minute)
				synctest.Wait()
				require.Equal(t, 1, g.asked(), "one turn is asked for")
				require.Equal(t, call, g.turns[0].urgent)
				require.Equal(t, 1, g.server.opened())
				require.Empty(t, g.got())
				g.turn(0)
				require.Equal(t, 2, g.server.opened())
				require.NotEmpty(t, g.got(), "they are told where they stand")
			})
		})
	}
}

// TestServesAgain: an agent whose stream has lived is read again in turn, too.
func TestServesAgain(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.keepWaiting = true
		g.server.log()
		before := g.asks("USER")
		g.s.ServerChanged()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, before, g.asks("USER"))
		require.Equal(t, 1, g.asked())
		g.s.ServerChanged()
		synctest.Wait()
		require.Equal(t, 2, g.asked())
		require.Equal(t, 1, g.dropped, "the turn before is given up")
		g.turn(1)
		require.Equal(t, before+1, g.asks("USER"))
		require.Equal(t, 1, g.server.opened(), "the stream stays")
		require.NotEmpty(t, g.got())
	})
}

// TestAgentWhoWaitsIsServed: commands do not wait for the turn.
func TestAgentWhoWaitsIsServed(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.keepWaiting = true
		g.s.ServerChanged()
		synctest.Wait()
		g.do(noDest, "GetState#1001", "")
		require.Len(t, g.got(), 1)
		g.s.Resync() // their outputs were lost: that is told at once
		synctest.Wait()
		require.Len(t, g.got(), 2)
	})
}

// TestPushedOut: the second conflict in a row is told to the pool.
func TestPushedOut(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		conflict := func() {
			g.server.set(func(f *fakeServer) { f.streams[len(f.streams)-1].end(fmt.Errorf("read: %w", finesse.ErrConflict)) })
			synctest.Wait()
		}
		conflict()
		require.Empty(t, g.displaced)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, 2, g.server.opened())
		conflict()
		require.Len(t, g.displaced, 1)
		require.GreaterOrEqual(t, time.Until(g.displaced[0]), 14*time.Second)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.Equal(t, 2, g.server.opened(), "no storm")
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, 3, g.server.opened())
	})
}
