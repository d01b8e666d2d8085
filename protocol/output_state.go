package protocol

import (
	"cmp"
	"time"
)

// State is an agent's state [O-001]. For a supervisor's copy Addressee is the
// supervisor and Member the team member, whose everything else but LoginName is.
type State struct {
	Addressee
	Member      string // login id of the team member, "" for the agent's own state
	MemberName  string // the member's full name; "" prints the addressee's
	State       string // Finesse's word: READY, NOT_READY, TALKING, ...
	ReasonCode  string // "-1" for LOGOUT and the first NOT_READY, "" for READY
	ReasonLabel string
	Pending     string
	ChangedAt   time.Time // zero: empty
	LoginName   string
	Extension   string
}

// Code implements [Output].
func (State) Code() Code { return "O-001" }

// ReLogin tells a client that its agent is not known here [O-007].
type ReLogin struct{ Addressee }

// Code implements [Output].
func (ReLogin) Code() Code { return "O-007" }

func stateOutputs() []OutputRow {
	return []OutputRow{
		with(layouts[State]{old: oldStateText, page: pageStateText, text: stateText, json: stateJSON}, OutputRow{
			Code:     "O-001",
			Name:     "Send Agent State",
			Category: "agent_state",
			Text:     "<agent>#State#<state>#<reason_code>#<change_time_string>#<pending_state>#<change_time>#<full_name>#<login_id>#<extension>#<reason_label>#<full_name>#<login_name>",
			Old:      "<agent>#State#<state>#<full_name>",
			Page:     "<agent>#State#<state>#<reason_code>#<full_name>",
			Examples: stateExamples(),
			Note:     "A supervisor's copy names the team member in login_id (JSON: teamAgentId); editions 3 and page have no such copy. The change time string is never used.",
		}),
		with(layouts[ReLogin]{old: reLoginText, text: reLoginText, json: reLoginJSON}, OutputRow{
			Code:     "O-007",
			Name:     "Agent not found",
			Category: "agent_state",
			Text:     "<agent>#State#RE_LOGIN",
			Old:      "<agent>#State#RE_LOGIN",
			Examples: []OutputExample{{"re_login", ReLogin{Addressee{Agent: "1001"}}}},
			Note:     "The client answers with Connect and Login.",
		}),
	}
}

func oldStateText(l *line, s State) {
	if s.Member != "" {
		l.skip() // the layout has no place to say whose state it is
		return
	}
	l.add(s.Agent, "State", s.State, s.FullName)
}

func pageStateText(l *line, s State) {
	if s.Member != "" {
		l.skip() // as in edition 3
		return
	}
	l.add(s.Agent, "State", s.State, s.ReasonCode, s.FullName)
}

func stateText(l *line, s State) {
	const changeTimeString = ""
	l.add(s.Agent, "State", s.State, s.ReasonCode, changeTimeString, s.Pending)
	l.at(s.ChangedAt)
	l.add(cmp.Or(s.MemberName, s.FullName), cmp.Or(s.Member, s.Agent), s.Extension, s.ReasonLabel, s.FullName, s.LoginName)
}

func stateJSON(o *object, s State) {
	o.str("type", "State")
	if s.Member != "" {
		o.str("teamAgentId", s.Member)
	} else {
		o.str("agentId", s.Agent)
	}
	o.str("state", s.State)
	o.str("reasonCode", s.ReasonCode)
	o.str("stateChangeTimeString", "")
	o.str("pendingState", s.Pending)
	o.at("stateChangeTime", s.ChangedAt)
	if o.later() {
		o.str("fullName", cmp.Or(s.MemberName, s.FullName))
		o.str("extension", s.Extension)
		o.str("label", s.ReasonLabel)
	}
	if s.Member != "" {
		o.str("agentId", s.Agent)
	}
}

func reLoginText(l *line, r ReLogin) { l.add(r.Agent, "State", "RE_LOGIN") }

func reLoginJSON(o *object, r ReLogin) {
	stateJSON(o, State{Addressee: r.Addressee, State: "RE_LOGIN"})
}

func stateExamples() []OutputExample {
	agent := Addressee{Agent: "jehanzeb6", FullName: "jehanzeb Riaz"}
	changed := time.Date(2019, 9, 17, 12, 46, 21, 0, time.UTC)
	notReady := State{
		Addressee: agent, State: "NOT_READY", ReasonCode: "8", ReasonLabel: "Break",
		ChangedAt: changed, LoginName: "jehanzeb6", Extension: "42801",
	}
	talking := State{
		Addressee: agent, State: "TALKING", Pending: "NOT_READY",
		ChangedAt: changed, LoginName: "jehanzeb6", Extension: "42801",
	}
	copied := notReady
	copied.Addressee = Addressee{Agent: "75001", FullName: "Sup One"}
	copied.Member, copied.MemberName, copied.LoginName = "jehanzeb6", "jehanzeb Riaz", "sup1"
	separators := notReady
	separators.FullName = "O'Neil | Riaz, #2\r\n<jr> & \"co\" \\ \x00"
	separators.ReasonLabel = "Lunch #1, late"
	return []OutputExample{
		{"ready", State{Addressee: agent, State: "READY", ChangedAt: changed, LoginName: "jehanzeb6", Extension: "42801"}},
		{"not_ready", notReady},
		{"logout", State{Addressee: agent, State: "LOGOUT", ReasonCode: "-1", ChangedAt: changed, LoginName: "jehanzeb6"}},
		{"talking_pending", talking},
		{"team_member", copied},
		{"separators", separators},
	}
}
