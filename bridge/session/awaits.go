package session

import (
	"context"
	"slices"
	"time"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// awaited is a request that Finesse has accepted and whose success has an
// answer of its own. A 202 only says that it is queued (finesse-api 1.4), so
// the answer waits for the event that shows it.
type awaited struct {
	what        string // for people
	requestID   string
	correlation string
	until       time.Time
	// shown reports, after n has been taken in, whether the request has worked.
	shown func(n finesse.Notification) bool
	// answers go out when it has.
	answers []protocol.Output
	// overdue is called when nothing was shown in time; nil: the client is told so.
	overdue func(ctx context.Context, a awaited)
	// forced is what was asked for another agent, if that is what it is about.
	forced forced
}

// awaits are the requests whose outcome is awaited, oldest first.
type awaits struct {
	list  []awaited
	timer *time.Timer
}

// maxAwaits bounds them; one more pushes the oldest out as unconfirmed.
const maxAwaits = 32

// await waits for the outcome of a's request for as long as for that of a LOGIN.
func (s *Session) await(a awaited) {
	if a.until.IsZero() {
		a.until = time.Now().Add(s.deps.LoginWait)
	}
	if len(s.awaits.list) >= maxAwaits {
		s.unconfirmed(s.awaits.list[0])
		s.awaits.list = s.awaits.list[1:]
	}
	s.awaits.list = append(s.awaits.list, a)
	s.armAwaits()
}

// unconfirmed tells that a request was accepted and nothing came of it yet.
func (s *Session) unconfirmed(a awaited) {
	line := protocol.StatusBar{Addressee: s.addressee(), Message: a.what + ": accepted by Finesse, not confirmed yet"}
	s.publish([]protocol.Output{line}, provenance{correlation: a.correlation})
}

// noticeAwaited answers the requests that n shows to have worked.
func (s *Session) noticeAwaited(n finesse.Notification) {
	if len(s.awaits.list) == 0 {
		return
	}
	waiting := s.awaits.list
	s.awaits.list = nil
	for _, a := range waiting {
		if a.shown(n) {
			s.publish(a.answers, provenance{correlation: a.correlation, caused: n.Received})
			continue
		}
		s.awaits.list = append(s.awaits.list, a)
	}
	s.armAwaits()
}

// awaitedRefused forgets a request that Finesse has refused after all.
func (s *Session) awaitedRefused(requestID string) {
	if requestID == "" {
		return
	}
	s.awaits.list = slices.DeleteFunc(s.awaits.list, func(a awaited) bool { return a.requestID == requestID })
	s.armAwaits()
}

func (s *Session) awaitedOverdue(ctx context.Context) {
	now := time.Now()
	waiting := s.awaits.list
	s.awaits.list = nil
	for _, a := range waiting {
		if a.until.After(now) {
			s.awaits.list = append(s.awaits.list, a)
		}
	}
	for _, a := range waiting {
		switch {
		case a.until.After(now):
		case a.shown(finesse.Notification{}): // by a re-sync
			s.publish(a.answers, provenance{correlation: a.correlation})
		case a.overdue != nil:
			a.overdue(ctx, a) // may await again
		default:
			s.unconfirmed(a)
		}
	}
	s.armAwaits()
}

func (s *Session) armAwaits() {
	if len(s.awaits.list) == 0 {
		s.awaits.timer.Stop()
		return
	}
	first := slices.MinFunc(s.awaits.list, func(a, b awaited) int { return a.until.Compare(b.until) })
	s.awaits.timer.Reset(time.Until(first.until))
}
