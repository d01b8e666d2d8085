package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/session/presence"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// cutOff ends the agent's stream, and lets no new one begin.
func (g *rig) cutOff() {
	g.t.Helper()
	g.server.set(func(f *fakeServer) { f.connectErr = errors.New("refused") })
	g.server.streams[len(g.server.streams)-1].end(errors.New("gone"))
	synctest.Wait()
	require.Equal(g.t, PhaseBroken, g.s.Snapshot().Phase)
}

// reachable lets streams begin again.
func (g *rig) reachable() { g.server.set(func(f *fakeServer) { f.connectErr = nil }) }

// TestLostStreamIsReported: the server is probed, and the loss is counted.
func TestLostStreamIsReported(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.reported()
		gone := errors.New("connection reset")
		g.server.streams[0].end(gone)
		synctest.Wait()
		reports := g.reported()
		require.Len(t, reports, 1)
		require.ErrorIs(t, reports[0], gone)
		require.Equal(t, 1, g.count("streams_lost"))
	})
}

// TestRefusedLoginEndsTheGap: a Login brought the stream back, and did not work:
// what happened meanwhile is told (M8).
func TestRefusedLoginEndsTheGap(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.cutOff()
		g.server.set(func(f *fakeServer) {
			f.user.State, f.fail["LOGIN 2001"] = finesse.StateReady, &finesse.Error{Status: 400}
		})
		g.reachable()
		g.do(noDest, "Login#1001", "pw,2001")
		out := g.got()
		require.Len(t, out, 3, "the error; DialogStatus and State")
		require.Contains(t, out[2], "1001#State#READY#")
	})
}

// TestLoginIsToldDuringAGap: its outcome is read while the stream is down; what
// happens behind it is told when the stream is back (M8).
func TestLoginIsToldDuringAGap(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.cutOff()
		time.Sleep(2 * poll)
		require.Len(t, g.got(), 3, "AgentInfo, State, DialogStatus")
		g.becomes(finesse.StateReady)
		g.reachable()
		time.Sleep(6 * time.Second)
		out := g.got()
		require.Len(t, out, 2, "DialogStatus and State")
		require.Contains(t, out[1], "1001#State#READY#")
	})
}

// TestLoginDoesWithoutAReSync: it tells everything, and the connection that it
// brought is a success: the next loss is tried again at once.
func TestLoginDoesWithoutAReSync(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.cutOff()
		time.Sleep(time.Minute)
		g.reachable()
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(userEvent("", finesse.StateNotReady))
		require.Len(t, g.got(), 2, "State and DialogStatus; who they are was told before")
		require.Zero(t, g.count("resyncs"))
		g.server.set(func(f *fakeServer) { f.asked = nil })
		g.server.streams[len(g.server.streams)-1].end(errors.New("gone"))
		time.Sleep(presence.Delay(0, 0.999) + time.Millisecond)
		require.Equal(t, 1, g.asks("CONNECT"))
	})
}

// TestAProvenConnectForgetsTheState: of the agent as they were before a gap nothing
// is told to who connects in it.
func TestAProvenConnectForgetsTheState(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.cutOff()
		g.becomes(finesse.StateReady)
		g.reachable()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "GetState#1001", "")
		out := g.got()
		require.Len(t, out, 1)
		require.Contains(t, out[0], "1001#State#READY#")
	})
}

// TestNewServerIsTriedAtOnce: however often the one before it has failed.
func TestNewServerIsTriedAtOnce(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.cutOff()
		time.Sleep(time.Minute)
		second := &fakeServer{name: "f2", fail: map[string]error{}, user: g.server.user, connectErr: errors.New("refused")}
		g.note(func() { g.current = second })
		g.s.ServerChanged()
		synctest.Wait()
		second.set(func(f *fakeServer) { require.Len(t, f.asked, 1); f.connectErr = nil })
		time.Sleep(presence.Delay(0, 0.999) + time.Millisecond)
		require.Len(t, g.got(), 2, "DialogStatus and State, after the shortest wait")
	})
}

// TestConnectWithAPasswordBesideAToken: a password is proven by a login, whatever
// the agent is connected with so far [C10].
func TestConnectWithAPasswordBesideAToken(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.do(destA, "Connect#1001", "A,pw")
		require.Empty(t, g.got())
		require.Equal(t, 2, g.asks("CONNECT"))
		require.Equal(t, "pw", g.token())
	})
}

// TestConnectWithATokenInAGap: the stream comes back with it.
func TestConnectWithATokenInAGap(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.cutOff()
		g.server.set(func(f *fakeServer) { f.connectErr, f.tokens, f.asked = nil, []string{"t5"}, nil })
		g.do(destA, "Connect#1001", "A,t5,SSO")
		require.Equal(t, 1, g.asks("CONNECT"))
		require.Equal(t, PhaseConnected, g.s.Snapshot().Phase)
	})
}

// TestBegunCommandIsFinished: nobody would know what became of one that was cut in
// the middle because the node stops.
func TestBegunCommandIsFinished(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.decided = nil
		g.server.set(func(f *fakeServer) { f.stuck = true })
		g.do(noDest, "refresh#1001", "")
		g.cancel()
		time.Sleep(g.deps.Options.CommandTimeout - time.Millisecond)
		require.Empty(t, g.done())
		require.Empty(t, g.got())
		time.Sleep(time.Millisecond)
		require.Equal(t, []string{"refresh"}, g.done())
		require.Len(t, g.got(), 1)
	})
}

// TestWordWithoutAHandler: it is answered, not swallowed.
func TestWordWithoutAHandler(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		r := g.request(mustParse(t, "MakeReady#1001"), g.s.client.Binding)
		r.Command.Word = protocol.Word("juggle")
		require.True(t, g.s.Offer(r))
		require.Equal(t, []string{"/topic/A 1001#Error#PLEASE_RETRY"}, g.got())
		require.Len(t, g.done(), 3, "and decided")
	})
}

// TestRedeliveredCommandKnowsWhatItRead: what was told with it is how things stand,
// and a logout that had run frees the agent's place [C20].
func TestRedeliveredCommandKnowsWhatItRead(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.server.set(func(f *fakeServer) { f.dialogs = []finesse.Dialog{callDialog("55", "ALERTING", "ALERTING")} })
		g.again = true
		g.do(noDest, "MakeReady#1001", "")
		require.Len(t, g.got(), 1, "NewInboundCall")
		g.again = false
		g.do(noDest, "getdialogstate#1001", "55")
		require.Contains(t, g.got()[0], "#DialogState#ALERTING#55")
	})
	t.Run("logout", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.becomes(finesse.StateLogout)
			g.again = true
			g.do(noDest, "Logout#1001", "")
			out := g.outputs()
			require.Len(t, out, 1)
			require.Contains(t, out[0].Message.Body, "1001#State#LOGOUT#")
			require.Equal(t, "corr-Logout", out[0].CorrelationID)
			require.Zero(t, g.asks("LOGOUT"))
			require.Zero(t, g.deps.Places.Taken())
		})
	})
	t.Run("a state that is to come", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.server.user.State, g.server.user.PendingState = finesse.StateTalking, finesse.StateNotReady
			g.succeed(g.holding())
			g.got()
			g.again = true
			g.do(noDest, "MakeNotReady#1001", "")
			require.Len(t, g.got(), 1, "without a reason there is no doubt which one it is")
			require.Zero(t, g.asks("NOT_READY"))
		})
	})
}
