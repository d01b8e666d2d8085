package session

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLoginTellsAgentInfoStateAndDialogs(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		require.Empty(t, g.got(), "a successful Connect is silent in text")
		g.do(noDest, "Login#1001", "pw,2001")
		require.Empty(t, g.got(), "202 is not an outcome")
		require.Equal(t, []string{"CONNECT", "LOGIN 2001"}, g.server.log(), "the stream is up before LOGIN")
		g.tell(userEvent(g.server.ids[0], finesse.StateNotReady))
		out := g.outputs()
		require.Len(t, out, 3)
		for i, want := range []string{"O-011", "O-001", "O-024"} {
			require.Equal(t, protocol.Code(want), out[i].Message.Code)
			require.Equal(t, "corr-Login", out[i].CorrelationID, "[H3]")
			require.Equal(t, destA, out[i].To)
			require.False(t, out[i].Recovered)
		}
		require.Equal(t, []string{"Connect", "Login"}, g.done())
		require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
		require.Equal(t, 1, g.deps.Places.Taken())
	})
}

func TestSupervisorLoginTellsTeams(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.user.Roles = []string{"Agent", "Supervisor"}
		g.server.user.Teams = []finesse.TeamRef{{ID: "1", Name: "Sales"}}
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(userEvent("", finesse.StateNotReady))
		var codes []protocol.Code
		for _, e := range g.outputs() {
			codes = append(codes, e.Message.Code)
		}
		require.Equal(t, []protocol.Code{"O-011", "O-012", "O-013", "O-001", "O-024"}, codes)
	})
}

func TestWrongPassword(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,bad")
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got())
		g.do(noDest, "Login#1001", "bad,2001")
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got(), "in the words of the Connect, not RE_LOGIN")
		require.Equal(t, []string{"CONNECT"}, g.server.log(), "Finesse counts bad passwords: it is not asked again")
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "GetState#1001", "")
		require.Contains(t, strings.Join(g.got(), "\n"), "1001#State#NOT_READY", "the next good command works")
	})
}

func TestRefusedSessionEnds(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,bad")
		time.Sleep(5*time.Minute + time.Second)
		synctest.Wait()
		select {
		case <-g.s.Done():
		default:
			t.Fatal("the session of a refused agent is kept")
		}
	})
}

func TestUnreachableNotificationService(t *testing.T) {
	unavailable := func(err error) error {
		return &finesse.StreamError{Op: "dial", Class: errclass.Unavailable, Err: err}
	}
	for want, err := range map[string]error{
		"DOWN":                unavailable(errors.New("connection refused")),
		"NOT_REACHABLE":       unavailable(context.DeadlineExceeded),
		"GENERAL_ERROR":       &finesse.StreamError{Op: "login", Class: errclass.Internal, Err: errors.New("a defect")},
		"SUBSCRIPTION_FAILED": finesse.ErrAuth,
	} {
		t.Run(want, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.server.connectErr = err
				g.start()
				g.do(destA, "Connect#1001", "A,pw")
				require.Equal(t, []string{"/topic/A 1001#Error#" + want}, g.got())
			})
		})
	}
}

func TestConnectFromAnotherDestination(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(destB, "Connect#1001", "B,pw")
		out := g.got()
		require.Len(t, out, 2, "[C9] LOGOUT, then SESSION_INVALIDATED, both to the old destination")
		require.True(t, strings.HasPrefix(out[0], "/topic/A 1001#State#LOGOUT#-1#"), out[0])
		require.Equal(t, "/topic/A 1001#Error#SESSION_INVALIDATED", out[1])
		require.Empty(t, g.server.log(), "Finesse is not logged out, and a proven password is not proven again")
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(userEvent("", finesse.StateNotReady))
		out = g.got()
		require.Len(t, out, 3)
		require.True(t, strings.HasPrefix(out[0], "/topic/B 1001#AgentInfo#"), "a new client gets AgentInfo again")
	})
}

func TestWrongPasswordFromAnotherDestinationChangesNothing(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(destB, "Connect#1001", "B,bad")
		require.Equal(t, []string{"/topic/B 1001#Error#SUBSCRIPTION_FAILED"}, g.got())
		g.do(noDest, "GetState#1001", "")
		out := g.got()
		require.Len(t, out, 1)
		require.True(t, strings.HasPrefix(out[0], "/topic/A "), "the old binding holds")
		require.Equal(t, []string{"/topic/A"}, g.bound)
	})
}

func TestLoginRefusedAsynchronously(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.user.State, g.server.user.Extension = finesse.StateLogout, ""
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,9999")
		g.tell(finesse.Notification{
			Node: "/finesse/api/User/1001", Source: "/finesse/api/User/1001", Event: finesse.EventPut,
			Errors: []finesse.APIError{{Type: "Invalid Device", Message: "CF_INVALID_LOGON_DEVICE_SPECIFIED", Data: "260"}},
		})
		out := g.outputs()
		require.Len(t, out, 1)
		require.Equal(t, "1001#Error#CF_INVALID_LOGON_DEVICE_SPECIFIED", out[0].Message.Body)
		require.Equal(t, "corr-Login", out[0].CorrelationID)
		require.Equal(t, 0, g.deps.Places.Taken(), "the place is given back")
		time.Sleep(time.Minute)
		require.Empty(t, g.got(), "decided once")
	})
}

func TestLoginWithoutEvent(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		time.Sleep(2 * time.Second)
		require.Len(t, g.got(), 3, "the agent is read when the event does not come")
	})
}

func TestLoginNeverDecided(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.user.State, g.server.user.Extension = finesse.StateLogout, ""
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		time.Sleep(7 * time.Second)
		require.Equal(t, []string{"/topic/A 1001#Error#GENERAL_ERROR"}, g.got())
		require.Equal(t, 0, g.deps.Places.Taken())
	})
}

func TestLicencesExceeded(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Places = NewPlaces(1)
		g.deps.Places.Admit("1002")
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		require.Equal(t, []string{"/topic/A 1001#Error#LICENSES_EXCEEDED"}, g.got())
		require.Equal(t, []string{"CONNECT"}, g.server.log(), "[C20] Finesse is not asked")
	})
}

func TestCorrelationOfAnEvent(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.tell(userEvent(g.server.ids[0], finesse.StateReady))
		out := g.outputs()
		require.Len(t, out, 1)
		require.Equal(t, "corr-MakeReady", out[0].CorrelationID, "[H3]")
		g.tell(userEvent("", finesse.StateReserved))
		out = g.outputs()
		require.Len(t, out, 1)
		require.Empty(t, out[0].CorrelationID, "nobody asked for this one")
		require.False(t, out[0].Caused.IsZero())
	})
}

func TestCommandIsDecidedWhenTheBrokerHasTheAnswer(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.decided = nil
		g.confirm = func(wire.Output) bool { return false }
		g.do(noDest, "GetState#1001", "")
		require.Len(t, g.got(), 1)
		require.Empty(t, g.done(), "handed out, not yet confirmed")
		g.waiting[0](nil)
		require.Equal(t, []string{"GetState"}, g.done())
	})
}

func TestReasonCodes(t *testing.T) {
	for _, tc := range []struct{ name, jmsType, body, asked string }{
		{"a known code becomes its id", "MakeNotReadyWithReason#1001", "12", "NOT_READY 102"},
		{"an unknown code is taken as an id", "MakeNotReadyWithReason#1001", "77", "NOT_READY 77"},
		{"no code, none configured", "MakeNotReady#1001", "", "NOT_READY"},
		{"logout with a code", "logoutwithreason#1001", "12", "LOGOUT 102"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.do(noDest, tc.jmsType, tc.body)
				log := g.server.log()
				require.Equal(t, tc.asked, log[len(log)-1], "[C11]")
				require.Empty(t, g.got())
			})
		})
	}
}

// The list of reason codes is read when a code is not in it, and not each time.
func TestReasonCodesAreReadOnce(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		for range 3 {
			g.do(noDest, "MakeNotReadyWithReason#1001", "12")
		}
		require.Equal(t, 1, g.asks("REASONS NOT_READY"))
		g.server.set(func(f *fakeServer) { f.reasons = append(f.reasons, finesse.ReasonCode{ID: "177", Code: "77"}) })
		g.do(noDest, "MakeNotReadyWithReason#1001", "77")
		require.Equal(t, 2, g.asks("REASONS NOT_READY"), "it may have been added since")
		require.Equal(t, 1, g.asks("NOT_READY 177"))
		g.do(noDest, "logoutwithreason#1001", "12")
		require.Equal(t, 1, g.asks("REASONS LOGOUT"), "a list of its own")
	})
}

// A Login without a stream opens one first, and says so if that does not work.
func TestLoginWithoutAStream(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.server.set(func(f *fakeServer) {
			f.connectErr = &finesse.StreamError{Op: "dial", Class: errclass.Unavailable, Err: errors.New("refused")}
		})
		g.server.streams[0].end(errors.New("gone"))
		synctest.Wait()
		g.do(noDest, "Login#1001", "pw,2001")
		require.Equal(t, []string{"/topic/A 1001#Error#DOWN"}, g.got())
		require.Zero(t, g.asks("LOGIN 2001"), "its outcome could not be heard")
		g.server.set(func(f *fakeServer) { f.connectErr = nil })
		g.do(noDest, "Login#1001", "pw,2001")
		require.Equal(t, 1, g.asks("LOGIN 2001"))
	})
}

// A login whose agent cannot be read is tried again, and Finesse is probed.
func TestAgentCannotBeReadAfterLogin(t *testing.T) {
	for _, request := range []string{"USER", "DIALOGS"} {
		bubble(t, func(g *rig) {
			g.start()
			g.do(destA, "Connect#1001", "A,pw")
			g.do(noDest, "Login#1001", "pw,2001")
			failure := &finesse.Error{Status: 503, Class: errclass.Unavailable}
			g.server.set(func(f *fakeServer) { f.fail[request] = failure })
			g.tell(userEvent("", finesse.StateNotReady))
			require.Empty(t, g.got())
			require.ErrorIs(t, g.reported()[0], failure)
			g.server.set(func(f *fakeServer) { f.fail = map[string]error{} })
			time.Sleep(2 * time.Second)
			require.Len(t, g.got(), 3, "AgentInfo, State, DialogStatus")
		})
	}
}

func TestConfiguredReasonCode(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Options.DefaultNotReadyReason = "12"
		g.loggedIn()
		g.do(noDest, "MakeNotReady#1001", "")
		require.Equal(t, []string{"REASONS NOT_READY", "NOT_READY 102"}, g.server.log())
	})
}

func TestReasonCodeLists(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "reasoncodenotready#1001", "")
		g.do(noDest, "wrapupreasoncode#1001", "")
		out := g.got()
		require.Len(t, out, 2)
		require.Contains(t, out[0], "Category:NOT_READY#12#Labels:Lunch")
		require.Contains(t, out[1], "#1,2#Labels:Sales,Other")
	})
}

func TestCalls(t *testing.T) {
	for jmsType, asked := range map[string]string{
		"AnswerCall# 1001":  "ANSWER 55 2001",
		"HoldCall#1001":     "HOLD 55 2001",
		"RetrieveCall#1001": "RETRIEVE 55 2001",
		"ReleaseCall#1001":  "DROP 55 2001",
	} {
		t.Run(asked, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.do(noDest, jmsType, "55")
				require.Equal(t, []string{asked}, g.server.log())
				g.server.fail[asked] = &finesse.Error{Status: 404, Class: errclass.Upstream}
				g.do(noDest, jmsType, "55")
				require.Equal(t, []string{"/topic/A 1001#Error#NO_DIALOG_ID"}, g.got(), "[E1]")
			})
		})
	}
}

func TestMakeCall(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeCall# 1001", "90001")
		require.Equal(t, []string{"MAKE_CALL 2001 90001"}, g.server.log())
	})
}

func TestCallWithoutExtension(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.user.State, g.server.user.Extension = finesse.StateLogout, ""
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "MakeCall#1001", "90001")
		require.Equal(t, []string{"/topic/A 1001#Error#CF_INVALID_OBJECT_STATE"}, g.got())
	})
}

func TestDialogState(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(dialogEvent(finesse.EventPost, "55", "ALERTING", "ALERTING"))
		require.Contains(t, strings.Join(g.got(), "\n"), "1001#NewInboundCall#")
		g.do(noDest, "getdialogstate#1001", "55")
		g.do(noDest, "getdialogstate#1001", "56")
		out := g.got()
		require.Len(t, out, 2)
		require.Contains(t, out[0], "#DialogState#ALERTING#55")
		require.Contains(t, out[1], "#DialogState#NOT_FOUND#56")
	})
}

func TestNoFinesse(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.mu.Lock()
		g.current = nil
		g.mu.Unlock()
		g.do(noDest, "MakeReady#1001", "")
		require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got(), "[C7]")
	})
}

func TestPanicIsContained(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.decided = nil
		g.server.set(func(f *fakeServer) { f.panics = true })
		g.do(noDest, "MakeReady#1001", "")
		out := g.got()
		require.Equal(t, "/topic/A 1001#Error#GENERIC_ERROR", out[0])
		require.Len(t, out, 3, "then the re-sync: DialogStatus and State")
		require.Equal(t, []string{"MakeReady"}, g.done(), "a command that panics must not come back for ever")
		require.EqualValues(t, 1, g.s.Snapshot().Panics)
		g.do(noDest, "MakeReady#1001", "")
		require.Equal(t, "READY", g.server.log()[len(g.server.log())-1], "the next good command works")
	})
}

func TestMalformedCommandIsAnsweredInOrder(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		c, err := protocol.ParseCommand("AnswerCall#1001", nil)
		require.Error(t, err)
		g.do(destB, "Connect#1001", "B,pw")
		g.got()
		r := g.request(c, wire.Binding{})
		r.Refused = protocol.ErrMissingDialogID
		require.True(t, g.s.Offer(r))
		require.Equal(t, []string{"/topic/B 1001#Error#MISSING_DIALOG_ID"}, g.got(), "where the agent is by then")
	})
}

func TestMailboxIsBounded(t *testing.T) {
	bubble(t, func(g *rig) {
		g.s = New("1001", g.deps) // not running
		c, err := protocol.ParseCommand("MakeReady#1001", nil)
		require.NoError(t, err)
		taken := 0
		for range 10 * mailboxSize {
			if g.s.Offer(g.request(c, wire.Binding{})) {
				taken++
			}
		}
		require.Equal(t, mailboxSize, taken)
		require.EqualValues(t, 9*mailboxSize, g.s.Snapshot().Refused)
	})
}

// TestPhases: /status, dashboards and alarms go by these words.
func TestPhases(t *testing.T) {
	require.Equal(t, []Phase{"new", "connected", "logged_in", "reconnecting", "refused"},
		[]Phase{PhaseNew, PhaseConnected, PhaseLoggedIn, PhaseBroken, PhaseRefused})
}
