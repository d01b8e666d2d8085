package protocol

// Error answers a command that failed, or reports a later failure [O-002].
type Error struct {
	Addressee
	Err ErrorCode
	// Message replaces the message of [ErrorCode.Message] in JSON [E2]; "" = the table's.
	Message string
}

// Code implements [Output].
func (Error) Code() Code { return "O-002" }

// StatusBar is a line for the agent's window [O-003].
type StatusBar struct {
	Addressee
	Message string
}

// Code implements [Output].
func (StatusBar) Code() Code { return "O-003" }

// System is the state of the whole connector [O-004] [O-005] [O-027].
type System struct{ Status SystemStatus }

// SystemStatus is the word of a [System] message.
type SystemStatus string

// The system states.
const (
	InService    SystemStatus = "IN_SERVICE"
	OutOfService SystemStatus = "OUT_OF_SERVICE"
	NotReachable SystemStatus = "NOT_REACHABLE"
)

// Code implements [Output]. A status that is none of the three is printed as
// it is, under the row of OUT_OF_SERVICE.
func (s System) Code() Code {
	switch s.Status {
	case InService:
		return "O-004"
	case NotReachable:
		return "O-027"
	default:
		return "O-005"
	}
}

// AgentID implements [Output].
func (System) AgentID() string { return "" }

// Reconnect tells a client that its destination is not known here [O-026].
type Reconnect struct{ Destination string }

// Code implements [Output].
func (Reconnect) Code() Code { return "O-026" }

// AgentID implements [Output].
func (Reconnect) AgentID() string { return "" }

func systemOutputs() []OutputRow {
	system := layouts[System]{old: systemText, text: systemText, json: systemJSON}
	return []OutputRow{
		with(layouts[Error]{old: errorText, text: errorText, json: errorJSON}, OutputRow{
			Code:     "O-002",
			Name:     "Error indication message",
			Category: "agent_error",
			Text:     "<agent>#Error#<error_code>",
			Old:      "<agent>#Error#<error_code>",
			Examples: []OutputExample{
				{"user_message", Error{Addressee: Addressee{Agent: "1001"}, Err: ErrSubscriptionFailed}},
				{"description", Error{Addressee: Addressee{Agent: "1001"}, Err: "CF_INVALID_OBJECT_STATE"}},
				{"constant", Error{Addressee: Addressee{Agent: "1001"}, Err: "CF_NO_HELD_CALL"}},
				{"own_message", Error{Addressee: Addressee{Agent: "1001"}, Err: ErrGenericError, Message: `Hook said "no"`}},
			},
		}),
		with(layouts[StatusBar]{old: statusBarText, text: statusBarText, json: statusBarJSON}, OutputRow{
			Code:     "O-003",
			Name:     "Print message in agent window as sent",
			Category: "agent_control",
			Text:     "<agent>#Control#PrintStatusBar#<message>",
			Old:      "<agent>#Control#PrintStatusBar#<message>",
			Examples: []OutputExample{
				{"message", StatusBar{Addressee{Agent: "5650550"}, "message"}},
				{"separators", StatusBar{Addressee{Agent: "5650550"}, "line #1, a|b\nline <2>"}},
			},
		}),
		with(system, OutputRow{
			Code:     "O-004",
			Name:     "System In Service",
			Category: "system",
			Text:     "System#IN_SERVICE",
			Old:      "System#IN_SERVICE",
			Examples: []OutputExample{{"in_service", System{InService}}},
		}),
		with(system, OutputRow{
			Code:     "O-005",
			Name:     "System Out of Service",
			Category: "system",
			Text:     "System#OUT_OF_SERVICE",
			Old:      "System#OUT_OF_SERVICE",
			Examples: []OutputExample{{"out_of_service", System{OutOfService}}},
		}),
		with(layouts[Reconnect]{old: reconnectText, text: reconnectText, json: reconnectJSON}, OutputRow{
			Code:     "O-026",
			Name:     "Reconnect Destination",
			Category: "agent_state",
			Text:     "DESTINATION#<destination>#RECONNECT",
			Old:      "DESTINATION#<destination>#RECONNECT",
			Examples: []OutputExample{{"reconnect", Reconnect{"SiebelTestClient1"}}},
			Note:     "The client sends Connect and Login for all its agents again.",
		}),
		with(system, OutputRow{
			Code:     "O-027",
			Name:     "System not reachable",
			Category: "system",
			Text:     "System#NOT_REACHABLE",
			Old:      "System#NOT_REACHABLE",
			Examples: []OutputExample{{"not_reachable", System{NotReachable}}},
		}),
	}
}

func errorText(l *line, e Error) { l.add(e.Agent, "Error", string(e.Err)) }

func errorJSON(o *object, e Error) {
	message := e.Message
	if message == "" {
		message = e.Err.Message()
	}
	o.str("type", "Error")
	o.str("errorType", string(e.Err))
	o.str("errorMessage", message)
	o.str("agentId", e.Agent)
}

func statusBarText(l *line, s StatusBar) { l.add(s.Agent, "Control", "PrintStatusBar", s.Message) }

func statusBarJSON(o *object, s StatusBar) {
	o.str("type", "Control")
	o.str("location", "statusbar")
	o.str("message", s.Message)
	o.str("agentId", s.Agent)
}

func systemText(l *line, s System) { l.add("System", string(s.Status)) }

func systemJSON(o *object, s System) {
	o.str("type", "System")
	o.str("status", string(s.Status))
}

func reconnectText(l *line, r Reconnect) { l.add("DESTINATION", r.Destination, "RECONNECT") }

func reconnectJSON(o *object, r Reconnect) {
	o.str("type", "DESTINATION")
	o.str("destination", r.Destination)
	o.str("status", "RECONNECT")
}
