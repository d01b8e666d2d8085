package protocol

// Words that ask for phone books.
const (
	GetPhonebooks        Word = "GetPhonebooks"
	GetPhonebookContacts Word = "GetPhonebookContacts"
	GetTeamPhonebooks    Word = "GetTeamPhonebooks"
)

func phonebookCommands() []CommandRow {
	return []CommandRow{
		{
			Word: GetPhonebooks,
			Clauses: []Clause{
				{"A-37", "Get Team and Global Phonebooks"},
				{"M-01", "Get Team and Global Phonebooks"},
			},
			Category: "phonebook",
			Answers:  []Code{"O-029"},
			Examples: []CommandExample{{"phonebooks", "GetPhonebooks#1001", ""}},
		},
		{
			Word: GetPhonebookContacts,
			Clauses: []Clause{
				{"A-38", "Get Contacts of a Phonebook"},
				{"M-02", "Get Contacts of a Phonebook"},
			},
			Category: "contacts",
			Params:   []Param{{Name: ParamPhonebook, Kind: KindText, Missing: ErrPleaseRetry}},
			Answers:  []Code{"O-031"},
			Examples: []CommandExample{{"contacts", "GetPhonebookContacts#1001", "10"}},
		},
		{
			Word:     GetTeamPhonebooks,
			Clauses:  []Clause{{"M-03", "Get Team Phonebooks"}},
			Category: "phonebook",
			Params:   []Param{{Name: ParamTeam, Kind: KindText, Optional: true}},
			Answers:  []Code{"O-030"},
			Examples: []CommandExample{
				{"all", "GetTeamPhonebooks#1001", ""},
				{"of_a_team", "GetTeamPhonebooks#1001", "7"},
			},
			Note: "Later editions name the team.",
		},
	}
}
