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
	"gcbridge/protocol"
)

// Status is the document of /status. It holds no secret.
type Status struct {
	Node     string                `json:"node"`
	Started  time.Time             `json:"started"`
	System   protocol.SystemStatus `json:"system"`
	Paired   bool                  `json:"paired"`
	Pair     *connectorsync.Status `json:"pair,omitempty"`
	Broker   broker.Stats          `json:"broker"`
	Finesse  []ServerStatus        `json:"finesse"`
	Agents   []session.Snapshot    `json:"agents"`
	Bound    int                   `json:"destinations"`
	Counters map[string]uint64     `json:"counters"`
}

// ServerStatus is one Finesse as last probed.
type ServerStatus struct {
	Server  string    `json:"server"`
	Serving bool      `json:"serving"`
	InUse   bool      `json:"inUse"`
	Status  string    `json:"status,omitempty"`
	Error   string    `json:"error,omitempty"`
	Probed  time.Time `json:"probed"`
}

// Alive implements [admin.Source]: the Finesse watch is the worker's pulse.
func (w *Worker) Alive() error {
	if !w.ready.Load() {
		return nil // starting or stopping
	}
	limit := 3*w.cfg.FinesseHeartbeat + finalTries*w.cfg.FinesseTimeout
	for _, s := range w.servers.list {
		if h := s.health.Load(); h != nil && time.Since(h.at) < limit {
			return nil
		}
	}
	return fmt.Errorf("no Finesse probe for %s", limit)
}

// Ready implements [admin.Source].
func (w *Worker) Ready() error {
	var errs []error
	if !w.ready.Load() {
		errs = append(errs, errors.New("starting or stopping"))
	}
	if !w.link.Up() {
		errs = append(errs, errors.New("broker: not connected"))
	}
	if st := w.servers.Status(); st != protocol.InService {
		errs = append(errs, fmt.Errorf("finesse: %s", st))
	}
	return errors.Join(errs...)
}

// Status implements [admin.Source].
func (w *Worker) Status() any { return w.Snapshot() }

// Snapshot is the worker as of now.
func (w *Worker) Snapshot() Status {
	st := Status{
		Node: w.cfg.NodeID, Started: w.started, System: w.servers.Status(), Broker: w.link.Stats(),
		Bound: len(w.agents.destinations()), Counters: w.observe.snapshot(), Agents: []session.Snapshot{},
	}
	if w.pair != nil {
		p := w.pair.status()
		st.Paired, st.Pair = true, &p
	}
	cur := w.servers.Current()
	for _, s := range w.servers.list {
		ss := ServerStatus{Server: s.url, InUse: cur == session.Server(s)}
		if h := s.health.Load(); h != nil {
			ss.Serving, ss.Status, ss.Probed = h.serving(), h.info.Status, h.at
			if h.err != nil {
				ss.Status, ss.Error = "", h.err.Error()
			}
		}
		st.Finesse = append(st.Finesse, ss)
	}
	for _, s := range w.agents.sessions() {
		st.Agents = append(st.Agents, s.Snapshot())
	}
	slices.SortFunc(st.Agents, func(a, b session.Snapshot) int { return strings.Compare(a.Agent, b.Agent) })
	return st
}
