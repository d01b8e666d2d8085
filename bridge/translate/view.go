package translate

import (
	"slices"
	"time"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// View is everything translation knows of one agent. It is a value: copying
// is cheap, methods never change the receiver, and views may be read from any
// goroutine. What its readers return is shared and must not be changed.
type View struct {
	agent   string
	dialect protocol.Dialect
	user    finesse.User
	// extension is the last one that was not empty: a logout clears the
	// User's before the last dialog has ended.
	extension string
	told      stateKey // of the last State that was published
	// agentInfoSent: AgentInfo went out in this login.
	agentInfoSent bool
	calls         []call        // live, oldest first
	ended         []endedDialog // oldest first, at most maxEndedDialogs
}

// call is one live dialog and what the client was told of it.
type call struct {
	dialog    finesse.Dialog // as last seen, with the call type restored
	class     class          // unclassified: nothing may be told yet
	open      bool           // the first look was not the whole truth: the class may become outbound or preview
	withheld  bool           // its first packet was held back [M3]
	announced bool           // its New... message went out, or never will
	present   bool           // P was seen in it
	told      bool           // the client has heard of it
	partner   string         // the agent's own call that this consult belongs to
	start     time.Time      // P's own start in it
	last      rendered       // the last message about its state
}

// rendered is a message with its text in the view's dialect.
type rendered struct {
	output protocol.Output
	text   string
}

// New is the view of an agent of whom nothing is known yet.
func New(agent string, d protocol.Dialect) View { return View{agent: agent, dialect: d} }

// WithDialect is v speaking another dialect (the client reconnected in another
// format). What was told already counts as told in the new dialect.
func (v View) WithDialect(d protocol.Dialect) View {
	v.dialect = d
	v.calls = slices.Clone(v.calls)
	for i, c := range v.calls {
		if c.last.output != nil {
			v.calls[i].last, _ = v.render(c.last.output)
		}
	}
	return v
}

// ForClient is v for a client that has just connected: it speaks d, and
// AgentInfo is due again after the next login.
func (v View) ForClient(d protocol.Dialect) View {
	v = v.WithDialect(d)
	v.agentInfoSent = false
	return v
}

// User is the agent as last known; the zero User if nothing is known.
func (v View) User() finesse.User { return v.user }

// Dialogs are the agent's live dialogs, oldest first.
func (v View) Dialogs() []finesse.Dialog {
	ds := make([]finesse.Dialog, len(v.calls))
	for i, c := range v.calls {
		ds[i] = c.dialog
	}
	return ds
}

// Dialog finds a live dialog.
func (v View) Dialog(id string) (finesse.Dialog, bool) {
	if i := v.find(id); i >= 0 {
		return v.calls[i].dialog, true
	}
	return finesse.Dialog{}, false
}

// Apply takes one User or Dialog notification and returns the outputs to
// publish, in order (M1-M7). A notification of another kind, of another agent
// or of a medium other than voice changes nothing. For Errors notifications see
// [ErrorFor].
func (v View) Apply(n finesse.Notification) (View, []protocol.Output) {
	if n.User != nil {
		return v.applyUser(*n.User)
	}
	var all []protocol.Output
	for _, d := range n.Dialogs {
		var outs []protocol.Output
		v, outs = v.applyDialog(d, n.Event)
		all = append(all, outs...)
	}
	return v, all
}

// Standing is what was last told of what n is about: the State of the agent, or
// the state messages of live dialogs. It is for telling them once more.
func (v View) Standing(n finesse.Notification) []protocol.Output {
	if n.User != nil && v.own(*n.User) && v.user.State != "" {
		return []protocol.Output{v.State()}
	}
	var outs []protocol.Output
	for _, d := range n.Dialogs {
		if i := v.find(d.ID); i >= 0 && v.calls[i].last.output != nil {
			outs = append(outs, v.calls[i].last.output)
		}
	}
	return outs
}

// find is the index of a live dialog, -1 if there is none.
func (v View) find(id string) int {
	return slices.IndexFunc(v.calls, func(c call) bool { return c.dialog.ID == id })
}

// with is v with c in place i; i == len(v.calls) appends.
func (v View) with(i int, c call) View {
	calls := make([]call, max(len(v.calls), i+1))
	copy(calls, v.calls)
	calls[i] = c
	v.calls = calls
	return v
}

// without is v without the dialog in place i.
func (v View) without(i int) View {
	v.calls = slices.Delete(slices.Clone(v.calls), i, i+1)
	return v
}

// render writes o in the view's dialect; ok is false if the dialect has no
// such message.
func (v View) render(o protocol.Output) (rendered, bool) {
	e, ok := protocol.Encode(o, v.dialect)
	return rendered{output: o, text: e.Body}, ok
}

// addressee heads every output about the agent.
func (v View) addressee() protocol.Addressee {
	return protocol.Addressee{Agent: v.agent, FullName: v.user.FullName()}
}
