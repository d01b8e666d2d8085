package session

import (
	"context"
	"strings"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// notice serves one notification.
func (s *Session) notice(ctx context.Context, n finesse.Notification) {
	correlation, elsewhere := s.answered(n.RequestID)
	p := provenance{correlation: correlation, caused: n.Received}
	switch {
	case n.Malformed != nil:
		s.log.Warn().Err(n.Malformed).Msg("an event could not be read; the session re-syncs")
		s.deps.Count("events_malformed")
		s.wantSync = true
	case n.Available != nil || n.System != nil:
		s.deps.Servers.Notice()
	case len(n.Errors) > 0:
		s.asyncError(ctx, n, p)
	case n.Team != nil || teamNode(n):
		s.noticeTeam(n, p)
	case s.showsLogin(n):
		s.loginDone(ctx) // if it cannot be read yet, the login timer tries again
	default:
		was := s.view
		view, outs := s.view.Apply(n)
		if s.spurious(was.User(), view.User()) && s.signInAgain(ctx) {
			return
		}
		s.view = view
		if s.deps.SendControls {
			outs = append(outs, s.view.ControlsSince(was)...)
		}
		if elsewhere && len(outs) == 0 {
			outs = s.view.Standing(n) // the re-sync has told it, and did not know that it is an answer
		}
		s.publish(outs, p)
		s.noticeAwaited(n)
		s.changed(ctx, was.User())
	}
}

// showsLogin reports whether n says that the login which is awaited has worked.
func (s *Session) showsLogin(n finesse.Notification) bool {
	return s.login.waiting && !teamNode(n) && n.User != nil && n.User.State != nil && *n.User.State != finesse.StateLogout
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
func (s *Session) asyncError(ctx context.Context, n finesse.Notification, p provenance) {
	if s.leaveRefused(ctx, n.RequestID) {
		return
	}
	s.awaitedRefused(n.RequestID)
	login := s.login.waiting && (n.RequestID == s.login.requestID || n.RequestID == "") &&
		strings.HasSuffix(n.Source, "/User/"+s.agent)
	code := translate.ErrorFor(n.Errors, login)
	s.log.Info().Str("code", string(code)).Str("source", n.Source).Msg("Finesse refused a request")
	s.deps.Count("errors_" + string(code))
	if login {
		p.correlation = s.login.correlation
		s.loginFailed(code, p)
		return
	}
	s.publish([]protocol.Output{s.errorOutput(code)}, p)
}

// resync reads Finesse and tells the client where its agent stands (M8).
func (s *Session) resync(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.deps.CommandTimeout)
	defer cancel()
	u, ds, err := s.read(ctx)
	if err != nil {
		s.resyncFailed(err)
		return
	}
	was := s.view.User()
	if s.spurious(was, u) && s.signInAgain(ctx) {
		return // the login's end brings the re-sync
	}
	var outs []protocol.Output
	s.view, outs = s.view.Resync(u, ds, s.cause)
	s.wantSync, s.cause = false, translate.AfterGap
	s.publish(outs, provenance{recovered: true})
	s.deps.Count("resyncs")
	if err := s.rewatch(ctx); err != nil {
		s.resyncFailed(err)
		return
	}
	s.changed(ctx, was)
}

// resyncFailed starts again with the stream, unless Finesse refused the
// credentials: an SSO user's token may have run out meanwhile.
func (s *Session) resyncFailed(err error) {
	s.deps.Servers.Report(err)
	s.wantSync = true
	s.link.stream.Abort()
	s.link.stream = nil
	if s.codeFor(err, row{}) == protocol.ErrSubscriptionFailed {
		s.credentialsRefused(err)
		return
	}
	s.log.Warn().Err(err).Msg("re-sync failed; trying again with the stream")
	s.scheduleRelink()
}
