package finesse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"gcbridge/protocol/errclass"
)

// Error is a refused or failed REST request. Class: 4xx Upstream, 503
// Unavailable, other 5xx Upstream, no connection Unavailable, a failure or
// time-out after the request went out Indeterminate.
type Error struct {
	Op     string // "PUT User", ... never with a secret
	Status int    // 0: no HTTP answer
	API    []APIError
	Err    error // the transport's error when Status is 0, else what was wrong with the answer
	Class  errclass.Class
}

// Error names the operation, the status and Finesse's own words. It never
// holds a credential or a request body.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("finesse: " + e.Op)
	if e.Status != 0 {
		fmt.Fprintf(&b, ": HTTP %d", e.Status)
	}
	for _, a := range e.API {
		b.WriteString(": " + clip(a.Type))
		for _, s := range []string{a.Data, a.Message} {
			if s != "" {
				b.WriteString(", " + clip(s))
			}
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// clip keeps a foreign text short and on one line.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "..."
	}
	return s
}

// Unwrap returns the transport's error.
func (e *Error) Unwrap() error { return e.Err }

// ErrorClass implements errclass.Classified.
func (e *Error) ErrorClass() errclass.Class { return e.Class }

// Timeout reports that the server did not answer in time (NOT_REACHABLE);
// Status 0 without it is a connection failure (DOWN) [E1].
func (e *Error) Timeout() bool {
	if e.Status != 0 || e.Err == nil {
		return false
	}
	if errors.Is(e.Err, context.DeadlineExceeded) {
		return true
	}
	var ne net.Error
	return errors.As(e.Err, &ne) && ne.Timeout()
}
