package broker

import (
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

// WithEncode makes before run before a message is put into a frame.
func (c Config) WithEncode(before func(*Message)) Config {
	c.encode = func(m *Message, f *frame.Frame, deadline time.Time) {
		before(m)
		m.fill(f, deadline)
	}
	return c
}

// WithDecode makes after run after a delivery was read.
func (c Config) WithDecode(after func(*Delivery)) Config {
	c.decode = func(m *frame.Frame, received time.Time) *Delivery {
		d := newDelivery(m, received)
		after(d)
		return d
	}
	return c
}

// SpoilAck makes the sending of the next acknowledgements panic.
func (l *Link) SpoilAck() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.consuming.acks.put(nil)
}

// SpoilSettling makes what sends the acknowledgements panic outside of a connection.
func (l *Link) SpoilSettling() {
	l.mu.Lock()
	c := l.consuming
	l.mu.Unlock()
	closed := make(chan error)
	close(closed)
	c.flush <- closed
}

// StandStill makes the process look as if it had stood still until now.
func (l *Link) StandStill(d time.Duration) {
	l.pulse.mu.Lock()
	defer l.pulse.mu.Unlock()
	l.pulse.last = time.Now().Add(-d)
}
