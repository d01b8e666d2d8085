package finesse

import (
	"slices"
	"time"
)

// AgentState is the state word of a User: READY, NOT_READY, TALKING, ...
type AgentState string

// The agent states (finesse-api section 4). Login, Ready, NotReady and Logout
// may be set; the others Finesse sets.
const (
	StateLogin           AgentState = "LOGIN" // only in requests
	StateLogout          AgentState = "LOGOUT"
	StateNotReady        AgentState = "NOT_READY"
	StateReady           AgentState = "READY"
	StateReserved        AgentState = "RESERVED"
	StateReservedOut     AgentState = "RESERVED_OUTBOUND"
	StateReservedPreview AgentState = "RESERVED_OUTBOUND_PREVIEW"
	StateTalking         AgentState = "TALKING"
	StateHold            AgentState = "HOLD"
	StateWork            AgentState = "WORK"
	StateWorkReady       AgentState = "WORK_READY"
	StateUnknown         AgentState = "UNKNOWN"
)

// User is an agent as last known. Merge partial events into it with
// [User.Merge]; never treat an absent element as removal.
type User struct {
	ID              string // loginId
	LoginName       string
	FirstName       string
	LastName        string
	Extension       string // "" when logged out
	State           AgentState
	PendingState    AgentState
	StateChangeTime time.Time // zero: Finesse has none yet
	ReasonCodeID    string    // database id; "-1" for none
	Reason          *ReasonCode
	Roles           []string // "Agent", "Supervisor", ...
	WrapUpOnIncome  string   // settings/wrapUpOnIncoming
	WrapUpOnOut     string   // settings/wrapUpOnOutgoing
	WrapUpTimer     int      // seconds
	TeamID          string
	TeamName        string
	Teams           []TeamRef // supervised teams
}

// FullName is "First Last", trimmed.
func (u User) FullName() string {
	switch {
	case u.FirstName == "":
		return u.LastName
	case u.LastName == "":
		return u.FirstName
	}
	return u.FirstName + " " + u.LastName
}

// Supervisor reports whether the user has the Supervisor role.
func (u User) Supervisor() bool { return slices.Contains(u.Roles, "Supervisor") }

// TeamRef names a team.
type TeamRef struct{ ID, Name string }

// UserPatch is what one User body or event carries; nil = the element was
// absent. Reason belongs to State: a patch with State and without Reason
// means that there is no reason code block now.
type UserPatch struct {
	ID, LoginName, FirstName, LastName, Extension *string
	State, PendingState                           *AgentState
	StateChangeTime                               *time.Time
	ReasonCodeID                                  *string
	Reason                                        *ReasonCode
	Roles                                         []string
	WrapUpOnIncome, WrapUpOnOut                   *string
	WrapUpTimer                                   *int
	TeamID, TeamName                              *string
	Teams                                         []TeamRef
}

// ReasonCode is a NOT_READY or LOGOUT code.
type ReasonCode struct {
	ID       string // database id: what a request sends as reasonCodeId
	Code     string // the number people know
	Label    string
	Category string // NOT_READY, LOGOUT
}

// WrapUpReason has a label only.
type WrapUpReason struct {
	ID    string
	Label string
}

// Dialog is a whole dialog; Finesse always sends the whole object.
type Dialog struct {
	ID               string
	SecondaryID      string
	AssociatedDialog string // id, from the last segment of associatedDialogUri
	From             string
	To               string
	State            string // INITIATING INITIATED ALERTING ACTIVE FAILED DROPPED ACCEPTED
	MediaType        string
	CallType         string
	DNIS             string
	DialedNumber     string
	QueueNumber      string
	QueueName        string
	WrapUpReason     string
	Classification   string // outboundClassification
	Variables        []Variable
	Participants     []Participant
	// Unreadable: the list had a dialog, of which only this ID is known, or not
	// even that. It never comes in a notification.
	Unreadable bool `json:",omitempty"`
}

// Variable is a call variable, in Finesse's order.
type Variable struct{ Name, Value string }

// Participant is one party of a dialog.
type Participant struct {
	Address         string // mediaAddress
	AddressType     string // AGENT_DEVICE or ""
	State           string // INITIATING INITIATED ALERTING ACTIVE HELD WRAP_UP DROPPED FAILED ACCEPTED
	StateCause      string
	Actions         []string
	StartTime       time.Time
	StateChangeTime time.Time
}

// Participant returns the party at address; ok is false if there is none.
func (d Dialog) Participant(address string) (p Participant, ok bool) {
	for _, p := range d.Participants {
		if p.Address == address {
			return p, true
		}
	}
	return Participant{}, false
}

// SystemInfo is a server's state; it answers without credentials.
type SystemInfo struct {
	Deployment     string // UCCE, UCCX
	Status         string // IN_SERVICE, OUT_OF_SERVICE
	StatusReason   string
	XMPPDomain     string
	PubSubDomain   string
	PrimaryHost    string
	SecondaryHost  string
	XMPPSecurePort int // of direct TLS; 12.6+, 0 if absent
	XMPPPort       int // without it; 12.6+, 0 if absent
	// CTIHeartbeatFailed: lastCTIHeartbeatStatus is failure. Absent, or a word
	// that we do not know, is no failure.
	CTIHeartbeatFailed bool
}

// InService reports whether the server takes requests.
func (s SystemInfo) InService() bool { return s.Status == "IN_SERVICE" }

// Event is the kind of a notification, always upper case.
type Event string

// The events.
const (
	EventPut    Event = "PUT"
	EventPost   Event = "POST"
	EventDelete Event = "DELETE"
)

// Notification is what a [Stream] delivers: one decoded Update of an XMPP
// event, the presence of the server itself, or a payload that could not be
// decoded. At most one of User, Dialogs, Errors, System, Team, Queues,
// Available and Malformed is set, by what the payload held; an Update of
// another kind has none of them.
type Notification struct {
	Node      string // pubsub node
	ItemID    string
	Source    string // as sent: /finesse/api/User/{id}, .../Dialogs, /finesse/api/Dialog/{id}, ...
	Event     Event
	RequestID string // of the request that caused it; best effort, may repeat
	User      *UserPatch
	Dialogs   []Dialog // one for PUT (dialog) and usually one for POST/DELETE (dialogs/Dialog)
	Errors    []APIError
	System    *SystemInfo
	Team      *Team   // a whole team, on /finesse/api/Team/{id}/Users
	Queues    []Queue // one for a queue's own node
	// Available is the presence of the server's own user "finesse": false
	// means that the Finesse web application is gone while XMPP still stands.
	Available *bool
	// Other is set for the presence of another resource of the same user: another
	// program is connected as the agent, or is no longer. Resources of gcbridge are not told.
	Other *OtherResource `json:",omitempty"`
	// Malformed is set for an event of the pubsub service that we could not
	// read: something happened that we do not know, so the receiver reads
	// User and Dialogs again. It wraps [ErrPayload].
	Malformed error
	Received  time.Time // when the stanza was read
}

// OtherResource is another connection of an agent, such as the Finesse desktop.
type OtherResource struct {
	Name string
	Up   bool
}

// APIError is one error of an ApiErrors (REST) or apiErrors (XMPP) body.
type APIError struct {
	Type    string
	Data    string // a CTI number, an extension, a field name: not always a number
	Message string // a CF_/E_CTI_ constant or a text
	Code    string // peripheralErrorCode, optional
	Text    string // peripheralErrorText, optional
}
