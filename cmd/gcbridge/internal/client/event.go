package client

import (
	"time"

	"gcbridge/bridge/broker"
	"gcbridge/protocol/received"
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
		Dialog:        received.Read(string(d.Body)).Dialog,
	}
	if e.Code == "" {
		e.Code = "?"
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	return e
}
