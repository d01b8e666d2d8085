package broker

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"gcbridge/protocol/errclass"
)

// kind is a sentinel error that knows its class.
type kind struct {
	class errclass.Class
	text  string
}

func (k *kind) Error() string { return k.text }

// ErrorClass implements errclass.Classified.
func (k *kind) ErrorClass() errclass.Class { return k.class }

// The package's errors; test for them with errors.Is.
var (
	// ErrDestination is a name that must not be sent to (class Client).
	ErrDestination error = &kind{errclass.Client, "broker: destination not allowed"}
	// ErrMessage is a message that cannot be put in a STOMP frame safely: a NUL
	// anywhere, invalid UTF-8, a reserved property name (class Client).
	ErrMessage error = &kind{errclass.Client, "broker: message not allowed"}
	// ErrBufferFull is returned by Publish (class Unavailable).
	ErrBufferFull error = &kind{errclass.Unavailable, "broker: send buffer full"}
	// ErrExpired: a message was dropped whose time-to-live passed while it
	// waited for the broker (class Unavailable).
	ErrExpired error = &kind{errclass.Unavailable, "broker: message expired while waiting"}
	// ErrRefused: a message was dropped that the broker answers with an ERROR
	// frame each time (class Client). The error is a [*RefusedError].
	ErrRefused error = &kind{errclass.Client, "broker: refused by the broker"}
	// ErrClosed: a message was never sent before the link ended (class
	// Unavailable). Publish returns it afterwards.
	ErrClosed error = &kind{errclass.Unavailable, "broker: link closed"}
	// ErrUnconfirmed: a message was sent, but not confirmed before the link
	// ended (class Indeterminate).
	ErrUnconfirmed error = &kind{errclass.Indeterminate, "broker: link closed before the broker confirmed"}
	// ErrLogin: the broker does not take the user or the password (class Client). The
	// error is a [*RefusedError], too.
	ErrLogin error = &kind{errclass.Client, "wrong user or password"}
	// ErrConfig is a configuration or a use of the link that makes no sense
	// (class Internal).
	ErrConfig error = &kind{errclass.Internal, "broker: misconfigured"}
	// ErrLost is a connection that ended, timed out or never came about (class
	// Unavailable).
	ErrLost error = &kind{errclass.Unavailable, "broker: connection lost"}
)

// The ways in which this side ends a connection.
var (
	errReceiptTimeout = fmt.Errorf("%w: no receipt in time", ErrLost)
	errDone           = fmt.Errorf("%w: closed by us", ErrLost)
	errStalled        = fmt.Errorf("%w: this process stood still", ErrLost)
	// errRenewed: the broker works, and what is under way is finished first.
	errRenewed     = fmt.Errorf("%w: to be replaced", ErrLost)
	errPrimaryBack = fmt.Errorf("%w: the primary answers again", errRenewed)
)

// loginWords tell a login that was refused for its user or password from others;
// brokers have no codes for that.
var loginWords = []string{"password", "credential", "authenti"}

// loginError is why a login failed.
func loginError(err error) error {
	var r *RefusedError
	if errors.As(err, &r) && slices.ContainsFunc(loginWords, func(w string) bool { return strings.Contains(strings.ToLower(r.Message), w) }) {
		return fmt.Errorf("%w: %w", ErrLogin, err)
	}
	return err
}

// RefusedError is what an ERROR frame said.
type RefusedError struct {
	Message string // the frame's message header
	Detail  string // the beginning of its body, often a Java stack trace
}

func (e *RefusedError) Error() string { return ErrRefused.Error() + ": " + e.Message }

// Unwrap makes errors.Is(err, ErrRefused) true.
func (e *RefusedError) Unwrap() error { return ErrRefused }
