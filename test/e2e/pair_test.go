package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge"
	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

func paired(c *config.Config) {
	c.SyncKey = secret.New("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
	c.SyncTimeout, c.SyncInterval = time.Second, time.Second
}

// second runs another node beside the lab's; stop ends it.
func (l *lab) second(node string, priority int) (w *bridge.Worker, stop func()) {
	l.t.Helper()
	cfg := l.cfg
	cfg.NodeID, cfg.ConsumerPriority = node, priority
	return l.another(cfg, bridge.Options{})
}

// another runs a node that has a configuration of its own.
func (l *lab) another(cfg config.Config, o bridge.Options) (w *bridge.Worker, stop func()) {
	l.t.Helper()
	o.Log = zerolog.New(l.logs).Level(zerolog.DebugLevel)
	w, err := bridge.New(cfg, o)
	require.NoError(l.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	var ended bool
	stop = func() {
		if !ended {
			ended = true
			cancel()
			require.NoError(l.t, <-done)
		}
	}
	l.t.Cleanup(stop)
	require.Eventually(l.t, func() bool { return w.Ready() == nil }, patience, tick)
	return w, stop
}

// TestPairHandsOver: a node that leaves hands its agents to the other one, and
// takes them back when it returns; clients see O-024 and O-001, and go on.
func TestPairHandsOver(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	l := newLab(t, amq.URL(), func(c *config.Config) { paired(c); c.ConsumerPriority = 100; c.NodeID = "node-2" })
	first, stop := l.second("node-1", 127)
	require.Eventually(t, func() bool { return len(first.Snapshot().Pair.Peers) == 1 }, patience, tick, "they see each other")
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	p.answer(own, p.do("MakeReady#1001", ""), "READY")
	require.Equal(t, 1, first.Snapshot().Pair.Held, "the higher priority serves")
	dialog, err := l.sim.Call("5551000", "2001")
	require.NoError(t, err)
	p.expect(own, "1001#NewInboundCall#")
	p.answer(own, p.do("AnswerCall#1001", dialog), "1001#InboundCall#ACTIVE#")
	p.expect(own, "1001#State#TALKING#")

	stop()
	st := p.expect(own, "1001#DialogStatus#"+dialog)
	require.Equal(t, "true", st.header.Get("gcRecovered"))
	require.Equal(t, "node-2", st.header.Get("gcNode"))
	p.expect(own, "1001#State#TALKING#")
	p.answer(own, p.do("HoldCall#1001", dialog), "1001#InboundCall#HELD#")
	p.answer(own, p.do("Beat#A", ""), "System#IN_SERVICE")
	require.Equal(t, 1, l.worker.Snapshot().Pair.Held)

	again, _ := l.second("node-1", 127)
	st = p.expect(own, "1001#DialogStatus#"+dialog)
	require.Equal(t, "node-1", st.header.Get("gcNode"), "fail-back")
	require.Eventually(t, func() bool { return l.worker.Snapshot().Pair.Held == 0 && again.Snapshot().Pair.Held == 1 }, patience, tick)
	p.answer(own, p.do("RetrieveCall#1001", dialog), "1001#InboundCall#ACTIVE#")
	require.NotContains(t, p.describe(), "LOGOUT")
	require.NotContains(t, p.describe(), "RE_LOGIN")
}

// TestAnswerOfAnAgentWhoMoves: what Finesse tells after its agent has gone to
// another node still answers the command that asked for it.
func TestAnswerOfAnAgentWhoMoves(t *testing.T) {
	const late = time.Second
	amq := brokertest.ActiveMQ(t)
	l := newLab(t, amq.URL(), func(c *config.Config) { paired(c); c.ConsumerPriority = 100; c.NodeID = "node-2" },
		sim.WithConfig(func(c *sim.Config) { c.EventDelay = late }))
	first, stop := l.second("node-1", 127)
	require.Eventually(t, func() bool { return len(first.Snapshot().Pair.Peers) == 1 }, patience, tick, "they see each other")
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	ready := p.do("MakeReady#1001", "")
	asked := func(r sim.Request) bool { return strings.Contains(r.Body, "<state>READY</state>") }
	require.Eventually(t, func() bool { return slices.ContainsFunc(l.sim.Requests(), asked) }, patience, tick, "Finesse has it")
	stop()
	p.answer(own, ready, "1001#State#READY#")
	require.Equal(t, 1, l.worker.Snapshot().Pair.Held)
}

// TestBackWithinTheGrace: a node that is stopped and started again logs nobody
// out, if clients are back before Finesse misses their agents.
func TestBackWithinTheGrace(t *testing.T) {
	const grace = 2 * time.Second // Finesse's is 60 s
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.CommandQueue = "Idle" },
		sim.WithConfig(func(c *sim.Config) { c.PresenceGrace = grace }))
	l.cfg.CommandQueue = "Connector1"
	p := newPhone(t, l.broker, own)
	_, stop := l.second("node-1", 127)
	p.login(own, "1001", "2001")
	p.answer(own, p.do("MakeReady#1001", ""), "READY")
	stop()
	require.True(t, wait.Until(patience, func() bool { return len(l.sim.Resources("1001")) == 0 }), "Finesse misses the agent")
	l.second("node-1", 127)
	p.answer(own, p.do("Beat#A", ""), "DESTINATION#A#RECONNECT")
	p.do("Connect#1001", "A,pw1001")
	p.answer(own, p.do("Login#1001", "pw1001,2001"), "1001#State#READY#")
	require.Never(t, func() bool { a, _ := l.sim.Agent("1001"); return a.State != "READY" }, 2*grace, 10*tick)
}
