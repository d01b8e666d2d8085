package session

import (
	"context"

	"gcbridge/protocol"
)

// unsupported answers a row that no worker can serve: a line that says why,
// for the person, and an error, for the client that waits for one.
func (s *Session) unsupported(_ context.Context, r *Request) error {
	text := string(r.Command.Word) + " is not supported: " + r.Command.Row.Unsupported
	s.say(r, text)
	s.countError(protocol.ErrGenericError)
	s.answer(r, protocol.Error{Addressee: s.addressee(), Err: protocol.ErrGenericError, Message: text})
	return nil
}
