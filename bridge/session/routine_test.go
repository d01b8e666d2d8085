package session

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
)

// readRoutinely brings the session to the state after a login; the agent is read every five minutes.
func (g *rig) readRoutinely() {
	g.t.Helper()
	g.deps.Options.ResyncInterval = 5 * time.Minute
	g.loggedIn()
}

// TestLostEventHeals: what no event told is told within two intervals, marked as recovered.
func TestLostEventHeals(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		g.server.set(func(f *fakeServer) {
			f.user.State = finesse.StateReady
			f.dialogs = []finesse.Dialog{callDialog("55", "ALERTING", "ALERTING")}
		})
		time.Sleep(6 * time.Minute)
		out := g.outputs()
		require.Len(t, out, 2, "State, NewInboundCall")
		require.True(t, strings.HasPrefix(out[0].Message.Body, "1001#State#READY#"), out[0].Message.Body)
		for _, o := range out {
			require.True(t, o.Recovered)
		}
		require.Equal(t, 1, g.count("rereads_healed"))
		time.Sleep(time.Hour)
		require.Empty(t, g.got(), "once")
		require.Equal(t, 1, g.count("rereads_healed"))
	})
}

// TestReadingIsSlowAndSpread: each agent once in an interval, many of them spread over it.
func TestReadingIsSlowAndSpread(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		time.Sleep(10 * time.Hour)
		n := g.count("rereads")
		require.InDelta(t, 120, n, 5, "one in five minutes")
		require.Empty(t, g.got())
	})
}

// TestAgentsAreSpread: N agents cause N/interval reads a second, from the first interval on.
func TestAgentsAreSpread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const agents, every, minutes = 2000, 5 * time.Minute, 60
		var mu sync.Mutex
		var all sync.WaitGroup
		var read [minutes]int
		start := time.Now()
		for range agents {
			all.Go(func() {
				r := routine{timer: stopped()}
				for r.begin(every); ; r.later() {
					<-r.timer.C
					minute := int(time.Since(start) / time.Minute)
					if minute >= minutes {
						return
					}
					mu.Lock()
					read[minute]++
					mu.Unlock()
				}
			})
		}
		all.Wait()
		for i, n := range read {
			require.InDelta(t, agents/5, n, 120, "minute %d", i)
		}
	})
}

// TestAnEventBehindAReadIsNoLoss: events come a moment later than what reads show.
func TestAnEventBehindAReadIsNoLoss(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		g.server.set(func(f *fakeServer) {
			f.onUser = func() { // the next read
				f.user.State, f.onUser = finesse.StateReady, nil
				time.AfterFunc(500*time.Millisecond, func() { f.tell(userEvent("", finesse.StateReady)) })
			}
		})
		time.Sleep(6 * time.Minute)
		out := g.outputs()
		require.Len(t, out, 1)
		require.False(t, out[0].Recovered)
		require.Zero(t, g.count("rereads_healed"))
	})
}

// TestEventOutOfOrderIsRead: what came between two events that changed places is not known.
func TestEventOutOfOrderIsRead(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		at := func(d time.Duration, st finesse.AgentState) finesse.Notification {
			n, when := userEvent("", st), time.Unix(1000, 0).Add(d)
			n.User.StateChangeTime = &when
			return n
		}
		g.tell(at(2*time.Second, finesse.StateReady))
		require.Len(t, g.got(), 1)
		g.server.set(func(f *fakeServer) { f.user.State, f.user.StateChangeTime = finesse.StateNotReady, time.Unix(1004, 0) })
		g.tell(at(0, finesse.StateNotReady))
		require.Empty(t, g.got(), "an older one says nothing")
		time.Sleep(2 * time.Second)
		out := g.outputs()
		require.Len(t, out, 1)
		require.True(t, strings.HasPrefix(out[0].Message.Body, "1001#State#NOT_READY#"), out[0].Message.Body)
		require.True(t, out[0].Recovered)
	})
}

// TestStolenEventsAreSuspected: the events go to another program, and reads show
// it: the log and /status say so, and the next command is read soon.
func TestStolenEventsAreSuspected(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		g.server.set(func(f *fakeServer) {
			f.onSet = func(c finesse.StateChange, _ string) { f.set(func(f *fakeServer) { f.user.State = c.State }) }
		})
		for i, word := range []string{"MakeReady#1001", "MakeNotReady#1001"} {
			require.Empty(t, g.s.Snapshot().Suspect)
			g.do(noDest, word, "")
			time.Sleep(time.Second)
			require.Empty(t, g.got(), "command %d waits for its event", i)
			time.Sleep(2 * time.Second)
			require.Len(t, g.got(), 1)
		}
		require.Contains(t, g.s.Snapshot().Suspect, "events do not come")
		require.Equal(t, 1, g.count("events_stolen"))
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(300 * time.Millisecond)
		require.Len(t, g.got(), 1, "read at once")
		g.tell(userEvent("", finesse.StateNotReady))
		require.Empty(t, g.s.Snapshot().Suspect, "they come again")
	})
}

// TestAnotherResourceIsSaid: its presence alone is enough.
func TestAnotherResourceIsSaid(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		g.tell(finesse.Notification{Other: &finesse.OtherResource{Name: "desktop", Up: true}})
		require.Contains(t, g.s.Snapshot().Suspect, "desktop")
		g.tell(userEvent("", finesse.StateReady))
		require.NotEmpty(t, g.s.Snapshot().Suspect, "it is still there")
		g.tell(finesse.Notification{Other: &finesse.OtherResource{Name: "desktop"}})
		require.Empty(t, g.s.Snapshot().Suspect)
	})
}

// TestRoutineReadThatFails costs nothing.
func TestRoutineReadThatFails(t *testing.T) {
	bubble(t, func(g *rig) {
		g.readRoutinely()
		g.server.set(func(f *fakeServer) { f.fail["USER"] = context.DeadlineExceeded })
		time.Sleep(time.Hour)
		require.Empty(t, g.got())
		require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
		require.InDelta(t, 12, g.count("rereads"), 2, "no sooner than the interval")
	})
}
