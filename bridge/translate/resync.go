package translate

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// Cause is why a Resync happens.
type Cause int

// The causes.
const (
	// AfterLogin publishes AgentInfo, and for supervisors TeamIDs and
	// TeamNames, once per login; State; DialogStatus. Dialogs are taken over
	// silently, but one that rings is announced.
	AfterLogin Cause = iota
	// AfterGap: DialogStatus, State, then what changed meanwhile: vanished
	// dialogs end, unknown ones are announced (M8).
	AfterGap
	// TakeOver: DialogStatus, State; the dialogs are taken over silently,
	// but one that rings is announced (M8).
	TakeOver
	// OnRequest: State, DialogStatus even if nothing changed (C17), and what changed.
	OnRequest
	// OnLook: only what changed, as an event would have told it.
	OnLook
)

// plan is what a cause publishes first, and whether unknown dialogs count as
// told already.
type plan struct {
	opening []func(View) []protocol.Output
	quiet   bool
}

var plans = map[Cause]plan{
	AfterLogin: {opening: []func(View) []protocol.Output{agentInfoOnce, currentState, currentDialogs}, quiet: true},
	AfterGap:   {opening: []func(View) []protocol.Output{currentDialogs, currentState}},
	TakeOver:   {opening: []func(View) []protocol.Output{currentDialogs, currentState}, quiet: true},
	OnRequest:  {opening: []func(View) []protocol.Output{currentState, currentDialogs}},
	OnLook:     {opening: []func(View) []protocol.Output{changedState}},
}

func currentState(v View) []protocol.Output { return []protocol.Output{v.State()} }

// changedState is the State if it is not the one that was told last.
func changedState(v View) []protocol.Output {
	if v.told == keyOf(v.user) {
		return nil
	}
	return []protocol.Output{v.State()}
}

func currentDialogs(v View) []protocol.Output { return []protocol.Output{v.DialogStatus()} }

// agentInfoOnce is the agent's AgentInfo unless it went out in this login.
func agentInfoOnce(v View) []protocol.Output {
	if v.agentInfoSent {
		return nil
	}
	return v.agentInfo()
}

// Resync replaces what is known by what GET User and GET Dialogs answered.
// Notifications that arrive between the two requests and Resync are to be applied
// after it: those that are older than the answers change nothing.
func (v View) Resync(u finesse.User, ds []finesse.Dialog, c Cause) (View, []protocol.Output) {
	p := plans[c]
	v = v.withUser(u)
	v, changes := v.replaceDialogs(ds, p.quiet)
	var all []protocol.Output
	for _, open := range p.opening {
		all = append(all, open(v)...)
	}
	v.told = keyOf(u)
	v.agentInfoSent = v.agentInfoSent || c == AfterLogin && u.State != finesse.StateLogout
	return v, append(all, changes...)
}

// replaceDialogs ends what is no longer listed, then tells what is.
func (v View) replaceDialogs(ds []finesse.Dialog, quiet bool) (View, []protocol.Output) {
	v, all := v.endVanished(ds)
	for _, d := range v.byAge(ds) {
		if !voice(d) {
			continue
		}
		d = v.withCallType(d)
		i, silent := v.find(d.ID), false
		switch {
		case i >= 0:
			c := v.calls[i]
			c.dialog = d
			v = v.with(i, c)
		case v.admits(d, finesse.EventPost):
			i, silent = len(v.calls), quiet
			v = v.with(i, call{dialog: d})
		default:
			continue
		}
		var outs []protocol.Output
		v, outs = v.tell(i, silent)
		all = append(all, outs...)
	}
	return v, all
}

func (v View) endVanished(ds []finesse.Dialog) (View, []protocol.Output) {
	var all []protocol.Output
	for _, old := range v.Dialogs() {
		if slices.ContainsFunc(ds, func(d finesse.Dialog) bool { return d.ID == old.ID }) {
			continue
		}
		i := v.find(old.ID)
		var outs []protocol.Output
		v, outs = v.end(i, v.calls[i], true)
		all = append(all, outs...)
	}
	return v, all
}

// byAge sorts dialogs as they began for this agent, so that a consult comes
// after its call; Finesse lists them in no order.
func (v View) byAge(ds []finesse.Dialog) []finesse.Dialog {
	start := func(d finesse.Dialog) time.Time {
		p, _ := d.Participant(v.extension)
		return p.StartTime
	}
	ds = slices.Clone(ds)
	slices.SortStableFunc(ds, func(a, b finesse.Dialog) int {
		return cmp.Or(
			start(a).Compare(start(b)),
			cmp.Compare(len(a.ID), len(b.ID)),
			strings.Compare(a.ID, b.ID))
	})
	return ds
}
