package finesse

import (
	"encoding/xml"
	"slices"
	"strings"
)

// StateChange is a PUT on a User. 202 means queued: the outcome is an event.
type StateChange struct {
	State        AgentState // LOGIN, READY, NOT_READY, LOGOUT
	Extension    string     // LOGIN
	ReasonCodeID string     // database id, "" = none
	MobileMode   string     // CALL_BY_CALL, NAILED_CONNECTION, "" = not mobile
	MobileNumber string
}

// body is the request in the form of finesse-api 2.3:
//
//	<User><state>NOT_READY</state><reasonCodeId>16</reasonCodeId></User>
func (s StateChange) body() []byte {
	var b bodyWriter
	b.open("User")
	b.leaf("state", string(s.State))
	b.optional("extension", s.Extension)
	b.optional("reasonCodeId", s.ReasonCodeID)
	if s.MobileMode != "" {
		b.open("mobileAgent")
		b.leaf("mode", s.MobileMode)
		b.leaf("dialNumber", s.MobileNumber)
		b.close("mobileAgent")
	}
	b.close("User")
	return b.bytes()
}

// The dialog actions (finesse-api 2.4 and 2.6).
const (
	ActionMakeCall        = "MAKE_CALL"
	ActionSilentMonitor   = "SILENT_MONITOR"
	ActionBargeCall       = "BARGE_CALL"
	ActionAnswer          = "ANSWER"
	ActionHold            = "HOLD"
	ActionRetrieve        = "RETRIEVE"
	ActionDrop            = "DROP"
	ActionConsultCall     = "CONSULT_CALL"
	ActionTransfer        = "TRANSFER"
	ActionConference      = "CONFERENCE"
	ActionTransferSST     = "TRANSFER_SST"
	ActionSendDTMF        = "SEND_DTMF"
	ActionUpdateCallData  = "UPDATE_CALL_DATA"
	ActionParticipantDrop = "PARTICIPANT_DROP"
	ActionAccept          = "ACCEPT"
	ActionClose           = "CLOSE"
	ActionReject          = "REJECT"
	ActionUpdateCallback  = "UPDATE_SCHEDULED_CALLBACK"
	ActionCancelCallback  = "CANCEL_SCHEDULED_CALLBACK"
	ActionReclassify      = "RECLASSIFY"
	ActionStartRecording  = "START_RECORDING"
)

// targetFirst are the actions whose documented form starts with
// targetMediaAddress; in the others it follows requestedAction.
func targetFirst(action string) bool {
	return slices.Contains([]string{
		ActionAnswer, ActionHold, ActionRetrieve, ActionDrop,
		ActionSendDTMF, ActionUpdateCallback, ActionCancelCallback, ActionReclassify, ActionStartRecording,
	}, action)
}

// Action is a PUT on a Dialog.
type Action struct {
	Name   string // requestedAction: ANSWER, HOLD, RETRIEVE, DROP, ...
	Target string // targetMediaAddress: the acting agent's extension, "" = absent
	To     string // toAddress, "" = absent
	// Params are the actionParams: dtmfString, callbackTime,
	// outboundClassification, ...
	Params []Variable
	// Variables and WrapUpReason are the mediaProperties of UPDATE_CALL_DATA.
	Variables    []Variable
	WrapUpReason string
}

// body is the request in the form of finesse-api 2.6:
//
//	<Dialog><targetMediaAddress>1001</targetMediaAddress><requestedAction>HOLD</requestedAction></Dialog>
func (a Action) body() []byte {
	var b bodyWriter
	b.open("Dialog")
	first := targetFirst(a.Name)
	if first {
		b.optional("targetMediaAddress", a.Target)
	}
	b.leaf("requestedAction", a.Name)
	b.optional("toAddress", a.To)
	if !first {
		b.optional("targetMediaAddress", a.Target)
	}
	b.pairs("actionParams", "ActionParam", a.Params)
	if len(a.Variables) > 0 || a.WrapUpReason != "" {
		b.open("mediaProperties")
		b.optional("wrapUpReason", a.WrapUpReason)
		b.pairs("callvariables", "CallVariable", a.Variables)
		b.close("mediaProperties")
	}
	b.close("Dialog")
	return b.bytes()
}

// newCall is a POST on a user's Dialogs: MAKE_CALL, SILENT_MONITOR or
// BARGE_CALL (finesse-api 2.4).
type newCall struct{ action, from, to, associatedDialog string }

func (c newCall) body() []byte {
	var b bodyWriter
	b.open("Dialog")
	b.leaf("requestedAction", c.action)
	b.leaf("fromAddress", c.from)
	b.leaf("toAddress", c.to)
	if c.associatedDialog != "" {
		b.leaf("associatedDialogUri", "/finesse/api/Dialog/"+c.associatedDialog)
	}
	b.close("Dialog")
	return b.bytes()
}

// bodyWriter writes XML without white space. Every value is escaped; what XML
// cannot carry (NUL and other control characters, broken UTF-8) becomes
// U+FFFD.
type bodyWriter struct{ b strings.Builder }

func (w *bodyWriter) open(name string)  { w.b.WriteString("<" + name + ">") }
func (w *bodyWriter) close(name string) { w.b.WriteString("</" + name + ">") }

func (w *bodyWriter) leaf(name, value string) {
	w.open(name)
	_ = xml.EscapeText(&w.b, []byte(value)) // a strings.Builder never fails
	w.close(name)
}

func (w *bodyWriter) optional(name, value string) {
	if value != "" {
		w.leaf(name, value)
	}
}

func (w *bodyWriter) pairs(list, member string, pairs []Variable) {
	if len(pairs) == 0 {
		return
	}
	w.open(list)
	for _, p := range pairs {
		w.open(member)
		w.leaf("name", p.Name)
		w.leaf("value", p.Value)
		w.close(member)
	}
	w.close(list)
}

func (w *bodyWriter) bytes() []byte { return []byte(w.b.String()) }
