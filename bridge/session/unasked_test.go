package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// TestFurtherEventsOfARequest: each event that repeats a request's id carries the
// correlation of its command, those behind the outcome too [C25].
func TestFurtherEventsOfARequest(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		id := g.server.ids[0]
		for _, st := range []finesse.AgentState{finesse.StateReady, finesse.StateTalking} {
			g.tell(userEvent(id, st))
			out := g.outputs()
			require.Len(t, out, 1)
			require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
		}
		g.tell(userEvent("", finesse.StateReady))
		require.Empty(t, g.outputs()[0].CorrelationID)
	})
}

// TestLetGoBeforeTheConnect: who was never here is not told to the other nodes.
func TestLetGoBeforeTheConnect(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.letGo()
		require.True(t, g.over())
		require.Empty(t, g.held)
	})
}

// TestSupervisorsReasonCannotBeRead: nothing is asked for without the configured
// reason code [C15].
func TestSupervisorsReasonCannotBeRead(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Options.SupervisorNotReadyReason = "12"
		g.supervise()
		g.server.fail["REASONS NOT_READY"] = &finesse.Error{Status: 503, Class: errclass.Unavailable}
		g.force("MakeNotReady#1002")
		require.Equal(t, []string{"TEAM 1", "REASONS NOT_READY"}, g.server.log())
		require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got())
	})
}

// TestMemberLeavesTheTeam: while a forced state is awaited. Its client is told that
// nothing confirms it.
func TestMemberLeavesTheTeam(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.force("MakeNotReady#1002")
		g.server.set(func(f *fakeServer) { f.desk.teams["1"] = finesse.Team{ID: "1", Name: "Sales"} })
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"/topic/A 1001#Error#GENERIC_ERROR"}, g.got())
		require.Contains(t, g.done(), "MakeNotReady")
	})
}

// TestTeamWithoutAStream: nobody is watched whose changes cannot be told.
func TestTeamWithoutAStream(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.server.set(func(f *fakeServer) { f.connectErr = errors.New("refused") })
		g.server.streams[0].end(errors.New("gone"))
		g.do(noDest, "getteamusers#1001", "1,true")
		require.Equal(t, []string{"/topic/A 1001#Error#UNABLE_TO_SUBSCRIBE_TO_FINESSE"}, g.got())
		require.Empty(t, g.s.Snapshot().Teams)
		g.do(noDest, "getteamusers#1001", "1")
		require.Len(t, g.got(), 1, "the list needs none")
	})
}

// TestUnsubscribeWithoutAStream: what is on a lost stream needs no end, and the new
// one is not asked for it again.
func TestUnsubscribeWithoutAStream(t *testing.T) {
	const node = "/finesse/api/Team/1/Users"
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.server.set(func(f *fakeServer) { f.connectErr = errors.New("refused") })
		g.server.streams[0].end(errors.New("gone"))
		g.do(noDest, "getteamusers#1001", "1,false")
		require.Empty(t, g.s.Snapshot().Teams)
		require.Zero(t, g.asks("UNSUBSCRIBE "+node))
		g.server.set(func(f *fakeServer) { f.connectErr = nil })
		time.Sleep(6 * time.Second)
		synctest.Wait()
		require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
		require.Equal(t, 1, g.asks("SUBSCRIBE "+node))
		require.Zero(t, g.s.Snapshot().Panics)
	})
}

// TestUnsubscribeThatFails costs nobody anything: the team is not watched any more.
func TestUnsubscribeThatFails(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.got()
		g.server.fail["UNSUBSCRIBE /finesse/api/Team/1/Users"] = errors.New("gone")
		g.do(noDest, "getteamusers#1001", "1,false")
		require.Contains(t, g.got()[0], "#TeamUsersList#")
		require.Empty(t, g.s.Snapshot().Teams)
	})
}

// TestOtherTeamOnANewStream: a supervisor who asks for another team before the
// re-sync of a new stream gets the events of those watched before, too.
func TestOtherTeamOnANewStream(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.server.set(func(f *fakeServer) { f.desk.teams["2"] = finesse.Team{ID: "2", Name: "Support"} })
		g.do(noDest, "getteamusers#1001", "1,true")
		g.do(noDest, "getteamusers#1001", "2,true")
		g.got()
		g.server.set(func(f *fakeServer) { f.fail["USER"] = &finesse.Error{Status: 503, Class: errclass.Unavailable} })
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Len(t, g.server.streams, 2)
		g.server.set(func(f *fakeServer) { f.asked = nil })
		g.do(noDest, "getteamusers#1001", "2,true")
		require.Equal(t, 1, g.asks("SUBSCRIBE /finesse/api/Team/1/Users"))
		require.GreaterOrEqual(t, g.asks("SUBSCRIBE /finesse/api/Team/2/Users"), 1)
		g.got()
		g.tell(memberEvent("1002", "", finesse.StateTalking))
		require.Len(t, g.got(), 1)
	})
}

// TestRedeliveredWaitsForWord: what must not run twice waits for what the node
// that had it first may have said, and no longer.
func TestRedeliveredWaitsForWord(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.again = true
		begun := time.Now()
		g.do(noDest, "MakeCall#1001", "90001")
		require.Zero(t, g.asks("MAKE_CALL 2001 90001"))
		time.Sleep(settleAfter)
		synctest.Wait()
		synctest.Wait()
		require.Equal(t, 1, g.asks("MAKE_CALL 2001 90001"))
		require.Equal(t, settleAfter, time.Since(begun))
	})
}

// TestStandingOfOneOfTwoCalls: a command that a read shows to have worked is told how
// its own call stands, not another one; and of a call that is gone, which are left.
func TestStandingOfOneOfTwoCalls(t *testing.T) {
	for name, tc := range map[string]struct {
		command, want string
		after         []finesse.Dialog
	}{
		"held": {"HoldCall#1001", "1001#InboundCall#HELD#DialogID:55", []finesse.Dialog{callDialog("44", "ACTIVE", "ACTIVE"), callDialog("55", "ACTIVE", "HELD")}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.tell(dialogEvent(finesse.EventPost, "44", "ACTIVE", "ACTIVE"))
				g.tell(dialogEvent(finesse.EventPost, "55", "ACTIVE", "ACTIVE"))
				g.got()
				g.do(noDest, tc.command, "55")
				g.do(noDest, tc.command, "55")
				g.server.set(func(f *fakeServer) { f.dialogs = tc.after })
				time.Sleep(outcome)
				synctest.Wait()
				synctest.Wait()
				out := g.outputs()
				require.Len(t, out, 2, "one each")
				for _, o := range out {
					require.Contains(t, o.Message.Body, tc.want)
					require.NotEmpty(t, o.CorrelationID)
				}
			})
		})
	}
}

// TestConnectInJSON: a client that speaks JSON hears that its Connect has worked,
// each time, and as the answer to it.
func TestConnectInJSON(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Dialect.Format = protocol.FormatJSON
		g.start()
		for range 2 {
			g.do(destA, "Connect#1001", "A,pw")
			out := g.outputs()
			require.Len(t, out, 1)
			require.Equal(t, protocol.ConnectStatus{}.Code(), out[0].Message.Code)
			require.Equal(t, "corr-Connect", out[0].CorrelationID)
		}
	})
}

// TestErrorBesideALogin: an error about another request is none about the
// login that is awaited, and has the code of no login.
func TestErrorBesideALogin(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(finesse.Notification{
			Source: "/finesse/api/User/1001", RequestID: "of another", Errors: []finesse.APIError{{Type: "Generic Error"}},
		})
		require.Equal(t, []string{"/topic/A 1001#Error#GENERIC_ERROR"}, g.got())
		require.Equal(t, 1, g.deps.Places.Taken(), "the login goes on")
		g.tell(userEvent(g.server.ids[0], finesse.StateNotReady))
		require.Len(t, g.got(), 3)
	})
}

// TestTokenRefusedWhileItIsMissed: an agent who waits for a new token and gets none has
// to connect again; their client is told once.
func TestTokenRefusedWhileItIsMissed(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.denies(errNoService)
		time.Sleep(101 * time.Second)
		synctest.Wait()
		g.got()
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Second)
		synctest.Wait()
		g.denies(&finesse.Error{Op: "POST token", Status: 401, Class: errclass.Upstream})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got())
		require.Equal(t, PhaseRefused, g.s.Snapshot().Phase)
		require.Equal(t, 1, g.lost, "no other node tries it either")
		n := g.renewals()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Equal(t, n, g.renewals())
	})
}

// TestRefusedTriesAreSlow: a token service that refuses is asked a few times more
// while the token lasts, at least five seconds apart.
func TestRefusedTriesAreSlow(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.denies(&finesse.Error{Op: "POST token", Status: 401, Class: errclass.Upstream})
		time.Sleep(75 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, g.renewals())
		for _, pause := range []time.Duration{25 * time.Second / 4, slowRetry} {
			n := g.renewals()
			time.Sleep(pause - time.Millisecond)
			synctest.Wait()
			require.Equal(t, n, g.renewals())
			time.Sleep(time.Millisecond)
			synctest.Wait()
			require.Equal(t, n+1, g.renewals())
		}
		require.Equal(t, 3, g.count("tokens_refused"))
	})
}

// TestBargeAtAMemberWithoutAnExtension: what is known of an agent who cannot be called
// does not replace what the supervisor named [C14].
func TestBargeAtAMemberWithoutAnExtension(t *testing.T) {
	bubble(t, func(g *rig) {
		g.monitoring()
		g.do(noDest, "bargein#1001", "1003,70")
		require.Equal(t, 1, g.asks("BARGE 2001 1003 70"), g.server.log())
	})
}
