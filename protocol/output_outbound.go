package protocol

// NewOutboundCall is a progressive or predictive call [O-028].
type NewOutboundCall struct{ Call }

// Code implements [Output].
func (NewOutboundCall) Code() Code { return "O-028" }

// NewOutboundPreviewCall is a reservation the agent may accept.
type NewOutboundPreviewCall struct{ Call }

// Code implements [Output].
func (NewOutboundPreviewCall) Code() Code { return "NewOutboundPreviewCall" }

// Callback answers the three callback commands.
type Callback struct {
	Addressee
	Title string
	Data  string // "Callback Updated", "Callback Canceled", ...
}

// Code implements [Output].
func (Callback) Code() Code { return "callback" }

// Reclassify answers RECLASSIFYCALL.
type Reclassify struct {
	Addressee
	Data string
}

// Code implements [Output].
func (Reclassify) Code() Code { return "reclassify" }

func outboundOutputs() []OutputRow {
	agent := Addressee{Agent: "5650550"}
	return []OutputRow{
		with(layouts[NewOutboundCall]{old: oldNewOutboundText, page: oldNewOutboundText, text: newOutboundText, json: newOutboundJSON}, OutputRow{
			Code:     "O-028",
			Name:     "New Outbound Call",
			Category: "agent_call",
			Text:     "<agent>#NewOutboundCall#<from_address>#<call_variables>#DialogID:<dialog_id>",
			Old:      "<agent>#NewOutboundCall#<from_address>#ani=<ani>|<call_variables>#DialogID:<dialog_id>",
			Page:     "<agent>#NewOutboundCall#<from_address>#ani=<ani>|<call_variables>#DialogID:<dialog_id>",
			Examples: []OutputExample{
				{"outbound", NewOutboundCall{exampleOutbound()}},
				{"dialer_variables", NewOutboundCall{dialerCall()}},
				{"separators", NewOutboundCall{hostileCall()}},
			},
			Note: "The dialer's BA variables are passed as they are.",
		}),
		with(layouts[NewOutboundPreviewCall]{old: newPreviewText, text: newPreviewText, json: newPreviewJSON}, OutputRow{
			Code:     "NewOutboundPreviewCall",
			Name:     "New Outbound Preview Call",
			Category: "agent_call",
			Text:     "<agent>#NewOutboundPreviewCall#<from_address>#<call_variables>#DialogID:<dialog_id>#CallType:<call_type>",
			Old:      "<agent>#NewOutboundPreviewCall#<from_address>#<call_variables>#DialogID:<dialog_id>#CallType:<call_type>",
			Examples: []OutputExample{
				{"preview", NewOutboundPreviewCall{exampleOutbound()}},
				{"dialer_variables", NewOutboundPreviewCall{dialerCall()}},
				{"separators", NewOutboundPreviewCall{hostileCall()}},
			},
		}),
		with(layouts[Callback]{text: callbackText, json: callbackJSON}, OutputRow{
			Code:     "callback",
			Name:     "Callback",
			Category: "agent_call",
			Text:     "CallBack#<data>",
			Examples: []OutputExample{
				{"callback", Callback{agent, "title", "data"}},
				{"updated", Callback{agent, "CALLBACK", "Callback Updated"}},
				{"separators", Callback{agent, "a#b", "c#d\n"}},
			},
			Note: "4.4.12 prints <agent>#<title>#<data>.",
		}),
		with(layouts[Reclassify]{text: reclassifyText, json: reclassifyJSON}, OutputRow{
			Code:     "reclassify",
			Name:     "Reclassify",
			Category: "agent_call",
			Text:     "CallBack#<data>",
			Examples: []OutputExample{
				{"reclassified", Reclassify{agent, "RECLASSIFY Successfully"}},
			},
			Note: "4.4.12 prints <agent>#RECLASSIFY#<data>.",
		}),
	}
}

// exampleOutbound is the call of the samples; its call type is theirs.
func exampleOutbound() Call {
	c := exampleCall()
	c.CallType = "calltype"
	return c
}

// dialerCall is a call with the variables that the dialer sets.
func dialerCall() Call {
	c := exampleCall()
	c.CallType, c.QueueName = "OUTBOUND_PREVIEW", ""
	c.Variables = []Variable{
		{"callVariable1", ""},
		{"BACampaign", "Spring"},
		{"BAStatus", "OD"},
		{"BAResponse", ""},
		{"BAAccountNumber", "4711"},
		{"BADialedListID", "12"},
		{"BACampaignID", "5001"},
		{"BACustomerNumber", "4012"},
		{"BATimeZone", "-60"},
		{"BABuddyName", "Doe, Jane"},
	}
	return c
}

func oldNewOutboundText(l *line, c NewOutboundCall) {
	l.add(c.Agent, "NewOutboundCall", c.From)
	l.pairs(append([]Variable{{"ani", c.ANI}}, c.Variables...))
	l.add("DialogID:" + c.DialogID)
}

func newOutboundText(l *line, c NewOutboundCall) {
	l.add(c.Agent, "NewOutboundCall", c.From)
	l.pairs(c.textVariables())
	l.add("DialogID:" + c.DialogID)
}

func newPreviewText(l *line, c NewOutboundPreviewCall) {
	l.add(c.Agent, "NewOutboundPreviewCall", c.From)
	l.pairs(c.textVariables())
	l.add("DialogID:"+c.DialogID, "CallType:"+l.callType(c.CallType))
}

func newOutboundJSON(o *object, c NewOutboundCall) { outboundJSON(o, "NewOutboundCall", c.Call) }

func newPreviewJSON(o *object, c NewOutboundPreviewCall) {
	outboundJSON(o, "NewOutboundPreviewCall", c.Call)
}

func outboundJSON(o *object, kind string, c Call) {
	o.str("type", kind)
	o.str("dialogId", c.DialogID)
	o.str("fromAddress", c.From)
	o.variables("callVariables", c.ANI, c.Variables)
	if o.later() {
		o.participants(c.Participants)
	} else {
		o.str("calltype", c.CallType) // so spelt in 4.4
	}
	o.callTail(c)
}

func callbackText(l *line, c Callback) {
	if l.Edition == Edition4412 {
		l.add(c.Agent, c.Title, c.Data)
		return
	}
	l.add("CallBack", c.Data)
}

func callbackJSON(o *object, c Callback) {
	o.str("type", "callback")
	o.str("title", c.Title)
	o.str("data", c.Data)
	o.str("agentId", c.Agent)
}

func reclassifyText(l *line, r Reclassify) {
	callbackText(l, Callback{Addressee: r.Addressee, Title: "RECLASSIFY", Data: r.Data})
}

func reclassifyJSON(o *object, r Reclassify) {
	o.str("type", "CALLBACK")
	o.str("title", "RECLASSIFY")
	o.str("data", r.Data)
	o.str("agentId", r.Agent)
}
