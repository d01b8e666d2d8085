package client

import (
	"encoding/json"
	"strings"
	"time"

	"gcbridge/bridge/broker"
)

// Event is one output of the connector as this client received it.
type Event struct {
	At            time.Time
	Code          string // gcCode: O-001, ...; "?" if the sender names none
	Category      string // gcCategory
	Agent         string // gcAgent
	Node          string // gcNode
	Recovered     bool   // gcRecovered: a take-over or re-sync produced it
	Type          string // JMSType
	CorrelationID string // JMSCorrelationID
	Body          string
	Dialog        string // dialog id that the body names, "" = none
}

func newEvent(d *broker.Delivery) Event {
	e := Event{
		At:            d.Received,
		Code:          d.Properties["gcCode"],
		Category:      d.Properties["gcCategory"],
		Agent:         d.Properties["gcAgent"],
		Node:          d.Properties["gcNode"],
		Recovered:     d.Properties["gcRecovered"] == "true",
		Type:          d.Type,
		CorrelationID: d.CorrelationID,
		Body:          string(d.Body),
		Dialog:        dialogOf(string(d.Body)),
	}
	if e.Code == "" {
		e.Code = "?"
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	return e
}

// dialogOf finds the dialog that a message is about, in either format.
func dialogOf(body string) string {
	if strings.HasPrefix(body, "{") {
		var m struct {
			Dialog  string `json:"dialogId"`
			Consult string `json:"assDialogId"`
		}
		if json.Unmarshal([]byte(body), &m) != nil {
			return ""
		}
		if m.Dialog == "" {
			return m.Consult
		}
		return m.Dialog
	}
	for field := range strings.SplitSeq(body, "#") {
		for _, mark := range []string{"DialogID:", "AssDialogID:"} {
			if id, ok := strings.CutPrefix(field, mark); ok {
				return id
			}
		}
	}
	return ""
}
