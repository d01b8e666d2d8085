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

// TestMalformedEvent: what an event said is read where the event cannot be.
func TestMalformedEvent(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.server.set(func(f *fakeServer) { f.user.State = finesse.StateReady })
		g.tell(finesse.Notification{Node: "/finesse/api/User/1001", Malformed: errors.New("no XML")})
		out := g.got()
		require.Len(t, out, 2, "DialogStatus and State (M8)")
		require.Contains(t, out[1], "1001#State#READY#")
		require.Equal(t, 1, g.count("events_malformed"))
		require.Equal(t, 1, g.count("resyncs"))
	})
}

// TestServersOwnState: the notification service speaks of the server as well.
func TestServersOwnState(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		up := true
		g.tell(finesse.Notification{Available: &up})
		require.Equal(t, 1, g.notices, "it is probed")
		require.Empty(t, g.got())
		require.Empty(t, g.server.log())
	})
}

// TestResyncThatFails: a read that fails is tried again with growing pauses, on
// the stream that works.
func TestResyncThatFails(t *testing.T) {
	for _, request := range []string{"USER", "DIALOGS"} {
		t.Run(request, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				failure := &finesse.Error{Status: 503, Class: errclass.Unavailable}
				g.server.fail[request] = failure
				g.reports = nil
				g.s.Resync()
				require.Empty(t, g.got())
				require.Equal(t, 1, g.asks("USER"))
				require.ErrorIs(t, g.reports[0], failure, "the server is probed")
				time.Sleep(time.Minute)
				tried := g.asks("USER")
				require.Greater(t, tried, 10, "again and again")
				require.Less(t, tried, 40, "not without pause")
				require.Equal(t, tried, g.count("resyncs_failed"))
				g.server.set(func(f *fakeServer) { f.fail = map[string]error{} })
				time.Sleep(6 * time.Second)
				require.Len(t, g.got(), 2, "once")
				require.Len(t, g.server.streams, 1, "the stream stays")
				tried = g.asks("USER")
				time.Sleep(time.Minute)
				require.Equal(t, tried, g.asks("USER"), "and then no more")
			})
		})
	}
}

// TestResyncAfterARefusedTeamRead: a team that cannot be read now is read later;
// one that they may not see any more is forgotten, and they are told.
func TestResyncOfTeams(t *testing.T) {
	watch := func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.got()
		g.setMember("1002", finesse.StateTalking)
	}
	const talking = "/topic/A 1001#State#TALKING#####Bo Ek#1002#2002##Ann Lee#agent1"
	for _, request := range []string{"TEAM 1", "SUBSCRIBE /finesse/api/Team/1/Users"} {
		t.Run(request+" fails", func(t *testing.T) {
			bubble(t, func(g *rig) {
				watch(g)
				g.server.fail[request] = &finesse.Error{Status: 503, Class: errclass.Unavailable}
				g.server.streams[0].end(errors.New("gone"))
				time.Sleep(10 * time.Second)
				require.NotContains(t, g.got(), talking)
				g.server.set(func(f *fakeServer) { f.fail = map[string]error{} })
				time.Sleep(6 * time.Second)
				require.Contains(t, g.got(), talking)
				require.Equal(t, []string{"1"}, g.s.Snapshot().Teams)
			})
		})
	}
	for code, refusal := range map[string]error{
		"AUTHORIZATION_FAILURE": &finesse.Error{Status: 401, Class: errclass.Upstream},
		"NOT_FOUND":             &finesse.Error{Status: 404, Class: errclass.Upstream},
	} {
		t.Run(code, func(t *testing.T) {
			bubble(t, func(g *rig) {
				watch(g)
				g.server.fail["TEAM 1"] = refusal
				g.server.streams[0].end(errors.New("gone"))
				time.Sleep(10 * time.Second)
				out := g.outputs()
				require.Len(t, out, 3, "DialogStatus, State, and why")
				require.Equal(t, "1001#Error#"+code, out[2].Message.Body)
				require.True(t, out[2].Recovered)
				require.Empty(t, g.s.Snapshot().Teams)
			})
		})
	}
}

// TestServerChangedOnTheSameServer: a Finesse that serves again has events to
// catch up with, but the stream is good.
func TestServerServesAgain(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.s.ServerChanged()
		require.Len(t, g.got(), 2, "O-024 and O-001")
		require.Equal(t, []string{"USER", "DIALOGS"}, g.server.log())
	})
	t.Run("before any Connect", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.start()
			g.s.ServerChanged()
			require.Empty(t, g.got())
			require.Empty(t, g.server.log())
		})
	})
	t.Run("none serves", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.mu.Lock()
			g.current = nil
			g.mu.Unlock()
			g.s.ServerChanged()
			require.Empty(t, g.got())
			require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase, "the stream may still be good")
		})
	})
}

// TestSuccessorIsShown: before Finesse has answered anything.
func TestSuccessorIsShown(t *testing.T) {
	bubble(t, func(g *rig) {
		g.current = nil
		h := g.holding()
		h.Teams = []string{"7"}
		g.succeed(h)
		synctest.Wait()
		sn := g.s.Snapshot()
		require.Equal(t, PhaseBroken, sn.Phase)
		require.Equal(t, "/topic/A", sn.Destination)
		require.Equal(t, []string{"7"}, sn.Teams)
		require.Equal(t, []string{"/topic/A"}, g.bound, "errors find the client")
		require.Equal(t, 1, g.deps.Places.Taken())
	})
}

// TestRedeliveredCommandSeesWhatIsNew: the read that looks whether a command has
// run tells what has changed, as any other read.
func TestRedeliveredCommandSeesWhatIsNew(t *testing.T) {
	rings := func(g *rig) {
		g.server.set(func(f *fakeServer) { f.dialogs = []finesse.Dialog{callDialog("55", "ALERTING", "ALERTING")} })
		g.again = true
	}
	bubble(t, func(g *rig) {
		g.loggedIn()
		rings(g)
		g.do(noDest, "MakeReady#1001", "")
		out := g.outputs()
		require.Len(t, out, 1)
		require.Contains(t, out[0].Message.Body, "1001#NewInboundCall#")
		require.Empty(t, out[0].CorrelationID)
		require.True(t, out[0].Recovered, "[H1]")
		require.Equal(t, []string{"USER", "DIALOGS", "READY"}, g.server.log())
	})
	t.Run("but not a login, which tells it all", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.server.user.State, g.server.user.Extension = finesse.StateLogout, ""
			g.start()
			g.do(destA, "Connect#1001", "A,pw")
			rings(g)
			g.do(noDest, "Login#1001", "pw,2001")
			require.Empty(t, g.got())
			require.Equal(t, []string{"CONNECT", "USER", "DIALOGS", "LOGIN 2001"}, g.server.log())
		})
	})
}

// TestTwoOverdueDuringACommand: each is told in its time.
func TestTwoOverdueDuringACommand(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(time.Second)
		g.do(noDest, "MakeCall#1001", "90001")
		time.Sleep(outcome - 2*time.Second)
		g.server.set(func(f *fakeServer) { f.stuck = true })
		g.do(noDest, "refresh#1001", "")
		for _, want := range []string{"corr-MakeReady", "corr-MakeCall"} {
			require.Empty(t, g.got())
			time.Sleep(time.Second)
			out := g.outputs()
			require.Len(t, out, 1)
			require.Equal(t, "1001#Error#GENERIC_ERROR", out[0].Message.Body)
			require.Equal(t, want, out[0].CorrelationID)
		}
	})
}

// TestLateEvent: what an event tells after the agent was let go is taken from the
// event, even if a read would not say it yet.
func TestLateEvent(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.letGo()
		g.tell(userEvent(g.server.ids[0], finesse.StateReady))
		out := g.outputs()
		require.Len(t, out, 1)
		require.Contains(t, out[0].Message.Body, "1001#State#READY#")
		require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
		require.False(t, out[0].Caused.IsZero())
		require.True(t, g.over())
	})
}

// TestForceLogoutOfWhoIsOut: they get what they want to hear.
func TestForceLogoutOfWhoIsOut(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.user.State = finesse.StateLogout
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "force_logout#1001", "")
		out := g.outputs()
		require.Len(t, out, 1)
		require.Contains(t, out[0].Message.Body, "1001#State#LOGOUT#")
		require.Equal(t, "corr-force_logout", out[0].CorrelationID)
		require.Equal(t, []string{"CONNECT", "USER", "DIALOGS"}, g.server.log())
		require.Contains(t, g.done(), "force_logout")
	})
}

// TestLoginsPassword: the password that Finesse has taken is that of all that
// follows.
func TestLoginsPassword(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "changed,2001")
		g.tell(userEvent("", finesse.StateNotReady))
		g.do(noDest, "MakeReady#1001", "")
		require.Equal(t, "changed", g.server.lastCred.Password.Reveal())
		require.Equal(t, "changed", g.held[len(g.held)-1].Password.Reveal(), "another node must know it")
		require.Equal(t, 1, g.count("outcomes_event"))
		g.server.fail["LOGIN 2001"] = &finesse.Error{Status: 401, Class: errclass.Upstream}
		g.do(noDest, "Login#1001", "wrong,2001")
		g.do(noDest, "MakeNotReady#1001", "")
		require.Equal(t, "changed", g.server.lastCred.Password.Reveal(), "one that was refused is not")
	})
}

// TestSecondLogin: the outcome of the later one is that of both.
func TestSecondLogin(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.do(noDest, "Login#1001", "pw,2001")
		out := g.outputs()
		require.Len(t, out, 1)
		require.Equal(t, "1001#Error#"+string(protocol.ErrPleaseRetry), out[0].Message.Body)
		require.Equal(t, []string{"Connect", "Login"}, g.done())
		g.tell(userEvent("", finesse.StateNotReady))
		require.Len(t, g.got(), 3, "AgentInfo, State, DialogStatus")
		require.Equal(t, []string{"Connect", "Login", "Login"}, g.done())
		require.Equal(t, 1, g.count("outcomes_superseded"))
	})
}

// TestPlaceIsCountedAnew: who comes back after a logout counts again [C20].
func TestPlaceIsCountedAnew(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "Logout#1001", "")
		g.tell(userEvent("", finesse.StateLogout))
		require.Zero(t, g.deps.Places.Taken())
		g.do(noDest, "Login#1001", "pw,2001")
		require.Equal(t, 1, g.deps.Places.Taken())
		require.True(t, g.deps.Places.Admit("1002"))
		g.tell(userEvent("", finesse.StateNotReady))
		g.tell(userEvent("", finesse.StateLogout))
		require.Equal(t, 1, g.deps.Places.Taken(), "of the other")
	})
}

// TestRefreshAnswersOthers: what a refresh reads is the outcome of what is open.
func TestRefreshAnswersOthers(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.server.set(func(f *fakeServer) { f.user.State = finesse.StateReady })
		g.do(noDest, "refresh#1001", "")
		var answered []string
		for _, o := range g.outputs() {
			if o.Message.Code == "O-001" {
				require.Contains(t, o.Message.Body, "1001#State#READY#")
				answered = append(answered, o.CorrelationID)
			}
		}
		require.ElementsMatch(t, []string{"corr-refresh", "corr-MakeReady"}, answered)
		require.Equal(t, 1, g.count("outcomes_read"))
		require.Zero(t, g.s.Snapshot().Open)
	})
}

// TestRefusalIsCounted: as an error, and as the outcome of its command.
func TestRefusalIsCounted(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.tell(finesse.Notification{Source: "/finesse/api/User/1001", RequestID: g.server.ids[0], Errors: []finesse.APIError{{Type: "Generic Error"}}})
		require.Len(t, g.got(), 1)
		require.Equal(t, 1, g.count("errors_GENERIC_ERROR"))
		require.Equal(t, 1, g.count("outcomes_refusal"))
		g.tell(finesse.Notification{Source: "/finesse/api/User/1001", RequestID: "of nobody", Errors: []finesse.APIError{{Type: "Generic Error"}}})
		require.Len(t, g.got(), 1)
		require.Equal(t, 1, g.count("outcomes_refusal"), "nobody waited for it")
	})
}

// TestLateMember: the event of a team member answers the command of a session that
// was let go.
func TestLateMember(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.force("MakeNotReady#1002")
		g.got()
		g.letGo()
		g.tell(memberEvent("1003", "", finesse.StateReady))
		require.Empty(t, g.got(), "that is the successor's to tell")
		g.tell(memberEvent("1002", "", finesse.StateNotReady))
		out := g.outputs()
		require.Len(t, out, 1)
		require.Contains(t, out[0].Message.Body, "1001#State#NOT_READY#")
		require.Equal(t, "corr-MakeNotReady", out[0].CorrelationID)
		require.Contains(t, g.done(), "MakeNotReady")
		require.True(t, g.over())
	})
}

// TestLateDeadline: a command is overdue when it is, not later because its agent
// has gone.
func TestLateDeadline(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(outcome / 2)
		g.got() // of the look
		g.do(noDest, "MakeCall#1001", "90001")
		g.letGo()
		time.Sleep(outcome/2 + poll)
		out := g.outputs()
		require.Len(t, out, 1)
		require.Equal(t, "1001#Error#GENERIC_ERROR", out[0].Message.Body)
		require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
		require.False(t, g.over(), "the other one has time left")
		time.Sleep(outcome / 2)
		out = g.outputs()
		require.Len(t, out, 1)
		require.Equal(t, "corr-MakeCall", out[0].CorrelationID)
		require.True(t, g.over())
	})
}

// TestSuccessorsShare: the step of a forced logout that nobody here waits for is
// counted as the successor's.
func TestSuccessorsShare(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(userEvent("", finesse.StateReady))
		g.do(noDest, "force_logout#1001", "")
		g.tell(userEvent(g.server.ids[0], finesse.StateNotReady))
		g.letGo()
		require.Equal(t, 1, g.count("outcomes_successor"))
	})
}

// TestErrorBesideAForcedLogout: only an error about its step makes it go on
// without the reason code [C16].
func TestErrorBesideAForcedLogout(t *testing.T) {
	for name, n := range map[string]finesse.Notification{
		"about a call":             {Source: "/finesse/api/Dialog/55"},
		"about another request":    {Source: "/finesse/api/User/1001", RequestID: "another"},
		"about another one's call": {Source: "/finesse/api/Dialog/55", RequestID: "another"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.deps.Options.DefaultLogoutReason = "99"
				g.loggedIn()
				g.do(noDest, "force_logout#1001", "")
				n.Errors = []finesse.APIError{{Type: "Generic Error"}}
				g.tell(n)
				require.Equal(t, []string{"REASONS LOGOUT", "LOGOUT 99"}, g.server.log())
				require.Equal(t, []string{"/topic/A 1001#Error#GENERIC_ERROR"}, g.got())
				require.Equal(t, 1, g.s.Snapshot().Open, "the logout is still awaited")
			})
		})
	}
	t.Run("about its step, without an echo", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.deps.Options.DefaultLogoutReason = "99"
			g.loggedIn()
			g.do(noDest, "force_logout#1001", "")
			g.tell(finesse.Notification{Source: "/finesse/api/User/1001", Errors: []finesse.APIError{{Type: "Generic Error"}}})
			require.Equal(t, []string{"REASONS LOGOUT", "LOGOUT 99", "LOGOUT"}, g.server.log())
			require.Empty(t, g.got())
		})
	})
}

// TestForcedLogoutIsOver: who signs in after a forced logout stays [C16].
func TestForcedLogoutIsOver(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "force_logout#1001", "")
		require.True(t, g.held[len(g.held)-1].Leaving)
		g.tell(userEvent("", finesse.StateLogout))
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(userEvent("", finesse.StateNotReady))
		require.Equal(t, []string{"LOGOUT", "LOGIN 2001", "USER", "DIALOGS"}, g.server.log())
		require.False(t, g.held[len(g.held)-1].Leaving)
		require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
	})
}
