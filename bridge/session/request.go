package session

import (
	"context"
	"sync/atomic"
	"time"

	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

// Request is a command on its way to a session, which answers and releases it.
type Request struct {
	Command       protocol.Command
	CorrelationID string
	// Binding is the destination a Connect names, with the format it asks for [D3].
	Binding  wire.Binding
	Received time.Time
	// MessageID is the same when the broker delivers the command again.
	MessageID   string
	Redelivered bool
	// Refused, if set, is why the command is not well formed: it waits its turn
	// only to be answered in order.
	Refused protocol.ErrorCode

	// Decided is called once, when the outcome is known and every answer was
	// handed to the broker: the worker then acknowledges the command.
	Decided func()
	// Unserved is called instead when no session could serve the command.
	Unserved func()

	pending atomic.Int32 // holds beside the first
}

// unserved gives the command back.
func (r *Request) unserved() {
	if r.Unserved != nil {
		r.Unserved()
	}
}

// Hold implements [ledger.Ticket]: it defers the decision until the matching Release.
func (r *Request) Hold() { r.pending.Add(1) }

// Release gives up one hold; the last one decides.
func (r *Request) Release() {
	if r.pending.Add(-1) == -1 && r.Decided != nil {
		r.Decided()
	}
}

type receivedKey struct{}

func withReceived(ctx context.Context, t time.Time) context.Context {
	return context.WithValue(ctx, receivedKey{}, t)
}

// ReceivedAt is when the command that ctx belongs to was read from the broker.
func ReceivedAt(ctx context.Context) (time.Time, bool) {
	t, ok := ctx.Value(receivedKey{}).(time.Time)
	return t, ok && !t.IsZero()
}
