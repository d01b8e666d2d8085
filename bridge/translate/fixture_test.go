package translate_test

import (
	"fmt"
	"testing"
	"time"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// The agent of the tests, their extension, and the others.
const (
	agent    = "1001"
	ext      = "2001"
	mate     = "2002"
	customer = "05552345"
)

// at is n seconds into the test.
func at(n int) time.Time { return time.Date(2024, 5, 14, 14, 29, n, 0, time.UTC) }

func ptr[T any](v T) *T { return &v }

func user(st finesse.AgentState, sec int) finesse.User {
	return finesse.User{
		ID: agent, LoginName: "amy", FirstName: "Amy", LastName: "Adams",
		Extension: ext, State: st, StateChangeTime: at(sec), ReasonCodeID: "-1",
		Roles: []string{"Agent"}, WrapUpOnIncome: "OPTIONAL", TeamID: "1", TeamName: "Sales",
	}
}

func userEvent(st finesse.AgentState, sec int) finesse.Notification {
	u := user(st, sec)
	return finesse.Notification{
		Source: "/finesse/api/User/" + agent, Event: finesse.EventPut,
		User: &finesse.UserPatch{
			ID: &u.ID, LoginName: &u.LoginName, FirstName: &u.FirstName, LastName: &u.LastName,
			Extension: &u.Extension, State: &u.State, StateChangeTime: &u.StateChangeTime,
		},
	}
}

func dialogEvent(ev finesse.Event, d finesse.Dialog) finesse.Notification {
	return finesse.Notification{Event: ev, Dialogs: []finesse.Dialog{d}}
}

func post(d finesse.Dialog) finesse.Notification { return dialogEvent(finesse.EventPost, d) }
func put(d finesse.Dialog) finesse.Notification  { return dialogEvent(finesse.EventPut, d) }
func gone(d finesse.Dialog) finesse.Notification { return dialogEvent(finesse.EventDelete, d) }

// party is a participant whose state has held since sec.
func party(address, state string, sec int) finesse.Participant {
	p := finesse.Participant{Address: address, State: state, StartTime: at(1), StateChangeTime: at(sec)}
	if address != customer {
		p.AddressType = "AGENT_DEVICE"
	}
	return p
}

// inbound is a customer's call to the agent.
func inbound(id, state string, ps ...finesse.Participant) finesse.Dialog {
	return finesse.Dialog{
		ID: id, From: customer, To: "1000", DialedNumber: "1000", State: state,
		MediaType: "Voice", CallType: "ACD_IN", Participants: ps,
	}
}

// dialled is a call that the agent made to a mate.
func dialled(id, state string, ps ...finesse.Participant) finesse.Dialog {
	return finesse.Dialog{
		ID: id, From: ext, To: mate, DialedNumber: mate, State: state,
		MediaType: "Voice", CallType: "OUT", Participants: ps,
	}
}

// play applies notifications in order and says what came out.
func play(v translate.View, ns ...finesse.Notification) (translate.View, []string) {
	var said []string
	for _, n := range ns {
		var outs []protocol.Output
		v, outs = v.Apply(n)
		said = append(said, say(outs)...)
	}
	return v, said
}

// say puts outputs into words: kind, state, dialog.
func say(outs []protocol.Output) []string {
	var said []string
	for _, o := range outs {
		switch m := o.(type) {
		case protocol.State:
			said = append(said, "State "+m.State)
		case protocol.DialogStatus:
			said = append(said, fmt.Sprintf("DialogStatus %s %s|%s %s",
				m.Dialog.ID, m.Dialog.State, m.Associated.ID, m.Associated.State))
		default:
			c, ok := callOf(o)
			if !ok {
				said = append(said, fmt.Sprintf("%T", o)[len("protocol."):])
				continue
			}
			said = append(said, fmt.Sprintf("%s %s %s", fmt.Sprintf("%T", o)[len("protocol."):], c.State, c.DialogID))
		}
	}
	return said
}

func callOf(o protocol.Output) (protocol.Call, bool) {
	switch m := o.(type) {
	case protocol.InboundCall:
		return m.Call, true
	case protocol.NewInboundCall:
		return m.Call, true
	case protocol.ConsultCall:
		return m.Call, true
	case protocol.NewOutboundCall:
		return m.Call, true
	case protocol.NewOutboundPreviewCall:
		return m.Call, true
	}
	return protocol.Call{}, false
}

// known is the view of an agent who is READY.
func known(t testing.TB) translate.View {
	t.Helper()
	v, _ := play(translate.New(agent, dialect(t, protocol.Edition44, protocol.FormatJSON)), userEvent(finesse.StateReady, 0))
	return v
}
