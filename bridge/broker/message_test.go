package broker

import (
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"
)

// ofSTOMP are the headers that ActiveMQ gives a meaning, from its documentation.
var ofSTOMP = []string{
	"destination", "content-length", "content-type", "receipt", "receipt-id", "transaction", "id", "ack", "subscription",
	"message-id", "message", "selector", "browser", "priority", "transformation", "transformation-error", "amq-msg-type",
	"type", "correlation-id", "reply-to", "timestamp", "expires", "redelivered", "persistent",
}

// A header of STOMP is no property: none can be sent as one, and none that came
// is shown as one, so that what came can be sent on.
func TestHeadersOfSTOMPAreNoProperties(t *testing.T) {
	to, err := Queue("q")
	require.NoError(t, err)
	h := frame.NewHeader("gcNode", "a")
	for _, name := range ofSTOMP {
		m := Message{To: to, Properties: map[string]string{name: "1"}}
		require.ErrorIs(t, m.validate(), ErrMessage, name)
		h.Add(name, "1")
	}
	d := newDelivery(&frame.Frame{Header: h}, time.Now())
	require.Equal(t, map[string]string{"gcNode": "a"}, d.Properties)
}

func TestNewDelivery(t *testing.T) {
	now := time.Now()
	d := newDelivery(&frame.Frame{
		Body: []byte("body"),
		Header: frame.NewHeader("destination", "/queue/q", "message-id", "ID:1", "type", "T", "correlation-id", "c", "reply-to", "/queue/r", "timestamp", "1500",
			"expires", "2500", "redelivered", "TRUE", "persistent", "true", "content-length", "4", "p", "first", "p", "second"),
	}, now)
	require.Equal(t, &Delivery{
		ID: "ID:1", From: Destination{"/queue/q"}, Type: "T", Body: []byte("body"), Bytes: true, CorrelationID: "c", ReplyTo: "/queue/r",
		Timestamp: time.UnixMilli(1500), Expires: time.UnixMilli(2500), Redelivered: true, Persistent: true,
		Properties: map[string]string{"p": "first"}, Received: now,
	}, d)
	d.Ack() // made by nobody who wants to know

	d = newDelivery(&frame.Frame{Header: frame.NewHeader()}, now)
	require.Equal(t, &Delivery{Properties: map[string]string{}, Received: now}, d)
}

// fill writes what was given and nothing else.
func TestFill(t *testing.T) {
	headers := func(m Message, deadline time.Time) []string {
		f := frame.New(frame.SEND)
		m.fill(f, deadline)
		var all []string
		for i := range f.Header.Len() {
			name, value := f.Header.GetAt(i)
			all = append(all, name+"="+value)
		}
		return all
	}
	require.Empty(t, headers(Message{}, time.Time{}), "text, which has no length")
	require.Equal(t, []string{"type=T", "correlation-id=c", "persistent=true", "expires=1500", "a=1", "b=2"},
		headers(Message{Type: "T", CorrelationID: "c", Persistent: true, Properties: map[string]string{"b": "2", "a": "1"}}, time.UnixMilli(1500)))
}

func TestValidateSaysWhatIsWrong(t *testing.T) {
	to, err := Queue("q")
	require.NoError(t, err)
	for want, m := range map[string]Message{
		"NUL in body":              {To: to, Body: "a\x00"},
		"body is not UTF-8":        {To: to, Body: "a\xff"},
		"NUL in type":              {To: to, Type: "a\x00"},
		"NUL in correlation id":    {To: to, CorrelationID: "\x00"},
		"correlation id is not":    {To: to, CorrelationID: "\xff"},
		"NUL in property name":     {To: to, Properties: map[string]string{"a\x00": ""}},
		`NUL in property "p"`:      {To: to, Properties: map[string]string{"p": "\x00"}},
		`property "p" is not UTF`:  {To: to, Properties: map[string]string{"p": "\xff"}},
		`"persistent" is reserved`: {To: to, Properties: map[string]string{"persistent": "true"}},
		"none given":               {},
	} {
		require.ErrorContains(t, m.validate(), want)
	}
}
