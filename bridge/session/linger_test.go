package session

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

func mustParse(t *testing.T, jmsType string) protocol.Command {
	t.Helper()
	c, err := protocol.ParseCommand(jmsType, nil)
	require.NoError(t, err)
	return c
}

// TestSilenceIsCountedFromTheEnd: a session is forgotten when its agent has been
// logged out and silent for the whole time, whatever was before.
func TestSilenceIsCountedFromTheEnd(t *testing.T) {
	const linger = 5 * time.Minute
	for name, ends := range map[string]func(g *rig, pass func(time.Duration)){
		"logged out by Finesse": func(g *rig, _ func(time.Duration)) { g.tell(userEvent("", finesse.StateLogout)) },
		"a command of who is out": func(g *rig, pass func(time.Duration)) {
			g.tell(userEvent("", finesse.StateLogout))
			pass(linger - time.Second)
			g.do(noDest, "GetState#1001", "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				time.Sleep(linger - time.Second) // silent, but at work
				ends(g, time.Sleep)
				time.Sleep(linger - time.Second)
				synctest.Wait()
				require.False(t, g.over(), "not yet")
				time.Sleep(time.Second)
				synctest.Wait()
				require.True(t, g.over())
			})
		})
	}
}

// TestRefusedAfterALongShift: whose password Finesse refuses after hours is
// forgotten like one whom it never took.
func TestRefusedAfterALongShift(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		time.Sleep(8 * time.Hour)
		synctest.Wait()
		g.server.set(func(f *fakeServer) { f.connectErr = fmt.Errorf("login: %w", finesse.ErrAuth) })
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Minute)
		synctest.Wait()
		require.False(t, g.over())
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		require.True(t, g.over())
	})
}

// TestUndoneLogoutIsRefused: the client did not ask for the login that undoes a
// LOGOUT of a fail-over. If Finesse refuses it, they are told where they stand.
func TestUndoneLogoutIsRefused(t *testing.T) {
	for name, refusal := range map[string]func(g *rig, pass func(time.Duration)){
		"by an event": func(g *rig, _ func(time.Duration)) {
			g.tell(finesse.Notification{
				Source: "/finesse/api/User/1001", RequestID: g.server.ids[0],
				Errors: []finesse.APIError{{Type: "Invalid Device", Message: "CF_INVALID_LOGON_DEVICE_SPECIFIED"}},
			})
		},
		"by silence": func(_ *rig, pass func(time.Duration)) { pass(outcome) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.s.ServerChanged()
				require.Len(t, g.got(), 2, "O-024 and O-001")
				g.server.set(func(f *fakeServer) { f.user.State = finesse.StateLogout })
				g.tell(userEvent("", finesse.StateLogout))
				require.Equal(t, 1, g.asks("LOGIN 2001"))
				require.Empty(t, g.got())
				refusal(g, time.Sleep)
				synctest.Wait()
				out := g.outputs()
				require.Len(t, out, 2, "O-024 and O-001, and no error")
				require.Contains(t, out[1].Message.Body, "1001#State#LOGOUT#")
				require.True(t, out[1].Recovered)
				require.Equal(t, 1, g.asks("LOGIN 2001"), "once")
			})
		})
	}
}

// TestLogoutThatOnlyAReadShows: a LOGOUT of a fail-over is undone however it comes
// to light.
func TestLogoutThatOnlyAReadShows(t *testing.T) {
	for name, read := range map[string]func(g *rig, pass func(time.Duration)){
		"the look for an outcome": func(g *rig, pass func(time.Duration)) {
			g.do(noDest, "MakeReady#1001", "")
			pass(outcome / 2)
		},
		"the re-sync": func(g *rig, _ func(time.Duration)) { g.s.Resync() },
		"the routine": func(g *rig, pass func(time.Duration)) {
			for g.asks("LOGIN 2001") == 0 && g.count("rereads") < 9 {
				pass(time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.deps.Options.ResyncInterval = 20 * time.Second
				g.loggedIn()
				g.s.ServerChanged()
				require.Len(t, g.got(), 2, "O-024 and O-001")
				g.server.set(func(f *fakeServer) { f.user.State = finesse.StateLogout })
				read(g, time.Sleep)
				require.Equal(t, 1, g.asks("LOGIN 2001"))
				require.Equal(t, 1, g.count("signed_in_again"))
				require.Empty(t, g.got(), "the LOGOUT is not told")
			})
		})
	}
}

// TestLogoutWithoutAServer: what cannot be undone is told.
func TestLogoutWithoutAServer(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.s.ServerChanged()
		g.got()
		g.note(func() { g.current = nil })
		g.tell(userEvent("", finesse.StateLogout))
		out := g.got()
		require.Len(t, out, 1)
		require.Contains(t, out[0], "1001#State#LOGOUT#")
		require.Zero(t, g.count("signed_in_again"))
	})
}

// TestRoutineThatFails: it is reported, and the next one is an interval later.
func TestRoutineThatFails(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		g.reported()
		failure := &finesse.Error{Status: 503, Class: errclass.Unavailable}
		g.server.set(func(f *fakeServer) { f.fail["USER"] = failure })
		time.Sleep(time.Hour)
		synctest.Wait()
		reports := g.reported()
		require.InDelta(t, 12, len(reports), 3)
		require.ErrorIs(t, reports[0], failure)
		require.Empty(t, g.got())
		require.Zero(t, g.count("rereads_healed"))
	})
}

// TestRoutineRests: an agent without a stream is read when it is back, and one who is
// refused not at all.
func TestRoutineRests(t *testing.T) {
	for name, begin := range map[string]func(g *rig){
		"without a stream": func(g *rig) {
			g.loggedIn()
			g.server.set(func(f *fakeServer) { f.connectErr = errors.New("refused") })
			g.server.streams[0].end(errors.New("gone"))
		},
		"refused": func(g *rig) {
			g.loggedIn()
			g.server.set(func(f *fakeServer) { f.connectErr = fmt.Errorf("login: %w", finesse.ErrAuth) })
			g.server.streams[0].end(errors.New("gone"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.deps.Options.ResyncInterval = time.Minute
				begin(g)
				synctest.Wait()
				before := g.count("rereads")
				time.Sleep(4 * time.Minute)
				synctest.Wait()
				require.Equal(t, before, g.count("rereads"))
			})
		})
	}
}

// TestReadBehindALostProgram: when the other program that took the events is gone,
// what it took is read soon, with or without a routine.
func TestReadBehindALostProgram(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(finesse.Notification{Other: &finesse.OtherResource{Name: "desktop", Up: true}})
		time.Sleep(time.Minute)
		synctest.Wait()
		before := g.count("rereads")
		g.server.set(func(f *fakeServer) { f.user.State = finesse.StateReady })
		g.tell(finesse.Notification{Other: &finesse.OtherResource{Name: "desktop"}})
		time.Sleep(doubtTime)
		synctest.Wait()
		synctest.Wait()
		require.Equal(t, before+1, g.count("rereads"))
		time.Sleep(doubtTime)
		synctest.Wait()
		out := g.outputs()
		require.Len(t, out, 1)
		require.Contains(t, out[0].Message.Body, "1001#State#READY#")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, before+2, g.count("rereads"), "no routine is configured")
	})
}

// TestNewStreamNewResources: who was connected beside the old stream is not known
// of the new one before the server tells.
func TestNewStreamNewResources(t *testing.T) {
	for name, renew := range map[string]func(g *rig){
		"by itself":    func(g *rig) { g.server.streams[0].end(errors.New("gone")) },
		"by a Connect": func(g *rig) { g.do(destA, "Connect#1001", "A,new") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.server.set(func(f *fakeServer) { f.tokens = []string{"new"} })
				g.tell(finesse.Notification{Other: &finesse.OtherResource{Name: "desktop", Up: true}})
				require.NotEmpty(t, g.s.Snapshot().Suspect)
				renew(g)
				time.Sleep(6 * time.Second)
				synctest.Wait()
				require.Len(t, g.server.streams, 2)
				require.Empty(t, g.s.Snapshot().Suspect)
			})
		})
	}
}

// TestFirstLook: Finesse is read for an outcome at the half of its time, not sooner,
// and not at every moment.
func TestFirstLook(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(outcome/2 - time.Nanosecond)
		synctest.Wait()
		require.Zero(t, g.asks("USER"))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Equal(t, 1, g.asks("USER"))
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, 1, g.asks("USER"), "once")
	})
}

// TestTurnIsGivenBack: an agent who connects by themselves does not keep a place in
// the line of those who come back.
func TestTurnIsGivenBack(t *testing.T) {
	for name, ends := range map[string]func(g *rig){
		"connected meanwhile": func(g *rig) { g.do(destA, "Connect#1001", "A,pw") },
		"asked again":         func(g *rig) { g.s.ServerChanged() },
		"the session ends":    func(g *rig) { g.s.LetGo() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.note(func() { g.keepWaiting = true })
				g.server.streams[0].end(errors.New("gone"))
				time.Sleep(6 * time.Second)
				synctest.Wait()
				require.Len(t, g.turns, 1)
				require.Zero(t, g.dropped)
				ends(g)
				synctest.Wait()
				require.Equal(t, 1, g.dropped)
			})
		})
	}
}

// TestTurnWithoutAServer: whose turn comes when no Finesse serves tries again later.
func TestTurnWithoutAServer(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.note(func() { g.keepWaiting = true })
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(6 * time.Second)
		synctest.Wait()
		g.note(func() { g.current, g.keepWaiting = nil, false })
		close(g.turns[0].comes)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, g.server.streams, 1)
		g.note(func() { g.current = g.server })
		time.Sleep(6 * time.Second)
		synctest.Wait()
		require.Len(t, g.server.streams, 2)
		require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
	})
}

// TestForcedLogoutFailsLater: a step behind the command is refused, and the client
// is told, with the id of their force_logout [C16].
func TestForcedLogoutFailsLater(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(userEvent("", finesse.StateReady))
		g.do(noDest, "force_logout#1001", "")
		g.got()
		g.server.fail["LOGOUT"] = &finesse.Error{Status: 503, Class: errclass.Unavailable}
		g.tell(userEvent("", finesse.StateNotReady))
		out := g.outputs()
		require.Len(t, out, 2)
		require.Contains(t, out[0].Message.Body, "1001#State#NOT_READY#")
		require.Equal(t, "1001#Error#FINESSE_UNAVAILABLE", out[1].Message.Body)
		require.Equal(t, "corr-force_logout", out[1].CorrelationID)
		require.Equal(t, 1, g.count("errors_FINESSE_UNAVAILABLE"))
		require.False(t, g.held[len(g.held)-1].Leaving, "given up")
		g.tell(userEvent("", finesse.StateReady))
		g.tell(userEvent("", finesse.StateNotReady))
		require.Equal(t, 1, g.asks("LOGOUT"))
	})
}

// TestForcedLogoutThatCannotBegin is given up, too.
func TestForcedLogoutThatCannotBegin(t *testing.T) {
	for request, reason := range map[string]string{"REASONS LOGOUT": "99", "LOGOUT": ""} {
		bubble(t, func(g *rig) {
			g.deps.Options.DefaultLogoutReason = reason
			g.loggedIn()
			g.server.fail[request] = &finesse.Error{Status: 503, Class: errclass.Unavailable}
			g.do(noDest, "force_logout#1001", "")
			require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got())
			g.server.set(func(f *fakeServer) { f.fail, f.asked = map[string]error{}, nil })
			g.tell(userEvent("", finesse.StateReady))
			g.tell(userEvent("", finesse.StateNotReady))
			require.Empty(t, g.server.log(), "nothing goes on")
		})
	}
}

// TestDefectBehindTheRequest: a step that fails after Finesse has accepted its
// request is answered with the error alone, and the command is decided.
func TestDefectBehindTheRequest(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.decided = nil
		r := g.request(mustParse(t, "MakeReady#1001"), wire.Binding{})
		g.cancel()
		<-g.s.Done()
		g.s.asked.Open(ledger.Entry{Correlation: r.CorrelationID, Ticket: r, Deadline: time.Now().Add(outcome)})
		r.Hold()
		g.s.contain(r, func() { panic("defect") })
		require.Equal(t, []string{"/topic/A 1001#Error#GENERIC_ERROR"}, g.got())
		require.Equal(t, []string{"MakeReady"}, g.done())
		require.Zero(t, g.s.asked.Len())
	})
}

// TestAgentsOfAllTeams: a supervisor's list has the members of each of their teams, in order [C21].
func TestAgentsOfAllTeams(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.server.set(func(f *fakeServer) {
			f.user.Teams = []finesse.TeamRef{{ID: "1", Name: "Sales"}, {ID: "2", Name: "Support"}}
			f.desk.teams["2"] = finesse.Team{ID: "2", Name: "Support", Users: []finesse.User{{ID: "1009", State: finesse.StateReady}}}
		})
		g.do(noDest, "refresh#1001", "")
		g.got()
		g.do(noDest, "getallagents#1001", "")
		out := g.got()
		require.Len(t, out, 1)
		require.Regexp(t, `LoginId=1001,.*Team=Sales\|LoginId=1002,.*Team=Sales\|LoginId=1009,.*Team=Support$`, out[0])
	})
}
