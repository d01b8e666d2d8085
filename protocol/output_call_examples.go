package protocol

import (
	"strconv"
	"time"
)

// The examples of the call messages are the samples that the original's pages
// print, one message captured from a live connector, and the cases they leave out.

// tenVariables are the ten call variables of Finesse, empty.
func tenVariables() []Variable {
	vars := make([]Variable, 10)
	for i := range vars {
		vars[i].Name = "callVariable" + strconv.Itoa(i+1)
	}
	return vars
}

func exampleParticipant(address, state string, at time.Time) Participant {
	return Participant{Address: address, State: state, AddressType: "AGENT_DEVICE", ChangedAt: at}
}

// exampleCall is the call most samples show.
func exampleCall() Call {
	changed := time.Date(2019, 9, 17, 12, 46, 21, 0, time.UTC)
	return Call{
		Addressee:    Addressee{Agent: "jehanzeb6", FullName: "jehanzeb Riaz"},
		DialogID:     "16871253",
		State:        "INITIATED",
		From:         "4012",
		ANI:          "4012",
		To:           "1006",
		Variables:    tenVariables(),
		Start:        time.Date(2019, 9, 17, 15, 32, 15, 0, time.UTC),
		Participants: []Participant{exampleParticipant("1006", "INITIATED", changed)},
		QueueName:    "hassnain_SG",
	}
}

// hostileCall has every separator in every field that a caller can fill.
func hostileCall() Call {
	c := exampleCall()
	c.State = "ACTIVE"
	c.FullName = "a#b|c,d"
	c.From = "40#12|,<>&"
	c.ANI = "a#n|i,\r\n\x00"
	c.CallType = "A#C|D"
	c.QueueName = `q"#|,\`
	c.Variables = []Variable{
		{"callVariable1", "x#y|z,w"},
		{"user.url", "http://host/?a=b,c&d=<e>"},
		{"callVariable2", "\x00\nSEND\ndestination:/queue/x\n\n\x00"},
		{"callVariable3", "Łódź \u2028 😀 \xff"},
	}
	c.Participants = []Participant{{Address: "1#0|0,6", State: "ACTIVE", StateCause: "a,b|c#d"}}
	return c
}

func inboundExamples() []OutputExample {
	return []OutputExample{
		{"initiated", InboundCall{exampleCall()}},
		{"captured", InboundCall{capturedCall()}},
		{"conference", InboundCall{conferenceCall()}},
		{"held", InboundCall{heldCall()}},
		{"dropped", InboundCall{Call{
			Addressee: Addressee{Agent: "jehanzeb6", FullName: "jehanzeb Riaz"}, DialogID: "16871284", State: callDropped,
		}}},
		{"dropped_conference", InboundCall{droppedConference()}},
		{"failed", InboundCall{failedCall()}},
		{"silent_monitor", InboundCall{monitorCall()}},
		{"separators", InboundCall{hostileCall()}},
	}
}

// capturedCall is the message taken from a live connector's log.
func capturedCall() Call {
	at := time.Date(2022, 7, 22, 18, 16, 47, 0, time.UTC)
	return Call{
		Addressee: Addressee{Agent: "5000"},
		DialogID:  "17672721", State: "ACTIVE", From: "42512", ANI: "42512",
		AssociatedDialog: "17672718", CallType: "CONSULT_IN", Start: at,
		Variables: []Variable{
			{"callVariable1", ""},
			{"callVariable2", ""},
			{"callVariable3", "null"},
			{"callVariable4", "CONSULT"},
			{"callVariable5", "53da5c96-6580-47d9-958f-28772d8bf45d"},
			{"callVariable6", ""},
			{"callVariable7", "42035"},
			{"callVariable8", "MAINAPP"},
			{"callVariable9", ""},
			{"callVariable10", ""},
			{"user.microapp.locale", "en-us"},
			{"user.microapp.media_server", "http://192.168.1.72"},
			{"user.microapp.fetchdelay", "D"},
			{"user.microapp.app_media_lib", "app"},
			{"user.cvp_server_info", "192.168.1.72"},
		},
		Participants: []Participant{exampleParticipant("42053", "ACTIVE", at), exampleParticipant("42512", "ACTIVE", at)},
	}
}

func conferenceCall() Call {
	changed := time.Date(2019, 9, 17, 12, 46, 21, 0, time.UTC)
	c := exampleCall()
	c.Agent, c.DialogID, c.State, c.From, c.ANI = "jehanzeb4", "16871286", "ACTIVE", "1005", "1005"
	c.Start = time.Date(2019, 9, 17, 17, 16, 10, 0, time.UTC)
	c.Participants = []Participant{
		{Address: "1005", State: "ACTIVE", ChangedAt: changed},
		exampleParticipant("1004", "ACTIVE", changed),
		exampleParticipant("1006", "ACTIVE", changed),
	}
	return c
}

func heldCall() Call {
	c := conferenceCall()
	c.DialogID, c.State = "16874257", callHeld
	c.Start = time.Date(2019, 9, 20, 16, 25, 14, 0, time.UTC)
	c.Participants = c.Participants[:2]
	c.Participants[1].State = callHeld
	return c
}

func droppedConference() Call {
	at := time.Date(2024, 5, 14, 14, 29, 17, 0, time.UTC)
	return Call{
		Addressee: Addressee{Agent: "5650550"},
		DialogID:  "16839909", State: callDropped, AssociatedDialog: "16839907", CallType: "CONFERENCE",
		Participants: []Participant{exampleParticipant("30163", callDropped, at), exampleParticipant("30161", callDropped, at)},
	}
}

func failedCall() Call {
	c := exampleCall()
	c.State, c.FailureCause, c.CallType, c.QueueName = callFailed, "BUSY", "OUT", ""
	c.Participants[0].State = callFailed
	return c
}

// monitorCall is a supervisor who listens to an agent's call [C26].
func monitorCall() Call {
	c := exampleCall()
	c.Agent, c.FullName, c.State, c.CallType = "75001", "Sup One", "ACTIVE", supervisorMonitor
	return c
}

func newInboundExamples() []OutputExample {
	c := exampleCall()
	c.Agent, c.DialogID, c.From, c.ANI = "jehanzeb4", "16871263", "1006", "1006"
	associated := c
	associated.AssociatedDialog, associated.CallType = "16871253", "TRANSFER"
	return []OutputExample{
		{"ringing", NewInboundCall{c}},
		{"transferred", NewInboundCall{associated}},
		{"silent_monitor", NewInboundCall{monitorCall()}},
		{"separators", NewInboundCall{hostileCall()}},
	}
}

func consultExamples() []OutputExample {
	c := exampleCall()
	c.Agent, c.DialogID, c.From, c.ANI, c.To = "jehanzeb4", "16871288", "1004", "1004", "1006"
	c.Start = time.Date(2019, 9, 17, 17, 17, 3, 0, time.UTC)
	c.Participants[0].Address = "1004"
	dropped := c
	dropped.State, dropped.AssociatedDialog = callDropped, "16871286"
	failed := c
	failed.State, failed.FailureCause = callFailed, "BAD_DESTINATION"
	return []OutputExample{
		{"initiated", ConsultCall{c}},
		{"dropped", ConsultCall{dropped}},
		{"failed", ConsultCall{failed}},
		{"separators", ConsultCall{hostileCall()}},
	}
}
