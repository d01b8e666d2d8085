package protocol

import "strconv"

// DialogStateControls answers getdialogstatecontrols; [Controls] follows [O-015] [C22].
type DialogStateControls struct {
	Addressee
	DialogType string // Finesse's call type
	DialogID   string
	State      string
}

// Code implements [Output].
func (DialogStateControls) Code() Code { return "O-015" }

// Controls says what the agent may do with a dialog now [O-017] [C22].
type Controls struct {
	Addressee
	Controls []Control
}

// Control is one button of a client.
type Control struct {
	Index   int // 0 ANSWER, 1 HOLD, ... in the order of [C22]
	Visible bool
}

// Code implements [Output].
func (Controls) Code() Code { return "O-017" }

// ParticipantDropped answers dropparticipant in JSON; in text it is a line for
// the agent's window, an O-003 in layout, code and JMSType.
type ParticipantDropped struct {
	Addressee
	Extension string
}

// Code implements [Output].
func (ParticipantDropped) Code() Code { return "participantDropped" }

// ConnectStatus answers Connect in JSON; in text success is silent.
type ConnectStatus struct{ Addressee }

// Code implements [Output].
func (ConnectStatus) Code() Code { return "ConnectStatus" }

// NoDataFound says in the JSON of 4.4.12 that a list is empty; 4.4 sends the
// empty list, and text has a word of its own in each list.
type NoDataFound struct {
	Addressee
	Title string
	Data  string
}

// Code implements [Output].
func (NoDataFound) Code() Code { return "no_data_found" }

func controlOutputs() []OutputRow {
	agent := Addressee{Agent: "jehanzeb6", FullName: "jehanzeb Riaz"}
	later := Addressee{Agent: "5650550"}
	return []OutputRow{
		with(layouts[DialogStateControls]{old: stateControlsText, text: stateControlsText, json: stateControlsJSON}, OutputRow{
			Code:     "O-015",
			Name:     "Get Dialog State Controls Reply",
			Category: "agent_dialog",
			Text:     "<agent>#<dialog_type>#DialogState#<state>#<dialog_id>#<full_name>",
			Old:      "<agent>#<dialog_type>#DialogState#<state>#<dialog_id>#<full_name>",
			Examples: []OutputExample{
				{"held", DialogStateControls{agent, "PREROUTE_ACD_IN", "16871286", "HELD"}},
				{"separators", DialogStateControls{agent, "A#B", "1#2", "HELD"}},
			},
		}),
		with(layouts[Controls]{old: controlsText, text: controlsText, json: controlsJSON}, OutputRow{
			Code:     "O-017",
			Name:     "Controls",
			Category: "agent_control",
			Text:     "<agent>#Control#<index_1>,<visible_1>|<index_2>,<visible_2>",
			Old:      "<agent>#Control#<index_1>,<visible_1>|<index_2>,<visible_2>",
			Examples: []OutputExample{
				{"controls", Controls{agent, []Control{{0, false}, {1, true}, {3, true}}}},
				{"none", Controls{agent, nil}},
			},
		}),
		with(layouts[ParticipantDropped]{old: participantDroppedText, text: participantDroppedText, json: participantDroppedJSON}, OutputRow{
			Code:     "participantDropped",
			TextCode: "O-003",
			Name:     "Participant dropped",
			Category: "agent_control",
			Text:     "<agent>#Control#PrintStatusBar#Participant <extension> dropped",
			Old:      "<agent>#Control#PrintStatusBar#Participant <extension> dropped",
			Examples: []OutputExample{
				{"dropped", ParticipantDropped{later, "20107"}},
				{"separators", ParticipantDropped{later, "20#107\n"}},
			},
		}),
		with(layouts[ConnectStatus]{json: connectStatusJSON}, OutputRow{
			Code:     "ConnectStatus",
			Name:     "Connect Status",
			Category: "agent_info",
			Examples: []OutputExample{{"success", ConnectStatus{later}}},
			Note:     "JSON only.",
		}),
		with(layouts[NoDataFound]{json: noDataFoundJSON}, OutputRow{
			Code:     "no_data_found",
			Name:     "No data found",
			Category: "agent_info",
			Examples: []OutputExample{{"none", NoDataFound{later, "tiltle", "data"}}},
			Note:     "JSON of 4.4.12 only; 4.4 sends the list with nothing in it.",
		}),
	}
}

func stateControlsText(l *line, c DialogStateControls) {
	l.add(c.Agent, l.callType(c.DialogType), "DialogState", c.State, c.DialogID, c.FullName)
}

func stateControlsJSON(o *object, c DialogStateControls) {
	o.str("type", "DialogStateControls")
	o.str("dialogType", c.DialogType)
	o.str("dialogId", c.DialogID)
	o.str("state", c.State)
	o.str("agentId", c.Agent)
}

func controlsText(l *line, c Controls) {
	l.add(c.Agent, "Control")
	rows := make([][]string, len(c.Controls))
	for i, control := range c.Controls {
		rows[i] = []string{strconv.Itoa(control.Index), strconv.FormatBool(control.Visible)}
	}
	l.rows("", rows)
}

func controlsJSON(o *object, c Controls) {
	o.str("type", "Control")
	o.objects("controls", len(c.Controls), func(i int, e *object) {
		e.integer("index", c.Controls[i].Index)
		e.boolean("visible", c.Controls[i].Visible)
	})
	o.str("agentId", c.Agent)
}

func participantDroppedText(l *line, p ParticipantDropped) {
	statusBarText(l, StatusBar{p.Addressee, "Participant " + p.Extension + " dropped"})
}

func participantDroppedJSON(o *object, p ParticipantDropped) {
	o.str("type", "Control")
	o.str("participantDropped", p.Extension)
	o.str("agentId", p.Agent)
}

func connectStatusJSON(o *object, _ ConnectStatus) {
	o.str("type", "ConnectStatus")
	o.str("status", "ConnectSuccess")
}

func noDataFoundJSON(o *object, n NoDataFound) {
	if !o.later() {
		o.skip()
		return
	}
	o.str("type", "no_data_found")
	o.str("title", n.Title)
	o.str("data", n.Data)
	o.str("agentId", n.Agent)
}
