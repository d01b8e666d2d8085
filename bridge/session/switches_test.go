package session

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// TestLoginIDThatIsNone: the client is told why such an agent cannot connect [C10].
func TestLoginIDThatIsNone(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.connectErr = fmt.Errorf("connect: %w", finesse.ErrLoginID)
		g.deps.Dialect.Format = protocol.FormatJSON
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		out := g.outputs()
		require.Len(t, out, 1)
		require.Contains(t, out[0].Message.Body, "the login id cannot be a user of Finesse's notification service")
	})
}

// TestReadyAfterLogin: GC_READY_AFTER_LOGIN (MAKE_AGENT_READY).
func TestReadyAfterLogin(t *testing.T) {
	login := func(g *rig, on bool) {
		g.deps.Options.ReadyAfterLogin = on
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.server.log()
		g.server.set(func(f *fakeServer) { f.asked = nil })
		g.tell(userEvent("", finesse.StateNotReady))
	}
	t.Run("off", func(t *testing.T) {
		bubble(t, func(g *rig) {
			login(g, false)
			require.NotContains(t, g.server.log(), "READY")
		})
	})
	t.Run("on", func(t *testing.T) {
		bubble(t, func(g *rig) {
			login(g, true)
			require.Equal(t, []string{"USER", "DIALOGS", "READY"}, g.server.log())
			require.Len(t, g.got(), 3, "AgentInfo, State, DialogStatus")
			g.tell(userEvent("", finesse.StateReady))
			require.Len(t, g.got(), 1)
			require.Zero(t, g.s.Snapshot().Open)
			g.tell(userEvent("", finesse.StateNotReady))
			require.Equal(t, []string{"USER", "DIALOGS", "READY"}, g.server.log(), "once for a login")
		})
	})
	t.Run("refused", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.server.fail["READY"] = &finesse.Error{Status: 400, Class: errclass.Upstream}
			login(g, true)
			out := g.got()
			require.Len(t, out, 4)
			require.Contains(t, out[3], "1001#Error#")
		})
	})
}

// TestReasonOfASupervisor: GC_SUPERVISOR_NOT_READY_REASON and
// GC_SUPERVISOR_LOGOUT_REASON go with what a supervisor sets [C15], and without
// them where Finesse takes none.
func TestReasonOfASupervisor(t *testing.T) {
	for jmsType, asked := range map[string]string{"MakeNotReady#1002": "NOT_READY for 1002 102", "Logout#1002": "LOGOUT for 1002 77", "MakeReady#1002": "READY for 1002"} {
		t.Run(jmsType, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.deps.Options.SupervisorNotReadyReason, g.deps.Options.SupervisorLogoutReason = "12", "77"
				g.supervise()
				g.force(jmsType)
				log := g.server.log()
				require.Equal(t, asked, log[len(log)-1])
			})
		})
	}
	t.Run("refused", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.deps.Options.SupervisorNotReadyReason = "12"
			g.supervise()
			g.server.fail["NOT_READY for 1002 102"] = &finesse.Error{Status: 400, Class: errclass.Upstream}
			g.force("MakeNotReady#1002")
			require.Equal(t, []string{"TEAM 1", "REASONS NOT_READY", "NOT_READY for 1002 102", "NOT_READY for 1002"}, g.server.log())
			require.Empty(t, g.got())
			require.Equal(t, 1, g.s.Snapshot().Open)
		})
	})
	t.Run("not found", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.deps.Options.SupervisorNotReadyReason = "12"
			g.supervise()
			g.server.fail["NOT_READY for 1002 102"] = &finesse.Error{Status: 404, Class: errclass.Upstream}
			g.force("MakeNotReady#1002")
			require.NotContains(t, g.server.log(), "NOT_READY for 1002", "that is not about the code")
			require.Len(t, g.got(), 1)
		})
	})
}

// TestInactivityLogout: GC_INACTIVITY_LOGOUT.
func TestInactivityLogout(t *testing.T) {
	hear := func(g *rig) { g.note(func() { g.heard = time.Now() }) }
	t.Run("off", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			time.Sleep(4 * time.Minute)
			require.NotContains(t, g.server.log(), "LOGOUT")
		})
	})
	t.Run("silent", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.deps.Options.InactivityLogout = time.Minute
			hear(g)
			g.loggedIn()
			time.Sleep(50 * time.Second)
			hear(g) // a Beat, or another agent of the same client
			time.Sleep(59 * time.Second)
			require.NotContains(t, g.server.log(), "LOGOUT")
			time.Sleep(2 * time.Second)
			require.Contains(t, g.server.log(), "LOGOUT")
			g.tell(userEvent("", finesse.StateLogout))
			require.Len(t, g.got(), 1)
			g.server.set(func(f *fakeServer) { f.asked = nil })
			time.Sleep(3 * time.Minute)
			require.NotContains(t, g.server.log(), "LOGOUT", "they are out")
		})
	})
	t.Run("after a take-over", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.deps.Options.InactivityLogout = time.Minute
			g.server.user.State, g.server.user.Extension = finesse.StateNotReady, "2001"
			hear(g)
			g.succeed(g.holding())
			time.Sleep(59 * time.Second)
			require.NotContains(t, g.server.log(), "LOGOUT")
			time.Sleep(2 * time.Second)
			require.Contains(t, g.server.log(), "LOGOUT")
		})
	})
}

// TestReadyAfterALoginThatWasDeliveredAgain: the node that ran it died before it
// asked for READY; what the client has asked for since goes before that.
func TestReadyAfterALoginThatWasDeliveredAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		on, overtaken bool
		ready         int
	}{
		"on": {on: true, ready: 1}, "off": {}, "overtaken": {on: true, overtaken: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.deps.Options.ReadyAfterLogin = tc.on
				g.succeed(g.holding())
				g.got()
				g.again = true
				if tc.overtaken {
					g.overtaken = []string{"Login"}
				}
				g.do(noDest, "Login#1001", "pw,2001")
				out := g.outputs()
				require.NotEmpty(t, out)
				require.Equal(t, "corr-Login", out[0].CorrelationID)
				ready := 0
				for _, asked := range g.server.log() {
					require.NotContains(t, asked, "LOGIN", "it has run")
					if asked == "READY" {
						ready++
					}
				}
				require.Equal(t, tc.ready, ready)
				if tc.on && !tc.overtaken {
					g.tell(userEvent("", finesse.StateReady))
					require.Len(t, g.got(), 1)
					require.Zero(t, g.s.Snapshot().Open)
				}
			})
		})
	}
}

// TestTrustOfNobody: bounds that are none are an error, not a crash.
func TestTrustOfNobody(t *testing.T) {
	_, err := newStrangers(-1)
	require.ErrorContains(t, err, "-1 strangers")
}
