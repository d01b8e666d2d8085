package protocol

// LoggedOut is the former logout message [O-006]; a [State] LOGOUT replaced it.
type LoggedOut struct{ Addressee }

// Code implements [Output].
func (LoggedOut) Code() Code { return "O-006" }

// BareDialogState is a dialog state without controls [O-018], deprecated.
type BareDialogState struct {
	Addressee
	DialogID string
	State    string
}

// Code implements [Output].
func (BareDialogState) Code() Code { return "O-018" }

// ReconnectAgent returned a command for an unknown agent to its sender
// [O-023]; [ReLogin] and [Reconnect] replaced it. RequestBody goes out as it
// is: never fill it from a command that carries a password.
type ReconnectAgent struct {
	Addressee
	RequestType string // the request's JMSType, which becomes the message's [H2]
	RequestBody string
}

// Code implements [Output].
func (ReconnectAgent) Code() Code { return "O-023" }

func legacyOutputs() []OutputRow {
	agent := Addressee{Agent: "jehanzeb6", FullName: "jehanzeb Riaz"}
	return []OutputRow{
		with(layouts[LoggedOut]{old: loggedOutText, text: loggedOutText}, OutputRow{
			Code:     "O-006",
			Name:     "Agent is logged out",
			Category: "agent_state",
			Text:     "<agent>#LOGOUT",
			Old:      "<agent>#LOGOUT",
			Examples: []OutputExample{{"logged_out", LoggedOut{agent}}},
			Note:     "Superseded by O-001; the bridge does not send it. No JSON.",
		}),
		with(layouts[BareDialogState]{old: bareDialogStateText, text: bareDialogStateText, json: bareDialogStateJSON}, OutputRow{
			Code:     "O-018",
			Name:     "Get Agent State without Agent Controls Reply",
			Category: "agent_state",
			Text:     "<agent>#DialogState#<state>#<dialog_id>#<full_name>",
			Old:      "<agent>#DialogState#<state>#<dialog_id>#<full_name>",
			Examples: []OutputExample{{"held", BareDialogState{agent, "16871286", "HELD"}}},
			Note:     "Deprecated; the bridge does not send it.",
		}),
		with(layouts[ReconnectAgent]{old: reconnectAgentText, text: reconnectAgentText, jmsType: requestType}, OutputRow{
			Code:     "O-023",
			Name:     "Reconnect Agent",
			Category: "agent_state",
			Text:     "<agent>#RECONNECT#<request_body>",
			Old:      "<agent>#RECONNECT#<request_body>",
			Examples: []OutputExample{
				{"make_call", ReconnectAgent{agent, "MakeCall#jehanzeb6", "4012"}},
				{"separators", ReconnectAgent{agent, "MakeCall#jehanzeb6\r\nx:y", "40#12\x00"}},
			},
			Note: "Deprecated; the bridge does not send it. No JSON. The JMSType is the request's.",
		}),
	}
}

func loggedOutText(l *line, o LoggedOut) { l.add(o.Agent, "LOGOUT") }

func bareDialogStateText(l *line, s BareDialogState) {
	l.add(s.Agent, "DialogState", s.State, s.DialogID, s.FullName)
}

func bareDialogStateJSON(o *object, s BareDialogState) {
	dialogStateJSON(o, DialogState{Addressee: s.Addressee, Dialog: DialogBrief{ID: s.DialogID, State: s.State}})
}

func reconnectAgentText(l *line, r ReconnectAgent) { l.add(r.Agent, "RECONNECT", r.RequestBody) }

func requestType(_ Dialect, r ReconnectAgent) string { return r.RequestType }
