package bridge

import (
	"context"
	"fmt"
	"time"

	"gcbridge/bridge/broker"
	"gcbridge/protocol"
)

// agentStatesTopic is where the original publishes the states of all agents;
// no source shows its messages, so each is the agent's O-001 in the node's
// dialect.
const agentStatesTopic = "AgentStates"

// statesAtOnce bounds how many of them are handed to the broker link in one
// go: they must not crowd out what clients wait for.
const statesAtOnce = 50

// publishStates publishes every known agent's state each GC_AGENT_STATES_INTERVAL,
// spread over the interval, until ctx ends.
func (w *Worker) publishStates(ctx context.Context) error {
	every := w.cfg.AgentStatesInterval
	if every == 0 {
		return nil
	}
	topic, err := broker.Topic(agentStatesTopic)
	if err != nil {
		return fmt.Errorf("bridge: %w", err)
	}
	var due []protocol.State
	var pause time.Duration
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if len(due) == 0 {
			due = w.states()
			pause = every / time.Duration(len(due)/statesAtOnce+1)
		}
		n := min(len(due), statesAtOnce)
		w.sendStates(topic, due[:n])
		due = due[n:]
		timer.Reset(pause)
	}
}

// states are those of all agents who have a session here.
func (w *Worker) states() []protocol.State {
	var all []protocol.State
	for _, s := range w.agents.sessions() {
		if st, ok := s.State(); ok {
			all = append(all, st)
		}
	}
	return all
}

// sendStates leaves out what the broker does not take now: the next round is
// near.
func (w *Worker) sendStates(topic broker.Destination, states []protocol.State) {
	if !w.link.Up() {
		return
	}
	for _, st := range states {
		e, ok := protocol.Encode(st, w.dialect)
		if !ok {
			continue
		}
		if err := w.link.Publish(w.message(topic, e, st.Agent, ""), nil); err != nil {
			w.observe.count("agent_states_lost")
			return
		}
	}
}
