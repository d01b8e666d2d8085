package embedded

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

// message is one message in the broker. It is shared by all that hold it and
// never changed after it was made, except by the queue that owns it.
type message struct {
	seq         uint64
	id          string
	dest        string // canonical, see destination.go
	headers     *frame.Header
	body        []byte
	expires     time.Time // zero = never
	persistent  bool
	redelivered bool // a queue sets it when it takes the message back
}

// overhead is roughly what a message takes in addition to its body.
const overhead = 256

func (m *message) size() int { return len(m.body) + overhead }

func (m *message) expired(now time.Time) bool { return !m.expires.IsZero() && !now.Before(m.expires) }

// ours are the headers of SEND that do not go on to consumers as they are.
var ours = map[string]bool{
	frame.Destination: true, frame.Receipt: true, frame.Transaction: true,
	frame.MessageId: true, frame.Subscription: true, frame.Ack: true,
	"expires": true, "persistent": true, "priority": true, "timestamp": true, "redelivered": true,
}

// newMessage makes a message of a SEND frame.
func newMessage(f *frame.Frame, seq uint64, id, dest string, now time.Time) *message {
	m := &message{seq: seq, id: id, dest: dest, body: f.Body}
	h := frame.NewHeader(frame.MessageId, id)
	for i := range f.Header.Len() {
		name, value := f.Header.GetAt(i)
		if _, repeated := h.Contains(name); !repeated && !ours[name] {
			h.Add(name, value)
		}
	}
	expires := number(f.Header.Get("expires"), 0)
	if expires > 0 {
		m.expires = time.UnixMilli(expires)
	}
	h.Add("expires", strconv.FormatInt(expires, 10))
	h.Add("timestamp", strconv.FormatInt(number(f.Header.Get("timestamp"), now.UnixMilli()), 10))
	h.Add("priority", strconv.FormatInt(min(max(number(f.Header.Get("priority"), 4), 0), 9), 10))
	if m.persistent = strings.EqualFold(f.Header.Get("persistent"), "true"); m.persistent {
		h.Add("persistent", "true")
	}
	m.headers = h
	return m
}

// number reads a decimal header, fallback if it is none.
func number(s string, fallback int64) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return fallback
	}
	return n
}

// frameFor is the MESSAGE frame that sub gets.
func (m *message) frameFor(sub *subscription, ack string) *frame.Frame {
	h := m.headers.Clone()
	h.Add(frame.Destination, sub.session.visible(m.dest))
	if sub.id != "" {
		h.Add(frame.Subscription, sub.id)
	}
	if ack != "" && sub.session.version == v12 {
		h.Add(frame.Ack, ack)
	}
	if m.redelivered {
		h.Add("redelivered", "true")
	}
	return &frame.Frame{Command: frame.MESSAGE, Header: h, Body: m.body}
}
