package protocol

import "time"

// Code names an output row: "O-001" to "O-031", and for messages of the
// original without a number the event word ("NewOutboundPreviewCall").
type Code string

// Output is one message to a client, before it is encoded. The types of this
// file are the only implementations; each has one row in the output table.
type Output interface {
	// Code is the clause of the row that encodes this value.
	Code() Code
	// AgentID is whom the message is about and goes to: an agent login id, or
	// "" for system and destination messages.
	AgentID() string
}

// Addressee is embedded by every output that is sent to an agent.
type Addressee struct {
	Agent    string // login id; the first field of DEFAULT text, "agentId" in JSON
	FullName string // "First Last"
}

// AgentID implements part of [Output].
func (a Addressee) AgentID() string { return a.Agent }

// State is an agent's state [O-001]. For a supervisor's copy Addressee is the
// supervisor and Member the team member.
type State struct {
	Addressee
	Member      string // login id of the team member, "" for the agent's own state
	State       string // Finesse's word: READY, NOT_READY, TALKING, ...
	ReasonCode  string // "-1" for LOGOUT and the first NOT_READY, "" for READY
	ReasonLabel string
	Pending     string
	ChangedAt   time.Time // zero: empty
	LoginName   string
	Extension   string
}

// ReLogin tells a client that its agent is not known here [O-007].
type ReLogin struct{ Addressee }

// Error answers a command that failed, or reports a later failure [O-002].
type Error struct {
	Addressee
	Err ErrorCode
	// Message replaces the user message of the error table in JSON [E2]; "" = the table's.
	Message string
}

// StatusBar is a line for the agent's window [O-003].
type StatusBar struct {
	Addressee
	Message string
}

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

// Reconnect tells a client that its destination is not known here [O-026].
type Reconnect struct{ Destination string }

// Variable is one call variable; order matters and is kept.
type Variable struct{ Name, Value string }

// Participant is one party of a call.
type Participant struct {
	Address     string // Finesse's mediaAddress
	State       string
	AddressType string // AGENT_DEVICE, or "" (text prints NULL)
	StateCause  string
	ChangedAt   time.Time // zero: empty
}

// Call is what every call message carries; each message prints what its row
// shows. Variables are Finesse's, without ani and associatedDialogId, which
// the encoders add where each dialect has them.
type Call struct {
	Addressee
	DialogID         string
	State            string // M2: INITIATING ... ACTIVE, HELD, WRAP_UP, FAILED, DROPPED
	From             string
	ANI              string
	To               string
	Variables        []Variable
	Start            time.Time // the agent's own start in the call; zero: empty
	AssociatedDialog string    // "" prints null in JSON
	Participants     []Participant
	CallType         string
	QueueName        string
	FailureCause     string // with State FAILED: BUSY, BAD_DESTINATION, ...
}

// InboundCall is the state of an agent's call, whatever its direction [O-008].
type InboundCall struct{ Call }

// NewInboundCall is a call that rings at the agent [O-009].
type NewInboundCall struct{ Call }

// ConsultCall is the state of a consultation [O-010].
type ConsultCall struct{ Call }

// NewOutboundCall is a progressive or predictive call [O-028].
type NewOutboundCall struct{ Call }

// NewOutboundPreviewCall is a reservation the agent may accept.
type NewOutboundPreviewCall struct{ Call }

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

// TeamIDs lists a supervisor's teams by id [O-012].
type TeamIDs struct {
	Addressee
	Teams []Team
}

// TeamNames lists a supervisor's teams by name [O-013].
type TeamNames struct {
	Addressee
	Teams []Team
}

// DialogBrief is a dialog inside [DialogState] and [DialogStatus]; the zero
// value means that there is none.
type DialogBrief struct {
	ID        string
	State     string
	From      string
	ANI       string
	Variables []Variable
	CallType  string
}

// DialogState answers getdialogstate [O-014]; State is NOT_FOUND for a dialog
// that the agent does not have.
type DialogState struct {
	Addressee
	Dialog     DialogBrief
	Associated DialogBrief
}

// DialogStatus lists the agent's dialogs after login, failover and re-sync
// [O-024]. Its JMSType is the call types [H2].
type DialogStatus struct {
	Addressee
	Dialog     DialogBrief
	Associated DialogBrief
}

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
func (State) Code() Code { return "O-001" }

// Code implements [Output].
func (ReLogin) Code() Code { return "O-007" }

// Code implements [Output].
func (Error) Code() Code { return "O-002" }

// Code implements [Output].
func (StatusBar) Code() Code { return "O-003" }

// Code implements [Output].
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

// Code implements [Output].
func (Reconnect) Code() Code { return "O-026" }

// AgentID implements [Output].
func (Reconnect) AgentID() string { return "" }

// Code implements [Output].
func (InboundCall) Code() Code { return "O-008" }

// Code implements [Output].
func (NewInboundCall) Code() Code { return "O-009" }

// Code implements [Output].
func (ConsultCall) Code() Code { return "O-010" }

// Code implements [Output].
func (NewOutboundCall) Code() Code { return "O-028" }

// Code implements [Output].
func (NewOutboundPreviewCall) Code() Code { return "NewOutboundPreviewCall" }

// Code implements [Output].
func (AgentInfo) Code() Code { return "O-011" }

// Code implements [Output].
func (TeamIDs) Code() Code { return "O-012" }

// Code implements [Output].
func (TeamNames) Code() Code { return "O-013" }

// Code implements [Output].
func (DialogState) Code() Code { return "O-014" }

// Code implements [Output].
func (DialogStatus) Code() Code { return "O-024" }

// Code implements [Output].
func (ReasonCodes) Code() Code { return "O-016" }
