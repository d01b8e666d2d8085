package translate

import (
	"reflect"
	"strings"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// Participant and dialog states that translation looks at (finesse-api 2.5).
const (
	initiating = "INITIATING"
	initiated  = "INITIATED"
	alerting   = "ALERTING"
	active     = "ACTIVE"
	held       = "HELD"
	failed     = "FAILED"
	dropped    = "DROPPED"
	wrapUp     = "WRAP_UP"
)

// ownStates are P's states that are published in place of the dialog's, which
// knows neither hold nor wrap-up [M2].
var ownStates = map[string]bool{held: true, wrapUp: true, dropped: true, failed: true}

// applyDialog takes one dialog out of a notification.
func (v View) applyDialog(d finesse.Dialog, ev finesse.Event) (View, []protocol.Output) {
	if !voice(d) {
		return v, nil
	}
	d = v.withCallType(d)
	i := v.find(d.ID)
	switch {
	case ev == finesse.EventDelete && i < 0:
		// It may have overtaken the event that brings the dialog.
		return v.withEnded(endedDialog{id: d.ID, at: lastChange(d), callType: d.CallType}), nil
	case ev == finesse.EventDelete:
		c := v.calls[i]
		c.dialog = d
		return v.end(i, c, false)
	case i < 0 && !v.admits(d, ev):
		return v, nil
	case i < 0:
		i = len(v.calls)
		v = v.with(i, call{dialog: d})
	case reflect.DeepEqual(v.calls[i].dialog, d) || older(v.calls[i].dialog, d, v.extension):
		return v, nil
	default:
		c := v.calls[i]
		c.dialog = d
		v = v.with(i, c)
	}
	return v.tell(i, false)
}

// voice tells calls from chats and other tasks.
func voice(d finesse.Dialog) bool {
	return d.MediaType == "" || strings.EqualFold(d.MediaType, "Voice")
}

// tellUnclassified tells the dialogs that waited for the agent's extension.
func (v View) tellUnclassified() (View, []protocol.Output) {
	var all []protocol.Output
	for _, d := range v.Dialogs() {
		i := v.find(d.ID)
		if c := v.calls[i]; c.class != unclassified || c.withheld {
			continue
		}
		var outs []protocol.Output
		v, outs = v.tell(i, false)
		all = append(all, outs...)
	}
	return v, all
}

// tell publishes what is new in the live dialog in place i. quiet: its state
// counts as told already, and only a ringing call is announced.
func (v View) tell(i int, quiet bool) (View, []protocol.Output) {
	c := v.calls[i]
	p, present := c.dialog.Participant(v.extension)
	if v.extension == "" || c.present && !present {
		// Either P cannot be told yet, or the agent has left the call by a
		// transfer and its DELETE is on the way.
		return v, nil
	}
	c.present = present
	c, ok := v.classify(c, i)
	if !ok {
		return v.with(i, c), nil
	}
	if published(c, p) == dropped {
		return v.end(i, c, false)
	}
	if !p.StartTime.IsZero() {
		c.start = p.StartTime
	}
	c, outs := v.ungroup(c)
	c, announcement := v.announce(c, p)
	c, report := v.report(c, published(c, p), quiet || len(announcement) > 0 && published(c, p) == alerting)
	c.told = true
	return v.with(i, c), append(append(outs, announcement...), report...)
}

// published is the state that clients are told [M2]. A call that rings at the
// agent in a dialog that is ACTIVE between others, as every transferred call
// does (finesse-api 2.9), is told as ALERTING: as ACTIVE clients would take it
// for answered. Preview reservations do not ring; they keep the dialog's state.
func published(c call, p finesse.Participant) string {
	switch {
	case ownStates[p.State]:
		return p.State
	case p.State == alerting && c.dialog.State == active && c.class != preview:
		return alerting
	}
	return c.dialog.State
}

// announce makes the New... message of a dialog, once [M3].
func (v View) announce(c call, p finesse.Participant) (call, []protocol.Output) {
	announcement := messages[c.class].announcement
	if c.announced || announcement == nil || !c.present {
		return c, nil
	}
	c.announced = true // or never will be: the call did not ring when first seen
	arrives := p.State == alerting || c.class == preview || c.withheld && c.class == outbound
	if !arrives {
		return c, nil
	}
	r, ok := v.render(announcement(v.message(c, published(c, p))))
	if !ok {
		return c, nil
	}
	return c, []protocol.Output{r.output}
}

// report makes the state message of a dialog if it reads differently from the
// last one [M5]. quiet: it is remembered and not published.
func (v View) report(c call, state string, quiet bool) (call, []protocol.Output) {
	r, ok := v.render(messages[c.class].state(v.message(c, state)))
	if !ok || r.text == c.last.text {
		return c, nil
	}
	c.last = r
	if quiet {
		return c, nil
	}
	return c, []protocol.Output{r.output}
}

// end publishes the last message of the dialog in place i, if the client has
// heard of the dialog at all, and removes it from the live ones [M6].
func (v View) end(i int, c call, vanished bool) (View, []protocol.Output) {
	at := lastChange(c.dialog)
	if seen := lastChange(v.calls[i].dialog); seen.After(at) {
		at = seen
	}
	var outs []protocol.Output
	if c.told {
		_, outs = v.report(c, dropped, false)
	}
	v = v.without(i)
	return v.withEnded(endedDialog{id: c.dialog.ID, at: at, callType: c.dialog.CallType, vanished: vanished}), outs
}
