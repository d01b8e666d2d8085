package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/session/presence"
	"gcbridge/finesse"
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
				g.reported()
				g.s.Resync()
				require.Empty(t, g.got())
				require.Equal(t, 1, g.asks("USER"))
				require.ErrorIs(t, g.reported()[0], failure, "the server is probed")
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

// TestTeamsAreSubscribedOnce: on each stream, however often the agent is read.
func TestTeamsAreSubscribedOnce(t *testing.T) {
	const subscribe = "SUBSCRIBE /finesse/api/Team/1/Users"
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.s.Resync()
		require.Equal(t, 1, g.asks(subscribe))
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Second)
		require.Equal(t, 2, g.asks(subscribe), "a stream of its own")
		g.s.Resync()
		require.Equal(t, 2, g.asks(subscribe))
		g.do(noDest, "getteamusers#1001", "1,false")
		require.Equal(t, 1, g.asks("UNSUBSCRIBE /finesse/api/Team/1/Users"))
	})
}

// TestEachLossIsTheFirst: a stream that was good is tried again at once.
func TestEachLossIsTheFirst(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		for n := range 8 {
			g.server.streams[n].end(errors.New("gone"))
			time.Sleep(100 * time.Millisecond)
			require.Len(t, g.got(), 2, "M8")
			require.Len(t, g.server.streams, n+2)
		}
	})
}

// TestEachFailureOfARead: a read that worked makes the next failure the first
// again, which is tried again soonest.
func TestEachFailureOfAReadIsTheFirst(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		for range 5 {
			g.server.set(func(f *fakeServer) { f.fail["USER"] = &finesse.Error{Status: 503, Class: errclass.Unavailable} })
			g.tell(finesse.Notification{Node: "/finesse/api/User/1001", Malformed: errors.New("no XML")})
			require.Equal(t, 1, g.asks("USER"))
			g.server.set(func(f *fakeServer) { f.fail, f.asked = map[string]error{}, nil })
			time.Sleep(presence.Delay(0, 0.999) + time.Millisecond)
			require.Equal(t, 1, g.asks("USER"))
			require.Len(t, g.got(), 2, "M8")
			time.Sleep(time.Minute)
			require.Equal(t, 1, g.asks("USER"))
			g.server.set(func(f *fakeServer) { f.asked = nil })
		}
	})
}

// TestConnectDoesWithoutAReSync: what a new client's Login will tell needs no
// re-sync before, and the connection that it brought is a success.
func TestConnectDoesWithoutAReSync(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.server.set(func(f *fakeServer) { f.connectErr = errors.New("refused") })
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Minute)
		require.Greater(t, g.asks("CONNECT"), 3)
		g.server.set(func(f *fakeServer) { f.connectErr = nil })
		g.do(destA, "Connect#1001", "A,pw")
		require.Empty(t, g.got(), "silent in text")
		require.Zero(t, g.asks("USER"))
		g.server.set(func(f *fakeServer) { f.asked = nil })
		g.server.streams[1].end(errors.New("gone"))
		time.Sleep(presence.Delay(0, 0.999) + time.Millisecond)
		require.Equal(t, 1, g.asks("CONNECT"), "tried again at once")
	})
}

// TestNothingIsReadWithoutACause: a session whose agent does nothing asks nothing.
func TestNothingIsReadWithoutACause(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(userEvent("", finesse.StateNotReady))
		require.Len(t, g.got(), 3)
		g.server.set(func(f *fakeServer) { f.asked = nil })
		time.Sleep(3 * time.Hour)
		require.Empty(t, g.server.log())
		require.Empty(t, g.got())
		require.Zero(t, g.count("hand_overs_unconfirmed"))
	})
}

// TestATeamIsTheOneAskedFor: whatever the answer calls it.
func TestATeamIsTheOneAskedFor(t *testing.T) {
	nameless := func(g *rig) {
		g.server.set(func(f *fakeServer) {
			team := f.desk.teams["1"]
			team.ID = ""
			f.desk.teams["1"] = team
		})
	}
	const talking = "/topic/A 1001#State#TALKING#####Bo Ek#1002#2002##Ann Lee#agent1"
	t.Run("at first", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.supervise()
			nameless(g)
			g.do(noDest, "getteamusers#1001", "1,true")
			require.Len(t, g.got(), 1)
			g.tell(memberEvent("1002", "", finesse.StateTalking))
			require.Equal(t, []string{talking}, g.got())
			require.Equal(t, []string{"1"}, g.s.Snapshot().Teams)
		})
	})
	t.Run("after a gap", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.supervise()
			g.do(noDest, "getteamusers#1001", "1,true")
			g.got()
			g.setMember("1002", finesse.StateTalking)
			nameless(g)
			g.server.streams[0].end(errors.New("gone"))
			time.Sleep(time.Second)
			require.Contains(t, g.got(), talking)
			require.Equal(t, []string{"1"}, g.s.Snapshot().Teams)
		})
	})
}

// TestOutcomeOfAReadIsToldOnce: the state that a read shows is news and outcome in one.
func TestOutcomeOfAReadIsToldOnce(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.server.set(func(f *fakeServer) { f.user.State = finesse.StateReady })
		time.Sleep(outcome)
		out := g.outputs()
		require.Len(t, out, 1)
		require.Contains(t, out[0].Message.Body, "1001#State#READY#")
		require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
		require.True(t, out[0].Recovered)
	})
}

// TestRequestIDs: node-agent-start-number, so that no two requests share one.
func TestRequestIDs(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Node, g.deps.Epoch = "gc 1/a", 36
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(userEvent("", finesse.StateNotReady))
		g.do(noDest, "MakeReady#1001", "")
		require.Equal(t, []string{"gc+1%2Fa-1001-10-1", "gc+1%2Fa-1001-10-2"}, g.server.ids)
	})
}

// TestUnreadableDialogs: a dialog that cannot be read costs itself: it stays as it
// was known, the others are told, and the stream and the agent stay.
func TestUnreadableDialogs(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(dialogEvent(finesse.EventPost, "55", "ACTIVE", "ACTIVE"))
		g.got()
		g.server.set(func(f *fakeServer) {
			f.dialogs = []finesse.Dialog{{ID: "55", Unreadable: true}, {ID: "56", Unreadable: true}, {Unreadable: true}, callDialog("57", "ALERTING", "ALERTING")}
		})
		g.tell(finesse.Notification{Node: "/finesse/api/User/1001/Dialogs", Malformed: errors.New("no XML")})
		out := g.got()
		require.Len(t, out, 3, "DialogStatus, State and the new call")
		require.Contains(t, out[0], "1001#DialogStatus#55#ACTIVE#")
		require.Contains(t, out[0], "#57#ALERTING#")
		require.Contains(t, out[2], "1001#NewInboundCall#")
		require.Equal(t, 3, g.count("dialogs_unreadable"))
		require.Zero(t, g.count("resyncs_failed"))
		require.Len(t, g.server.streams, 1)

		g.server.set(func(f *fakeServer) {
			f.dialogs = []finesse.Dialog{callDialog("55", "ACTIVE", "HELD"), callDialog("57", "ALERTING", "ALERTING")}
		})
		g.s.Resync()
		require.Contains(t, g.got()[2], "1001#InboundCall#HELD#DialogID:55", "it can be read again")
		g.server.set(func(f *fakeServer) { f.dialogs = nil })
		g.s.Resync()
		require.Contains(t, g.got()[2], "#DROP", "what is listed no more has ended")
		require.Equal(t, 3, g.count("dialogs_unreadable"))
	})
}

// TestAProvenConnectForgetsTheTeams: who connects anew has asked for none.
func TestAProvenConnectForgetsTheTeams(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		require.Equal(t, []string{"1"}, g.s.Snapshot().Teams)
		g.server.set(func(f *fakeServer) { f.connectErr = errors.New("refused") })
		g.server.streams[0].end(errors.New("gone"))
		synctest.Wait()
		g.server.set(func(f *fakeServer) { f.connectErr = nil })
		g.do(destA, "Connect#1001", "A,pw")
		require.Empty(t, g.s.Snapshot().Teams)
		g.got()
		g.tell(memberEvent("1002", "", finesse.StateTalking))
		require.Empty(t, g.got())
	})
}
