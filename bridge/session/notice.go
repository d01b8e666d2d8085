package session

import (
	"context"
	"strings"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// notice serves one notification.
func (s *Session) notice(ctx context.Context, n finesse.Notification) {
	switch {
	case n.Malformed != nil:
		s.log.Warn().Err(n.Malformed).Msg("an event could not be read; the session re-syncs")
		s.deps.Telemetry.Count(telemetry.EventsMalformed)
		s.sync.want()
	case n.Available != nil || n.System != nil:
		s.deps.Finesse.Notice()
	case n.Other != nil:
		s.otherResource(*n.Other)
	case len(n.Errors) > 0:
		s.asyncError(ctx, n)
	case n.Team != nil || teamNode(n):
		s.noticeTeam(n)
	case s.showsLogin(n):
		s.loginDone(ctx) // if it cannot be read yet, the next look tries again
	default:
		s.apply(ctx, n)
	}
}

// apply takes an event of the agent's own state or dialogs, tells what is new, and
// which command it answers [C25].
func (s *Session) apply(ctx context.Context, n finesse.Notification) {
	was := s.view
	if s.view.Stale(n) { // what came between is not known
		s.sync.routine.soon(orderGrace)
	}
	view, outs := s.view.Apply(n)
	if s.spurious(was.User(), view.User()) && s.signInAgain(ctx) {
		return
	}
	s.view = view
	if s.deps.Options.SendControls {
		outs = append(outs, s.view.ControlsSince(was)...)
	}
	s.eventCame(n)
	correlation, settled := s.answered(n, len(outs) > 0)
	p := provenance{correlation: correlation, caused: n.Received}
	if len(settled) > 0 && settled[0].Answers == nil {
		p.ticket = settled[0].Ticket
		if len(outs) == 0 { // it was told before, and nobody knew that it is an answer
			outs = s.standing(settled[0])
		}
	}
	s.publish(outs, p)
	for i, e := range settled {
		told := e.Answers
		if i > 0 { // a state behind which another has come
			told = s.standing(e)
		}
		s.publish(told, provenance{correlation: e.Correlation, caused: n.Received, ticket: e.Ticket})
		s.over(e, "event")
	}
	s.changed(ctx, was.User())
}

// answered is which commands an event answers; see [ledger.Ledger.Event].
func (s *Session) answered(n finesse.Notification, told bool) (correlation string, settled []ledger.Entry) {
	if s.asked.Len() == 0 && n.RequestID == "" {
		return "", nil
	}
	return s.asked.Event(n, s.now(), told)
}

// teamNode tells the events of team members, which are User events too.
func teamNode(n finesse.Notification) bool {
	_, ok := translate.TeamOf(n.Node)
	return ok
}

// changed follows up on a change of the agent that Finesse has told.
func (s *Session) changed(ctx context.Context, was finesse.User) {
	if is := s.view.User(); loggedIn(was) && !loggedIn(is) {
		s.discharge()
		s.touch()
	}
	s.leave(ctx)
}

// asyncError tells the client why Finesse refused what it had accepted [E1].
func (s *Session) asyncError(ctx context.Context, n finesse.Notification) {
	if s.leaveRefused(ctx, n) {
		return
	}
	e, known := s.asked.Refused(n.RequestID, n.Source)
	login := e.Expect.Rule == ledger.RuleLogin && strings.HasSuffix(n.Source, "/User/"+s.loginID())
	code := translate.ErrorFor(n.Errors, login)
	s.log.Info().Str("code", string(code)).Str("source", n.Source).Msg("Finesse refused a request")
	if e.Expect.Rule == ledger.RuleLogin {
		s.loginOver()
		if quiet(e) {
			s.sync.want() // the logout that it should have undone is told
			return
		}
	}
	s.countError(code)
	s.publish([]protocol.Output{s.errorOutput(code)}, provenance{correlation: e.Correlation, caused: n.Received, ticket: e.Ticket})
	if known {
		s.over(e, "refusal")
	}
}
