package finesse

import (
	"strconv"
	"time"
)

// Team is a team with the summaries of its members.
type Team struct {
	ID, Name string
	Users    []User
}

// Queue is a queue (skill group) and its statistics. CCX prints -1 for all
// numbers and never updates them.
type Queue struct {
	ID, Name string
	Stats    QueueStats
}

// QueueStats are the numbers of a queue; -1 where Finesse has none.
type QueueStats struct {
	CallsInQueue      int
	LongestSince      time.Time // start of the longest call in the queue
	AgentsReady       int
	AgentsNotReady    int
	AgentsBusyOther   int
	AgentsLoggedOn    int
	TalkingInbound    int
	TalkingOutbound   int
	TalkingInternal   int
	WrapUpNotReady    int
	WrapUpReady       int
	HasStatisticsBody bool // the statistics element was present
}

// PhoneBook is a phone book. Contacts is nil when Finesse printed only a URI
// for them (the administrator's form): read them with
// [Client.PhoneBookContacts].
type PhoneBook struct {
	ID, Name, Type string // Type: GLOBAL or TEAM
	Contacts       []Contact
}

// Contact is one entry of a phone book.
type Contact struct {
	ID, FirstName, LastName, Number, Description string
}

func decodeTeam(e *element) Team {
	t := Team{ID: idOf(e), Name: e.str("name")}
	for _, u := range e.child("users").all("User") {
		t.Users = append(t.Users, User{}.Merge(decodeUser(u)))
	}
	return t
}

func decodeQueue(e *element) Queue {
	s := e.child("statistics")
	return Queue{ID: idOf(e), Name: e.str("name"), Stats: QueueStats{
		CallsInQueue:      count(s, "callsInQueue"),
		LongestSince:      parseTime(s.str("startTimeOfLongestCallInQueue")),
		AgentsReady:       count(s, "agentsReady"),
		AgentsNotReady:    count(s, "agentsNotReady"),
		AgentsBusyOther:   count(s, "agentsBusyOther"),
		AgentsLoggedOn:    count(s, "agentsLoggedOn"),
		TalkingInbound:    count(s, "agentsTalkingInbound"),
		TalkingOutbound:   count(s, "agentsTalkingOutbound"),
		TalkingInternal:   count(s, "agentsTalkingInternal"),
		WrapUpNotReady:    count(s, "agentsWrapUpNotReady"),
		WrapUpReady:       count(s, "agentsWrapUpReady"),
		HasStatisticsBody: s != nil,
	}}
}

// count is a number of a queue; absent and malformed ones are -1.
func count(e *element, name string) int {
	n, err := strconv.Atoi(e.str(name))
	if err != nil {
		return -1
	}
	return n
}

func decodeQueues(e *element) []Queue {
	list := []Queue{}
	for _, q := range e.all("Queue") {
		list = append(list, decodeQueue(q))
	}
	return list
}

func decodePhoneBook(e *element) PhoneBook {
	b := PhoneBook{ID: idOf(e), Name: e.str("name"), Type: e.str("type")}
	contacts := e.child("contacts")
	if contacts != nil && (len(contacts.kids) > 0 || contacts.str() == "") {
		b.Contacts = decodeContacts(contacts)
	}
	return b
}

func decodeContacts(e *element) []Contact {
	list := []Contact{}
	for _, c := range e.all("Contact") {
		list = append(list, Contact{
			ID:          idOf(c),
			FirstName:   c.str("firstName"),
			LastName:    c.str("lastName"),
			Number:      c.str("phoneNumber"),
			Description: c.str("description"),
		})
	}
	return list
}
