package bridge

import (
	"errors"
	"fmt"
	"strings"

	"gcbridge/bridge/broker"
	"gcbridge/protocol"
)

// Ready implements [admin.Source]. It names the causes, as anybody may read them:
// without users, passwords and what a broker says of them.
func (w *Worker) Ready() error {
	var errs []error
	if !w.ready.Load() {
		errs = append(errs, errors.New("starting or stopping"))
	}
	if !w.transport.Up() {
		errs = append(errs, brokerDown(w.transport.Down()))
	}
	if st := w.finesse.Status(); st != protocol.InService {
		errs = append(errs, w.finesseDown(st))
	}
	if w.gateway.Refusing() {
		errs = append(errs, errors.New("clocks: most commands are refused as too old; see clocksOff in /status and the clock of this machine"))
	}
	errs = append(errs, w.finesse.Conflict())
	return errors.Join(errs...)
}

// brokerDown is why there is no link to the broker.
func brokerDown(why error) error {
	switch {
	case why == nil:
		return errors.New("broker: not connected")
	case errors.Is(why, broker.ErrLogin):
		return fmt.Errorf("broker: %w", broker.ErrLogin)
	case errors.Is(why, broker.ErrRefused):
		return errors.New("broker: not connected: refused by the broker; its words are in the log")
	}
	return fmt.Errorf("broker: not connected: %s", brief(why.Error()))
}

// finesseDown is the state of Finesse, and what ails each server.
func (w *Worker) finesseDown(st protocol.SystemStatus) error {
	text := "finesse: " + string(st)
	if cause := w.finesse.Cause(); cause != "" {
		text += "; " + brief(cause)
	}
	return errors.New(text)
}

// brief is a text on one line, and not a long one.
func brief(s string) string {
	const most = 300
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "..."
	}
	return s
}
