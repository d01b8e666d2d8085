// Package defect makes an error of a panic, so that a defect costs what it was
// about and never the process. It is a leaf: every other package may import it.
package defect

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/rs/zerolog"

	"gcbridge/protocol/errclass"
)

// Error is a contained panic. Its text says only that there was one; what it
// was and where goes to the log: see [Error.MarshalZerologObject].
type Error struct {
	Panic string // what the panic said
	Stack []byte // of the goroutine, where it happened
}

func (*Error) Error() string { return "a defect of gcbridge: see its log" }

// ErrorClass implements errclass.Classified.
func (*Error) ErrorClass() errclass.Class { return errclass.Internal }

// MarshalZerologObject writes the fields panic and panic_stack, for
// [zerolog.Event.EmbedObject].
func (e *Error) MarshalZerologObject(ev *zerolog.Event) {
	ev.Str("panic", e.Panic).Bytes("panic_stack", e.Stack)
}

// Contain runs step and returns its error. A panic in it is logged with where it
// was, once, and comes back as an [*Error].
func Contain(log zerolog.Logger, where string, step func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Recovered(log, where, p)
		}
	}()
	return step()
}

// Recovered is for a deferred function of one's own: it logs what recover
// returned there, and makes an error of it.
func Recovered(log zerolog.Logger, where string, p any) *Error {
	e := &Error{Panic: fmt.Sprint(p), Stack: debug.Stack()}
	log.Error().Str("where", where).EmbedObject(e).Msg("a defect was contained")
	return e
}

// Is reports whether err comes from a contained panic.
func Is(err error) bool {
	var d *Error
	return errors.As(err, &d)
}
