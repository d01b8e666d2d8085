package translate

import (
	"strings"
	"time"

	"gcbridge/finesse"
)

// Finesse's stateChangeTime, per participant, is the only order there is
// within a dialog.

// older reports that next is an earlier look at a dialog than prev [M5]. P's
// own time decides; where it says nothing, any party whose time went back
// while nobody's went forward.
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

// maxGraves bounds the memory of ended dialogs. Late events are a matter of
// seconds; an agent does not end so many calls meanwhile.
const maxGraves = 16

// grave is what is remembered of a dialog that ended.
type grave struct {
	id       string
	at       time.Time // its last stateChangeTime
	callType string
	vanished bool // it ended because GET Dialogs did not list it
}

func (v View) grave(id string) (grave, bool) {
	for _, g := range v.graves {
		if g.id == id {
			return g, true
		}
	}
	return grave{}, false
}

// bury remembers the end of a dialog.
func (v View) bury(g grave) View {
	graves := make([]grave, 0, len(v.graves)+1)
	for _, old := range v.graves {
		if old.id != g.id {
			graves = append(graves, old)
		} else if old.at.After(g.at) {
			g.at = old.at
		}
	}
	graves = append(graves, g)
	v.graves = graves[max(0, len(graves)-maxGraves):]
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
	g, ended := v.grave(d.ID)
	if !ended {
		return true
	}
	return lastChange(d).After(g.at) && (g.vanished || ev == finesse.EventPost)
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
	} else if g, ok := v.grave(d.ID); ok {
		d.CallType = g.callType
	}
	return d
}
