package bridge

import (
	"context"
	"sync"
	"time"

	"gcbridge/bridge/session"
)

// Stage is a stretch of a message's way that the worker times.
type Stage string

// The stages.
const (
	// CommandToRequest: from a command read off the broker to the first REST
	// request that it caused being written to Finesse.
	CommandToRequest Stage = "command_to_request"
	// StanzaToPublish: from an XMPP stanza read to the broker's receipt of
	// each output that it caused.
	StanzaToPublish Stage = "stanza_to_publish"
)

// observer counts and times. Safe for concurrent use.
type observer struct {
	timing func(Stage, time.Duration) // may be nil
	mu     sync.Mutex
	counts map[string]uint64
}

func newObserver(timing func(Stage, time.Duration)) *observer {
	return &observer{timing: timing, counts: map[string]uint64{}}
}

// count adds one to a named counter. Names are few and fixed.
func (o *observer) count(name string) {
	o.mu.Lock()
	o.counts[name]++
	o.mu.Unlock()
}

// snapshot copies the counters.
func (o *observer) snapshot() map[string]uint64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make(map[string]uint64, len(o.counts))
	for k, v := range o.counts {
		out[k] = v
	}
	return out
}

func (o *observer) requestSent(ctx context.Context, at time.Time) {
	if t, ok := session.ReceivedAt(ctx); ok && o.timing != nil {
		o.timing(CommandToRequest, at.Sub(t))
	}
}

func (o *observer) published(caused time.Time) {
	if o.timing != nil && !caused.IsZero() {
		o.timing(StanzaToPublish, time.Since(caused))
	}
}
