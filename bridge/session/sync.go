package session

import (
	"context"

	"github.com/rs/zerolog"

	"gcbridge/bridge/telemetry"
	"gcbridge/protocol"
)

// resync reads Finesse and tells the client where its agent stands (M8), and what
// became of the commands whose events fell into the gap.
func (s *Session) resync(ctx context.Context) {
	if s.tokenFirst() {
		s.sync.again()
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.deps.Options.CommandTimeout)
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
	s.view, outs = s.view.Resync(u, ds, s.sync.cause)
	s.sync.done()
	s.tellTruth(outs, s.asked.Read(s.now()), reread)
	s.deps.Telemetry.Count(telemetry.Resyncs)
	if err := s.rewatch(ctx); err != nil {
		s.resyncFailed(err)
		return
	}
	s.presence.Proven()
	s.signing.token.Taken()
	s.changed(ctx, was)
}

// resyncFailed tries again later, unless Finesse refused the credentials: an SSO
// user's token may have run out meanwhile.
func (s *Session) resyncFailed(err error) {
	s.deps.Telemetry.Count(telemetry.ResyncsFailed)
	s.deps.Finesse.Report(err)
	refused := s.codeFor(err, row{}) == protocol.ErrSubscriptionFailed
	if refused && !s.signing.token.Doubt() {
		s.credentialsRefused(err)
		return
	}
	if s.sync.attempt == 0 {
		s.deps.Telemetry.Say(s.deps.Log, zerolog.WarnLevel, s.agent, err, "re-sync failed; it is tried again")
	}
	s.sync.again()
}

// outputsLost makes everything due that the client may have missed.
func (s *Session) outputsLost(context.Context) {
	s.sync.soon()
	s.teams.lost = true
}
