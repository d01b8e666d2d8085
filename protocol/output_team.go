package protocol

import "time"

// TeamUsers answers getteamusers [O-020].
type TeamUsers struct {
	Addressee // the supervisor
	Users     []TeamUser
}

// TeamUser is a member of a team, logged in or not.
type TeamUser struct {
	LoginID             string
	FirstName, LastName string
	Extension           string
	State, Pending      string
	MediaType           string
	ChangedAt           time.Time // zero: empty
	Label               string    // the reason's; editions 3 and page have none
}

// Code implements [Output].
func (TeamUsers) Code() Code { return "O-020" }

// TeamMemberState is the state of one team member [O-021]. Real connectors
// send a [State] addressed to the supervisor in its place.
type TeamMemberState struct {
	Addressee // the supervisor
	TeamID    string
	State     string
}

// Code implements [Output].
func (TeamMemberState) Code() Code { return "O-021" }

// ConferenceParticipants answers getDialogParticipants [O-022].
type ConferenceParticipants struct {
	Addressee
	Extensions []string
}

// Code implements [Output].
func (ConferenceParticipants) Code() Code { return "O-022" }

// AgentsList answers getallagents.
type AgentsList struct {
	Addressee
	Agents []ListedAgent
}

// ListedAgent is an agent who is logged in.
type ListedAgent struct {
	LoginID             string
	FirstName, LastName string
	Extension           string
	State               string
	Team                string // the team's name
}

// Code implements [Output].
func (AgentsList) Code() Code { return "AgentsList" }

func teamOutputs() []OutputRow {
	supervisor := Addressee{Agent: "jehanzeb6", FullName: "jehanzeb Riaz"}
	member := TeamUser{
		LoginID: "75001", FirstName: "jehanzeb6", LastName: "riaz", Extension: "1006",
		State: "Not_Ready", MediaType: "AGENT_DEVICE", Label: "Not_Ready",
	}
	working := member
	working.State, working.Pending, working.Label = "TALKING", "NOT_READY", ""
	working.ChangedAt = time.Date(2019, 9, 17, 12, 46, 21, 0, time.UTC)
	hostile := working
	hostile.FirstName, hostile.LastName, hostile.Label = "J#n", "D,e|f", "a,b#c\n"
	return []OutputRow{
		with(layouts[TeamUsers]{old: teamUsersText, text: teamUsersText, json: teamUsersJSON}, OutputRow{
			Code:     "O-020",
			Name:     "Get Team Users Reply (Supervisor Function)",
			Category: "supervisor_team",
			Text:     "<supervisor>#TeamUsersList#FirstName:<v>,LastName:<v>,Extension:<v>,LoginID:<v>,State:<v>,PendingState:<v>,MediaType:<v>,StateChangeTime:<v>,Label:<v>#FirstName:...",
			Old:      "<supervisor>#TeamUsersList#FirstName:<v>,LastName:<v>,Extension:<v>,LoginID:<v>,State:<v>,PendingState:<v>,MediaType:<v>,StateChangeTime:<v>#FirstName:...",
			Page:     "<supervisor>#TeamUsersList#FirstName:<v>,LastName:<v>,Extension:<v>,LoginID:<v>,State:<v>,PendingState:<v>,MediaType:<v>,StateChangeTime:<v>#FirstName:...",
			Examples: []OutputExample{
				{"two", TeamUsers{supervisor, []TeamUser{member, member}}},
				{"working", TeamUsers{supervisor, []TeamUser{working}}},
				{"logged_out", TeamUsers{supervisor, []TeamUser{{LoginID: "75002", FirstName: "Joe", LastName: "Doe", State: "LOGOUT"}}}},
				{"nobody", TeamUsers{supervisor, nil}},
				{"separators", TeamUsers{supervisor, []TeamUser{hostile}}},
			},
		}),
		with(layouts[TeamMemberState]{old: teamMemberStateText, text: teamMemberStateText, json: teamMemberStateJSON}, OutputRow{
			Code:     "O-021",
			Name:     "Team Member State Changed",
			Category: "supervisor_team_member_state",
			Text:     "<supervisor>#TeamMemberStateChanged#<team_id>#<state>",
			Old:      "<supervisor>#TeamMemberStateChanged#<team_id>#<state>",
			Examples: []OutputExample{{"ready", TeamMemberState{supervisor, "7", "READY"}}},
		}),
		with(layouts[ConferenceParticipants]{old: participantsText, text: participantsText, json: participantsJSON}, OutputRow{
			Code:     "O-022",
			Name:     "Conference Participants",
			Category: "supervisor_dialog",
			Text:     "<agent>#ConferenceParticipants#<extension_1>,<extension_2>",
			Old:      "<agent>#ConferenceParticipants#<extension_1>,<extension_2>",
			Examples: []OutputExample{
				{"three", ConferenceParticipants{supervisor, []string{"1005", "1004", "1006"}}},
				{"separators", ConferenceParticipants{supervisor, []string{"10#05", "10,04"}}},
			},
		}),
		with(layouts[AgentsList]{old: agentsListText, text: agentsListText, json: agentsListJSON}, OutputRow{
			Code:     "AgentsList",
			Name:     "Get All Agents",
			Category: "agent_call",
			Text:     "<agent>#AgentsList#LoginId=<v>,Name=<v>,Extension=<v>,State=<v>,Team=<v>|LoginId=...",
			Old:      "<agent>#AgentsList#LoginId=<v>,Name=<v>,Extension=<v>,State=<v>,Team=<v>|LoginId=...",
			Examples: []OutputExample{
				{"two", AgentsList{supervisor, []ListedAgent{
					{LoginID: "75001", FirstName: "jehanzeb6", LastName: "riaz", Extension: "1006", State: "READY", Team: "Demo"},
					{LoginID: "75002", FirstName: "jehanzeb7", LastName: "riaz", Extension: "1007", State: "NOT_READY", Team: "Demo"},
				}}},
				{"nobody", AgentsList{supervisor, nil}},
				{"separators", AgentsList{supervisor, []ListedAgent{{LoginID: "1", FirstName: "a,b", LastName: "c|d", State: "READY", Team: "x#y"}}}},
			},
			Note: "The developer guide prints no comma after Name, which is taken for a slip.",
		}),
	}
}

func teamUsersText(l *line, t TeamUsers) {
	l.add(t.Agent, "TeamUsersList")
	for _, u := range t.Users {
		values := []string{
			"FirstName", u.FirstName, "LastName", u.LastName, "Extension", u.Extension, "LoginID", u.LoginID, "State", u.State,
			"PendingState", u.Pending, "MediaType", u.MediaType, "StateChangeTime", l.time(u.ChangedAt),
		}
		if l.Edition.hasJSON() { // the developer guide's editions
			values = append(values, "Label", u.Label)
		}
		l.record(values...)
	}
	if len(t.Users) == 0 {
		l.add("")
	}
}

func teamUsersJSON(o *object, t TeamUsers) {
	if !o.later() {
		o.inArray = true
		o.str("type", "Agents")
		o.objects("users", len(t.Users), func(i int, e *object) {
			e.user(t.Users[i].FirstName, t.Users[i].LastName, t.Users[i].Extension)
		})
		return
	}
	o.str("type", "TeamAgents")
	o.objects("users", len(t.Users), func(i int, e *object) {
		u := t.Users[i]
		e.user(u.FirstName, u.LastName, u.Extension)
		e.str("loginId", u.LoginID)
		e.str("state", u.State)
		e.str("pendingState", u.Pending)
		e.str("mediaType", u.MediaType)
		e.at("stateChangeTime", u.ChangedAt)
		e.str("label", u.Label)
	})
	o.str("agentId", t.Agent)
}

func (o *object) user(first, last, extension string) {
	o.str("firstName", first)
	o.str("lastName", last)
	o.str("extension", extension)
}

func teamMemberStateText(l *line, t TeamMemberState) {
	l.add(t.Agent, "TeamMemberStateChanged", t.TeamID, t.State)
}

func teamMemberStateJSON(o *object, t TeamMemberState) {
	o.str("type", "TeamMemberStateChanged")
	o.str("teamId", t.TeamID)
	o.str("state", t.State)
	o.str("agentId", t.Agent)
}

func participantsText(l *line, p ConferenceParticipants) {
	l.add(p.Agent, "ConferenceParticipants")
	l.list("", p.Extensions...)
}

func participantsJSON(o *object, p ConferenceParticipants) {
	o.str("type", "ConferenceParticipants")
	o.strs("participants", p.Extensions)
	o.str("agentId", p.Agent)
}

func agentsListText(l *line, a AgentsList) {
	l.add(a.Agent, "AgentsList")
	rows := make([][]string, len(a.Agents))
	for i, x := range a.Agents {
		rows[i] = []string{
			"LoginId=" + x.LoginID, "Name=" + x.FirstName + " " + x.LastName,
			"Extension=" + x.Extension, "State=" + x.State, "Team=" + x.Team,
		}
	}
	l.rows("", rows)
}

func agentsListJSON(o *object, a AgentsList) {
	o.inArray = !o.later()
	o.str("type", "Agents")
	o.objects("users", len(a.Agents), func(i int, e *object) {
		e.user(a.Agents[i].FirstName, a.Agents[i].LastName, a.Agents[i].Extension)
	})
	if o.later() {
		o.str("agentId", a.Agent)
	}
}
