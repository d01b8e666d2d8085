package main

import (
	"time"

	"gcbridge/bridge/config"
	"gcbridge/test/pairs"
)

// measureTakeOvers kills the node that serves 2000 agents, again and again. The nodes
// have the times of a node that nobody configured, and each request takes 200 ms.
func (s *site) measureTakeOvers(t pairs.TB, size size, r *results) {
	t.Helper()
	usual := config.Default()
	set := pairs.ActivePassive(pairs.StartBrokers(t))
	set.Timeout, set.Interval = usual.SyncTimeout, usual.SyncInterval
	set.Env = append(set.Env, "GC_FINESSE_HEARTBEAT="+usual.FinesseHeartbeat.String())
	m := pairs.TakeOver{
		Name: "take-over of 2000 at 200 ms", Setup: set, Agents: 2000, Runs: size.kills, Limit: time.Minute, Latency: 200 * time.Millisecond,
	}
	got := m.Run(t, s.bin)
	if !got.Clean() {
		t.Errorf("the take-overs were not in order: %v", got.Findings)
	}
	for _, d := range got.TakeOvers {
		t.Logf("take-over: %s", d)
		r.TakeOvers = append(r.TakeOvers, d.Seconds())
	}
}
