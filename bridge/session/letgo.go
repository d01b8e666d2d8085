package session

import (
	"context"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// What a session still does that was let go: it finishes the commands that it
// has, and gives the answers that only it knows to be due. All else is told by
// its successor, who also hears the events now: Finesse tells the connection that
// came last (finesse-api 1.10).

// finish serves the commands that came before the agent went to another node:
// REST needs no presence, and nobody else has them.
func (s *Session) finish(ctx context.Context) {
	s.shut()
	for {
		select {
		case r := <-s.mailbox:
			if r.Command.Word == protocol.Connect {
				r.unserved() // it would fetch the agent back
				continue
			}
			if h, _ := s.rowOf(r); h.lasting && r.Refused == "" {
				r.Refused = protocol.ErrPleaseRetry
			}
			s.contain(r, func() { s.serve(ctx, r) })
		default:
			return
		}
	}
}

// settleTime is how long a session that was let go looks for the answers that it
// owes, and for how long at most it then reads Finesse once more. Its successor
// has begun by then; only a node that leaves waits for this.
const settleTime = 2 * loginPoll

// settle answers the commands whose outcome this session has read and not told,
// and those whose answer is more than what its successor makes of an event. What
// has not shown in time is told as unconfirmed. Another LetGo cuts it short: the
// agent comes back. The end of ctx does not: a node that leaves owes its answers.
func (s *Session) settle(ctx context.Context) {
	s.leaving, s.failover, s.login.waiting = leaving{}, failover{}, s.owesLogin() // the rest is the successor's
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	for _, n := range s.backlog {
		s.contain(nil, func() { s.lateNotice(ctx, n) })
	}
	for s.owes() && s.settleStep(ctx) {
	}
	s.contain(nil, func() { s.lastLook(ctx) })
}

// owes reports whether there are notifications to read or answers due.
func (s *Session) owes() bool {
	return len(s.link.events()) > 0 || len(s.awaits.list) > 0 || s.owesLogin()
}

func (s *Session) owesLogin() bool { return s.login.waiting && !s.login.quiet }

// settleStep is one step of settle; false: there is nothing more to wait for.
func (s *Session) settleStep(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-s.wake:
		return s.signals.Swap(0)&(1<<sigLetGo) == 0
	case n, ok := <-s.link.events():
		if ok {
			s.contain(nil, func() { s.lateNotice(ctx, n) })
			return true
		}
		s.link.stream.Abort()
		s.link.stream = nil // the timers go on
	case <-s.login.timer.C:
		s.contain(nil, func() { s.loginOverdue(ctx) })
	case <-s.awaits.timer.C:
		s.contain(nil, func() { s.awaitedOverdue(ctx) })
	}
	return true
}

// lateNotice tells what n answers. What else it says is in what the successor
// reads; only an error is not.
func (s *Session) lateNotice(ctx context.Context, n finesse.Notification) {
	if len(n.Errors) > 0 || s.answers.of(n.RequestID) != "" || s.showsLogin(n) {
		s.notice(ctx, n)
		return
	}
	s.view, _ = s.view.Apply(n)
	s.noticeAwaited(n)
}

// lastLook reads Finesse for the answers that are still due, since events go to
// the successor, and says of the rest that they are.
func (s *Session) lastLook(ctx context.Context) {
	due := s.awaits.list
	if len(due) > 0 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
		defer cancel()
		if u, ds, err := s.read(ctx); err == nil {
			s.view, _ = s.view.Resync(u, ds, translate.AfterGap)
		}
	}
	for _, a := range due {
		if a.shown(finesse.Notification{}) {
			s.publish(a.answers, provenance{correlation: a.correlation})
			continue
		}
		s.unconfirmed(a)
	}
	if s.owesLogin() {
		s.unconfirmed(awaited{what: "Login", correlation: s.login.correlation})
	}
}
