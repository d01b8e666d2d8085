package session

import (
	"cmp"
	"context"
	"time"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// handOver lets the commands begin.
func (s *Session) handOver() {
	s.tenure.waits = false
	s.tenure.timer.Stop()
	s.life.ended = s.life.ended || s.tenure.released
}

// letGo obeys [Session.LetGo]. Who waits for the former owner first finishes what
// has come here: the next owner waits for this one.
func (s *Session) letGo(context.Context) {
	s.log.Info().Msg("another node has the agent")
	s.tenure.released, s.life.ended = true, !s.tenure.waits
}

// Successor makes the session of an agent whom another node held: it connects
// them with what that node knew, and tells their client where they stand (M8).
func Successor(agent string, deps *Deps, h Holding) *Session {
	s := New(agent, deps)
	s.tenure.inherited = &h
	return s
}

// inherit is the first step of a successor. Whatever fails for want of a server
// is tried again like a lost stream.
func (s *Session) inherit(ctx context.Context) {
	h := s.tenure.inherited
	s.presence.Adopt(finesse.Credentials{User: cmp.Or(h.LoginID, s.agent), Password: h.Password, Bearer: h.Bearer})
	s.proven() // to the node that held them
	if h.Binding.Bound() {
		s.bind(h.Binding)
		s.view = s.view.ForClient(h.Binding.Dialect)
	}
	s.gap()
	s.sync.cause, s.sync.due = translate.TakeOver, true
	for _, team := range h.Teams { // the re-sync subscribes and reads them
		s.teams.roster, _ = s.teams.roster.With(finesse.Team{ID: team})
	}
	s.deps.Trust.accept(s.presence.Credentials())
	if h.Bearer {
		h.Token.Access = h.Password
		s.signing.token.Begin(h.Token, time.Now())
	}
	if h.LoggedIn {
		s.admit()
	}
	s.signing.leaving.active = h.Leaving
	s.tenure.within(presenceTime)
	s.dial(ctx)
}

// tell lets the other nodes know what this session holds, when that has changed.
// It holds the agent from the first time that the stream was up.
func (s *Session) tell() {
	dialled := s.presence.Up() || s.presence.Wanted() && !s.signing.token.Stale(time.Now()) || s.client.refused != ""
	if s.tenure.waits && !s.tenure.inherited.Yields && dialled {
		s.handOver() // nobody hands over, and the first dial is over, however it ended
	}
	if s.client.refused != "" || !s.presence.Up() || s.sync.due {
		return
	}
	u, cred := s.view.User(), s.presence.Credentials()
	h := Holding{
		LoginID: s.spelt(cred), Password: cred.Password, Bearer: cred.Bearer, Token: s.signing.token.Grant(), Leaving: s.signing.leaving.active, Extension: u.Extension,
		Binding: s.client.Binding, Teams: s.teams.roster.Teams(), LoggedIn: loggedIn(u),
	}
	if s.tenure.told == nil && s.tenure.waits {
		s.tenure.timer.Reset(answerTime)
	}
	if s.tenure.told == nil || !s.tenure.told.equal(h) {
		s.tenure.told = &h
		s.deps.Cluster.Held(s.agent, h)
	}
}

// finish serves the commands that came before the agent went to another node:
// REST needs no presence, and nobody else has them.
func (s *Session) finish(ctx context.Context) {
	s.inbox.close()
	for r := s.inbox.take(); r != nil; r = s.inbox.take() {
		if r.Command.Word == protocol.Connect {
			r.unserved() // it would fetch the agent back
			continue
		}
		if h, _ := s.rowOf(r); h.lasting && r.Refused == "" {
			r.Refused = protocol.ErrPleaseRetry
		}
		s.contain(r, func() { s.serve(ctx, r) })
	}
}

// settle gives the outcomes that are open. Who has accepted a command tells its
// outcome; events go to the successor now, which has the newest connection
// (finesse-api 1.10), so Finesse is read, at once and then at growing intervals
// until the last outcome is told or overdue. Another LetGo cuts it short, after a
// last read: the agent comes back. The end of ctx does not: a node that leaves owes its answers.
func (s *Session) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.deps.Options.OutcomeTimeout)
	defer cancel()
	s.signing.leaving, s.signing.failover = leaving{}, failover{tried: true} // the rest is the successor's
	for _, e := range s.asked.Take(func(e ledger.Entry) bool { return e.Ticket == nil }) {
		s.over(e, "successor")
	}
	for n, ok := s.life.next(); ok; n, ok = s.life.next() {
		s.contain(nil, func() { s.lateNotice(ctx, n) })
	}
	for wait := settleFirst; s.owes() && s.settleStep(ctx, wait); wait = min(2*wait, poll) {
	}
	if s.asked.Len() > 0 && ctx.Err() == nil { // cut short: once more
		last, cancel := context.WithTimeout(ctx, poll)
		defer cancel()
		s.contain(nil, func() { s.lateLook(last) })
	}
	s.contain(nil, func() { s.unconfirmed(s.asked.All()) })
}

// settleFirst is the first wait between two reads of a session that was let go.
const settleFirst = 50 * time.Millisecond

// owes reports whether there are notifications to read or outcomes to tell.
func (s *Session) owes() bool { return len(s.presence.Events()) > 0 || s.asked.Len() > 0 }

// settleStep reads what has come, or Finesse; false: there is nothing more to wait for.
func (s *Session) settleStep(ctx context.Context, wait time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-s.inbox.wake:
		return s.inbox.signals.Swap(0)&(1<<sigLetGo) == 0
	case n, ok := <-s.presence.Events():
		if !ok {
			s.presence.Cut() // the reads go on
			return true
		}
		s.contain(nil, func() { s.lateNotice(ctx, n) })
	case <-time.After(wait):
		s.contain(nil, func() { s.lateLook(ctx) })
		s.overdue(time.Now())
	}
	return true
}

// lateNotice tells what n answers. What else it says is in what the successor
// reads; only an error is not.
func (s *Session) lateNotice(ctx context.Context, n finesse.Notification) {
	switch {
	case len(n.Errors) > 0:
		s.asyncError(ctx, n)
	case s.showsLogin(n):
		s.loginDone(ctx)
	case n.Team != nil || teamNode(n):
		if n.User != nil {
			s.lateMember(n)
		}
	default:
		s.view, _ = s.view.Apply(n)
		_, settled := s.answered(n, true)
		s.tellTruth(nil, settled, provenance{caused: n.Received})
	}
}

// lateMember answers what a team member's event shows.
func (s *Session) lateMember(n finesse.Notification) {
	var changed []finesse.User
	s.teams.roster, changed = s.teams.roster.Apply(n)
	for _, u := range changed {
		if e, ok := s.asked.Member(u); ok {
			s.publish([]protocol.Output{s.view.MemberState(u)}, provenance{correlation: e.Correlation, ticket: e.Ticket})
			s.over(e, "event")
		}
	}
}

// lateLook reads Finesse for the outcomes that are open.
func (s *Session) lateLook(ctx context.Context) {
	if s.asked.Len() == 0 {
		return
	}
	if e, ok := s.asked.Find(ledger.RuleMember); ok {
		s.lookAtMember(ctx, e)
	}
	if s.loginOpen() {
		s.loginDone(ctx)
		return
	}
	u, ds, err := s.read(ctx)
	if err != nil {
		return
	}
	s.view, _ = s.view.Resync(u, ds, translate.OnLook)
	s.tellTruth(nil, s.asked.Read(s.now()), reread)
}
