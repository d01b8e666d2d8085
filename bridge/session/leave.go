package session

import (
	"context"

	"gcbridge/bridge/session/ledger"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// forceLogout starts the way out.
func (s *Session) forceLogout(ctx context.Context, r *Request) error {
	if !loggedIn(s.view.User()) {
		s.answer(r, s.view.State())
		return nil
	}
	s.signing.leaving = leaving{active: true, correlation: r.CorrelationID}
	if err := s.leaveOn(ctx, r); err != nil {
		s.signing.leaving = leaving{}
		return err
	}
	if !s.asked.For(r) { // the agent is on the way already: when their last dialog ends
		s.answer(r, s.view.State())
	}
	return nil
}

// leave takes the next step after a change, if the agent is on the way out.
func (s *Session) leave(ctx context.Context) {
	if !s.signing.leaving.active {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.deps.Options.CommandTimeout)
	defer cancel()
	if err := s.leaveOn(ctx, nil); err != nil {
		s.log.Warn().Err(err).Msg("forced logout failed")
		code, correlation := s.codeFor(err, row{}), s.signing.leaving.correlation
		s.signing.leaving = leaving{}
		s.countError(code)
		s.publish([]protocol.Output{s.errorOutput(code)}, provenance{correlation: correlation})
	}
}

// leaveOn asks for the next step; r is the force_logout itself, nil behind it.
func (s *Session) leaveOn(ctx context.Context, r *Request) error {
	next, over := leaveStep(s.view.User(), s.view.Calls(), s.signing.leaving)
	if over {
		s.signing.leaving = leaving{}
		return nil
	}
	if next == "" {
		return nil
	}
	code := s.deps.Options.defaultReason(next)
	id, err := s.reasonID(ctx, next, code)
	if err != nil {
		return err
	}
	err = s.leaveWith(ctx, r, next, id)
	if err != nil && id != "" {
		s.log.Warn().Str("state", string(next)).Str("code", code).Err(err).Msg("Finesse refused the reason code; trying without it")
		err = s.leaveWith(ctx, r, next, "")
	}
	return err
}

func (s *Session) leaveWith(ctx context.Context, r *Request, st finesse.AgentState, reasonID string) error {
	api, cred, err := s.forMe()
	if err != nil {
		return err
	}
	l := &s.signing.leaving
	e := ledger.Entry{
		What: string(protocol.ForceLogout), Correlation: l.correlation,
		Expect: ledger.Expect{Rule: ledger.RuleState, State: st, ReasonID: reasonID},
	}
	if r != nil {
		e.Ticket = r
	}
	return s.askAs(e, func(id string) error {
		l.sent, l.from, l.requestID, l.bare = st, s.view.User().State, id, reasonID == ""
		return api.SetState(ctx, cred, cred.User, finesse.StateChange{State: st, ReasonCodeID: reasonID}, id)
	})
}

// leaveRefused takes an asynchronous refusal of a step: once more without the
// code. false: the error is not about leaving, or there is nothing left to try.
func (s *Session) leaveRefused(ctx context.Context, n finesse.Notification) bool {
	l := &s.signing.leaving
	step, open := s.asked.Step(l.requestID)
	if !l.active || !open || n.RequestID != l.requestID && (n.RequestID != "" || !step.Expect.Answerable(n.Source)) {
		return false
	}
	if l.bare {
		*l = leaving{}
		return false
	}
	s.log.Warn().Str("state", string(l.sent)).Msg("Finesse refused the reason code; trying without it")
	ctx, cancel := context.WithTimeout(ctx, s.deps.Options.CommandTimeout)
	defer cancel()
	var r *Request
	if step.Ticket != nil {
		r, _ = step.Ticket.(*Request)
	}
	if err := s.leaveWith(ctx, r, l.sent, ""); err != nil {
		*l = leaving{}
		return false
	}
	for _, e := range s.asked.Take(func(e ledger.Entry) bool { return e.RequestID == step.RequestID }) {
		if e.Ticket != nil {
			e.Ticket.Release() // the new entry holds it
		}
	}
	return true
}
