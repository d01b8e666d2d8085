// Package callcontrol is the contact centre behind the simulator: agents,
// dialogs and the rules that move them, for both flavours of the product. It
// is pure: [Engine.Apply] takes a command and a time and returns the events
// that a Finesse server would publish, in order; [Engine.Advance] fires the
// timers that are due. There is no clock, no I/O and no goroutine in it, and
// an Engine is not safe for concurrent use: its owner locks.
//
// The rules follow the participant and action table and the event sequences
// of the Finesse API notes (2.5, 2.9, 3 and 4).
package callcontrol

import (
	"strconv"
	"time"
)

// Flavor is the product that is played.
type Flavor string

// The flavours.
const (
	CCE Flavor = "ucce"
	CCX Flavor = "uccx"
)

// State is the state word of an agent.
type State string

// The agent states. Login appears in requests only.
const (
	Login     State = "LOGIN"
	Logout    State = "LOGOUT"
	Ready     State = "READY"
	NotReady  State = "NOT_READY"
	Reserved  State = "RESERVED"
	Talking   State = "TALKING"
	Hold      State = "HOLD"
	Work      State = "WORK"
	WorkReady State = "WORK_READY"

	// Held for the dialer: a call that comes, a contact to look at.
	ReservedOutbound State = "RESERVED_OUTBOUND"
	ReservedPreview  State = "RESERVED_OUTBOUND_PREVIEW"
)

// CallState is the state of a dialog or of a participant.
type CallState string

// The dialog and participant states. Held and WrapUp are never dialog states.
const (
	Initiating CallState = "INITIATING"
	Initiated  CallState = "INITIATED"
	Alerting   CallState = "ALERTING"
	Active     CallState = "ACTIVE"
	Held       CallState = "HELD"
	WrapUp     CallState = "WRAP_UP"
	Failed     CallState = "FAILED"
	Dropped    CallState = "DROPPED"
	Accepted   CallState = "ACCEPTED" // a preview
)

// WrapUpRule says whether an agent wraps up after a call.
type WrapUpRule string

// The wrap-up rules. With Optional an agent wraps up only after asking for
// WORK or WORK_READY during the call.
const (
	WrapUpRequired     WrapUpRule = "REQUIRED"
	WrapUpOptional     WrapUpRule = "OPTIONAL"
	WrapUpNotAllowed   WrapUpRule = "NOT_ALLOWED"
	WrapUpRequiredData WrapUpRule = "REQUIRED_WITH_WRAP_UP_DATA"
)

// Profile is what is configured for an agent.
type Profile struct {
	ID             string
	Extension      string // the usual device; any known device may be used
	WrapUpIncoming WrapUpRule
	WrapUpOutgoing WrapUpRule
	WrapUpTime     time.Duration // 0: until the agent leaves wrap-up
	MobileAgent    bool          // may sign in with a mobile number
}

// Reason is a NOT_READY or LOGOUT code. ID is the database id that requests
// carry, Code the number that people know.
type Reason struct {
	ID       string
	Code     int
	Label    string
	Category State // NotReady or Logout
	System   bool  // set by the system, never listed
}

// Behaviour is what an outside number does when it is called.
type Behaviour string

// The behaviours.
const (
	Answers        Behaviour = "answer"
	Rings          Behaviour = "ring" // until somebody drops
	Busy           Behaviour = "busy"
	BadDestination Behaviour = "bad_destination"
)

// NumberRule gives the numbers that match Pattern (path.Match) a behaviour.
type NumberRule struct {
	Pattern   string
	Behaviour Behaviour
	After     time.Duration // Answers: how long it rings
}

// Config makes an [Engine].
type Config struct {
	Flavor  Flavor
	Agents  []Profile
	Devices []string // further extensions without an agent of their own
	Reasons []Reason
	Numbers []NumberRule // the first match counts; no match answers at once
	// RingTimeout is when a routed call leaves an agent who does not answer;
	// 0: never.
	RingTimeout time.Duration
	// PresenceGrace is the time between losing an agent's presence and the
	// forced logout.
	PresenceGrace time.Duration
	// LogoutOnDisconnect is the peripheral setting LOAD of CCE.
	LogoutOnDisconnect bool
	// ReasonRequired refuses NOT_READY and LOGOUT without a reason code when
	// codes of that category exist.
	ReasonRequired bool
	FirstDialogID  int
	Queues         []Queue
	// MaxConference is how many parties a conference may have; a barge beyond
	// it is refused with 20700. 0: no limit.
	MaxConference int
}

// User is a snapshot of an agent.
type User struct {
	ID           string
	Extension    string
	State        State
	Pending      State
	ReasonID     string  // "-1" for none
	Reason       *Reason // only in NOT_READY and LOGOUT
	Since        time.Time
	MobileMode   string
	MobileNumber string
}

// Variable is a call variable.
type Variable struct{ Name, Value string }

// Party is a snapshot of a participant.
type Party struct {
	Address string
	Agent   string // id, "" outside the contact centre
	State   CallState
	Cause   string
	Actions []string
	Start   time.Time
	Changed time.Time
}

// Dialog is a snapshot of a dialog. Snapshots are never changed afterwards.
type Dialog struct {
	ID           string
	SecondaryID  string
	AssociatedID string
	From, To     string
	State        CallState
	CallType     string
	DNIS         string
	DialedNumber string
	QueueNumber  string
	QueueName    string
	WrapUpReason string
	WrapUpItems  []string // CCX
	Controller   string   // extension of who made the conference
	Variables    []Variable
	Parties      []Party
	// Of the dialer's calls.
	Classification               string
	CallbackTime, CallbackNumber string
}

// Party returns the participant at address.
func (d *Dialog) Party(address string) (Party, bool) {
	for _, p := range d.Parties {
		if p.Address == address {
			return p, true
		}
	}
	return Party{}, false
}

// Kind is what an event says.
type Kind string

// The kinds of events.
const (
	UserChanged   Kind = "USER"
	DialogAdded   Kind = "POST"
	DialogChanged Kind = "PUT"
	DialogRemoved Kind = "DELETE"
	RequestFailed Kind = "ERROR"
	QueueChanged  Kind = "QUEUE" // for nobody in particular: Agent is ""
)

// Event is one notification for one agent, or about a queue.
type Event struct {
	Kind      Kind
	Agent     string
	RequestID string // of the request that caused it, else ""
	User      *User
	Dialog    *Dialog
	Failure   *Failure
	Queue     *QueueStats
}

// callVariables is how many numbered variables every call has.
const callVariables = 10

// variableName is the name of the i-th numbered variable, from 1.
func variableName(i int) string { return "callVariable" + strconv.Itoa(i) }
