package translate

import (
	"slices"
	"strings"
	"time"

	"gcbridge/finesse"
)

// Finesse's stateChangeTime, per participant, is the only order there is
// within a dialog.

// Stale reports that an event is older than what is known of what it is about: it
// changes nothing, and it came out of order.
func (v View) Stale(n finesse.Notification) bool {
	if n.User != nil {
		return v.own(*n.User) && v.staleUser(*n.User)
	}
	return slices.ContainsFunc(n.Dialogs, func(d finesse.Dialog) bool {
		i := v.find(d.ID)
		return i >= 0 && older(v.calls[i].dialog, d, v.extension)
	})
}

// older reports that next is an earlier look at a dialog than prev [M5]. P's
// own time decides; where it says nothing, any party whose time went back
// while no party's went forward.
func older(prev, next finesse.Dialog, extension string) bool {
	p, okPrev := prev.Participant(extension)
	q, okNext := next.Participant(extension)
	if okPrev && okNext {
		if c := compare(p.StateChangeTime, q.StateChangeTime); c != 0 {
			return c > 0
		}
	}
	back, forward := false, false
	for _, q := range next.Participants {
		if p, ok := prev.Participant(q.Address); ok {
			c := compare(p.StateChangeTime, q.StateChangeTime)
			back, forward = back || c > 0, forward || c < 0
		}
	}
	return back && !forward
}

// compare orders two times; an absent time says nothing.
func compare(a, b time.Time) int {
	if a.IsZero() || b.IsZero() {
		return 0
	}
	return a.Compare(b)
}

// lastChange is the newest stateChangeTime in d.
func lastChange(d finesse.Dialog) time.Time {
	var last time.Time
	for _, p := range d.Participants {
		if p.StateChangeTime.After(last) {
			last = p.StateChangeTime
		}
	}
	return last
}

// maxEndedDialogs bounds the memory of ended dialogs. Late events come within
// seconds; an agent does not end so many calls in that time.
const maxEndedDialogs = 16

// endedDialog is what is remembered of a dialog that ended.
type endedDialog struct {
	id       string
	at       time.Time // its last stateChangeTime
	callType string
	vanished bool // it ended because GET Dialogs did not list it
}

func (v View) endedDialog(id string) (endedDialog, bool) {
	i := slices.IndexFunc(v.ended, func(e endedDialog) bool { return e.id == id })
	if i < 0 {
		return endedDialog{}, false
	}
	return v.ended[i], true
}

// withEnded remembers the end of a dialog.
func (v View) withEnded(e endedDialog) View {
	ended := make([]endedDialog, 0, len(v.ended)+1)
	for _, old := range v.ended {
		if old.id != e.id {
			ended = append(ended, old)
		} else if old.at.After(e.at) {
			e.at = old.at
		}
	}
	ended = append(ended, e)
	v.ended = ended[max(0, len(ended)-maxEndedDialogs):]
	return v
}

// admits decides whether a dialog that is not live may enter. One that ended
// returns only with news: POSTed again (a call that was transferred away and
// back keeps its id), or, if it only vanished from a GET that an event
// overtook, with any event.
func (v View) admits(d finesse.Dialog, ev finesse.Event) bool {
	if p, ok := d.Participant(v.extension); ok && p.State == dropped {
		return false
	}
	e, ended := v.endedDialog(d.ID)
	if !ended {
		return true
	}
	return lastChange(d).After(e.at) && (e.vanished || ev == finesse.EventPost)
}

// withCallType is d with the call type that was known before, if Finesse lost
// it: after a CCX failover it is empty or the text NULL.
func (v View) withCallType(d finesse.Dialog) finesse.Dialog {
	if d.CallType != "" && !strings.EqualFold(d.CallType, "NULL") {
		return d
	}
	d.CallType = ""
	if i := v.find(d.ID); i >= 0 {
		d.CallType = v.calls[i].dialog.CallType
	} else if e, ok := v.endedDialog(d.ID); ok {
		d.CallType = e.callType
	}
	return d
}
