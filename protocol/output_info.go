package protocol

import "strconv"

// Team is a team's id and name.
type Team struct{ ID, Name string }

// AgentInfo is sent once per session, after login [O-011].
type AgentInfo struct {
	Addressee
	FirstName, LastName string
	LoginName           string
	Supervisor          bool
	WrapUpOnIncoming    string // OPTIONAL, REQUIRED, NOT_ALLOWED, REQUIRED_WITH_WRAP_UP_DATA
	Teams               []Team // supervised teams; empty for an agent
	Team                Team   // the agent's own
}

// Code implements [Output].
func (AgentInfo) Code() Code { return "O-011" }

// TeamIDs lists a supervisor's teams by id [O-012].
type TeamIDs struct {
	Addressee
	Teams []Team
}

// Code implements [Output].
func (TeamIDs) Code() Code { return "O-012" }

// TeamNames lists a supervisor's teams by name [O-013].
type TeamNames struct {
	Addressee
	Teams []Team
}

// Code implements [Output].
func (TeamNames) Code() Code { return "O-013" }

// ReasonCategory is the category word of [ReasonCodes].
type ReasonCategory string

// The categories. Text prints Wrap_Up where JSON prints WrapUp.
const (
	ReasonNotReady ReasonCategory = "NOT_READY"
	ReasonLogout   ReasonCategory = "LOGOUT"
	ReasonWrapUp   ReasonCategory = "WrapUp"
)

// Reason is one code a client may send; wrap-up reasons have a running number
// as code, because Finesse has only labels for them.
type Reason struct{ Code, Label string }

// ReasonCodes answers the three reason-code commands [O-016].
type ReasonCodes struct {
	Addressee
	Category ReasonCategory
	Reasons  []Reason
}

// Code implements [Output].
func (ReasonCodes) Code() Code { return "O-016" }

func infoOutputs() []OutputRow {
	agent := Addressee{Agent: "jehanzeb4", FullName: "jehanzeb4 riaz"}
	supervisor := Addressee{Agent: "1005", FullName: "Sue Pervisor"}
	teams := []Team{{"1", "Sales"}, {"2", "Support"}}
	hostileTeams := []Team{{"1", "Sales, #1 | <EMEA>"}, {"2", "R&D"}}
	return []OutputRow{
		with(layouts[AgentInfo]{old: oldAgentInfoText, page: oldAgentInfoText, text: agentInfoText, json: agentInfoJSON}, OutputRow{
			Code:     "O-011",
			Name:     "Agent info upon login",
			Category: "agent_info",
			Text:     "<agent>#AgentInfo#<first_name>#<last_name>#<is_supervisor>#<wrap_up_mode>#<team_id>#<full_name>#<login_name>",
			Old:      "<agent>#AgentInfo#<first_name>#<last_name>#<is_supervisor>#<wrap_up_mode>#<full_name>",
			Page:     "<agent>#AgentInfo#<first_name>#<last_name>#<is_supervisor>#<wrap_up_mode>#<full_name>",
			Examples: []OutputExample{
				{"agent", AgentInfo{
					Addressee: agent, FirstName: "jehanzeb4", LastName: "riaz", LoginName: "jehanzeb4", Team: Team{"7", "Demo"},
				}},
				{"supervisor", AgentInfo{
					Addressee: supervisor, FirstName: "Sue", LastName: "Pervisor", LoginName: "sue", Supervisor: true,
					WrapUpOnIncoming: "OPTIONAL", Teams: teams, Team: Team{"1", "Sales"},
				}},
				{"separators", AgentInfo{
					Addressee: supervisor, FirstName: "S#e", LastName: "P|r,v", LoginName: "s#e", Supervisor: true,
					WrapUpOnIncoming: "REQUIRED", Teams: hostileTeams, Team: hostileTeams[0],
				}},
			},
			Note: "Since 4.4 a supervisor's message has two more fields before team_id: TotalNumberOfTeams:<n>#<team_1_id>,<team_1_name>|<team_2_id>,<team_2_name>.",
		}),
		with(layouts[TeamIDs]{old: teamIDsText, text: teamIDsText, json: teamIDsJSON}, OutputRow{
			Code:     "O-012",
			Name:     "Supervisor Team Info",
			Category: "supervisor_info",
			Text:     "<supervisor>#TeamInfoIDs#TeamID#<team_1_id>,<team_2_id>#<full_name>",
			Old:      "<supervisor>#TeamInfoIDs#TeamID#<team_1_id>,<team_2_id>#<full_name>",
			Examples: []OutputExample{
				{"teams", TeamIDs{supervisor, teams}},
				{"no_teams", TeamIDs{supervisor, nil}},
			},
		}),
		with(layouts[TeamNames]{old: teamNamesText, text: teamNamesText, json: teamNamesJSON}, OutputRow{
			Code:     "O-013",
			Name:     "Supervisor Team Info",
			Category: "supervisor_info",
			Text:     "<supervisor>#TeamInfoNames#TeamName#<team_1_name>,<team_2_name>#<full_name>",
			Old:      "<supervisor>#TeamInfoNames#TeamName#<team_1_name>,<team_2_name>#<full_name>",
			Examples: []OutputExample{
				{"teams", TeamNames{supervisor, teams}},
				{"separators", TeamNames{supervisor, hostileTeams}},
			},
		}),
		with(layouts[ReasonCodes]{old: oldReasonCodesText, page: oldReasonCodesText, text: reasonCodesText, json: reasonCodesJSON}, OutputRow{
			Code:     "O-016",
			Name:     "Reason Codes",
			Category: "agent_work",
			Text:     "<agent>#ReasonCodes#Category:<category>#<code_1>,<code_2>#Labels:<label_1>,<label_2>#<full_name>",
			Old:      "<agent>#ReasonCodes#Category:<category>#Codes:<code_1>,<code_2>#Labels:<label_1>,<label_2>#<full_name>",
			Page:     "<agent>#ReasonCodes#Category:<category>#Codes:<code_1>,<code_2>#Labels:<label_1>,<label_2>#<full_name>",
			Examples: reasonCodeExamples(),
		}),
	}
}

func reasonCodeExamples() []OutputExample {
	agent := Addressee{Agent: "jehanzeb4", FullName: "jehanzeb4 riaz"}
	return []OutputExample{
		{"wrap_up", ReasonCodes{agent, ReasonWrapUp, []Reason{
			{"1", "Complaint"},
			{"2", "Inquiry New"},
			{"3", "Conf call"},
			{"4", "Transfer call"},
			{"5", "Customer new call"},
			{"6", "Old call customer"},
			{"7", "Bill Inquiry"},
		}}},
		{"wrap_up_later", ReasonCodes{Addressee{Agent: "75002"}, ReasonWrapUp, []Reason{
			{"2", "Information"},
			{"3", "Parked by Agent 1"},
			{"4", "Parked by Agent 2"},
			{"5", "Unparked by Agent 1"},
			{"6", "Unparked by Agent 2"},
			{"7", "ne"},
		}}},
		{"not_ready", ReasonCodes{agent, ReasonNotReady, []Reason{{"12", "Lunch"}, {"13", "Break"}}}},
		{"logout_none", ReasonCodes{agent, ReasonLogout, nil}},
		{"separators", ReasonCodes{agent, ReasonNotReady, []Reason{{"12", "Lunch, #1|2"}, {"13", "\"Break\" <5 min>"}}}},
	}
}

func oldAgentInfoText(l *line, a AgentInfo) {
	l.add(a.Agent, "AgentInfo", a.FirstName, a.LastName, strconv.FormatBool(a.Supervisor), a.WrapUpOnIncoming, a.FullName)
}

func agentInfoText(l *line, a AgentInfo) {
	l.add(a.Agent, "AgentInfo", a.FirstName, a.LastName, strconv.FormatBool(a.Supervisor), a.WrapUpOnIncoming)
	if a.Supervisor {
		l.add("TotalNumberOfTeams:" + strconv.Itoa(len(a.Teams)))
		rows := make([][]string, len(a.Teams))
		for i, t := range a.Teams {
			rows[i] = []string{t.ID, t.Name}
		}
		l.rows("", rows)
	}
	l.add(a.Team.ID, a.FullName, a.LoginName)
}

func agentInfoJSON(o *object, a AgentInfo) {
	o.str("type", "AgentInfo")
	o.str("firstName", a.FirstName)
	o.str("lastName", a.LastName)
	o.boolean("supervisor", a.Supervisor)
	o.str("wrapUpOnIncoming", a.WrapUpOnIncoming)
	if o.later() {
		total := "" // a string, and empty for an agent, as the sample has it
		if a.Supervisor {
			total = strconv.Itoa(len(a.Teams))
		}
		o.str("totalNumberOfTeams", total)
	}
	o.objects("teams", len(a.Teams), func(i int, e *object) { e.team(a.Teams[i]) })
	o.object("team", func(e *object) { e.team(a.Team) })
	o.str("agentId", a.Agent)
}

func (o *object) team(t Team) {
	o.str("id", t.ID)
	o.str("name", t.Name)
}

func teamIDsText(l *line, t TeamIDs) {
	l.add(t.Agent, "TeamInfoIDs", "TeamID")
	l.list("", teamIDs(t.Teams)...)
	l.add(t.FullName)
}

func teamIDsJSON(o *object, t TeamIDs) {
	o.str("type", "TeamInfoIDs")
	o.strs("teamIds", teamIDs(t.Teams))
	o.str("agentId", t.Agent)
}

func teamNamesText(l *line, t TeamNames) {
	l.add(t.Agent, "TeamInfoNames", "TeamName")
	l.list("", teamNames(t.Teams)...)
	l.add(t.FullName)
}

func teamNamesJSON(o *object, t TeamNames) {
	o.str("type", "TeamInfoNames")
	o.strs("teamNames", teamNames(t.Teams))
	o.str("agentId", t.Agent)
}

func teamIDs(teams []Team) []string {
	ids := make([]string, len(teams))
	for i, t := range teams {
		ids[i] = t.ID
	}
	return ids
}

func teamNames(teams []Team) []string {
	names := make([]string, len(teams))
	for i, t := range teams {
		names[i] = t.Name
	}
	return names
}

func oldReasonCodesText(l *line, r ReasonCodes) { r.text(l, "Codes:") }

func reasonCodesText(l *line, r ReasonCodes) { r.text(l, "") }

func (r ReasonCodes) text(l *line, codesPrefix string) {
	category := string(r.Category)
	if r.Category == ReasonWrapUp {
		category = "Wrap_Up"
	}
	codes, labels := make([]string, len(r.Reasons)), make([]string, len(r.Reasons))
	for i, reason := range r.Reasons {
		codes[i], labels[i] = reason.Code, reason.Label
	}
	l.add(r.Agent, "ReasonCodes", "Category:"+category)
	l.list(codesPrefix, codes...)
	l.list("Labels:", labels...)
	l.add(r.FullName)
}

func reasonCodesJSON(o *object, r ReasonCodes) {
	o.str("type", "ReasonCodes")
	o.str("category", string(r.Category))
	o.objects("reasonCodes", len(r.Reasons), func(i int, e *object) {
		reason := r.Reasons[i]
		if e.later() {
			e.str("code", reason.Code)
			e.str("label", reason.Label)
			return
		}
		e.str(reason.Code, reason.Label)
	})
	o.str("agentId", r.Agent)
}
