package protocol

import (
	"strconv"
	"time"
)

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

// Dialog is the dialog that a message about a call is about.
func (c Call) Dialog() string { return c.DialogID }

// States of a call that have a layout of their own.
const (
	callDropped = "DROPPED"
	callFailed  = "FAILED"
	callHeld    = "HELD"
	callWrapUp  = "WRAP_UP"
)

// textState is the state as text prints it [M6].
func (c Call) textState(d Dialect) string {
	if c.State == callDropped {
		return d.callEnded()
	}
	return c.State
}

// oldState is the state as edition 3 prints it: a failed call is a DROP too.
func (c Call) oldState() string {
	if c.State == callDropped || c.State == callFailed {
		return "DROP"
	}
	return c.State
}

// textVariables is how text lists variables: ani and associatedDialogId first.
func textVariables(ani, associated string, vars []Variable) []Variable {
	all := make([]Variable, 0, len(vars)+2)
	all = append(all, Variable{"ani", ani}, Variable{"associatedDialogId", associated})
	return append(all, vars...)
}

func (c Call) textVariables() []Variable {
	return textVariables(c.ANI, c.AssociatedDialog, c.Variables)
}

// participants appends count and list of the participants.
func (l *line) participants(ps []Participant) {
	l.add("ParticipantsCount:" + strconv.Itoa(len(ps)))
	rows := make([][]string, len(ps))
	for i, p := range ps {
		kind := p.AddressType
		if kind == "" {
			kind = "NULL"
		}
		rows[i] = []string{p.Address, p.State, kind, p.StateCause, l.time(p.ChangedAt)}
	}
	l.rows("participants:", rows)
}

// variables writes an array of one-key objects, ani last [D4].
func (o *object) variables(k, ani string, vars []Variable) {
	o.objects(k, len(vars)+1, func(i int, e *object) {
		if i == len(vars) {
			e.str("ani", ani)
			return
		}
		e.str(vars[i].Name, vars[i].Value)
	})
}

func (o *object) participants(ps []Participant) {
	o.objects("participants", len(ps), func(i int, e *object) {
		e.str("mediaAddress", ps[i].Address)
		e.str("state", ps[i].State)
		e.str("addressType", ps[i].AddressType)
		if e.later() {
			e.str("stateCause", ps[i].StateCause)
			e.at("stateChangeTime", ps[i].ChangedAt)
		}
	})
}

// callState writes state and, for a failed call, why it failed.
func (o *object) callState(c Call) {
	o.str("state", c.State)
	if c.State == callFailed {
		o.str("failureCause", c.FailureCause)
	}
}

// associatedDialog writes the other dialog under the name its edition has.
func (o *object) associatedDialog(c Call) {
	if o.later() {
		o.strOrNull("associatedDialogId", c.AssociatedDialog)
		return
	}
	o.strOrNull("prevDialogId", c.AssociatedDialog)
}

// callTail writes what 4.4.12 added to every call message, and the agent.
func (o *object) callTail(c Call) {
	if o.later() {
		o.str("callType", c.CallType)
		o.str("queueName", c.QueueName)
	}
	o.str("agentId", c.Agent)
}
