package session

import (
	"context"
	"time"
)

// GC_INACTIVITY_LOGOUT: an agent whose client is silent is logged out as by
// force_logout. What comes from a client is known to the book, for all agents
// who share the destination; a session looks there when the time may be over.

// awaitClient counts anew.
func (s *Session) awaitClient() {
	if d := s.deps.Options.InactivityLogout; d > 0 {
		s.life.silence.Reset(d)
	}
}

// clientSilent logs the agent out, if their client has been silent for that long.
func (s *Session) clientSilent(ctx context.Context) {
	s.awaitClient()
	if !s.client.Bound() || !loggedIn(s.view.User()) || s.signing.leaving.active {
		return
	}
	silent := time.Since(s.deps.Book.Heard(s.client.To))
	if left := s.deps.Options.InactivityLogout - silent; left > 0 {
		s.life.silence.Reset(left)
		return
	}
	s.log.Warn().Stringer("destination", s.client.To).Dur("silent", silent).Msg("the client is silent: the agent is logged out")
	s.signing.leaving = leaving{active: true}
	s.leave(ctx)
}
