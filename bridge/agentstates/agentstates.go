// Package agentstates publishes the states of all agents on a topic of its own,
// as the original does. No source shows its messages, so each is the agent's
// O-001 in the node's dialect.
package agentstates

import (
	"context"
	"time"

	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

// Topic is its name.
const Topic = "AgentStates"

// atOnce bounds how many states are handed out in one go: they must not crowd
// out what clients wait for.
const atOnce = 50

// Publisher publishes them. Its fields are set before Run.
type Publisher struct {
	To        wire.Binding
	Every     time.Duration // GC_AGENT_STATES_INTERVAL; 0: never
	States    func() []protocol.State
	Up        func() bool // whether the broker takes anything now
	Send      func(o wire.Output)
	Telemetry *telemetry.Telemetry
}

// Run publishes every known state in each interval, spread over it, until ctx ends.
func (p Publisher) Run(ctx context.Context) {
	if p.Every == 0 {
		<-ctx.Done()
		return
	}
	var due []protocol.State
	var pause time.Duration
	timer := time.NewTimer(p.Every)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if len(due) == 0 {
			due = p.States()
			pause = p.Every / time.Duration(len(due)/atOnce+1)
		}
		n := min(len(due), atOnce)
		p.send(due[:n])
		due = due[n:]
		timer.Reset(pause)
	}
}

// send leaves out what the broker does not take now: the next round is near.
func (p Publisher) send(states []protocol.State) {
	if !p.Up() {
		p.Telemetry.Count(telemetry.AgentStatesLost)
		return
	}
	for _, st := range states {
		if e, ok := protocol.Encode(st, p.To.Dialect); ok {
			p.Send(wire.Output{To: p.To.To, Agent: st.Agent, Message: e})
		}
	}
}
