// Package received reads the body of an output as a client does, in either
// format: the other direction of protocol's encoders, and only as much of it as
// clients of this project look at. Pure.
package received

import (
	"encoding/json"
	"strings"
)

// Output is what a body says. A field that the body does not have is "".
type Output struct {
	Type   string // State, NewInboundCall, Error, ...
	State  string // of the agent in a State, of the agent's part in a call's event; DROP is told as DROPPED
	Dialog string // the dialog that the output is about
	Error  string // the code of an Error
}

// The words for a call that has ended: the text format has the short one.
const (
	drop    = "DROP"
	Dropped = "DROPPED"
)

// Read never fails: what it does not understand is the zero Output.
func Read(body string) Output {
	var o Output
	if strings.HasPrefix(body, "{") {
		o = readJSON(body)
	} else {
		o = readText(body)
	}
	if o.State == drop {
		o.State = Dropped
	}
	return o
}

func readJSON(body string) Output {
	var m struct {
		Type    string `json:"type"`
		State   any    `json:"state"`
		Dialog  string `json:"dialogId"`
		Consult string `json:"assDialogId"`
		Error   string `json:"errorType"`
	}
	if json.Unmarshal([]byte(body), &m) != nil {
		return Output{}
	}
	if m.Dialog == "" {
		m.Dialog = m.Consult
	}
	state, _ := m.State.(string)
	return Output{Type: m.Type, State: state, Dialog: m.Dialog, Error: m.Error}
}

func readText(body string) Output {
	fields := strings.Split(body, "#")
	var o Output
	field := func(i int) string {
		if i < len(fields) {
			return strings.TrimSpace(fields[i])
		}
		return ""
	}
	o.Type = field(1)
	switch o.Type {
	case "State", "InboundCall", "ConsultCall":
		o.State = field(2)
	case "Error":
		o.Error = field(2)
	}
	for _, f := range fields {
		for _, mark := range []string{"DialogID:", "AssDialogID:"} {
			if id, ok := strings.CutPrefix(f, mark); ok {
				o.Dialog = id
				return o
			}
		}
	}
	return o
}
