package sim

import (
	"fmt"

	"gcbridge/finesse/sim/callcontrol"
)

// CallSpec describes a call for [Server.PlaceCall].
type CallSpec struct {
	From      string // the caller's number, or the extension of a signed-in agent
	To        string // extension or id of a signed-in agent; any number if From is an agent
	Variables []callcontrol.Variable
	// Optional: the call type, the number the caller dialled, the queue.
	CallType, Dialed, QueueNumber, QueueName string
}

// Call lets from call to and returns the dialog's id. A READY agent gets it
// as a routed call. The error is a *callcontrol.Refusal.
func (s *Server) Call(from, to string, variables ...callcontrol.Variable) (string, error) {
	return s.PlaceCall(CallSpec{From: from, To: to, Variables: variables})
}

// PlaceCall is [Server.Call] with everything that can be said of a call.
func (s *Server) PlaceCall(c CallSpec) (string, error) {
	events, err := s.centre.do(callcontrol.Inbound{
		From: c.From, To: c.To, Variables: c.Variables, CallType: c.CallType, Dialed: c.Dialed,
		QueueNumber: c.QueueNumber, QueueName: c.QueueName,
	})
	if err != nil {
		return "", err
	}
	for _, ev := range events {
		if ev.Kind == callcontrol.DialogAdded {
			return ev.Dialog.ID, nil
		}
	}
	return "", fmt.Errorf("sim: the call from %s to %s reached nobody", c.From, c.To)
}

// DropCall lets the party at address hang up; "" is the outside party. The
// error is a *callcontrol.Refusal.
func (s *Server) DropCall(dialogID, address string) error {
	_, err := s.centre.do(callcontrol.HangUp{Dialog: dialogID, Address: address})
	return err
}

// SetStatus takes the server out of service or back: IN_SERVICE or
// OUT_OF_SERVICE. Out of service every request but SystemInfo gets 503 and
// events are lost; on return the last known states are published.
func (s *Server) SetStatus(status string) error {
	if status != inService && status != outOfService {
		return fmt.Errorf("sim: status %q is neither %s nor %s", status, inService, outOfService)
	}
	s.centre.read(func(e *callcontrol.Engine) {
		out := status == outOfService
		if s.outOfService.Swap(out) == out {
			return
		}
		s.announce()
		if !out {
			s.republish(e)
		}
	})
	return nil
}

// SetServicePresence announces the XMPP user "finesse" as available or not,
// as when the web application behind an unharmed notification service stops.
func (s *Server) SetServicePresence(available bool) { s.xmpp.SetServicePresence(available) }

// DropXMPP cuts an agent's XMPP connections without a farewell and says how
// many there were.
func (s *Server) DropXMPP(agentID string) int { return s.xmpp.Drop(agentID) }

// PublishXMPP writes raw bytes, well formed or not, to every XMPP connection
// of an agent and says how many there were.
func (s *Server) PublishXMPP(agentID, raw string) int { return s.xmpp.Send(agentID, raw) }

// PublishEvent publishes payload on a pubsub node, to the agent (if not "")
// as an implicit node and to explicit subscribers.
func (s *Server) PublishEvent(agentID, node, payload string) { s.xmpp.Publish(agentID, node, payload) }

// Resources lists an agent's available XMPP resources.
func (s *Server) Resources(agentID string) []string { return s.xmpp.Resources(agentID) }

// Subscribers is how many JIDs are explicitly subscribed to node.
func (s *Server) Subscribers(node string) int { return s.xmpp.Subscribers(node) }

// AddFault makes matching REST requests slow or fail.
func (s *Server) AddFault(f Fault) error { return s.faults.add(f) }

// ClearFaults ends all faults.
func (s *Server) ClearFaults() { s.faults.clear() }

// Requests are the REST requests seen, oldest first, secrets redacted; at
// most the last 100,000.
func (s *Server) Requests() []Request { return s.requests.all() }

// ClearRequests forgets the requests seen.
func (s *Server) ClearRequests() { s.requests.clear() }

// AgentSnapshot is an agent and his calls at one moment.
type AgentSnapshot struct {
	callcontrol.User
	Dialogs   []*callcontrol.Dialog
	Resources []string // available XMPP resources
}

// Agent is a snapshot of an agent; ok is false if there is no such agent.
func (s *Server) Agent(id string) (snap AgentSnapshot, ok bool) {
	s.centre.read(func(e *callcontrol.Engine) {
		snap.User, ok = e.User(id)
		snap.Dialogs = e.Dialogs(id)
	})
	if ok {
		snap.Resources = s.xmpp.Resources(id)
	}
	return snap, ok
}
