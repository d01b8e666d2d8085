package sim

import (
	"errors"
	"fmt"
	"slices"

	"gcbridge/finesse/sim/callcontrol"
)

// What a [Fault] does to events.
const (
	DropEvents = "drop"    // they are not sent
	NoEcho     = "no-echo" // they carry an empty requestId
)

// The kinds of events of a [Fault]: on the agent's node, on the agent's Dialogs
// node, and the failure of a request on either.
const (
	UserEvents   = "user"
	DialogEvents = "dialog"
	ErrorEvents  = "error"
)

// eventKinds says of which kind an event is; a fault hits no others.
var eventKinds = map[callcontrol.Kind]string{
	callcontrol.UserChanged: UserEvents, callcontrol.RequestFailed: ErrorEvents, callcontrol.DialogAdded: DialogEvents,
	callcontrol.DialogChanged: DialogEvents, callcontrol.DialogRemoved: DialogEvents,
}

// checkEvents says what is wrong with a fault of events.
func (x *Fault) checkEvents() error {
	switch {
	case !slices.Contains([]string{DropEvents, NoEcho}, x.Events):
		return fmt.Errorf("fault: events %q is neither %s nor %s", x.Events, DropEvents, NoEcho)
	case !slices.Contains([]string{"", UserEvents, DialogEvents, ErrorEvents}, x.Kind):
		return fmt.Errorf("fault: kind %q is none of %s, %s, %s", x.Kind, UserEvents, DialogEvents, ErrorEvents)
	case x.Path != "" || x.Method != "" || x.Status != 0 || x.DelayMs != 0 || x.After:
		return errors.New("fault: it is either one of events or one of requests")
	case x.Count < 0:
		return errors.New("fault: count must not be negative")
	}
	return nil
}

// hits uses up by one the first fault that does what (DropEvents, NoEcho) to
// ev, and reports whether there is one. An event without a requestId has no
// echo to lose.
func (f *faults) hits(what string, ev *callcontrol.Event) bool {
	kind := eventKinds[ev.Kind]
	_, hit := f.take(func(x *Fault) bool {
		return x.Events == what && (x.Agent == "" || x.Agent == ev.Agent) && (x.Kind == "" || x.Kind == kind) &&
			(what != NoEcho || ev.RequestID != "")
	})
	return hit
}
