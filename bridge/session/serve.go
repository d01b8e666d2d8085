package session

import (
	"context"
	"errors"
	"time"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// commands is the mailbox, while commands may begin.
func (s *Session) commands() <-chan *Request {
	if s.tenure.waits {
		return nil
	}
	return s.inbox.mail
}

// serve runs one command until Finesse has taken or refused it.
func (s *Session) serve(ctx context.Context, r *Request) {
	s.touch()
	if !s.shown.proven.Load() {
		s.deps.Trust.trying(s)
		defer s.deps.Trust.tried(s)
	}
	if !s.client.Bound() && !r.Binding.Bound() {
		r.unserved() // taken over from an original connector: nobody knows where the client listens
		return
	}
	// A command that has begun is finished even if the session has to stop:
	// cut in the middle, nobody would know what became of it.
	ctx = withReceived(context.WithoutCancel(ctx), r.Received)
	ctx, cancel := context.WithTimeout(ctx, s.deps.Options.CommandTimeout)
	defer cancel()
	h, ok := s.rowOf(r)
	switch {
	case r.Refused != "":
		s.answerError(r, r.Refused)
	case !ok:
		s.answerError(r, protocol.ErrPleaseRetry)
	default:
		if err := s.runRow(ctx, h, r); err != nil {
			s.answerFailure(r, h, err)
		}
	}
	r.Release()
}

// answerFailure answers a command that Finesse, or a rule, has refused.
func (s *Session) answerFailure(r *Request, h row, err error) {
	code := s.codeFor(err, h)
	s.log.Info().Str("command", string(r.Command.Word)).Str("code", string(code)).Err(err).Msg("command refused")
	s.deps.Finesse.Report(err)
	s.answerErrorWith(r, code, whyNot(err))
}

// runRow runs a command if it may run.
func (s *Session) runRow(ctx context.Context, h row, r *Request) error {
	if err := s.prepare(ctx, h); err != nil {
		return err
	}
	run, err := s.begin(ctx, h, r)
	if err != nil || !run {
		return err
	}
	s.log.Debug().Str("command", string(r.Command.Word)).Str("jms_message_id", r.MessageID).Msg("command begins")
	return h.run(s, ctx, r)
}

// prepare brings about what a command needs, or refuses it before Finesse is
// asked for what cannot work.
func (s *Session) prepare(ctx context.Context, h row) error {
	if h.unbound {
		return nil
	}
	if s.client.refused != "" {
		return refuse(s.client.refused, errclass.Client, nil)
	}
	if h.needs == needUser || h.needs == needCalls {
		if err := s.know(ctx); err != nil {
			return err
		}
	}
	if h.needs == needCalls && s.view.User().Extension == "" {
		return refuse(protocol.ErrInvalidObjectState, errclass.Client, nil)
	}
	return nil
}

// settleAfter is how long a redelivered command waits for what the node that
// had it first may still have said on another way.
const settleAfter = 250 * time.Millisecond

// errOvertaken: a later command has begun.
var errOvertaken = errors.New("session: overtaken by a later command")

// begin decides whether a command may run, and makes known that it does. One
// that was delivered again may have run before: if what it asks for is so, that
// is its answer. If not, it runs again, unless it must not run twice and some
// node was about to run it, or a later one has overtaken it [C24]: then the
// client is told PLEASE_RETRY.
func (s *Session) begin(ctx context.Context, h row, r *Request) (run bool, err error) {
	if Asks(r.Command.Word) {
		return true, nil
	}
	intended := false
	if r.Command.Row.Once {
		if r.Redelivered {
			select {
			case <-ctx.Done():
			case <-time.After(settleAfter):
			}
		}
		intended = s.deps.Cluster.Intended(r.MessageID)
	}
	// While the outcome of an earlier command is open, a read may show how it was
	// before that one, and a node that had come as far would have made it known.
	readable := r.Redelivered && !r.Command.Row.Once && h.expect != nil && s.asked.Len() == 0
	if intended || readable {
		done, err := s.hasRun(ctx, h, r)
		if err != nil || done {
			return false, err
		}
	}
	switch {
	case intended:
		return false, refuse(protocol.ErrPleaseRetry, errclass.Indeterminate, nil)
	case s.deps.Cluster.Overtaken(r.MessageID, r.Command.ID):
		s.deps.Telemetry.Count(telemetry.CommandsOvertaken)
		return false, refuse(protocol.ErrPleaseRetry, errclass.Unavailable, errOvertaken)
	}
	if err := s.deps.Cluster.Begin(ctx, r); err != nil {
		return false, refuse(protocol.ErrPleaseRetry, errclass.Unavailable, err)
	}
	return true, nil
}

// hasRun reads Finesse for a command that may have run already, and answers it
// if what it asks for is so.
func (s *Session) hasRun(ctx context.Context, h row, r *Request) (done bool, err error) {
	var expect ledger.Expect
	if h.expect != nil {
		expect = h.expect(s, r)
	}
	cause := translate.OnLook
	if expect.Rule == ledger.RuleLogin {
		cause = translate.AfterLogin
	}
	was := s.view.User()
	u, ds, err := s.read(ctx)
	if err != nil {
		return false, err
	}
	view, outs := s.view.Resync(u, ds, cause)
	done = expect.Met(ledger.Now{User: view.User(), Dialogs: view.Dialogs()}) && !reasonUnknown(expect, view.User())
	if !done && cause == translate.AfterLogin {
		return false, nil // the login tells it all
	}
	s.view = view
	entry := ledger.Entry{Correlation: r.CorrelationID, Expect: expect, Ticket: r}
	switch {
	case done && cause == translate.AfterLogin:
		s.publish(outs, provenance{correlation: r.CorrelationID, ticket: r})
		if !s.deps.Cluster.Overtaken(r.MessageID, r.Command.ID) { // else it is not the last that the client wants
			s.readyAfterLogin(ctx)
		}
	case done:
		r.Hold() // until it is told
		s.tellTruth(outs, []ledger.Entry{entry}, reread)
	default:
		s.tellTruth(outs, nil, reread)
	}
	if done {
		s.deps.Telemetry.Count(telemetry.CommandsNotRepeated)
		s.log.Info().Str("command", string(r.Command.Word)).Str("jms_message_id", r.MessageID).Msg("delivered again after it had run: answered, not run again")
	}
	s.changed(ctx, was)
	return done, nil
}

// reasonUnknown reports that a state is still to come, of which Finesse does
// not tell the reason: nobody can say whether it is the one that was asked for.
func reasonUnknown(e ledger.Expect, u finesse.User) bool {
	return e.Rule == ledger.RuleState && (e.ReasonID != "" || e.ReasonCode != "") && u.State != e.State
}
