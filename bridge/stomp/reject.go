package stomp

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/wire"
)

// source is the delivery that a command came in. It implements [wire.Source].
type source struct {
	t *Transport
	d *broker.Delivery
}

func (s source) Ack() { s.d.Ack() }

func (s source) Reject(reason string, body bool, done func(error)) {
	s.t.rejectDelivery(s.d, reason, body, done)
}

// rejectDelivery copies a delivery to the reject queue [C8].
func (t *Transport) rejectDelivery(d *broker.Delivery, reason string, body bool, done func(error)) {
	if done == nil {
		done = func(error) {}
	}
	if err := t.link.PublishFragile(t.rejected(d, reason, body), done); err != nil {
		done(err)
	}
}

// Limits of what a rejected copy carries over from its original.
const (
	maxCopiedHeader  = 1024
	maxCopiedHeaders = 64
	maxCopiedName    = 128
	maxCopiedBody    = 64 << 10
)

// rejected is the copy [C8]; without body it says how long that was.
func (t *Transport) rejected(d *broker.Delivery, reason string, body bool) broker.Message {
	m := broker.Message{
		To: t.rejects, Type: wire.Printable(d.Type, maxCopiedHeader), CorrelationID: wire.Printable(d.CorrelationID, maxCopiedHeader),
		Persistent: d.Persistent,
		Body:       fmt.Sprintf("[redacted, %d bytes]", len(d.Body)),
		Properties: map[string]string{},
	}
	if body && len(d.Body) <= maxCopiedBody && utf8.Valid(d.Body) {
		m.Body = strings.ReplaceAll(string(d.Body), "\x00", "\uFFFD")
	}
	for k, v := range d.Properties {
		if len(m.Properties) == maxCopiedHeaders {
			break
		}
		if key := wire.Printable(k, maxCopiedName); key != "" && !strings.HasPrefix(key, "gc") {
			m.Properties[key] = wire.Printable(v, maxCopiedHeader)
		}
	}
	m.Properties["gcReason"] = wire.Printable(reason, maxCopiedHeader)
	m.Properties["gcNode"] = t.cfg.Node
	m.Properties["gcMessageId"] = wire.Printable(d.ID, maxCopiedHeader)
	if d.ReplyTo != "" {
		m.Properties["gcReplyTo"] = wire.Printable(d.ReplyTo, maxCopiedHeader)
	}
	return m
}
