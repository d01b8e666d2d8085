package sim

import (
	"fmt"

	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/finesse/sim/xmppd"
)

// CallSpec describes a call for [Server.PlaceCall].
type CallSpec struct {
	From      string // the caller's number, or the extension of a signed-in agent
	To        string // extension or id of a signed-in agent, or a queue's number; any number if From is an agent
	Variables []callcontrol.Variable
	// Optional: the call type, the number the caller dialled, the queue.
	CallType, Dialed, QueueNumber, QueueName string
}

// Call lets from call to and returns the dialog's id. A READY agent gets it
// as a routed call. In a queue the call waits for one. The error is a *callcontrol.Refusal.
func (s *Server) Call(from, to string, variables ...callcontrol.Variable) (string, error) {
	return s.PlaceCall(CallSpec{From: from, To: to, Variables: variables})
}

// PlaceCall is [Server.Call] with everything that can be said of a call.
func (s *Server) PlaceCall(c CallSpec) (string, error) {
	return s.centre.place(callcontrol.Inbound{
		From: c.From, To: c.To, Variables: c.Variables, CallType: c.CallType, Dialed: c.Dialed,
		QueueNumber: c.QueueNumber, QueueName: c.QueueName,
	})
}

// OutboundSpec describes a contact of the dialer for [Server.Outbound].
type OutboundSpec struct {
	Agent     string // id of a READY agent
	Number    string // the customer
	Mode      callcontrol.DialMode
	Campaign  string
	Variables []callcontrol.Variable // call variables, and BA variables to override
}

// Outbound gives a contact of the dialer to an agent and returns the id of
// the dialog that the agent is shown: the reservation of a preview or callback, else
// the customer's call. The error is a *callcontrol.Refusal, or says what is
// wrong with the number or the mode.
func (s *Server) Outbound(o OutboundSpec) (string, error) {
	return s.centre.place(callcontrol.Outbound{
		Agent: o.Agent, Number: o.Number, Mode: o.Mode, Campaign: o.Campaign, Variables: o.Variables,
	})
}

// RefuseNext lets the next request of an agent fail asynchronously, as a CTI
// server may at any time; several are used up in order. The error is a
// *callcontrol.Refusal.
func (s *Server) RefuseNext(agentID string, f callcontrol.Failure) error {
	return s.centre.do(callcontrol.RefuseNext{Agent: agentID, Failure: f})
}

// Queue is the state of a queue; ok is false if there is no such queue.
func (s *Server) Queue(id string) (stats callcontrol.QueueStats, ok bool) {
	s.centre.read(func(e *callcontrol.Engine) { stats, ok = e.Queue(id) })
	return stats, ok
}

// DropCall lets the party at address hang up; "" is the outside party. The
// error is a *callcontrol.Refusal.
func (s *Server) DropCall(dialogID, address string) error {
	return s.centre.do(callcontrol.HangUp{Dialog: dialogID, Address: address})
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

// SetNotifications makes the notification service fail while REST goes on: up,
// down (every connection is closed at once) or silent (connections are taken and
// never answered). What was connected is cut.
func (s *Server) SetNotifications(state string) error {
	return s.xmpp.SetService(xmppd.Service(state))
}

// XMPPTries is how many connections clients have opened to the notification
// service, or tried to.
func (s *Server) XMPPTries() int { return s.xmpp.Tries() }

// DropXMPP cuts an agent's XMPP connections without closing the streams first and says
// how many there were.
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

// AddFault makes matching REST requests slow or fail, or events incomplete or
// lost. The error is a *callcontrol.Refusal for an unknown agent.
func (s *Server) AddFault(f Fault) error {
	if f.Agent != "" && s.dir.people[f.Agent] == nil {
		return &callcontrol.Refusal{NotFound: true, Reason: "no agent " + f.Agent}
	}
	return s.faults.add(f)
}

// ClearFaults ends all faults.
func (s *Server) ClearFaults() { s.faults.clear() }

// Requests are the REST requests seen, oldest first, secrets redacted; at
// most the last [Config.KeepRequests].
func (s *Server) Requests() []Request { return s.requests.all() }

// ClearRequests forgets the requests seen.
func (s *Server) ClearRequests() { s.requests.clear() }

// AgentSnapshot is an agent and the agent's calls at one moment.
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
