package session

import (
	"context"
	"time"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/telemetry"
	"gcbridge/finesse"
)

// failoverTime is how long after a gap a LOGOUT without a reason is doubted.
const failoverTime = 60 * time.Second

// gap notes that the way to Finesse was interrupted or has moved.
func (s *Session) gap() { s.signing.failover = failover{at: time.Now()} }

// spurious reports whether the agent was logged out by a failover.
func (s *Session) spurious(was, is finesse.User) bool {
	f := s.signing.failover
	return loggedIn(was) && is.State == finesse.StateLogout && is.Reason == nil && was.Extension != "" &&
		!f.tried && !f.at.IsZero() && time.Since(f.at) < failoverTime &&
		!s.signing.leaving.active && !s.signing.outgoing
}

// signInAgain undoes a spurious LOGOUT. false: it could not even be asked for,
// and the LOGOUT has to be told.
func (s *Session) signInAgain(ctx context.Context) bool {
	s.signing.failover.tried = true
	api, cred, err := s.forMe()
	if err != nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, s.deps.Options.CommandTimeout)
	defer cancel()
	change := finesse.StateChange{State: finesse.StateLogin, Extension: s.view.User().Extension}
	e := ledger.Entry{What: "signing in again", Expect: ledger.Expect{Rule: ledger.RuleLogin}, Again: poll}
	if err := s.askAs(e, func(id string) error { return api.SetState(ctx, cred, cred.User, change, id) }); err != nil {
		s.log.Warn().Err(err).Msg("logged out by a failover and not signed in again")
		return false
	}
	s.log.Warn().Msg("logged out by a failover: signed in again")
	s.deps.Telemetry.Count(telemetry.SignedInAgain)
	return true
}
