package ledger

import (
	"slices"

	"gcbridge/finesse"
)

// Expect is what will show that a request has worked. It is a value: what was
// asked, and how the agent stood then.
type Expect struct {
	Rule Rule

	State      finesse.AgentState // RuleState: what was asked for
	ReasonID   string             // its reason code as Finesse was asked, "" = none
	ReasonCode string             // as the client named it, "" = none
	Dialog     string             // the dialog that was acted on
	Target     string             // RuleJoin, RuleDropOther: the other party
	Number     string             // RuleCall: what was dialled
	Variables  []finesse.Variable // RuleData
	Label      string             // RuleData: the wrap-up reason
	Member     string             // RuleMember: whose state it is

	// How the agent stood when it was asked.

	Was   finesse.AgentState // the agent's state
	Part  string             // the state of the agent's own participant in Dialog
	Known []string           // the ids of the agent's dialogs; nil: it is not known what was there
}

// Asked is e with how the agent stands as n says, before the request.
func (e Expect) Asked(n Now) Expect {
	e.Was, e.Known = n.User.State, make([]string, 0, len(n.Dialogs))
	for _, d := range n.Dialogs {
		e.Known = append(e.Known, d.ID)
	}
	if p, ok := n.own(e.Dialog); ok {
		e.Part = p.State
	}
	return e
}

// Now is how an agent stands.
type Now struct {
	User    finesse.User
	Dialogs []finesse.Dialog // live ones
}

func (n Now) dialog(id string) (finesse.Dialog, bool) {
	if i := slices.IndexFunc(n.Dialogs, func(d finesse.Dialog) bool { return d.ID == id }); i >= 0 {
		return n.Dialogs[i], true
	}
	return finesse.Dialog{}, false
}

// own is the agent's own participant in a live dialog.
func (n Now) own(dialog string) (finesse.Participant, bool) {
	d, ok := n.dialog(dialog)
	if !ok {
		return finesse.Participant{}, false
	}
	return d.Participant(n.User.Extension)
}

// Rule names a row of the rules.
type Rule int

// The rules.
const (
	RuleState     Rule = iota + 1 // the agent's state, or the state that waits for the end of a call
	RuleLogin                     // the agent is signed in
	RuleMember                    // the state of another agent, told by [Ledger.Member]
	RuleCall                      // a new call that the agent dialled
	RuleJoin                      // a new dialog with the agent in it
	RuleAnswer                    // the agent talks
	RuleHold                      // the agent holds
	RuleRetrieve                  // the agent talks again
	RuleDrop                      // the agent is out of the dialog
	RuleMove                      // the agent's part in the dialog is another one
	RuleJoined                    // the dialog is a conference
	RuleData                      // the dialog's data are those
	RuleDropOther                 // the other party is out of the dialog
	RuleEvent                     // any event of the dialog: nothing that could be read shows it
)

// rule is how an expectation is looked at.
type rule struct {
	// about reports whether an event may show it.
	about func(e Expect, n finesse.Notification) bool
	// met reports whether it is so. nil: only an event can tell.
	met func(e Expect, now Now) bool
}

// rules is the table of them.
var rules = map[Rule]rule{
	RuleState:     {about: user, met: stateReached},
	RuleLogin:     {about: user, met: func(e Expect, n Now) bool { return signedIn(n.User) }},
	RuleMember:    {about: never},
	RuleCall:      {about: fresh, met: dialled},
	RuleJoin:      {about: fresh, met: joined},
	RuleAnswer:    {about: inDialog, met: part("ACTIVE", "HELD", "WRAP_UP", "DROPPED")},
	RuleHold:      {about: inDialog, met: part("HELD")},
	RuleRetrieve:  {about: inDialog, met: part("ACTIVE")},
	RuleDrop:      {about: inDialog, met: part("WRAP_UP", "DROPPED")},
	RuleMove:      {about: inDialog, met: moved},
	RuleJoined:    {about: anyDialog, met: conference},
	RuleData:      {about: inDialog, met: carries},
	RuleDropOther: {about: inDialog, met: otherGone},
	RuleEvent:     {about: inDialog},
}

// Met reports whether what is known shows that the request has worked.
func (e Expect) Met(n Now) bool {
	met := rules[e.Rule].met
	return met != nil && met(e, n)
}

// shownBy reports whether an event shows it; now is how the agent stands after it.
func (e Expect) shownBy(n finesse.Notification, now Now) bool {
	r := rules[e.Rule]
	return r.about != nil && r.about(e, n) && (r.met == nil || r.met(e, now))
}

func never(Expect, finesse.Notification) bool { return false }

func user(_ Expect, n finesse.Notification) bool { return n.User != nil }

func anyDialog(_ Expect, n finesse.Notification) bool { return len(n.Dialogs) > 0 }

func inDialog(e Expect, n finesse.Notification) bool {
	return slices.ContainsFunc(n.Dialogs, func(d finesse.Dialog) bool { return d.ID == e.Dialog || d.SecondaryID == e.Dialog })
}

// fresh events tell of a dialog that was not there.
func fresh(e Expect, n finesse.Notification) bool {
	return slices.ContainsFunc(n.Dialogs, func(d finesse.Dialog) bool { return !slices.Contains(e.Known, d.ID) })
}

func signedIn(u finesse.User) bool {
	return u.State != "" && u.State != finesse.StateLogout && u.State != finesse.StateUnknown
}

// afterReady are the states that a READY agent gets into by a call, so that READY
// itself may never be seen.
var afterReady = []finesse.AgentState{
	finesse.StateReserved, finesse.StateReservedOut, finesse.StateReservedPreview, finesse.StateTalking, finesse.StateHold,
}

// beforeReady are the states from which only READY leads to those.
var beforeReady = []finesse.AgentState{finesse.StateNotReady, finesse.StateWork, finesse.StateWorkReady}

func stateReached(e Expect, n Now) bool {
	u := n.User
	switch {
	case u.State == e.State:
		return e.reasonIs(u)
	case u.PendingState == e.State:
		return true
	}
	return e.State == finesse.StateReady && slices.Contains(beforeReady, e.Was) && slices.Contains(afterReady, u.State)
}

// reasonIs reports whether u has the reason that was asked for. Old releases
// leave it out of some events (finesse-api 1.9), which counts as a yes unless
// the reason is all that was to change.
func (e Expect) reasonIs(u finesse.User) bool {
	if e.ReasonID == "" && e.ReasonCode == "" || e.ReasonID != "" && u.ReasonCodeID == e.ReasonID ||
		e.ReasonCode != "" && u.Reason != nil && u.Reason.Code == e.ReasonCode {
		return true
	}
	told := u.Reason != nil || u.ReasonCodeID != "" && u.ReasonCodeID != "-1"
	return !told && e.Was != e.State && e.Was != ""
}

// dialled reports a call that the agent made. Where it is not known which calls
// were there before, the number must be the one that was dialled.
func dialled(e Expect, n Now) bool {
	own := n.User.Extension
	return slices.ContainsFunc(n.Dialogs, func(d finesse.Dialog) bool {
		mine := d.From == own || len(d.Participants) > 0 && d.Participants[0].Address == own
		if e.Known == nil {
			return mine && e.Number != "" && (d.To == e.Number || d.DialedNumber == e.Number)
		}
		return mine && !slices.Contains(e.Known, d.ID)
	})
}

func joined(e Expect, n Now) bool {
	return slices.ContainsFunc(n.Dialogs, func(d finesse.Dialog) bool {
		own, in := d.Participant(n.User.Extension)
		if _, other := d.Participant(e.Target); e.Known == nil {
			return in && other
		}
		return in && own.State != "ALERTING" && !slices.Contains(e.Known, d.ID)
	})
}

// part makes the rule of an action that puts the agent's participant into one of
// some states. A dialog that has ended took the action with it.
func part(states ...string) func(Expect, Now) bool {
	return func(e Expect, n Now) bool {
		if e.gone(n) {
			return true
		}
		p, ok := n.own(e.Dialog)
		return ok && slices.Contains(states, p.State)
	}
}

// gone reports that the dialog has ended; one that the agent never had has not.
func (e Expect) gone(n Now) bool {
	_, live := n.dialog(e.Dialog)
	return !live && (e.Known == nil || slices.Contains(e.Known, e.Dialog))
}

func moved(e Expect, n Now) bool {
	if e.gone(n) {
		return true
	}
	d, live := n.dialog(e.Dialog)
	p, ok := d.Participant(n.User.Extension)
	return live && !ok || ok && (e.Known != nil && p.State != e.Part || p.State == "DROPPED" || p.State == "WRAP_UP")
}

// parties that make a call a conference.
const parties = 3

func conference(e Expect, n Now) bool {
	return slices.ContainsFunc(n.Dialogs, func(d finesse.Dialog) bool {
		_, in := d.Participant(n.User.Extension)
		return in && (d.CallType == "CONFERENCE" || len(d.Participants) >= parties)
	})
}

func carries(e Expect, n Now) bool {
	d, live := n.dialog(e.Dialog)
	if !live || e.Label != "" && d.WrapUpReason != e.Label {
		return false
	}
	for _, v := range e.Variables {
		if !slices.Contains(d.Variables, v) {
			return false
		}
	}
	return true
}

func otherGone(e Expect, n Now) bool {
	d, live := n.dialog(e.Dialog)
	p, in := d.Participant(e.Target)
	return e.gone(n) || live && (!in || p.State == "DROPPED" || p.State == "WRAP_UP")
}

// OfState reports whether the outcome is a state, the agent's own or another's.
func (e Expect) OfState() bool {
	return e.Rule == RuleState || e.Rule == RuleLogin || e.Rule == RuleMember
}

// Concerns reports whether news of a dialog may be the outcome.
func (e Expect) Concerns(dialog string) bool {
	switch {
	case e.OfState():
		return false
	case e.Dialog == "":
		return !slices.Contains(e.Known, dialog)
	case e.Rule == RuleJoined:
		return true
	}
	return e.Dialog == dialog
}
