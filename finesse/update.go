package finesse

import (
	"fmt"
	"strings"
)

// updateLimits bound one notification. The largest seen is below 10 kB.
func updateLimits() limits { return limits{bytes: 1 << 20, depth: 32, elements: 20000} }

// DecodeUpdates decodes the text of one <notification>, which holds one
// <Update> or more, after the stanza's own escaping has been undone. It is a
// pure function; Node, ItemID and Received stay empty. The order of elements
// does not matter, names are matched without regard to case, an unknown kind
// of data gives a Notification without a body. Errors wrap [ErrPayload].
//
//	<Update>
//	  <data><user><loginId>1001</loginId><state>READY</state></user></data>
//	  <event>PUT</event><requestId/><source>/finesse/api/User/1001</source>
//	</Update>
func DecodeUpdates(text []byte) ([]Notification, error) {
	roots, err := parseElements(text, updateLimits())
	if err != nil {
		return nil, err
	}
	var list []Notification
	for i := range roots {
		if !roots[i].is("Update") {
			return nil, fmt.Errorf("%w: an element that is no Update", ErrPayload)
		}
		list = append(list, decodeUpdate(&roots[i]))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: no Update", ErrPayload)
	}
	return list, nil
}

func decodeUpdate(e *element) Notification {
	n := Notification{
		Event:     Event(strings.ToUpper(e.str("event"))),
		RequestID: e.str("requestId"),
		Source:    e.str("source"),
	}
	data := e.child("data")
	for _, kind := range updateKinds() {
		if body := data.child(kind.name); body != nil {
			kind.decode(&n, body)
			break
		}
	}
	return n
}

type updateKind struct {
	name   string
	decode func(n *Notification, body *element)
}

// updateKinds are the bodies of an Update that we know, by the name of the
// element inside <data>.
func updateKinds() []updateKind {
	return []updateKind{
		{"user", func(n *Notification, e *element) { p := decodeUser(e); n.User = &p }},
		{"dialogs", func(n *Notification, e *element) { n.Dialogs = decodeDialogs(e) }},
		{"dialog", func(n *Notification, e *element) { n.Dialogs = []Dialog{decodeDialog(e)} }},
		{"apiErrors", func(n *Notification, e *element) { n.Errors = decodeAPIErrors(e) }},
		{"systemInfo", func(n *Notification, e *element) { s := decodeSystemInfo(e); n.System = &s }},
		{"team", func(n *Notification, e *element) { t := decodeTeam(e); n.Team = &t }},
		{"queues", func(n *Notification, e *element) { n.Queues = decodeQueues(e) }},
		{"queue", func(n *Notification, e *element) { n.Queues = []Queue{decodeQueue(e)} }},
	}
}
