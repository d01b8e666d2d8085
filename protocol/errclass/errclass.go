// Package errclass lets an error say what kind of failure it is. The class
// decides the wire code, whether a retry makes sense, and the metric label.
// It is a leaf: every other package may import it.
package errclass

import (
	"context"
	"errors"
	"net"
)

// Class is the kind of a failure.
type Class string

// The classes. An error without a class of its own is Internal.
const (
	// Client: the command itself is wrong; repeating it unchanged is pointless.
	Client Class = "client"
	// Upstream: Finesse understood and refused.
	Upstream Class = "upstream"
	// Unavailable: the other side could not be reached; nothing was done.
	Unavailable Class = "unavailable"
	// Indeterminate: the request went out and its outcome is unknown.
	Indeterminate Class = "indeterminate"
	// Internal: a defect or a limit of ours.
	Internal Class = "internal"
)

// Classified is implemented by errors that know their class.
type Classified interface{ ErrorClass() Class }

// Of returns the class of the first classified error in err's tree. A bare
// deadline is Indeterminate, a bare network error Unavailable, nil is "".
func Of(err error) Class {
	if err == nil {
		return ""
	}
	var c Classified
	if errors.As(err, &c) {
		return c.ErrorClass()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Indeterminate
	}
	var ne net.Error
	if errors.As(err, &ne) {
		if ne.Timeout() {
			return Indeterminate
		}
		return Unavailable
	}
	return Internal
}
