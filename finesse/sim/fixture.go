package sim

import (
	"strconv"
	"time"

	"gcbridge/finesse/sim/callcontrol"
)

// fixture is the contact centre without a scenario; see the package comment.
func fixture(answerAfter time.Duration) scenario {
	ms := int(answerAfter / time.Millisecond)
	f := scenario{
		Teams: []team{
			{ID: "1", Name: "Sales", Supervisors: []string{"1005"}},
			{ID: "2", Name: "Support", Supervisors: []string{"1010"}},
		},
		ReasonCodes: []reasonCode{
			{ID: "102", Code: 12, Label: "Lunch", Category: "NOT_READY"},
			{ID: "103", Code: 13, Label: "Break", Category: "NOT_READY"},
			{ID: "121", Code: 21, Label: "End of shift", Category: "LOGOUT"},
			{ID: "122", Code: 22, Label: "System", Category: "LOGOUT"},
		},
		WrapUpReasons: []string{"Sales", "Complaint", "Other"},
		Numbers: []number{
			{Pattern: "7000", Behaviour: "busy"},
			{Pattern: "7001", Behaviour: "ring"},
			{Pattern: "9*", Behaviour: "answer", AfterMs: ms},
		},
		Admin: &administrator{ID: "admin", Password: "pwadmin"},
		Queues: []queue{
			{ID: "10", Name: "Sales", Number: "3001", Teams: []string{"1"}},
			{ID: "20", Name: "Support", Number: "3002", Teams: []string{"2"}},
		},
		PhoneBooks: []phoneBook{
			{ID: "1", Name: "Company", Type: globalBook, Contacts: []contact{
				{FirstName: "Amanda", LastName: "Cohen", Number: "6511234", Description: "Front desk"},
				{FirstName: "Bill", LastName: "Duke", Number: "6511235", Description: "Billing"},
				{FirstName: "Chris", LastName: "Evans", Number: "6511236"},
			}},
			{ID: "2", Name: "Empty", Type: globalBook},
			{ID: "3", Name: "Sales partners", Type: teamBook, Teams: []string{"1"}, Contacts: []contact{
				{FirstName: "Dora", LastName: "Frost", Number: "6512001", Description: "Reseller, north"},
				{FirstName: "Emil", LastName: "Grant", Number: "6512002", Description: "Reseller, south"},
			}},
			{ID: "4", Name: "Support vendors", Type: teamBook, Teams: []string{"2"}, Contacts: []contact{
				{FirstName: "Fay", LastName: "Hill", Number: "6513001", Description: "Printers"},
				{FirstName: "Gil", LastName: "Irwin", Number: "6513002", Description: "Networks"},
			}},
		},
	}
	for _, short := range []string{"?", "??", "???", "????", "?????"} {
		f.Numbers = append(f.Numbers, number{Pattern: short, Behaviour: "bad_destination"})
	}
	f.Numbers = append(f.Numbers, number{Pattern: "*", Behaviour: "answer", AfterMs: ms})
	names := []string{"Ada", "Bo", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ivo", "Jo"}
	for i, name := range names {
		team := "1"
		if i >= len(names)/2 {
			team = "2"
		}
		f.Agents = append(f.Agents, person{
			ID: strconv.Itoa(1001 + i), FirstName: name, LastName: "Agent", Extension: strconv.Itoa(2001 + i), Team: team,
			MobileAgent: name == "Dan" || name == "Ivo",
		})
	}
	return f
}

// grow adds n agents to the first team.
func (s *scenario) grow(n int) {
	for i := 1; i <= n; i++ {
		id := strconv.Itoa(100000 + i)
		s.Agents = append(s.Agents, person{
			ID: id, LoginName: "agent" + id, FirstName: "Agent", LastName: id, Password: "pw" + id, Token: "token" + id,
			Extension: strconv.Itoa(500000 + i), Team: s.Teams[0].ID,
			WrapUpIncoming: string(callcontrol.WrapUpRequired), WrapUpOutgoing: string(callcontrol.WrapUpNotAllowed),
			WrapUpTimer: new(defaultWrapUpSeconds),
		})
	}
}
