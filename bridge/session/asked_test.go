package session

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// TestOutcomes: every command that Finesse has accepted gets exactly one outcome
// with its correlation id, in time, whatever happens to the events [C25].
func TestOutcomes(t *testing.T) {
	state := func(st finesse.AgentState) func(g *rig) {
		return func(g *rig) { g.server.set(func(f *fakeServer) { f.user.State = st }) }
	}
	dialog := func(own string) func(g *rig) {
		return func(g *rig) {
			g.server.set(func(f *fakeServer) { f.dialogs = []finesse.Dialog{callDialog("55", "ACTIVE", own)} })
		}
	}
	calls := func(g *rig) {
		g.server.set(func(f *fakeServer) {
			d := callDialog("77", "INITIATED", "INITIATED")
			d.From, d.To = "2001", "90001"
			f.dialogs = append(f.dialogs, d)
		})
	}
	for _, tc := range []struct {
		command, body string
		call          string                  // the state of the agent's part in dialog 55 before, "" = no call
		done          func(g *rig)            // what Finesse does when it accepts
		event         func(g *rig, id string) // what it tells
		told          string
	}{
		{"MakeReady", "", "", state(finesse.StateReady), func(g *rig, id string) { g.tell(userEvent(id, finesse.StateReady)) }, "1001#State#READY#"},
		{"MakeNotReadyWithReason", "12", "", func(g *rig) {
			g.server.set(func(f *fakeServer) {
				f.user.ReasonCodeID, f.user.Reason = "102", &finesse.ReasonCode{ID: "102", Code: "12", Label: "Lunch"}
			})
		}, func(g *rig, id string) {
			n := userEvent(id, finesse.StateNotReady)
			reason := "102"
			n.User.ReasonCodeID, n.User.Reason = &reason, &finesse.ReasonCode{ID: "102", Code: "12", Label: "Lunch"}
			g.tell(n)
		}, "1001#State#NOT_READY#12#"},
		{"Logout", "", "", state(finesse.StateLogout), func(g *rig, id string) { g.tell(userEvent(id, finesse.StateLogout)) }, "1001#State#LOGOUT#"},
		{"AnswerCall", "55", "ALERTING", dialog("ACTIVE"), func(g *rig, id string) { g.tellCall(id, "55", "ACTIVE") }, "1001#InboundCall#ACTIVE#DialogID:55"},
		{"HoldCall", "55", "ACTIVE", dialog("HELD"), func(g *rig, id string) { g.tellCall(id, "55", "HELD") }, "1001#InboundCall#HELD#DialogID:55"},
		{"RetrieveCall", "55", "HELD", dialog("ACTIVE"), func(g *rig, id string) { g.tellCall(id, "55", "ACTIVE") }, "1001#InboundCall#ACTIVE#DialogID:55"},
		{"ReleaseCall", "55", "ACTIVE", func(g *rig) { g.server.set(func(f *fakeServer) { f.dialogs = nil }) }, func(g *rig, id string) {
			n := dialogEvent(finesse.EventDelete, "55", "DROPPED", "DROPPED")
			n.RequestID = id
			g.tell(n)
		}, "1001#InboundCall#DROP#DialogID:55"},
		{"MakeCall", "90001", "", calls, func(g *rig, id string) {
			n := dialogEvent(finesse.EventPost, "77", "INITIATED", "INITIATED")
			n.Dialogs[0].From, n.Dialogs[0].To, n.RequestID = "2001", "90001", id
			g.tell(n)
		}, "1001#InboundCall#INITIATED#DialogID:77"},
	} {
		for _, way := range []struct {
			name    string
			happens func(t *testing.T, g *rig)
			told    string
			within  time.Duration
		}{
			{"by the event that repeats the id", func(_ *testing.T, g *rig) { tc.event(g, g.server.ids[0]) }, tc.told, 0},
			{"by the event without an echo", func(_ *testing.T, g *rig) { tc.event(g, "") }, tc.told, 0},
			{"by a look, without any event", func(*testing.T, *rig) {}, tc.told, outcome / 2},
			{"after a gap", func(_ *testing.T, g *rig) { g.server.streams[0].end(errors.New("cut")) }, tc.told, time.Second},
			{"unconfirmed", func(_ *testing.T, g *rig) { // Finesse never does it
				g.server.set(func(f *fakeServer) { f.user, f.dialogs = g.before, g.callsBefore })
			}, "1001#Error#GENERIC_ERROR", outcome},
			{"unconfirmed while Finesse hangs", func(_ *testing.T, g *rig) {
				g.server.set(func(f *fakeServer) { f.stuck = true })
			}, "1001#Error#GENERIC_ERROR", outcome},
			{"refused without an echo", func(_ *testing.T, g *rig) {
				source := "/finesse/api/User/1001"
				if tc.call != "" {
					source = "/finesse/api/Dialog/55"
				}
				g.tell(finesse.Notification{Source: source, Errors: []finesse.APIError{{Type: "Generic Error"}}})
			}, "1001#Error#GENERIC_ERROR", 0},
		} {
			t.Run(tc.command+" "+way.name, func(t *testing.T) {
				bubble(t, func(g *rig) {
					g.loggedIn()
					if tc.call != "" {
						g.server.set(func(f *fakeServer) { f.dialogs = []finesse.Dialog{callDialog("55", "ACTIVE", tc.call)} })
						g.tellCall("", "55", tc.call)
						g.got()
					}
					g.before, g.callsBefore = g.server.user, g.server.dialogs
					g.decided = nil
					g.do(noDest, tc.command+"#1001", tc.body)
					tc.done(g)
					require.Empty(t, g.got(), "202 is not an outcome")
					require.Empty(t, g.done(), "not acknowledged before its outcome")
					way.happens(t, g)
					time.Sleep(way.within)
					var answers []string
					for _, o := range g.outputs() {
						if o.CorrelationID != "" {
							require.Equal(t, "corr-"+tc.command, o.CorrelationID)
							answers = append(answers, o.Message.Body)
						}
					}
					require.Len(t, answers, 1, "%v", answers)
					require.True(t, strings.HasPrefix(answers[0], way.told), answers[0])
					require.Equal(t, []string{tc.command}, g.done())
					g.server.set(func(f *fakeServer) { f.stuck = false })
					time.Sleep(time.Minute)
					tc.event(g, "")
					for _, o := range g.outputs() {
						require.Empty(t, o.CorrelationID, "one outcome")
					}
				})
			})
		}
	}
}

// tellCall is an event of a call of the agent.
func (g *rig) tellCall(requestID, dialog, own string) {
	n := dialogEvent(finesse.EventPut, dialog, "ACTIVE", own)
	n.RequestID = requestID
	g.tell(n)
}

// TestOutcomesInOrder: without an echo the oldest command that an event shows to
// have worked is the one that it answers.
func TestOutcomesInOrder(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.do(noDest, "MakeNotReady#1001", "")
		g.tell(userEvent("", finesse.StateReady))
		g.tell(userEvent("", finesse.StateNotReady))
		out := g.outputs()
		require.Len(t, out, 2)
		require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
		require.Equal(t, "corr-MakeNotReady", out[1].CorrelationID)
	})
}

// TestNothingToChange: a state that is so already has an outcome, too.
func TestNothingToChange(t *testing.T) {
	for name, event := range map[string]bool{"an event that says nothing new": true, "no event": false} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.do(noDest, "MakeNotReady#1001", "")
				if event {
					g.tell(userEvent("", finesse.StateNotReady))
				} else {
					time.Sleep(outcome / 2)
				}
				out := g.outputs()
				require.Len(t, out, 1)
				require.Equal(t, "corr-MakeNotReady", out[0].CorrelationID)
				require.Contains(t, out[0].Message.Body, "1001#State#NOT_READY#")
			})
		})
	}
}

// TestOverdueIsToldDuringACommand: a request that hangs does not hold back what is
// overdue for others.
func TestOverdueIsToldDuringACommand(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(outcome - time.Second)
		g.server.set(func(f *fakeServer) { f.stuck = true })
		g.do(noDest, "refresh#1001", "") // hangs for as long as a command may take
		time.Sleep(time.Second)
		require.Equal(t, []string{"/topic/A 1001#Error#GENERIC_ERROR"}, g.got())
	})
}

// TestUnconfirmedSaysSo: the client can tell what it is about.
func TestUnconfirmedSaysSo(t *testing.T) {
	bubble(t, func(g *rig) {
		d, err := protocol.NewDialect(protocol.Edition44, protocol.FormatJSON, "", time.UTC)
		require.NoError(t, err)
		g.loggedIn()
		g.s.client.Dialect = d
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(outcome)
		out := g.got()
		require.Len(t, out, 1)
		require.Contains(t, out[0], `"errorMessage":"accepted by Finesse, not confirmed"`)
		require.Equal(t, 1, g.count("outcomes_unconfirmed"))
	})
}

// TestForcedLogoutCarriesItsIDToTheEnd: both states that it brings about [C16].
func TestForcedLogoutCarriesItsIDToTheEnd(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(userEvent("", finesse.StateReady))
		g.got()
		g.do(noDest, "force_logout#1001", "")
		g.tell(userEvent("", finesse.StateNotReady))
		g.tell(userEvent("", finesse.StateLogout))
		out := g.outputs()
		require.Len(t, out, 2)
		for i, want := range []string{"NOT_READY", "LOGOUT"} {
			require.Contains(t, out[i].Message.Body, "1001#State#"+want+"#")
			require.Equal(t, "corr-force_logout", out[i].CorrelationID)
		}
	})
}

// TestAnotherClientTakesTheAgent: what the old one waits for is answered there.
func TestAnotherClientTakesTheAgent(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.do(destB, "Connect#1001", "B,pw")
		out := g.outputs()
		require.Len(t, out, 3)
		require.Equal(t, destA, out[2].To)
		require.Equal(t, "corr-MakeReady", out[2].CorrelationID)
		require.Contains(t, out[2].Message.Body, "SESSION_INVALIDATED")
		require.Contains(t, g.done(), "MakeReady")
	})
}

// TestDefectAfterAcceptance: a command has one outcome even if its step fails
// behind the request.
func TestDefectIsTheOnlyOutcome(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.decided = nil
		g.server.set(func(f *fakeServer) { f.panics = true })
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(time.Minute)
		answers := 0
		for _, o := range g.outputs() {
			if o.CorrelationID == "corr-MakeReady" {
				answers++
			}
		}
		require.Equal(t, 1, answers)
		require.Equal(t, []string{"MakeReady"}, g.done())
	})
}

// TestTooManyOpen: a ledger is bounded; what is pushed out is told.
func TestTooManyOpen(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		c, err := protocol.ParseCommand("MakeReady#1001", nil)
		require.NoError(t, err)
		for range mailboxSize + 1 {
			require.True(t, g.s.Offer(g.request(c, wire.Binding{})))
			synctest.Wait()
		}
		require.Equal(t, []string{"/topic/A 1001#Error#GENERIC_ERROR"}, g.got())
	})
}

// TestTwoLogins: a client that asks again has an outcome for both.
func TestTwoLogins(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.do(noDest, "MobileAgentLogin#1001", "pw,2001,90001,true")
		g.tell(userEvent("", finesse.StateNotReady))
		out := g.outputs()
		require.Len(t, out, 4, "AgentInfo, State, DialogStatus; and State")
		for _, o := range out[:3] {
			require.Equal(t, "corr-MobileAgentLogin", o.CorrelationID)
		}
		require.Equal(t, "corr-Login", out[3].CorrelationID)
		require.Contains(t, out[3].Message.Body, "1001#State#NOT_READY#")
		require.ElementsMatch(t, []string{"Connect", "Login", "MobileAgentLogin"}, g.done())
	})
}

// TestLostEventOfTwoStates: the event of the first is lost; that of the second
// shows that the first is over, and its client is told how the agent stands.
func TestLostEventOfTwoStates(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.do(noDest, "MakeNotReadyWithReason#1001", "12")
		n, reason := userEvent("", finesse.StateNotReady), "102"
		n.User.ReasonCodeID, n.User.Reason = &reason, &finesse.ReasonCode{ID: "102", Code: "12", Label: "Lunch"}
		g.tell(n)
		out := g.outputs()
		require.Len(t, out, 2)
		for i, word := range []string{"MakeNotReadyWithReason", "MakeReady"} {
			require.Equal(t, "corr-"+word, out[i].CorrelationID)
			require.Contains(t, out[i].Message.Body, "1001#State#NOT_READY#12#")
		}
		time.Sleep(time.Minute)
		require.Empty(t, g.got())
	})
}
