package protocol

// DialogBrief is a dialog inside [DialogState] and [DialogStatus]; the zero
// value means that there is none.
type DialogBrief struct {
	ID        string
	State     string
	From      string
	ANI       string
	Variables []Variable
	CallType  string
}

// DialogState answers getdialogstate [O-014]; State is NOT_FOUND for a dialog
// that the agent does not have.
type DialogState struct {
	Addressee
	Dialog     DialogBrief
	Associated DialogBrief
}

// Code implements [Output].
func (DialogState) Code() Code { return "O-014" }

// DialogStatus lists the agent's dialogs after login, failover and re-sync
// [O-024]. Its JMSType is the call types [H2].
type DialogStatus struct {
	Addressee
	Dialog     DialogBrief
	Associated DialogBrief
}

// Code implements [Output].
func (DialogStatus) Code() Code { return "O-024" }

func dialogOutputs() []OutputRow {
	agent := Addressee{Agent: "jehanzeb6", FullName: "jehanzeb Riaz"}
	held := DialogBrief{ID: "16871286", State: "HELD", From: "1005", ANI: "1005", Variables: tenVariables(), CallType: "PREROUTE_ACD_IN"}
	consult := DialogBrief{ID: "16871288", State: "ACTIVE", From: "1004", ANI: "1004", Variables: []Variable{{"callVariable4", "CONSULT"}}, CallType: "CONSULT"}
	hostile := DialogBrief{ID: "1#2", State: "ACTIVE", From: "4#5|6", ANI: "a|b", Variables: []Variable{{"callVariable1", "x#y|z,w\n"}}, CallType: "A\r\nB\x00"}
	return []OutputRow{
		with(layouts[DialogState]{old: oldDialogStateText, page: oldDialogStateText, text: dialogStateText, json: dialogStateJSON}, OutputRow{
			Code:     "O-014",
			Name:     "Get DialogState Reply",
			Category: "agent_dialog",
			Text:     "<agent>#DialogState#<state>#<dialog_id>#<full_name>",
			Old:      "<agent>#DialogState#<state>#<dialog_id>#<full_name>#<from_address>#<call_variables>#<associated_dialog_id>#<associated_state>#<from_address>#<call_variables>",
			Page:     "<agent>#DialogState#<state>#<dialog_id>#<full_name>#<from_address>#<call_variables>#<associated_dialog_id>#<associated_state>#<from_address>#<call_variables>",
			Examples: []OutputExample{
				{"held", DialogState{Addressee: agent, Dialog: held}},
				{"consulting", DialogState{Addressee: agent, Dialog: held, Associated: consult}},
				{"not_found", DialogState{Addressee: agent, Dialog: DialogBrief{ID: "16871286", State: "NOT_FOUND"}}},
				{"separators", DialogState{Addressee: agent, Dialog: hostile}},
			},
		}),
		with(layouts[DialogStatus]{old: oldDialogStatusText, text: dialogStatusText, json: dialogStatusJSON, jmsType: callTypes}, OutputRow{
			Code:     "O-024",
			Name:     "Dialog IDs on Failover",
			Category: "agent_state",
			Text:     "<agent>#DialogStatus#<dialog_id>#<state>#<from_address>#<call_variables>#<associated_dialog_id>#<associated_state>#<from_address>#<call_variables>",
			Old:      "<agent>#DialogStatus#<dialog_id>#<state>#<associated_dialog_id>#<associated_state>",
			Examples: []OutputExample{
				{"held", DialogStatus{Addressee: agent, Dialog: held}},
				{"no_dialog", DialogStatus{Addressee: agent}},
				{"consulting", DialogStatus{Addressee: agent, Dialog: held, Associated: consult}},
				{"silent_monitor", DialogStatus{Addressee: agent, Dialog: DialogBrief{ID: "16871290", State: "ACTIVE", From: "1006", ANI: "1006", CallType: supervisorMonitor}}},
				{"separators", DialogStatus{Addressee: agent, Dialog: hostile}},
			},
			Note: "Without a dialog the text is <agent>#DialogStatus###. The JMSType is the call types: main, or main,associated, or empty.",
		}),
	}
}

// callTypes is the JMSType of an O-024 in every mode [H2].
func callTypes(d Dialect, s DialogStatus) string {
	if s.Associated.ID == "" {
		return d.callType(s.Dialog.CallType)
	}
	return d.callType(s.Dialog.CallType) + "," + d.callType(s.Associated.CallType)
}

// brief appends address and variables of a dialog; other is the id of the
// dialog it belongs to. Both fields are empty if there is no dialog.
func (l *line) brief(b DialogBrief, other string) {
	if b.ID == "" {
		l.add("", "")
		return
	}
	l.add(b.From)
	l.pairs(textVariables(b.ANI, other, b.Variables))
}

func oldDialogStateText(l *line, s DialogState) {
	l.add(s.Agent, "DialogState", s.Dialog.State, s.Dialog.ID, s.FullName)
	l.brief(s.Dialog, s.Associated.ID)
	l.add(s.Associated.ID, s.Associated.State)
	l.brief(s.Associated, s.Dialog.ID)
}

func dialogStateText(l *line, s DialogState) {
	l.add(s.Agent, "DialogState", s.Dialog.State, s.Dialog.ID, s.FullName)
}

func dialogStateJSON(o *object, s DialogState) {
	o.str("type", "DialogState")
	o.str("dialogId", s.Dialog.ID)
	o.str("state", s.Dialog.State)
	o.str("agentId", s.Agent)
}

func oldDialogStatusText(l *line, s DialogStatus) {
	l.add(s.Agent, "DialogStatus")
	if s.Dialog.ID == "" {
		l.add("", "", "")
		return
	}
	l.add(s.Dialog.ID, s.Dialog.State, s.Associated.ID, s.Associated.State)
}

func dialogStatusText(l *line, s DialogStatus) {
	l.add(s.Agent, "DialogStatus")
	if s.Dialog.ID == "" {
		l.add("", "", "")
		return
	}
	l.add(s.Dialog.ID, s.Dialog.State)
	l.brief(s.Dialog, s.Associated.ID)
	l.add(s.Associated.ID, s.Associated.State)
	l.brief(s.Associated, s.Dialog.ID)
}

func dialogStatusJSON(o *object, s DialogStatus) {
	o.str("type", "DialogStatus")
	o.str("dialogId", s.Dialog.ID)
	o.str("state", s.Dialog.State)
	o.str("fromAddress", s.Dialog.From)
	o.briefVariables("callVariables", s.Dialog)
	o.str("callType", s.Dialog.CallType)
	o.str("associatedDialogId", s.Associated.ID)
	o.str("associatedState", s.Associated.State)
	o.str("associatedFromAddress", s.Associated.From)
	o.briefVariables("associatedCallVariables", s.Associated)
	o.str("agentId", s.Agent)
}

// briefVariables writes a dialog's variables, an empty array without a dialog.
func (o *object) briefVariables(k string, b DialogBrief) {
	if b.ID == "" {
		o.objects(k, 0, nil)
		return
	}
	o.variables(k, b.ANI, b.Variables)
}
