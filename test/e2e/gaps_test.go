package e2e

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/test/brokertest"
)

// TestEventsWaitForTheBroker: what happens while the broker is away is told
// when it is back.
func TestEventsWaitForTheBroker(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	l := newLab(t, amq.URL(), nil)
	const desk = "/queue/desk"
	p := newPhone(t, l.broker, desk)
	p.do("Connect#1001", "queue://desk,pw1001")
	p.do("Login#1001", "pw1001,2001")
	p.expect(desk, "1001#DialogStatus#")
	p.answer(desk, p.do("MakeReady#1001", ""), "READY")

	amq.Kill()
	require.Eventually(t, func() bool { return l.worker.Ready() != nil }, patience, tick, "the worker knows that its broker is gone")
	dialog, err := l.sim.Call("5551000", "2001")
	require.NoError(t, err)
	amq.Restart()
	p = newPhone(t, l.broker, desk)
	p.expect(desk, "1001#NewInboundCall#5551000#", "DialogID:"+dialog)
	p.do("AnswerCall#1001", dialog)
	p.expect(desk, "1001#InboundCall#ACTIVE#DialogID:"+dialog)
}

// TestXMPPLost: a lost notification stream comes back by itself, and what
// happened meanwhile is told (M8).
func TestXMPPLost(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	require.Equal(t, 1, l.sim.DropXMPP("1001"))
	p.expect(own, "1001#DialogStatus###")
	st := p.expect(own, "1001#State#NOT_READY#")
	require.Equal(t, "true", st.header.Get("gcRecovered"), "[H1]")
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
}

// TestOtherFinesse: when the serving Finesse stops, the worker moves to the
// other one and the agents follow.
func TestOtherFinesse(t *testing.T) {
	a := sim.Start(t, sim.WithEnvironment(os.Getenv))
	l := newLab(t, brokers[1].start(t), func(c *config.Config) {
		c.FinesseURLs = append([]string{a.RESTURL()}, c.FinesseURLs...)
		c.XMPPAddrs = append([]string{a.XMPPAddr()}, c.XMPPAddrs...)
	}, sim.WithConfig(func(c *sim.Config) { c.Peer = a }))
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	require.NotEmpty(t, a.Resources("1001"), "the first Finesse is in use")
	require.NoError(t, a.Close())
	p.expect(own, "1001#DialogStatus###")
	p.expect(own, "1001#State#NOT_READY#")
	require.NotEmpty(t, l.sim.Resources("1001"))
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
}

// TestForbiddenCharacters: a call whose data XML forbids is told like any other, by
// its events and after a gap; the agent keeps their stream, and logs in no more.
func TestForbiddenCharacters(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
	dialog, err := l.sim.Call("5551000", "2001", callcontrol.Variable{Name: "callVariable1", Value: "gold\x01card"},
		callcontrol.Variable{Name: "callVariable2", Value: "\xff\x00"})
	require.NoError(t, err)
	p.expect(own, "1001#NewInboundCall#5551000#", "DialogID:"+dialog, "gold\uFFFDcard")
	p.answer(own, p.do("AnswerCall#1001", dialog), "1001#InboundCall#ACTIVE#DialogID:"+dialog, "gold\uFFFDcard")
	p.answer(own, p.do("refresh#1001", ""), "1001#DialogStatus#"+dialog+"#ACTIVE#")
	require.Zero(t, l.worker.Snapshot().Counters["streams_lost"])

	require.Equal(t, 1, l.sim.DropXMPP("1001"))
	p.expect(own, "1001#DialogStatus#"+dialog+"#ACTIVE#")
	p.answer(own, p.do("ReleaseCall#1001", dialog), "DialogID:"+dialog)
	counters := l.worker.Snapshot().Counters
	require.Greater(t, counters["payloads_repaired"], uint64(2), "events and reads")
	require.EqualValues(t, 1, counters["streams_lost"])
	for _, none := range []string{"events_malformed", "dialogs_unreadable", "resyncs_failed", "session_panics"} {
		require.Zero(t, counters[none], none)
	}
}

// TestNotificationsDieAndRESTGoesOn: the notification service of node 1 dies while
// its SystemInfo says IN_SERVICE. The agents who were there are live on node 2, a
// new login works, and nobody keeps trying at node 1 but one probe.
func TestNotificationsDieAndRESTGoesOn(t *testing.T) {
	for _, state := range []string{"down", "silent"} {
		t.Run(state, func(t *testing.T) {
			a := sim.Start(t, sim.WithEnvironment(os.Getenv), sim.WithScale(20))
			l := newLab(t, brokers[1].start(t), func(c *config.Config) {
				c.FinesseURLs = append([]string{a.RESTURL()}, c.FinesseURLs...)
				c.XMPPAddrs = append([]string{a.XMPPAddr()}, c.XMPPAddrs...)
				c.FinesseTimeout = time.Second
			}, sim.WithConfig(func(c *sim.Config) { c.Peer = a }))
			p := newPhone(t, l.broker, own)
			p.login(own, "1001", "2001")
			for i := range 20 {
				id := strconv.Itoa(100001 + i)
				p.login(own, id, strconv.Itoa(500001+i))
			}
			before := a.XMPPTries()
			require.Equal(t, 21, before, "one connection each")

			began := time.Now()
			require.NoError(t, a.SetNotifications(state))
			require.Eventually(t, func() bool { return len(l.sim.Resources("1001")) == 1 && len(l.sim.Resources("100020")) == 1 }, patience, tick)
			t.Logf("live on node 2 after %s with %d tries at node 1", time.Since(began).Round(time.Millisecond), a.XMPPTries()-before)
			require.NoError(t, l.worker.Ready())
			require.Contains(t, l.worker.Snapshot().Finesse[0].Notifications, "does not serve")
			require.Equal(t, "IN_SERVICE", l.worker.Snapshot().Finesse[0].Status)
			p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
			dialog, err := l.sim.Call("5551000", "2001")
			require.NoError(t, err)
			p.expect(own, "1001#NewInboundCall#5551000#", "DialogID:"+dialog)
			p.login(own, "1002", "2002")
			require.LessOrEqual(t, a.XMPPTries()-before, 21+3+2, "each agent once at most, and the probes")

			// Then node 2's dies too, when node 1 is well again.
			require.NoError(t, a.SetNotifications("up"))
			require.Eventually(t, func() bool { return l.worker.Snapshot().Finesse[0].Serving }, 20*time.Second, tick)
			require.True(t, l.worker.Snapshot().Finesse[1].InUse, "nobody moves back for that")
			require.NoError(t, l.sim.SetNotifications(state))
			require.Eventually(t, func() bool { return len(a.Resources("1001")) == 1 }, patience, tick)
			p.expect(own, "1001#DialogStatus#")
		})
	}
}

// TestNotificationsDieAtTheOnlyFinesse: a worker whose agents hear nothing is not
// ready, whatever REST says.
func TestNotificationsDieAtTheOnlyFinesse(t *testing.T) {
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.FinesseTimeout = time.Second })
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	require.NoError(t, l.sim.SetNotifications("down"))
	p.expect(own, "System#OUT_OF_SERVICE")
	require.ErrorContains(t, l.worker.Ready(), "but the notification service does not serve")
	p.answer(own, p.do("Connect#1002", "A,pw1002"), "FINESSE_UNAVAILABLE")
	require.NoError(t, l.sim.SetNotifications("up"))
	p.expect(own, "System#IN_SERVICE")
	require.NoError(t, l.worker.Ready())
	p.expect(own, "1001#DialogStatus#")
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
}

// TestAServiceThatCannotBeReachedIsNoWrongPassword: what a new agent is told
// before the worker has given the service up.
func TestAServiceThatCannotBeReachedIsNoWrongPassword(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := newPhone(t, l.broker, own)
	require.NoError(t, l.sim.SetNotifications("down"))
	p.answer(own, p.do("Connect#1001", "A,pw1001"), "1001#Error#DOWN")
	require.NoError(t, l.sim.SetNotifications("up"))
	p.answer(own, p.do("Connect#1002", "A,wrong"), "1002#Error#SUBSCRIPTION_FAILED")
}
