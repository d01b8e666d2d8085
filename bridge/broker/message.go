package broker

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-stomp/stomp/v3/frame"
)

// The headers with a meaning of their own in ActiveMQ's STOMP.
const (
	headerType        = "type"
	headerCorrelation = "correlation-id"
	headerReplyTo     = "reply-to"
	headerTimestamp   = "timestamp"
	headerExpires     = "expires"
	headerRedelivered = "redelivered"
	headerPersistent  = "persistent"
)

// reserved are the headers that are no message properties: they may not be set
// by Message.Properties and do not appear in Delivery.Properties, so that the
// properties of a delivery can always be sent on.
var reserved = map[string]bool{
	frame.Destination: true, frame.ContentLength: true, frame.ContentType: true,
	frame.Receipt: true, frame.ReceiptId: true, frame.Transaction: true,
	frame.Id: true, frame.Ack: true, frame.Subscription: true, frame.MessageId: true,
	frame.Message: true, "selector": true, "browser": true, "priority": true,
	headerTransformation: true, "transformation-error": true, "amq-msg-type": true,
	headerType: true, headerCorrelation: true, headerReplyTo: true,
	headerTimestamp: true, headerExpires: true, headerRedelivered: true, headerPersistent: true,
}

// Message is what the link sends, as a JMS TextMessage [H1].
type Message struct {
	To            Destination
	Body          string
	Type          string // JMSType
	CorrelationID string
	TTL           time.Duration // counted from Publish; 0 = does not expire
	Persistent    bool
	// Properties become string properties. Names that mean something in STOMP
	// (destination, receipt, expires, ...) are refused.
	Properties map[string]string
}

// validate refuses what could not be framed safely, with [ErrDestination] or
// [ErrMessage]. Without content-length a NUL ends the frame and everything
// behind it would be read as the next one; CR, LF, colon and backslash in
// headers are escaped by STOMP 1.2.
func (m *Message) validate() error {
	if m.To.IsZero() {
		return fmt.Errorf("%w: none given", ErrDestination)
	}
	if err := checkText("body", m.Body); err != nil {
		return err
	}
	if err := checkText("type", m.Type); err != nil {
		return err
	}
	if err := checkText("correlation id", m.CorrelationID); err != nil {
		return err
	}
	for name, value := range m.Properties {
		if name == "" || reserved[name] {
			return fmt.Errorf("%w: property name %q is reserved", ErrMessage, name)
		}
		if err := checkText("property name", name); err != nil {
			return err
		}
		if err := checkText("property "+strconv.Quote(name), value); err != nil {
			return err
		}
	}
	return nil
}

func checkText(what, s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return fmt.Errorf("%w: NUL in %s", ErrMessage, what)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: %s is not UTF-8", ErrMessage, what)
	}
	return nil
}

// fill writes m's headers to a SEND frame. deadline is when m expires, zero for never.
// Without a content length the message is a TextMessage [H1].
func (m *Message) fill(f *frame.Frame, deadline time.Time) {
	if m.Type != "" {
		f.Header.Add(headerType, m.Type)
	}
	if m.CorrelationID != "" {
		f.Header.Add(headerCorrelation, m.CorrelationID)
	}
	if m.Persistent {
		f.Header.Add(headerPersistent, "true")
	}
	if !deadline.IsZero() {
		f.Header.Add(headerExpires, strconv.FormatInt(deadline.UnixMilli(), 10))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Properties)) {
		f.Header.Add(name, m.Properties[name])
	}
}
