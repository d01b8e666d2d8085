package protocol

// Phonebook is a phone book of Finesse.
type Phonebook struct {
	Name string
	Type string // GLOBAL or TEAM
	ID   string
}

// Phonebooks answers GetPhonebooks [O-029].
type Phonebooks struct {
	Addressee
	Books []Phonebook
}

// Code implements [Output].
func (Phonebooks) Code() Code { return "O-029" }

// TeamPhonebooks answers GetTeamPhonebooks [O-030].
type TeamPhonebooks struct {
	Addressee
	Books []Phonebook
}

// Code implements [Output].
func (TeamPhonebooks) Code() Code { return "O-030" }

// Contacts answers GetPhonebookContacts [O-031].
type Contacts struct {
	Addressee
	PhonebookID string
	Contacts    []Contact
}

// Contact is an entry of a phone book.
type Contact struct {
	Description         string
	FirstName, LastName string
	PhoneNumber         string
	ID                  string
}

// Code implements [Output].
func (Contacts) Code() Code { return "O-031" }

func phonebookOutputs() []OutputRow {
	agent := Addressee{Agent: "5650550"}
	books := []Phonebook{{"jehanzeb", "Team", "1"}, {"jehanzeb2", "GLOBAL", "10"}}
	teamBooks := []Phonebook{{"jehanzeb", "Team", "1"}, {"jehanzeb2", "Team", "10"}}
	hostile := []Phonebook{{"a#b,c|d", "GLOBAL", "1"}}
	contact := Contact{"jehanzeb_contact", "jehanzeb", "riaz", "123456789", "1"}
	second := contact
	second.ID = "10"
	return []OutputRow{
		with(layouts[Phonebooks]{old: oldPhonebooksText, page: oldPhonebooksText, text: phonebooksText, json: phonebooksJSON}, OutputRow{
			Code:     "O-029",
			Name:     "Get Phonebooks (Administrator Function)",
			Category: "phonebook",
			Text:     "<agent>#Phonebooks#name:<name>,type:<type>,id:<id>#name:...",
			Old:      "Phonebooks#name:<name>,type:<type>,id:<id>#name:...",
			Page:     "Phonebooks#name:<name>,type:<type>,id:<id>#name:...",
			Examples: []OutputExample{
				{"two", Phonebooks{agent, books}},
				{"none", Phonebooks{agent, nil}},
				{"separators", Phonebooks{agent, hostile}},
			},
		}),
		with(layouts[TeamPhonebooks]{old: oldTeamPhonebooksText, page: oldTeamPhonebooksText, text: teamPhonebooksText, json: teamPhonebooksJSON}, OutputRow{
			Code:     "O-030",
			Name:     "Get Team Phonebooks (Administrator Function)",
			Category: "phonebook",
			Text:     "<agent>#TeamPhoneBooks#name:<name>,type:<type>,id:<id>#name:...",
			Old:      "TeamPhoneBooks#name:<name>,type:<type>,id:<id>#name:...",
			Page:     "TeamPhoneBooks#name:<name>,type:<type>,id:<id>#name:...",
			Examples: []OutputExample{
				{"two", TeamPhonebooks{agent, teamBooks}},
				{"none", TeamPhonebooks{agent, nil}},
				{"separators", TeamPhonebooks{agent, hostile}},
			},
		}),
		with(layouts[Contacts]{old: oldContactsText, page: oldContactsText, text: contactsText, json: contactsJSON}, OutputRow{
			Code:     "O-031",
			Name:     "Get PhoneBook Contacts (Administrator Function)",
			Category: "contacts",
			Text:     "<agent>#PhonebookContacts#description:<v>,firstName:<v>,lastName:<v>,phoneNumber:<v>,id:<v>#description:...",
			Old:      "PhonebookContacts#description:<v>,firstName:<v>,lastName:<v>,phoneNumber:<v>,id:<v>#description:...",
			Page:     "PhonebookContacts#description:<v>,firstName:<v>,lastName:<v>,phoneNumber:<v>,id:<v>#description:...",
			Examples: []OutputExample{
				{"two", Contacts{agent, "7", []Contact{contact, second}}},
				{"none", Contacts{agent, "7", nil}},
				{"separators", Contacts{agent, "7", []Contact{{"a#b", "c,d", "e|f", "0049,30#1", "1"}}}},
			},
		}),
	}
}

// The page names no agent in these three messages.

func oldPhonebooksText(l *line, p Phonebooks) { l.books("Phonebooks", "NoPhoneBookFound", p.Books) }

func phonebooksText(l *line, p Phonebooks) {
	l.add(p.Agent)
	oldPhonebooksText(l, p)
}

func oldTeamPhonebooksText(l *line, p TeamPhonebooks) {
	l.books("TeamPhoneBooks", "NoTeamPhoneBookFound", p.Books)
}

func teamPhonebooksText(l *line, p TeamPhonebooks) {
	l.add(p.Agent)
	oldTeamPhonebooksText(l, p)
}

func (l *line) books(word, none string, books []Phonebook) {
	l.add(word)
	for _, b := range books {
		l.record("name", b.Name, "type", b.Type, "id", b.ID)
	}
	if len(books) == 0 {
		l.add(none)
	}
}

func oldContactsText(l *line, c Contacts) {
	l.add("PhonebookContacts")
	for _, x := range c.Contacts {
		l.record("description", x.Description, "firstName", x.FirstName, "lastName", x.LastName, "phoneNumber", x.PhoneNumber, "id", x.ID)
	}
	if len(c.Contacts) == 0 {
		l.add("NoContactFound")
	}
}

func contactsText(l *line, c Contacts) {
	l.add(c.Agent)
	oldContactsText(l, c)
}

func phonebooksJSON(o *object, p Phonebooks) { o.books("Phonebooks", "PhoneBook", p.Agent, p.Books) }

func teamPhonebooksJSON(o *object, p TeamPhonebooks) {
	o.books("TeamPhonebooks", "TeamPhoneBook", p.Agent, p.Books)
}

// books writes the list under the type that its edition has.
func (o *object) books(early, later, agent string, books []Phonebook) {
	if !o.later() {
		o.inArray = true
		o.str("type", early)
		o.objects("phonebooks", len(books), func(i int, e *object) {
			e.str("name", books[i].Name)
			e.str("id", books[i].ID)
		})
		return
	}
	o.str("type", later)
	o.objects("phoneBook", len(books), func(i int, e *object) {
		e.str("name", books[i].Name)
		e.str("type", books[i].Type)
		e.str("id", books[i].ID)
	})
	o.str("agentId", agent)
}

func contactsJSON(o *object, c Contacts) {
	if !o.later() {
		o.inArray = true
		o.str("type", "PhonebookContacts")
		o.str("phonebookId", c.PhonebookID)
		o.objects("contacts", len(c.Contacts), func(i int, e *object) {
			x := c.Contacts[i]
			e.str("firstName", x.FirstName)
			e.str("lastName", x.LastName)
			e.str("phoneNumber", x.PhoneNumber)
			e.str("contactId", x.ID)
		})
		return
	}
	o.str("type", "phoneBookContacts")
	o.objects("contact", len(c.Contacts), func(i int, e *object) {
		x := c.Contacts[i]
		e.str("description", x.Description)
		e.str("firstName", x.FirstName)
		e.str("lastName", x.LastName)
		e.str("phoneNumber", x.PhoneNumber)
		e.str("id", x.ID)
	})
	o.str("agentId", c.Agent)
}
