package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
)

// TestRefusedListKeepsTheSubscriptions: a list that fails takes back what it has
// subscribed itself, and nothing else.
func TestRefusedListKeepsTheSubscriptions(t *testing.T) {
	const node = "/finesse/api/Team/1/Users"
	fail := &finesse.Error{Status: 503, Class: errclass.Unavailable}
	bubble(t, func(g *rig) {
		g.supervise()
		g.server.fail["TEAM 1"] = fail
		g.do(noDest, "getteamusers#1001", "1")
		require.Zero(t, g.asks("UNSUBSCRIBE "+node), "it has subscribed nothing")
		delete(g.server.fail, "TEAM 1")
		g.do(noDest, "getteamusers#1001", "1,true")
		g.server.fail["TEAM 1"] = fail
		g.do(noDest, "getteamusers#1001", "1,true")
		require.Zero(t, g.asks("UNSUBSCRIBE "+node), "it was watched before")
		g.got()
		g.tell(memberEvent("1002", "", finesse.StateTalking))
		require.Len(t, g.got(), 1)
	})
}

// TestListShowsWhatNoEventTold: the states that a list shows to be other ones are told.
func TestListShowsWhatNoEventTold(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.got()
		g.setMember("1002", finesse.StateTalking)
		g.do(noDest, "getteamusers#1001", "1")
		out := g.got()
		require.Len(t, out, 2)
		require.Equal(t, "/topic/A 1001#State#TALKING#####Bo Ek#1002#2002##Ann Lee#agent1", out[1])
	})
}

// TestUnwatchBeforeTheResync: a new stream is not asked to end what it never had.
func TestUnwatchBeforeTheResync(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.server.set(func(f *fakeServer) { f.fail["USER"] = &finesse.Error{Status: 503, Class: errclass.Unavailable} })
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, g.server.streams, 2)
		g.do(noDest, "getteamusers#1001", "1,false")
		require.Empty(t, g.s.Snapshot().Teams)
		require.Zero(t, g.asks("UNSUBSCRIBE /finesse/api/Team/1/Users"))
		g.got()
	})
}

// TestLostOutputsOfMembers: after outputs were lost every member's state is told again,
// marked as recovered, and once.
func TestLostOutputsOfMembers(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.got()
		g.s.Resync()
		out := g.outputs()
		require.Len(t, out, 4, "DialogStatus, State, and both members")
		for _, o := range out {
			require.True(t, o.Recovered, o.Message.Body)
		}
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Second)
		require.Len(t, g.got(), 2, "no member has another state")
	})
}
