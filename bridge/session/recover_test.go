package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

func TestLostStreamComesBack(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.server.set(func(f *fakeServer) { f.connectErr = errors.New("refused") })
		g.server.streams[0].end(errors.New("connection reset"))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.Equal(t, PhaseBroken, g.s.Snapshot().Phase)
		require.Empty(t, g.got())
		g.server.set(func(f *fakeServer) {
			f.connectErr = nil
			f.user.State = finesse.StateReady
		})
		time.Sleep(6 * time.Second)
		out := g.outputs()
		require.Len(t, out, 2, "M8: O-024 and O-001")
		require.Equal(t, protocol.Code("O-024"), out[0].Message.Code)
		require.True(t, strings.HasPrefix(out[1].Message.Body, "1001#State#READY#"), out[1].Message.Body)
		require.True(t, out[0].Recovered && out[1].Recovered, "[H1]")
	})
}

func TestCallThatEndedInTheGap(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(dialogEvent(finesse.EventPost, "55", "ALERTING", "ALERTING"))
		g.got()
		g.server.streams[0].end(errors.New("connection reset"))
		time.Sleep(time.Second)
		out := g.got()
		require.Len(t, out, 3)
		require.Contains(t, out[2], "1001#InboundCall#DROP#DialogID:55")
	})
}

func TestPasswordRefusedOnTheWayBack(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.server.set(func(f *fakeServer) { f.connectErr = fmt.Errorf("login: %w", finesse.ErrAuth) })
		g.server.streams[0].end(errors.New("connection reset"))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got(), "told once, and not tried again")
		require.Equal(t, PhaseRefused, g.s.Snapshot().Phase)
	})
}

func TestFinesseMoves(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		other := &fakeServer{name: "f2", fail: map[string]error{}, user: g.server.user}
		g.mu.Lock()
		g.current = other
		g.mu.Unlock()
		g.s.ServerChanged()
		synctest.Wait()
		require.Equal(t, []string{"CONNECT", "USER", "DIALOGS"}, other.log())
		require.Len(t, g.got(), 2, "O-024 and O-001")
		g.do(noDest, "MakeReady#1001", "")
		require.Equal(t, "READY", other.log()[3])
	})
}

// A Finesse that serves again may have forgotten the agent: who is logged out
// without a reason right then is signed in again, once.
func TestAgentIsLostByAFailover(t *testing.T) {
	for name, tc := range map[string]struct {
		after time.Duration
		again bool
	}{
		"right then": {0, true},
		"in time":    {failoverTime - time.Second, true},
		"later":      {failoverTime, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				time.Sleep(time.Hour) // what was before is forgotten
				g.s.ServerChanged()
				require.Len(t, g.got(), 2, "O-024 and O-001")
				time.Sleep(tc.after)
				g.server.set(func(f *fakeServer) { f.asked = nil; f.user.State = finesse.StateLogout })
				g.tell(userEvent("", finesse.StateLogout))
				if !tc.again {
					require.Len(t, g.got(), 1, "the LOGOUT is told")
					require.Zero(t, g.asks("LOGIN 2001"))
					return
				}
				require.Empty(t, g.got(), "the LOGOUT is not told")
				require.Equal(t, []string{"LOGIN 2001"}, g.server.log())
				require.Equal(t, 1, g.count("signed_in_again"))
				g.tell(userEvent("", finesse.StateLogout))
				require.Equal(t, 1, g.asks("LOGIN 2001"), "once")
			})
		})
	}
}

func TestLingerAfterLogout(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase, "a logged-in agent may be silent")
		g.tell(userEvent("", finesse.StateLogout))
		require.Equal(t, 0, g.deps.Places.Taken())
		require.Len(t, g.got(), 1)
		time.Sleep(5*time.Minute + time.Second)
		<-g.s.Done()
		require.Equal(t, 1, g.lost, "nobody is to serve them again by themselves")
	})
}

func TestLeaveStep(t *testing.T) {
	u := func(st, pending finesse.AgentState) finesse.User {
		return finesse.User{State: st, PendingState: pending}
	}
	for _, tc := range []struct {
		name    string
		user    finesse.User
		dialogs int
		sofar   leaving
		next    finesse.AgentState
		over    bool
	}{
		{"ready", u("READY", ""), 0, leaving{}, "NOT_READY", false},
		{"ready, asked already", u("READY", ""), 0, leaving{sent: "NOT_READY", from: "READY"}, "", false},
		{"not ready", u("NOT_READY", ""), 0, leaving{sent: "NOT_READY", from: "READY"}, "LOGOUT", false},
		{"logout asked already", u("NOT_READY", ""), 0, leaving{sent: "LOGOUT", from: "NOT_READY"}, "", false},
		{"on a call", u("TALKING", ""), 1, leaving{}, "NOT_READY", false},
		{"on a call, pending", u("TALKING", "NOT_READY"), 1, leaving{sent: "NOT_READY", from: "TALKING"}, "", false},
		{"not ready on a call (CCX)", u("NOT_READY", ""), 1, leaving{}, "", false},
		{"in wrap-up", u("WORK_READY", ""), 0, leaving{sent: "NOT_READY", from: "TALKING"}, "NOT_READY", false},
		{"out", u("LOGOUT", ""), 0, leaving{sent: "LOGOUT"}, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			next, over := leaveStep(tc.user, tc.dialogs, tc.sofar)
			require.Equal(t, tc.next, next)
			require.Equal(t, tc.over, over)
		})
	}
}

func TestForceLogoutFromReady(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(userEvent("", finesse.StateReady))
		g.do(noDest, "force_logout#1001", "")
		require.Equal(t, []string{"NOT_READY"}, g.server.log())
		g.tell(userEvent("", finesse.StateNotReady))
		require.Equal(t, []string{"NOT_READY", "LOGOUT"}, g.server.log())
		g.tell(userEvent("", finesse.StateLogout))
		require.Equal(t, []string{"NOT_READY", "LOGOUT"}, g.server.log())
	})
}

func TestForceLogoutOnACall(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(dialogEvent(finesse.EventPost, "55", "ACTIVE", "ACTIVE"))
		g.tell(userEvent("", finesse.StateTalking))
		g.do(noDest, "force_logout#1001", "")
		pending := userEvent("", finesse.StateTalking)
		p := finesse.StateNotReady
		pending.User.PendingState = &p
		g.tell(pending)
		none := finesse.AgentState("")
		after := userEvent("", finesse.StateNotReady)
		after.User.PendingState = &none
		g.tell(after)
		require.Equal(t, []string{"NOT_READY"}, g.server.log(), "the call has not ended")
		g.tell(dialogEvent(finesse.EventDelete, "55", "DROPPED", "DROPPED"))
		require.Equal(t, []string{"NOT_READY", "LOGOUT"}, g.server.log(), "[C16]")
	})
}

func TestForceLogoutWithRefusedCode(t *testing.T) {
	t.Run("synchronously", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.deps.Options.DefaultLogoutReason = "99"
			g.loggedIn()
			g.server.fail["LOGOUT 99"] = &finesse.Error{Status: 400, Class: errclass.Upstream}
			g.do(noDest, "force_logout#1001", "")
			require.Equal(t, []string{"REASONS LOGOUT", "LOGOUT 99", "LOGOUT"}, g.server.log())
			require.Empty(t, g.got())
		})
	})
	t.Run("asynchronously", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.deps.Options.DefaultLogoutReason = "99"
			g.loggedIn()
			g.do(noDest, "force_logout#1001", "")
			refused := finesse.Notification{
				Source: "/finesse/api/User/1001", Event: finesse.EventPut, RequestID: g.server.ids[0],
				Errors: []finesse.APIError{{Type: "Invalid Input", Message: "CF_INVALID_AGENT_REASON_CODE", Data: "266"}},
			}
			g.tell(refused)
			require.Equal(t, []string{"REASONS LOGOUT", "LOGOUT 99", "LOGOUT"}, g.server.log())
			require.Empty(t, g.got())
			refused.RequestID = g.server.ids[1]
			g.tell(refused)
			require.Equal(t, []string{"/topic/A 1001#Error#CF_INVALID_AGENT_REASON_CODE"}, g.got(), "told when nothing is left to try")
		})
	})
}

func TestRefresh(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "refresh#1001", "")
		out := g.outputs()
		require.Len(t, out, 2, "[C17]")
		require.Equal(t, protocol.Code("O-001"), out[0].Message.Code)
		require.Equal(t, protocol.Code("O-024"), out[1].Message.Code)
		require.Equal(t, "corr-refresh", out[0].CorrelationID)
	})
}

func TestCommandsOfAnEndedSessionAreHandedBack(t *testing.T) {
	bubble(t, func(g *rig) {
		g.s = New("1001", g.deps)
		c, err := protocol.ParseCommand("MakeReady#1001", nil)
		require.NoError(t, err)
		require.True(t, g.s.Offer(g.request(c, wire.Binding{})))
		g.s.inbox.signal(sigResync)
		g.s.life.ended = true
		g.s.Run(g.t.Context())
		require.Equal(t, 1, g.returned)
		require.False(t, g.s.Offer(g.request(c, wire.Binding{})))
	})
}
