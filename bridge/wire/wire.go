// Package wire is what any transport brings and takes: addresses, commands and
// outputs. It knows no broker and no Finesse; a transport turns its own
// messages into these values and back.
package wire

import (
	"context"
	"time"

	"gcbridge/protocol"
)

// Address is a validated place where a client listens. Only the transport that
// made it understands it; to everybody else it is a value to compare and to
// print. Addresses of one place are equal by ==; nil is none.
type Address interface {
	// String is the form that [Transport.Stored] reads, such as "/topic/A".
	String() string
}

// Binding is an address and how to speak to the client there.
type Binding struct {
	To      Address // nil: not bound
	Dialect protocol.Dialect
}

// Bound reports whether there is an address.
func (b Binding) Bound() bool { return b.To != nil }

// Source is the message that a command came in, as its transport keeps it. Its
// methods may be called from any goroutine and do not block.
type Source interface {
	// Ack takes the message off the queue for good; a second call does nothing.
	// Until then it is delivered again, here or to another node, if this node
	// or its connection dies.
	Ack()
	// Reject puts a copy where people look for rejected commands [C8], with its
	// body only if that can hold no secret. done (may be nil) is called once,
	// when the copy is safe (nil) or lost.
	Reject(reason string, body bool, done func(error))
}

// Command is a client's message on its way in.
type Command struct {
	Source
	Type string // JMSType as it came
	Body []byte
	// Neither text nor bytes: Body is not what the client meant [C3].
	Neither bool
	// MessageID is the same when the message is delivered again.
	MessageID     string
	CorrelationID string
	ReplyTo       Address           // nil: none that can be used
	Properties    map[string]string // gcFormat, gcSupervisor, ...
	Sent          time.Time         // by the producer's clock; zero: not known
	Received      time.Time
	Consuming     time.Time // since when the transport has taken commands without a break
	Expires       time.Time // zero: never
	Redelivered   bool
}

// Output is a message for a client on its way out.
type Output struct {
	To            Address
	Agent         string // whom it is about, "" for nobody
	Message       protocol.Encoded
	CorrelationID string    // of the command that it answers [H3]
	Recovered     bool      // made by a take-over or re-sync [H1]
	Caused        time.Time // when the event that caused it was read; zero: none did
	// Confirm (may be nil) is called exactly once, from any goroutine: with nil
	// when the broker has the output, else with why it was given up.
	Confirm func(error)
}

// Transport brings commands and takes outputs. Its methods may be called from
// any goroutine.
type Transport interface {
	// Run works until ctx ends. It may be called once.
	Run(ctx context.Context) error
	// Send queues o, in order, and returns at once.
	Send(o Output)
	// Up reports whether the transport is connected now.
	Up() bool
	// Named reads the destination that a client names in Hello, Beat or Connect [H5].
	Named(name string) (Address, error)
	// Stored reads what [Address.String] printed, on this node or another.
	Stored(path string) (Address, error)
}
