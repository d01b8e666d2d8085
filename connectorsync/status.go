package connectorsync

import "time"

// Status is the state as a status page shows it. It holds no secret.
type Status struct {
	Node     string       `json:"node"`
	Role     Role         `json:"role"`
	Ready    bool         `json:"ready"`
	Held     int          `json:"held"`     // agents of this node
	Replicas int          `json:"replicas"` // agents of others
	Taking   int          `json:"taking"`   // of these, on their way here
	Yielding int          `json:"yielding"` // agents of others whose commands are being finished here
	Intents  int          `json:"intents"`
	Peers    []PeerStatus `json:"peers"`
}

// PeerStatus is another node in a [Status].
type PeerStatus struct {
	Node     string        `json:"node"`
	Up       bool          `json:"up"`
	Role     Role          `json:"role,omitempty"`
	Unable   bool          `json:"unable,omitempty"`
	Priority int           `json:"priority"`
	Agents   int           `json:"agents"`
	Version  string        `json:"version,omitempty"`
	Silent   time.Duration `json:"silent"` // since its last message
}

// Status describes the state at a time.
func (s *State) Status(now time.Time) Status {
	st := Status{
		Node: s.cfg.Node, Role: s.role(), Ready: s.ready(now), Held: len(s.agents.own), Replicas: len(s.agents.replicas), Taking: len(s.agents.taking),
		Yielding: len(s.agents.yielding), Intents: len(s.intents.values), Peers: []PeerStatus{},
	}
	for _, p := range s.peers.inOrder() {
		st.Peers = append(st.Peers, PeerStatus{
			Node: p.node, Up: p.up, Role: p.beat.Role, Unable: p.beat.Unable, Priority: p.beat.Priority,
			Agents: p.beat.Agents, Version: p.beat.Version, Silent: now.Sub(p.heard),
		})
	}
	return st
}
