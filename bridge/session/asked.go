package session

import (
	"cmp"
	"context"
	"net/url"
	"strconv"
	"time"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// poll is how often Finesse is read for what has no reliable event of its own: a
// login, and the state of another agent.
const poll = time.Second

// now is how the agent stands.
func (s *Session) now() ledger.Now {
	return ledger.Now{User: s.view.User(), Dialogs: s.view.Dialogs()}
}

// ask sends the request of a command, and waits for its outcome from when Finesse
// has accepted it. e says what will show it and, if that is more than an event,
// how it is answered.
func (s *Session) ask(r *Request, e ledger.Entry, send func(api API, cred finesse.Credentials, requestID string) error) error {
	api, cred, err := s.forMe()
	if err != nil {
		return err
	}
	e.What, e.Correlation, e.Ticket = string(r.Command.Word), r.CorrelationID, r
	return s.askAs(e, func(id string) error { return send(api, cred, id) })
}

// askAs is ask for the one who is named in e.
func (s *Session) askAs(e ledger.Entry, send func(requestID string) error) error {
	e.RequestID, e.Expect = s.nextRequestID(), e.Expect.Asked(s.now())
	if err := send(e.RequestID); err != nil {
		return err
	}
	s.open(e)
	return nil
}

// open waits for the outcome of a request that Finesse has accepted.
func (s *Session) open(e ledger.Entry) {
	now, timeout := time.Now(), s.deps.Options.OutcomeTimeout
	e.Deadline, e.Look = now.Add(timeout), now.Add(timeout/2)
	if s.sync.routine.suspect != "" { // its event may not come
		e.Again = min(cmp.Or(e.Again, poll), poll)
		e.Look = now.Add(min(suspectLook, timeout/2))
	} else if e.Again > 0 {
		e.Look = now.Add(min(e.Again, timeout/2))
	}
	if e.Ticket != nil {
		e.Ticket.Hold()
	}
	s.log.Debug().Str("command", e.What).Str("request_id", e.RequestID).Str("correlation_id", e.Correlation).Msg("accepted by Finesse")
	s.unconfirmed(s.asked.Open(e))
}

// nextRequestID names one REST request. Finesse may repeat the name in the events
// and errors that the request causes (finesse-api 1.3):
//
//	node-agent-start-number
//
// node and agent are escaped as in a URL's query, the others are in base 36.
func (s *Session) nextRequestID() string {
	s.asked.seq++
	return url.QueryEscape(s.deps.Node) + "-" + url.QueryEscape(s.agent) + "-" +
		strconv.FormatInt(s.deps.Epoch, 36) + "-" + strconv.FormatUint(s.asked.seq, 36)
}

// lookAfter reads Finesse for what is due, and tells what is overdue.
func (s *Session) lookAfter(ctx context.Context) {
	now := time.Now()
	if s.asked.Due(now) {
		s.look(ctx)
	}
	s.overdue(time.Now())
}

// look reads Finesse once for all that is open, for no longer than until the
// first deadline, and answers what it shows.
func (s *Session) look(ctx context.Context) {
	if deadline, ok := s.asked.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	if e, ok := s.asked.Find(ledger.RuleMember); ok {
		s.lookAtMember(ctx, e)
	}
	if !s.asked.Any(func(e ledger.Entry) bool { return e.Expect.Rule != ledger.RuleMember }) {
		return
	}
	if s.loginOpen() {
		s.loginDone(ctx) // it tells the rest, too
		return
	}
	was := s.view.User()
	u, ds, err := s.read(ctx)
	if err != nil {
		s.deps.Finesse.Report(err)
		s.log.Warn().Err(err).Int("open", s.asked.Len()).Msg("reading the agent for the outcome of commands")
		s.sync.want()
		return
	}
	if s.spurious(was, u) && s.signInAgain(ctx) {
		return
	}
	var outs []protocol.Output
	s.view, outs = s.view.Resync(u, ds, translate.OnLook)
	if len(outs) > 0 {
		s.eventMissed()
	}
	s.tellTruth(outs, s.asked.Read(s.now()), reread)
	s.changed(ctx, was)
}

// reread heads what a read of Finesse has shown.
var reread = provenance{recovered: true}

// tellTruth tells what a read has shown: outs, which are news, and the outcome of
// the settled commands. An output that is the outcome of one carries its
// correlation id; a command without any is told how things stand. p heads all of it.
func (s *Session) tellTruth(outs []protocol.Output, settled []ledger.Entry, p provenance) {
	used := make([]bool, len(settled))
	for _, o := range outs {
		p := p
		for i, e := range settled {
			if !used[i] && e.Answers == nil && answers(o, e.Expect) {
				used[i], p.correlation, p.ticket = true, e.Correlation, e.Ticket
				break
			}
		}
		s.publish([]protocol.Output{o}, p)
	}
	for i, e := range settled {
		if !used[i] && !quiet(e) {
			p.correlation, p.ticket = e.Correlation, e.Ticket
			s.publish(s.standing(e), p)
		}
		s.over(e, "read")
	}
}

// answers reports whether an output is the outcome of a request.
func answers(o protocol.Output, e ledger.Expect) bool {
	if id, ok := translate.DialogOf(o); ok {
		return e.Concerns(id)
	}
	return o.Code() == "O-001" && e.OfState()
}

// standing is what a settled command is told where there is no news: its own
// answers, or how its dialog or the agent stands.
func (s *Session) standing(e ledger.Entry) []protocol.Output {
	if e.Answers != nil {
		return e.Answers
	}
	if !e.Expect.OfState() {
		for _, d := range s.view.Dialogs() {
			if !e.Expect.Concerns(d.ID) {
				continue
			}
			if outs := s.view.Standing(finesse.Notification{Dialogs: []finesse.Dialog{d}}); len(outs) > 0 {
				return outs
			}
		}
		return []protocol.Output{s.view.DialogStatus()}
	}
	return []protocol.Output{s.view.State()}
}

// over releases the command of a settled entry.
func (s *Session) over(e ledger.Entry, by string) {
	s.deps.Telemetry.CountBy(telemetry.Outcomes, by)
	if e.Ticket != nil {
		e.Ticket.Release()
	}
}

// overdue tells the clients whose commands have no outcome in time.
func (s *Session) overdue(now time.Time) { s.unconfirmed(s.asked.Overdue(now)) }

// notConfirmed is what people are told of a command that has no outcome.
const notConfirmed = "accepted by Finesse, not confirmed"

// unconfirmed tells that requests were accepted and that nothing shows that they
// have worked. Each client gets an error [O-002].
func (s *Session) unconfirmed(entries []ledger.Entry) {
	for _, e := range entries {
		s.log.Warn().Str("command", e.What).Str("request_id", e.RequestID).Msg(notConfirmed)
		if e.Expect.Rule == ledger.RuleLogin {
			s.loginOver()
		}
		if e.Seen != nil {
			s.publish([]protocol.Output{e.Seen}, provenance{})
		}
		s.fail(e, codeOf(e), notConfirmed)
		s.over(e, "unconfirmed")
	}
}

// codeOf is the wire code of a request that came to nothing [E1].
func codeOf(e ledger.Entry) protocol.ErrorCode {
	if e.Expect.Rule == ledger.RuleLogin {
		return protocol.ErrGeneralError
	}
	return protocol.ErrGenericError
}

// fail tells an error as the outcome of a request that somebody waits for.
func (s *Session) fail(e ledger.Entry, code protocol.ErrorCode, message string) {
	if quiet(e) {
		s.sync.want() // tell where the agent stands
		return
	}
	s.countError(code)
	o := protocol.Error{Addressee: s.addressee(), Err: code, Message: message}
	s.publish([]protocol.Output{o}, provenance{correlation: e.Correlation, ticket: e.Ticket})
}

func (s *Session) countError(code protocol.ErrorCode) {
	s.deps.Telemetry.CountBy(telemetry.Errors, string(code))
}
