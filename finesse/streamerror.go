package finesse

import (
	"errors"

	"mellium.im/xmpp/stanza"

	"gcbridge/protocol/errclass"
)

// ErrAuth is a refused XMPP login (class Client: SUBSCRIPTION_FAILED).
var ErrAuth error = refusal("finesse: XMPP login refused")

// ErrLoginID is a login id that cannot be the name of an XMPP user, even escaped
// by XEP-0106 (class Client).
var ErrLoginID error = refusal("finesse: no login id of a user of the notification service")

// refusal is a constant error of class Client.
type refusal string

func (r refusal) Error() string            { return string(r) }
func (refusal) ErrorClass() errclass.Class { return errclass.Client }

// Why a stream ends or a subscription fails; compare with errors.Is.
var (
	// ErrServerClosed: the server ended the stream.
	ErrServerClosed = errors.New("the server closed the stream")
	// ErrConflict: another client has logged in with the same resource.
	ErrConflict = errors.New("another client has logged in with the same resource")
	// ErrDeadLink: two pings in a row were not answered.
	ErrDeadLink = errors.New("two pings were not answered")
	// ErrSlowReceiver: the receiver of C did not keep up.
	ErrSlowReceiver = errors.New("the receiver of notifications did not keep up")
	// ErrNodeNotFound: there is no such pubsub node (item-not-found).
	ErrNodeNotFound = errors.New("no such node")
)

// stanzaFailure classifies what an IQ came back with.
func stanzaFailure(op string, err error) error {
	var se stanza.Error
	if !errors.As(err, &se) {
		return failure(op, err)
	}
	e := &StreamError{Op: op, Class: errclass.Upstream, Err: err}
	switch se.Condition {
	case stanza.ItemNotFound:
		e.Err = ErrNodeNotFound
	case stanza.InternalServerError, stanza.ServiceUnavailable, stanza.RemoteServerTimeout,
		stanza.RemoteServerNotFound, stanza.RecipientUnavailable, stanza.ResourceConstraint:
		e.Class = errclass.Unavailable
	}
	return e
}
