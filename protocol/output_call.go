package protocol

// InboundCall is the state of an agent's call, whatever its direction [O-008].
type InboundCall struct{ Call }

// Code implements [Output].
func (InboundCall) Code() Code { return "O-008" }

// NewInboundCall is a call that rings at the agent [O-009].
type NewInboundCall struct{ Call }

// Code implements [Output].
func (NewInboundCall) Code() Code { return "O-009" }

// ConsultCall is the state of a consultation [O-010]. DialogID is the
// consultation's own id; the messages call it AssDialogID.
type ConsultCall struct{ Call }

// Code implements [Output].
func (ConsultCall) Code() Code { return "O-010" }

func callOutputs() []OutputRow {
	return []OutputRow{
		with(layouts[InboundCall]{old: oldInboundText, page: pageInboundText, text: inboundText, json: inboundJSON}, OutputRow{
			Code:     "O-008",
			Name:     "Inbound Call State",
			Category: "agent_call",
			Text:     "<agent>#InboundCall#<state>#DialogID:<dialog_id>#<from_address>#<call_variables>#<start_time>#CallType:<call_type>#ParticipantsCount:<n>#participants:<participants>",
			Old:      "<agent>#InboundCall#<state>#DialogID:<dialog_id>#<full_name>",
			Page:     "<agent>#InboundCall#<state>#DialogID:<dialog_id>#<from_address>#<call_variables>#<start_time>#<full_name>",
			Examples: inboundExamples(),
			Note:     "A failed call is <agent>#InboundCall#FAILED#DialogID:<dialog_id>#<failure_cause>#<full_name>. Edition 3 sends DialogID only with DROP, HELD and WRAP_UP, and DROP for a failed call. CallType is Finesse's; a silent monitor is SM in text [C26].",
		}),
		with(layouts[NewInboundCall]{old: oldNewInboundText, page: pageNewInboundText, text: newInboundText, json: newInboundJSON}, OutputRow{
			Code:     "O-009",
			Name:     "New Inbound Call",
			Category: "agent_call",
			Text:     "<agent>#NewInboundCall#<from_address>#<call_variables>#DialogID:<dialog_id>#CallType:<call_type>#<start_time>",
			Old:      "<agent>#NewInboundCall#<from_address>#<ani>,<call_variable_1>,<call_variable_2>#DialogID:<dialog_id>",
			Page:     "<agent>#NewInboundCall#<from_address>#<ani>|<call_variables>#DialogID:<dialog_id>",
			Examples: newInboundExamples(),
		}),
		with(layouts[ConsultCall]{old: oldConsultText, text: consultText, json: consultJSON}, OutputRow{
			Code:     "O-010",
			Name:     "Indication of a consult call state",
			Category: "agent_call",
			Text:     "<agent>#ConsultCall#<state>#AssDialogID:<dialog_id>#<from_address>#<call_variables>#<start_time>#<full_name>",
			Old:      "<agent>#ConsultCall#<state>#AssDialogID:<dialog_id>",
			Examples: consultExamples(),
			Note:     "A failed call is <agent>#ConsultCall#FAILED#AssDialogID:<dialog_id>#<failure_cause>#<full_name>; edition 3 sends DROP for it.",
		}),
	}
}

func oldInboundText(l *line, c InboundCall) {
	state := c.oldState()
	l.add(c.Agent, "InboundCall", state)
	if state == "DROP" || state == callHeld || state == callWrapUp {
		l.add("DialogID:" + c.DialogID)
	}
	l.add(c.FullName)
}

func pageInboundText(l *line, c InboundCall) {
	l.add(c.Agent, "InboundCall", c.textState(l.Dialect), "DialogID:"+c.DialogID)
	l.inCall(c.Call)
}

func inboundText(l *line, c InboundCall) {
	l.add(c.Agent, "InboundCall", c.textState(l.Dialect), "DialogID:"+c.DialogID)
	if c.State == callFailed {
		l.add(c.FailureCause, c.FullName)
		return
	}
	l.add(c.From)
	l.pairs(c.textVariables())
	l.at(c.Start)
	l.add("CallType:" + l.callType(c.CallType))
	l.participants(c.Participants)
}

func inboundJSON(o *object, c InboundCall) {
	o.str("type", "InboundCall")
	o.str("dialogId", c.DialogID)
	if c.State == callDropped {
		releasedJSON(o, c.Call)
		return
	}
	o.callState(c.Call)
	o.at("startTime", c.Start)
	o.associatedDialog(c.Call)
	o.str("fromAddress", c.From)
	o.variables("callVariables", c.ANI, c.Variables)
	o.participants(c.Participants)
	o.callTail(c.Call)
}

// releasedJSON is the short form of a call that is over.
func releasedJSON(o *object, c Call) {
	o.associatedDialog(c)
	o.str("state", c.State)
	if o.later() {
		o.str("callType", c.CallType)
		o.str("queueName", c.QueueName)
		o.participants(c.Participants)
	}
	o.str("agentId", c.Agent)
}

func oldNewInboundText(l *line, c NewInboundCall) {
	l.add(c.Agent, "NewInboundCall", c.From)
	values := []string{c.ANI}
	for _, v := range c.Variables {
		values = append(values, v.Value)
	}
	l.list("", values...)
	l.add("DialogID:" + c.DialogID)
}

func pageNewInboundText(l *line, c NewInboundCall) {
	l.add(c.Agent, "NewInboundCall", c.From)
	l.aniAndPairs(c.ANI, c.Variables)
	l.add("DialogID:" + c.DialogID)
}

func newInboundText(l *line, c NewInboundCall) {
	l.add(c.Agent, "NewInboundCall", c.From)
	l.pairs(c.textVariables())
	l.add("DialogID:"+c.DialogID, "CallType:"+l.callType(c.CallType))
	l.at(c.Start)
}

func newInboundJSON(o *object, c NewInboundCall) {
	o.str("type", "NewInboundCall")
	o.str("dialogId", c.DialogID)
	o.str("fromAddress", c.From)
	o.variables("callVariables", c.ANI, c.Variables)
	if o.later() {
		o.participants(c.Participants)
	}
	o.callTail(c.Call)
}

func oldConsultText(l *line, c ConsultCall) {
	l.add(c.Agent, "ConsultCall", c.oldState(), "AssDialogID:"+c.DialogID)
}

func consultText(l *line, c ConsultCall) {
	l.add(c.Agent, "ConsultCall", c.textState(l.Dialect), "AssDialogID:"+c.DialogID)
	l.inCall(c.Call)
}

// inCall appends what a call's text has behind its id: why it failed, or
// address, variables and start; and the agent's name.
func (l *line) inCall(c Call) {
	if c.State == callFailed {
		l.add(c.FailureCause, c.FullName)
		return
	}
	l.add(c.From)
	l.pairs(c.textVariables())
	l.at(c.Start)
	l.add(c.FullName)
}

func consultJSON(o *object, c ConsultCall) {
	o.str("type", "ConsultCall")
	o.callState(c.Call)
	o.str("assDialogId", c.DialogID)
	o.str("fromAddress", c.From)
	o.str("toAddress", c.To)
	o.at("startTime", c.Start)
	o.variables("callVariables", c.ANI, c.Variables)
	o.participants(c.Participants)
	o.callTail(c.Call)
}
