package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
)

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
		require.Equal(t, 2, g.count("outcomes_event"), "with the login")
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
			require.NotContains(t, g.done(), "force_logout", "not before its outcome")
			g.tell(userEvent("", finesse.StateLogout))
			require.Len(t, g.got(), 1)
			require.Contains(t, g.done(), "force_logout")
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

// TestForcedLogoutThatFailsTwice: a step that Finesse refuses with and without a
// reason code is told as refused [C16].
func TestForcedLogoutThatFailsTwice(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Options.DefaultLogoutReason = "99"
		g.loggedIn()
		g.do(noDest, "force_logout#1001", "")
		g.server.fail["LOGOUT"] = &finesse.Error{Status: 400, Class: errclass.Upstream}
		g.tell(finesse.Notification{
			Source: "/finesse/api/User/1001", RequestID: g.server.ids[0],
			Errors: []finesse.APIError{{Type: "Invalid Input", Message: "CF_INVALID_AGENT_REASON_CODE", Data: "266"}},
		})
		require.Equal(t, []string{"REASONS LOGOUT", "LOGOUT 99", "LOGOUT"}, g.server.log())
		out := g.outputs()
		require.Len(t, out, 1)
		require.Equal(t, "1001#Error#CF_INVALID_AGENT_REASON_CODE", out[0].Message.Body)
		require.Equal(t, "corr-force_logout", out[0].CorrelationID)
		require.Contains(t, g.done(), "force_logout")
		require.Zero(t, g.s.Snapshot().Open)
	})
}
