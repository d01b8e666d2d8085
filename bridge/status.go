package bridge

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gcbridge/bridge/broker"
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
	Agents    []session.Snapshot `json:"agents"`
	Bound     int                `json:"destinations"`
	Running   int                `json:"running"` // commands without an outcome
	Counters  map[string]uint64  `json:"counters"`
}

// Alive implements [admin.Source]: the Finesse watch is the worker's pulse.
func (w *Worker) Alive() error {
	if !w.ready.Load() {
		return nil // starting or stopping
	}
	return w.finesse.Alive()
}

// Ready implements [admin.Source].
func (w *Worker) Ready() error {
	var errs []error
	if !w.ready.Load() {
		errs = append(errs, errors.New("starting or stopping"))
	}
	if !w.transport.Up() {
		errs = append(errs, errors.New("broker: not connected"))
	}
	if st := w.finesse.Status(); st != protocol.InService {
		errs = append(errs, fmt.Errorf("finesse: %s (%s)", st, w.finesse.Cause()))
	}
	errs = append(errs, w.finesse.Conflict())
	return errors.Join(errs...)
}

// Status implements [admin.Source].
func (w *Worker) Status() any { return w.Snapshot() }

// Snapshot is the worker as of now.
func (w *Worker) Snapshot() Status {
	st := Status{
		Node: w.cfg.NodeID, Started: w.started, System: w.finesse.Status(), Broker: w.transport.Stats(),
		Paired: w.Paired(), Pair: w.cluster.Status(), Finesse: w.finesse.List(), Returning: w.finesse.Returning(),
		Bound: w.book.Len(), Running: w.gateway.Running(), Counters: w.telemetry.Counts(), Agents: []session.Snapshot{},
	}
	for _, s := range w.agents.All() {
		st.Agents = append(st.Agents, s.Snapshot())
	}
	slices.SortFunc(st.Agents, func(a, b session.Snapshot) int { return strings.Compare(a.Agent, b.Agent) })
	return st
}
