package session

import (
	"context"
	"math/rand/v2"
	"time"

	"gcbridge/bridge/session/presence"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/translate"
	"gcbridge/protocol"
)

// syncing is the re-sync that is due after a gap (M8). A read that fails is tried
// again with a backoff of its own: the stream, which works, stays.
type syncing struct {
	due     bool
	waits   bool // for the timer, after a failure
	cause   translate.Cause
	attempt int
	timer   *time.Timer
}

// want makes a re-sync due.
func (y *syncing) want() { y.due = true }

// again makes a re-sync due after the next delay.
func (y *syncing) again() {
	y.due, y.waits = true, true
	y.timer.Reset(presence.Delay(y.attempt, rand.Float64()))
	y.attempt++
}

// done notes that the agent was read and told.
func (y *syncing) done() {
	y.due, y.waits, y.attempt, y.cause = false, false, 0, translate.AfterGap
	y.timer.Stop()
}

// soon forgets the wait: something has changed since the last failure.
func (y *syncing) soon() {
	y.due, y.waits, y.attempt = true, false, 0
	y.timer.Stop()
}

// resync reads Finesse and tells the client where its agent stands (M8), and what
// became of the commands whose events fell into the gap.
func (s *Session) resync(ctx context.Context) {
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
	s.changed(ctx, was)
}

// resyncFailed tries again later, unless Finesse refused the credentials: an SSO
// user's token may have run out meanwhile.
func (s *Session) resyncFailed(err error) {
	s.deps.Telemetry.Count(telemetry.ResyncsFailed)
	s.deps.Finesse.Report(err)
	if s.codeFor(err, row{}) == protocol.ErrSubscriptionFailed {
		s.credentialsRefused(err)
		return
	}
	ev := s.log.Debug()
	if s.sync.attempt == 0 {
		ev = s.log.Warn()
	}
	ev.Err(err).Int("attempt", s.sync.attempt+1).Msg("re-sync failed; it is tried again")
	s.sync.again()
}

// outputsLost makes everything due that the client may have missed.
func (s *Session) outputsLost(context.Context) {
	s.sync.soon()
	s.teams.lost = true
}
