package e2e

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge"
	"gcbridge/bridge/config"
	"gcbridge/test/brokertest"
)

// poisonedLog panics where a line with all of these parts is written: a defect
// at that place.
type poisonedLog struct {
	io.Writer
	poison [][]string
}

func (l poisonedLog) Write(line []byte) (int, error) {
	for _, parts := range l.poison {
		if holds(string(bytes.TrimSpace(line)), parts) {
			panic("defect of a test")
		}
	}
	return l.Writer.Write(line)
}

// TestDefectsAreContained: a command whose handling panics is answered or
// rejected, acknowledged and counted; the other node of the pair never gets it,
// and both go on.
func TestDefectsAreContained(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	l := newLab(t, amq.URL(), func(c *config.Config) { paired(c); c.ConsumerPriority = 100; c.NodeID = "node-2" })
	cfg := l.cfg
	cfg.NodeID, cfg.ConsumerPriority = "node-1", 127
	first, err := bridge.New(cfg, bridge.Options{Log: zerolog.New(poisonedLog{l.logs, [][]string{
		{`"message":"command received"`, `"id":"poison"`},
		{`"message":"command begins"`, `"command":"MakeReady"`},
	}}).Level(zerolog.DebugLevel)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- first.Run(ctx) }()
	stop := func() { cancel(); err := <-ended; ended <- err; require.NoError(t, err) }
	t.Cleanup(stop)
	require.Eventually(t, func() bool { return first.Ready() == nil && len(first.Snapshot().Pair.Peers) == 1 }, patience, tick, "they see each other")

	p := newPhone(t, l.broker, own, rejected)
	p.login(own, "1001", "2001")
	for _, tc := range []struct{ jmsType, on, counter string }{
		{"GetState#poison", rejected, "panics_command"},
		{"MakeReady#1001", own, "session_panics"},
	} {
		for n := range uint64(3) { // again and again, as clients do
			corr := p.do(tc.jmsType, "")
			if got := p.answer(tc.on, corr); tc.on == rejected {
				require.Contains(t, got.header.Get("gcReason"), "defect")
			} else {
				require.Contains(t, got.body, "GENERIC_ERROR")
			}
			good := p.answer(own, p.do("GetState#1001", ""), "1001#State#NOT_READY#")
			require.Equal(t, "node-1", good.header.Get("gcNode"))
			require.Equal(t, n+1, first.Snapshot().Counters[tc.counter], tc.counter)
		}
	}
	require.Zero(t, first.Snapshot().Broker.Reconnects)
	require.Eventually(t, func() bool { return first.Snapshot().Running == 0 }, patience, tick, "all of them are acknowledged")
	require.Zero(t, l.worker.Snapshot().Counters["commands"])

	stop()
	require.Eventually(t, func() bool { return l.worker.Snapshot().Pair.Held == 1 }, patience, tick)
	good := p.answer(own, p.do("GetState#1001", ""), "1001#State#NOT_READY#")
	require.Equal(t, "node-2", good.header.Get("gcNode"))
	counters := l.worker.Snapshot().Counters
	require.EqualValues(t, 1, counters["commands"], "no other reached this node")
	require.Zero(t, counters["session_panics"]+counters["panics_command"])
}
