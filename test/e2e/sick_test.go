package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse/pool"
	"gcbridge/finesse/sim"
	"gcbridge/test/wait"
)

// TestTwoWorkersOfOneName: Finesse lets an agent have one of them only, and ends
// the other's stream. They do not push each other out for ever.
func TestTwoWorkersOfOneName(t *testing.T) {
	first := newLab(t, brokers[1].start(t), nil)
	second := newLab(t, brokers[1].start(t), func(c *config.Config) {
		c.FinesseURLs, c.XMPPAddrs = []string{first.sim.RESTURL()}, []string{first.sim.XMPPAddr()}
	})
	newPhone(t, first.broker, own).login(own, "1001", "2001")
	newPhone(t, second.broker, own).do("Connect#1001", strings.TrimPrefix(own, "/topic/")+",pw1001")
	labs := []*lab{first, second}
	require.True(t, wait.Until(patience, func() bool {
		for _, l := range labs {
			if err := l.worker.Ready(); err != nil {
				require.ErrorIs(t, err, pool.ErrDisplaced)
				return true
			}
		}
		return false
	}), "one is not ready, and says why")
	lost := uint64(0)
	for _, l := range labs {
		lost += l.worker.Snapshot().Counters["streams_lost"]
	}
	require.LessOrEqual(t, lost, uint64(4), "streams; there were a dozen a second")
	require.Contains(t, first.logs.String()+second.logs.String(), "agents are pushed out")
}

// TestReadsFailOnAWorkingStream: the notification service is not asked to let the
// agent in again because a read fails (finesse-api 1.10).
func TestReadsFailOnAWorkingStream(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	require.NoError(t, l.sim.AddFault(sim.Fault{Path: "/finesse/api/User/1001/Dialogs", Status: 500}))
	require.Equal(t, 1, l.sim.DropXMPP("1001"))
	failed := func() uint64 { return l.worker.Snapshot().Counters["resyncs_failed"] }
	require.True(t, wait.Until(patience, func() bool { return failed() >= 4 }), "the read is tried again")
	require.Equal(t, uint64(1), l.worker.Snapshot().Counters["streams_lost"], "the stream stays")
	p.do("MakeReady#1001", "")
	p.expect(own, "1001#State#READY#") // commands are served
	l.sim.ClearFaults()
	p.expect(own, "1001#DialogStatus###")
}
