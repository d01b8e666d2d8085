package bridge

import (
	"runtime"
	"slices"
	"strings"
	"time"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/gateway/clocks"
	"gcbridge/bridge/session"
	"gcbridge/connectorsync"
	"gcbridge/finesse/pool"
	"gcbridge/protocol"
)

// Status is the document of /status. It holds no secret.
type Status struct {
	Node    string                `json:"node"`
	Started time.Time             `json:"started"`
	System  protocol.SystemStatus `json:"system"`
	Paired  bool                  `json:"paired"`
	Pair    *connectorsync.Status `json:"pair,omitempty"`
	Broker  broker.Stats          `json:"broker"`
	Finesse []pool.ServerStatus   `json:"finesse"`
	// Returning is how many agents wait for their turn to come back to Finesse.
	Returning int                `json:"returning"`
	Clocks    []clocks.Offset    `json:"clocksOff"` // against this node's; see operations.md
	Agents    []session.Snapshot `json:"agents"`
	Bound     int                `json:"destinations"`
	Unproven  int                `json:"unproven"` // sessions of agents whom Finesse never accepted
	Running   int                `json:"running"`  // commands without an outcome
	// Goroutines of the process.
	Goroutines int               `json:"goroutines"`
	Counters   map[string]uint64 `json:"counters"`
}

// Alive implements [admin.Source]: the Finesse watch is the worker's pulse.
func (w *Worker) Alive() error {
	if !w.ready.Load() {
		return nil // starting or stopping
	}
	return w.finesse.Alive()
}

// Status implements [admin.Source].
func (w *Worker) Status() any { return w.Snapshot() }

// Snapshot is the worker as of now.
func (w *Worker) Snapshot() Status {
	st := Status{
		Node: w.cfg.NodeID, Started: w.started, System: w.finesse.Status(), Broker: w.transport.Stats(),
		Paired: w.Paired(), Pair: w.cluster.Status(), Finesse: w.finesse.List(), Returning: w.finesse.Returning(),
		Goroutines: runtime.NumGoroutine(),
		Bound:      w.book.Len(), Unproven: w.deps.Trust.Strangers(), Running: w.gateway.Running(), Counters: w.telemetry.Counts(), Clocks: w.gateway.ClocksOff(), Agents: []session.Snapshot{},
	}
	for _, s := range w.agents.All() {
		st.Agents = append(st.Agents, s.Snapshot())
	}
	slices.SortFunc(st.Agents, func(a, b session.Snapshot) int { return strings.Compare(a.Agent, b.Agent) })
	return st
}
