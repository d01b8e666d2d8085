package e2e

import (
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse"
	"gcbridge/finesse/sim"
	"gcbridge/protocol/secret"
	"gcbridge/test/wait"
)

// suspect is what /status says of an agent whose events somebody else may get.
func (l *lab) suspect(agent string) string {
	for _, a := range l.worker.Snapshot().Agents {
		if a.Agent == agent {
			return a.Suspect
		}
	}
	return ""
}

// told waits for a state that a read has shown, with nobody's command.
func (p *phone) told(state string) {
	p.t.Helper()
	g := p.expect(own, "1001#State#"+state+"#")
	require.Equal(p.t, "true", g.header.Get("gcRecovered"))
	require.Empty(p.t, g.header.Get("correlation-id"))
}

// TestDesktopStealsEvents: the agent has Finesse's desktop open, to which the
// notification service sends everything. Commands are answered all the same, by a
// read at once; what is clicked there is told by the slow reads; and people can see why.
func TestDesktopStealsEvents(t *testing.T) {
	const interval, timeout = 10 * time.Second, 10 * time.Second
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.ResyncInterval, c.OutcomeTimeout = interval, timeout })
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	require.Empty(t, l.suspect("1001"))
	before := l.worker.Snapshot().Counters["rereads"]

	desktop, err := finesse.Connect(t.Context(), finesse.StreamConfig{
		Addr: l.sim.XMPPAddr(), TLSMode: "none", Domain: l.sim.Domain(), PubSub: l.sim.PubSub(), Resource: "desk",
		Cred: finesse.Credentials{User: "1001", Password: secret.New(l.sim.Password("1001"))}, Log: zerolog.Nop(),
	})
	require.NoError(t, err)
	stolen := make(chan finesse.Notification, 64)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for n := range desktop.C() {
			if n.User != nil {
				stolen <- n
			}
		}
	}()
	require.True(t, wait.Until(patience, func() bool { return l.suspect("1001") != "" }), "its presence shows")
	require.Contains(t, l.suspect("1001"), "desk")
	require.True(t, wait.Until(patience, func() bool { return l.worker.Snapshot().Counters["rereads"] > before }), "the agent is read because of it; the next slow read is far")

	begun := time.Now()
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
	require.Less(t, time.Since(begun), timeout/2, "read at once, not at half of GC_OUTCOME_TIMEOUT")
	wait.For(t, stolen, "the event, at the desktop")

	// The agent clicks there.
	cred := finesse.Credentials{User: "1001", Password: secret.New(l.sim.Password("1001"))}
	rest, err := finesse.NewClient(finesse.ClientConfig{BaseURL: l.sim.RESTURL(), Log: zerolog.Nop()})
	require.NoError(t, err)
	defer rest.Close()
	require.NoError(t, rest.SetState(t.Context(), cred, "1001", finesse.StateChange{State: finesse.StateNotReady}, ""))
	p.told("NOT_READY")
	counters := l.worker.Snapshot().Counters
	require.Positive(t, counters["rereads_healed"])
	require.Positive(t, counters["events_stolen"])
	require.Contains(t, l.logs.String(), "a read has shown what no event told")

	require.NoError(t, desktop.Close())
	<-gone
	require.True(t, wait.Until(patience, func() bool { return l.suspect("1001") == "" }), "it is gone")
}

// TestLostEventsHeal: events that are lost on the way are told by the slow reads,
// and a command whose event is lost is answered by one.
func TestLostEventsHeal(t *testing.T) {
	const interval, timeout = 10 * time.Second, 2 * time.Second
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.ResyncInterval, c.OutcomeTimeout = interval, timeout })
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	require.NoError(t, l.sim.AddFault(sim.Fault{Events: sim.DropEvents, Agent: "1001"}))

	dialog, err := l.sim.Call("5551000", "2001")
	require.NoError(t, err)
	g := p.expect(own, "1001#NewInboundCall#", "DialogID:"+dialog)
	require.Equal(t, "true", g.header.Get("gcRecovered"))
	healed := l.worker.Snapshot().Counters["rereads_healed"]
	require.Positive(t, healed)

	begun := time.Now()
	p.answer(own, p.do("AnswerCall#1001", dialog), "1001#InboundCall#ACTIVE#")
	require.Less(t, time.Since(begun), timeout, "within GC_OUTCOME_TIMEOUT")
	require.True(t, wait.Until(patience, func() bool { return l.suspect("1001") != "" }), "that they are missing shows")
	require.Contains(t, l.suspect("1001"), "do not come")

	l.sim.ClearFaults()
	p.answer(own, p.do("HoldCall#1001", dialog), "1001#InboundCall#HELD#")
	require.True(t, wait.Until(patience, func() bool { return l.suspect("1001") == "" }), "they come again")
	require.NotContains(t, p.describe(), "#Error#")
}
