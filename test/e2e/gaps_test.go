package e2e

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker/brokertest"
	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
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
