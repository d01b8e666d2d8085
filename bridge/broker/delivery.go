package broker

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

// Delivery is one received message. Ack it exactly when its outcome is
// decided; it is redelivered if the link fails before.
type Delivery struct {
	ID   string // JMSMessageID: the same when redelivered
	From Destination
	Type string // JMSType
	Body []byte
	// Bytes is true for a BytesMessage (it had a content-length).
	Bytes bool
	// Neither is true if it is known to be neither text nor bytes: a Map or Object
	// message, from a broker that tells them, for a [Subscription] with Classes. All
	// others, and Stream messages, arrive over STOMP like an empty text.
	Neither       bool
	CorrelationID string
	ReplyTo       string // raw header, "" = none; read it with ParseReplyTo
	Timestamp     time.Time
	Expires       time.Time // zero = never
	Redelivered   bool
	Persistent    bool
	// Properties are all other headers. Values are text as sent; a header that
	// arrives twice counts once, the first.
	Properties map[string]string
	Received   time.Time
	// Consuming is since when the connection that brought it has consumed.
	Consuming time.Time
	AckFunc   func() // set by the link, or by a test
}

// Ack acknowledges once; later calls and calls after the link went do nothing.
// Any goroutine may call it; it never blocks.
func (d *Delivery) Ack() {
	if d.AckFunc != nil {
		d.AckFunc()
	}
}

// newDelivery maps a MESSAGE frame.
func newDelivery(m *frame.Frame, now time.Time) *Delivery {
	h := m.Header
	d := &Delivery{
		ID:            h.Get(frame.MessageId),
		From:          Destination{path: h.Get(frame.Destination)},
		Type:          h.Get(headerType),
		Body:          m.Body,
		CorrelationID: h.Get(headerCorrelation),
		ReplyTo:       h.Get(headerReplyTo),
		Timestamp:     millis(h.Get(headerTimestamp)),
		Expires:       millis(h.Get(headerExpires)),
		Redelivered:   strings.EqualFold(h.Get(headerRedelivered), "true"),
		Persistent:    strings.EqualFold(h.Get(headerPersistent), "true"),
		Properties:    make(map[string]string),
		Received:      now,
	}
	_, d.Bytes = h.Contains(frame.ContentLength)
	d.Neither = !d.Bytes && neither(h.Get(headerTransformation)) && h.Get("transformation-error") == ""
	for i := range h.Len() {
		name, value := h.GetAt(i)
		if _, seen := d.Properties[name]; !seen && !reserved[name] {
			d.Properties[name] = value
		}
	}
	return d
}

// millis reads epoch milliseconds; 0 and nonsense are the zero time.
func millis(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(n)
}
