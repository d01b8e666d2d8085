package session

import (
	"errors"

	"gcbridge/bridge/translate"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// refusal is a failure whose wire code is decided here, not by Finesse.
type refusal struct {
	code  protocol.ErrorCode
	class errclass.Class
	err   error
}

func refuse(code protocol.ErrorCode, class errclass.Class, err error) error {
	return &refusal{code: code, class: class, err: err}
}

func (e *refusal) Error() string {
	if e.err == nil {
		return string(e.code)
	}
	return string(e.code) + ": " + e.err.Error()
}

// Unwrap returns the cause.
func (e *refusal) Unwrap() error { return e.err }

// ErrorClass implements errclass.Classified.
func (e *refusal) ErrorClass() errclass.Class { return e.class }

// errNoServer: no Finesse serves now [C7].
func errNoServer() error { return refuse(protocol.ErrFinesseUnavailable, errclass.Unavailable, nil) }

// codeFor is the wire code of a failed command [E1].
func (s *Session) codeFor(err error, h row) protocol.ErrorCode {
	var r *refusal
	if errors.As(err, &r) {
		return r.code
	}
	if h.team {
		return translate.ErrorForTeam(err, h.dialog)
	}
	return translate.ErrorForREST(err, h.login, h.dialog)
}
