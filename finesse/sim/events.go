package sim

import (
	"encoding/xml"
	"slices"
	"strings"

	"gcbridge/finesse/sim/callcontrol"
)

// publish renders events and hands them to the notification service. While
// the server is out of service nothing goes out.
func (s *Server) publish(events []callcontrol.Event) {
	if s.outOfService.Load() {
		return
	}
	for i := range events {
		if q := events[i].Queue; q != nil {
			s.tellQueue(q)
			continue
		}
		ev := events[i] // a copy: the other node of a pair has faults of its own
		if !s.faults.hits(DropEvents, &ev) {
			if s.cfg.NoEcho || s.faults.hits(NoEcho, &ev) {
				ev.RequestID = ""
			}
			node, payload := s.render(&ev)
			s.xmpp.Publish(ev.Agent, node, payload)
		}
		if ev.Kind == callcontrol.UserChanged {
			s.tellTeam(&ev)
		}
	}
}

// render makes the node and the Update of an event.
func (s *Server) render(ev *callcontrol.Event) (node, payload string) {
	user := userPath(ev.Agent)
	switch ev.Kind {
	case callcontrol.UserChanged:
		x := s.userXML("user", ev.User)
		if s.cfg.PartialUsers && ev.User.State == callcontrol.Reserved {
			x = x.partial()
		}
		return user, update(marshal(x), "PUT", ev.RequestID, user)
	case callcontrol.DialogChanged:
		return user + "/Dialogs", update(marshal(newDialogXML("dialog", ev.Dialog)), "PUT", ev.RequestID, dialogPath(ev.Dialog.ID))
	case callcontrol.RequestFailed:
		return renderFailure(ev, user)
	default: // POST and DELETE
		list := "<dialogs>" + marshal(newDialogXML("Dialog", ev.Dialog)) + "</dialogs>"
		return user + "/Dialogs", update(list, string(ev.Kind), ev.RequestID, user+"/Dialogs")
	}
}

func update(data, event, requestID, source string) string {
	return "<Update><data>" + data + "</data><event>" + event + "</event><requestId>" + escape(requestID) +
		"</requestId><source>" + escape(source) + "</source></Update>"
}

type apiErrorsXML struct {
	XMLName xml.Name `xml:"apiErrors"`
	Error   struct {
		Code    string `xml:"peripheralErrorCode,omitempty"`
		Type    string `xml:"errorType"`
		Message string `xml:"errorMessage"`
		Text    string `xml:"peripheralErrorText,omitempty"`
		PMsg    string `xml:"peripheralErrorMsg,omitempty"`
		Data    string `xml:"errorData"`
	} `xml:"apiError"`
}

// renderFailure keeps what is odd in the captures: lower-case put, and event after
// source.
func renderFailure(ev *callcontrol.Event, user string) (node, payload string) {
	f := ev.Failure
	var x apiErrorsXML
	x.Error.Type, x.Error.Message, x.Error.Data = f.Type, f.Message, f.Data
	x.Error.Code, x.Error.Text, x.Error.PMsg = f.PeripheralCode, f.PeripheralText, f.PeripheralMessage
	node, source := user, user
	if !f.OnUser {
		node, source = user+"/Dialogs", user+"/Dialogs"
		if f.DialogID != "" {
			source = dialogPath(f.DialogID)
		}
	}
	return node, "<Update><data>" + marshal(x) + "</data><requestId>" + escape(ev.RequestID) + "</requestId><source>" +
		escape(source) + "</source><event>put</event></Update>"
}

// marshal renders a wire struct; they hold nothing that cannot be rendered.
func marshal(v any) string {
	b, err := xml.Marshal(v)
	if err != nil {
		panic("sim: wire struct: " + err.Error())
	}
	return string(b)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}

// announce publishes the system's state to everybody, even on the way out of
// service.
func (s *Server) announce() {
	info := s.systemInfo("systemInfo")
	s.xmpp.Broadcast(systemInfoNode, update(marshal(info), "PUT", "", systemInfoNode))
}

const systemInfoNode = "/finesse/api/SystemInfo"

// republish tells every signed-in agent's last known state and calls. Calls
// that ended meanwhile are not mentioned.
func (s *Server) republish(e *callcontrol.Engine) {
	var events []callcontrol.Event
	for _, id := range e.SignedIn() {
		u, _ := e.User(id)
		events = append(events, callcontrol.Event{Kind: callcontrol.UserChanged, Agent: id, User: &u})
		for _, d := range e.Dialogs(id) {
			events = append(events, callcontrol.Event{Kind: callcontrol.DialogChanged, Agent: id, Dialog: d})
		}
	}
	s.publish(events)
}

// nodeExists says which nodes a client may subscribe to.
func (s *Server) nodeExists(node string) bool {
	if node == systemInfoNode {
		return true
	}
	parts := strings.Split(strings.TrimPrefix(node, "/finesse/api/"), "/")
	switch {
	case len(parts) == 2 && parts[0] == "User", len(parts) == 3 && parts[0] == "User" && parts[2] == "Dialogs":
		return s.dir.people[parts[1]] != nil
	case len(parts) == 3 && parts[0] == "User" && parts[2] == "Queues":
		return s.dir.people[parts[1]] != nil
	case len(parts) == 2 && parts[0] == "Queue":
		return slices.ContainsFunc(s.scenario.Queues, func(q queue) bool { return q.ID == parts[1] })
	case len(parts) == 3 && parts[0] == "Team" && parts[2] == "Users":
		return s.dir.teams[parts[1]] != nil
	}
	return false
}
