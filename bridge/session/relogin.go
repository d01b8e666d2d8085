package session

import (
	"context"
	"time"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
)

// failover is the time after a gap in which Finesse may log an agent out whom
// nobody wanted to leave: the server that lost him says so late, or the one that
// took over does not know him yet (finesse-api 1.10, 5). Such a LOGOUT has no
// reason code; clients are not told, and the agent is signed in again, once.
// A LOGOUT with a code (255: he was away for more than 60 s) is the truth.
type failover struct {
	at    time.Time // of the last gap
	tried bool      // he was signed in again after it
}

// failoverTime is how long after a gap a LOGOUT without a reason is doubted.
const failoverTime = 60 * time.Second

// gap notes that the way to Finesse was interrupted or has moved.
func (s *Session) gap() { s.failover = failover{at: time.Now()} }

// spurious reports whether the agent was logged out by a failover.
func (s *Session) spurious(was, is finesse.User) bool {
	return loggedIn(was) && is.State == finesse.StateLogout && is.Reason == nil && was.Extension != "" &&
		!s.failover.tried && !s.failover.at.IsZero() && time.Since(s.failover.at) < failoverTime &&
		!s.leaving.active && !s.outgoing
}

// signInAgain undoes a spurious LOGOUT. false: it could not even be asked for,
// and the LOGOUT has to be told.
func (s *Session) signInAgain(ctx context.Context) bool {
	s.failover.tried = true
	api, err := s.api()
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, s.deps.CommandTimeout)
	defer cancel()
	id := s.nextRequestID(nil)
	change := finesse.StateChange{State: finesse.StateLogin, Extension: s.view.User().Extension}
	if err := api.SetState(ctx, s.link.cred, s.agent, change, id); err != nil {
		s.log.Warn().Err(err).Msg("logged out by a failover and not signed in again")
		return false
	}
	s.log.Warn().Msg("logged out by a failover: signed in again")
	s.deps.Count("signed_in_again")
	s.login.waiting, s.login.correlation, s.login.requestID, s.login.quiet = true, "", id, true
	s.login.until = time.Now().Add(s.deps.LoginWait)
	s.login.timer.Reset(min(loginPoll, s.deps.LoginWait))
	return true
}

// loginCause is how the agent is told of after a login: a client that did not
// ask for it is told as after a gap.
func (s *Session) loginCause() translate.Cause {
	if s.login.quiet {
		return translate.AfterGap
	}
	return translate.AfterLogin
}
