package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
)

// failsOnce lets the next read of the agent fail.
func (g *rig) failsOnce(err error) {
	g.server.set(func(f *fakeServer) {
		f.fail["USER"] = err
		f.onUser = func() { delete(f.fail, "USER") } // behind the answer
	})
}

// becomes changes what reads show of the agent.
func (g *rig) becomes(st finesse.AgentState) {
	g.server.set(func(f *fakeServer) { f.user.State = st })
}

// TestALookThatFails: a read for an outcome that fails is reported, so that the
// server is probed, and what it should have shown is read again at once.
func TestALookThatFails(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.becomes(finesse.StateReady)
		failure := &finesse.Error{Status: 503, Class: errclass.Unavailable}
		g.failsOnce(failure)
		g.reported()
		time.Sleep(outcome / 2)
		out := g.outputs()
		require.Len(t, out, 2, "DialogStatus and State (M8), long before the command is overdue")
		require.Contains(t, out[1].Message.Body, "1001#State#READY#")
		require.Equal(t, "corr-MakeReady", out[1].CorrelationID)
		reports := g.reported()
		require.Len(t, reports, 1)
		require.ErrorIs(t, reports[0], failure)
	})
}

// TestALookWithoutNewsIsNoMissedEvent: a state that was so before needs no event,
// so nobody is suspected to take the agent's events.
func TestALookWithoutNewsIsNoMissedEvent(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		for range 2 * missedEvents {
			g.do(noDest, "MakeNotReady#1001", "")
			time.Sleep(outcome / 2)
			require.Len(t, g.got(), 1)
		}
		require.Empty(t, g.s.Snapshot().Suspect)
		require.Zero(t, g.count("events_stolen"))
	})
}

// TestForcedLogoutGoesOnWithoutEvents: what a look shows leads to the next step,
// and who is out gives their place back [C16][C20].
func TestForcedLogoutGoesOnWithoutEvents(t *testing.T) {
	bubble(t, func(g *rig) {
		g.becomes(finesse.StateReady)
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.tell(userEvent("", finesse.StateReady))
		require.Len(t, g.got(), 3)
		g.do(noDest, "force_logout#1001", "")
		require.Equal(t, 1, g.asks("NOT_READY"))
		g.becomes(finesse.StateNotReady)
		time.Sleep(outcome / 2)
		synctest.Wait()
		require.Equal(t, 1, g.asks("LOGOUT"))
		g.becomes(finesse.StateLogout)
		time.Sleep(outcome / 2)
		out := g.got()
		require.Contains(t, out[len(out)-1], "1001#State#LOGOUT#")
		require.Zero(t, g.deps.Places.Taken())
	})
}

// TestCommandsOfASuspectAreReadAgainAndAgain: while another program may take the
// events, an outcome that comes late is told about a second later.
func TestCommandsOfASuspectAreReadAgainAndAgain(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(finesse.Notification{Other: &finesse.OtherResource{Name: "desktop", Up: true}})
		time.Sleep(3 * doubtTime)
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(2 * suspectLook)
		require.Empty(t, g.got(), "the first look was too early")
		g.becomes(finesse.StateReady)
		time.Sleep(poll)
		out := g.outputs()
		require.Len(t, out, 1)
		require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
	})
}

// TestUnconfirmedIsAnError: of those that are counted.
func TestUnconfirmedIsAnError(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(outcome)
		require.Equal(t, []string{"/topic/A 1001#Error#GENERIC_ERROR"}, g.got())
		require.Equal(t, 1, g.count("errors_GENERIC_ERROR"))
	})
}

// TestHealedLogout: the logout that no event told frees the agent's place [C20].
func TestHealedLogout(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Options.Linger = 2 * time.Hour
		g.readRoutinely()
		require.Equal(t, 1, g.deps.Places.Taken())
		g.becomes(finesse.StateLogout)
		time.Sleep(6 * time.Minute)
		out := g.got()
		require.Len(t, out, 1)
		require.Contains(t, out[0], "1001#State#LOGOUT#")
		require.Zero(t, g.deps.Places.Taken())
		require.Equal(t, PhaseConnected, g.s.Snapshot().Phase)
	})
}

// TestHealedTwice: what the slow reading finds twice in a row is no chance, unless
// an event of the agent came between.
func TestHealedTwice(t *testing.T) {
	for name, tc := range map[string]struct {
		between func(g *rig)
		suspect bool
	}{
		"no event between": {func(*rig) {}, true},
		"an event of their state": {func(g *rig) {
			g.tell(userEvent("", finesse.StateReady))
		}, false},
		"an event of a call": {func(g *rig) {
			g.server.set(func(f *fakeServer) { f.dialogs = []finesse.Dialog{callDialog("55", "ACTIVE", "ACTIVE")} })
			g.tell(dialogEvent(finesse.EventPost, "55", "ACTIVE", "ACTIVE"))
		}, false},
		"something that is not about them": {func(g *rig) {
			g.tell(finesse.Notification{Node: "/finesse/api/User/1001", Source: "/finesse/api/User/1001", Event: finesse.EventPut})
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.readRoutinely()
				g.becomes(finesse.StateReady)
				time.Sleep(6 * time.Minute)
				synctest.Wait()
				require.Equal(t, 1, g.count("rereads_healed"))
				require.Empty(t, g.s.Snapshot().Suspect, "one may be lost")
				tc.between(g)
				g.becomes(finesse.StateReserved)
				time.Sleep(6 * time.Minute)
				synctest.Wait()
				require.Equal(t, 2, g.count("rereads_healed"))
				require.Equal(t, tc.suspect, g.s.Snapshot().Suspect != "")
			})
		})
	}
}

// TestEachReadDoubtsAnew: an event may be behind each of the slow reads, not only
// behind the first.
func TestEachReadDoubtsAnew(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		for _, st := range []finesse.AgentState{finesse.StateReady, finesse.StateNotReady, finesse.StateReady} {
			g.server.set(func(f *fakeServer) {
				f.onUser = func() { // the next read
					f.user.State, f.onUser = st, nil
					time.AfterFunc(doubtTime/2, func() { f.tell(userEvent("", st)) })
				}
			})
			time.Sleep(6 * time.Minute)
			out := g.outputs()
			require.Len(t, out, 1)
			require.False(t, out[0].Recovered)
		}
		require.Zero(t, g.count("rereads_healed"))
	})
}

// TestManyEventsOutOfOrder: each further one does not put the read off.
func TestManyEventsOutOfOrder(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		at := func(d time.Duration, st finesse.AgentState) finesse.Notification {
			n, when := userEvent("", st), time.Unix(1000, 0).Add(d)
			n.User.StateChangeTime = &when
			return n
		}
		g.tell(at(time.Minute, finesse.StateReady))
		for i := range 10 {
			g.tell(at(time.Duration(i)*time.Second, finesse.StateNotReady))
			time.Sleep(orderGrace / 2)
		}
		synctest.Wait()
		require.NotZero(t, g.asks("USER"))
	})
}

// TestNoSlowReadWhileAReSyncIsDue: what is tried again anyhow is not read beside.
func TestNoSlowReadWhileAReSyncIsDue(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		g.server.set(func(f *fakeServer) { f.fail["USER"] = &finesse.Error{Status: 503, Class: errclass.Unavailable} })
		g.s.Resync()
		synctest.Wait()
		before := g.count("rereads")
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, before, g.count("rereads"))
	})
}

// TestSlowReadLearnsWhatNobodyIsTold: what is no news for the client is known from
// then on as well.
func TestSlowReadLearnsWhatNobodyIsTold(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		require.False(t, g.s.Snapshot().Supervisor)
		g.server.set(func(f *fakeServer) { f.user.Roles = []string{"Agent", "Supervisor"} })
		time.Sleep(6 * time.Minute)
		require.Empty(t, g.got())
		require.True(t, g.s.Snapshot().Supervisor)
	})
}

// TestAnotherResourceIsACauseToRead: the event that it took before it was seen is
// told in a moment, and /status says who it is.
func TestAnotherResourceIsACauseToRead(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.becomes(finesse.StateReady)
		g.tell(finesse.Notification{Other: &finesse.OtherResource{Name: "desktop", Up: true}})
		require.Equal(t, "another program is connected as the agent, as resource desktop", g.s.Snapshot().Suspect)
		time.Sleep(2 * doubtTime)
		out := g.outputs()
		require.Len(t, out, 1)
		require.Contains(t, out[0].Message.Body, "1001#State#READY#")
		require.True(t, out[0].Recovered)
	})
}

// TestAnUnreadableDialogIsNotAnother: of two calls the one that cannot be read
// stays as it was, and the other one is told.
func TestAnUnreadableDialogIsNotAnother(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		for _, id := range []string{"55", "57"} {
			g.tell(dialogEvent(finesse.EventPost, id, "ACTIVE", "ACTIVE"))
		}
		g.got()
		g.server.set(func(f *fakeServer) {
			f.dialogs = []finesse.Dialog{{ID: "57", Unreadable: true}, callDialog("55", "ACTIVE", "HELD")}
		})
		g.tell(finesse.Notification{Node: "/finesse/api/User/1001/Dialogs", Malformed: errors.New("no XML")})
		out := g.got()
		require.Len(t, out, 3, "DialogStatus, State and what has changed")
		require.Contains(t, out[2], "1001#InboundCall#HELD#DialogID:55")
		require.Equal(t, 2, g.s.Snapshot().Dialogs)
	})
}
