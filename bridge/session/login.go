package session

import (
	"context"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// signing is what belongs to signing the agent in and out.
type signing struct {
	admitted bool // the agent counts against GC_MAX_AGENTS
	outgoing bool // the client asked for LOGOUT
	leaving  leaving
	failover failover
}

// logIn signs the agent in at an extension. The stream is up before the request
// goes out: login failures are told only there. The outcome comes as an event;
// where none comes (finesse-api 2.3 does not say that a second LOGIN makes one)
// the user is read instead.
func (s *Session) logIn(ctx context.Context, r *Request) error {
	cred, err := s.credentials(r, s.presence.Credentials().Bearer)
	if err != nil {
		return err
	}
	if !s.presence.Up() {
		if err := s.connectAs(ctx, cred); err != nil {
			return err
		}
	}
	if !s.admit() {
		return refuse(protocol.ErrLicensesExceeded, errclass.Client, nil)
	}
	change := finesse.StateChange{
		State: finesse.StateLogin, Extension: r.Command.Arg(protocol.ParamExtension),
		MobileMode: r.Command.Arg(protocol.ParamMode), MobileNumber: r.Command.Arg(protocol.ParamPhone), // [C19]
	}
	s.signing.outgoing = false
	s.supersedeLogin()
	err = s.ask(r, ledger.Entry{Expect: signsIn(s, r), Again: poll}, func(api API, _ finesse.Credentials, id string) error {
		return api.SetState(ctx, cred, s.agent, change, id)
	})
	if err != nil {
		s.loginOver()
		return err
	}
	s.presence.Adopt(cred)
	return nil
}

// supersedeLogin ends the wait for an earlier login: the outcome of the later one
// is its outcome, too.
func (s *Session) supersedeLogin() {
	for _, e := range s.asked.Take(isLogin) {
		if !s.quiet(e) {
			s.fail(e, protocol.ErrPleaseRetry, "")
		}
		s.over(e, "superseded")
	}
}

func isLogin(e ledger.Entry) bool { return e.Expect.Rule == ledger.RuleLogin }

// loginOpen reports whether the outcome of a login is awaited.
func (s *Session) loginOpen() bool {
	_, open := s.asked.Find(ledger.RuleLogin)
	return open
}

// quiet reports whether nobody asked for a login: it undoes a LOGOUT of a fail-over.
func (s *Session) quiet(e ledger.Entry) bool { return e.Ticket == nil }

// showsLogin reports whether n says that the login which is awaited has worked.
func (s *Session) showsLogin(n finesse.Notification) bool {
	return n.User != nil && n.User.State != nil && *n.User.State != finesse.StateLogout && s.loginOpen() && !teamNode(n)
}

func (s *Session) admit() bool {
	if !s.signing.admitted {
		s.signing.admitted = s.deps.Places.Admit(s.agent)
	}
	return s.signing.admitted
}

// discharge gives the place under GC_MAX_AGENTS back.
func (s *Session) discharge() {
	if s.signing.admitted {
		s.signing.admitted = false
		s.deps.Places.Release(s.agent)
	}
}

// loginOver follows the end of a login: an agent who is not logged in gives
// their place back.
func (s *Session) loginOver() {
	if !loggedIn(s.view.User()) {
		s.discharge()
	}
}

// loginDone reads the whole agent and tells the client: AgentInfo, the
// supervisor's teams, State and DialogStatus (M7). A client that did not ask for
// the login is told as after a gap. What cannot be read yet stays open.
func (s *Session) loginDone(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.deps.Options.CommandTimeout)
	defer cancel()
	u, ds, err := s.read(ctx)
	if err != nil {
		s.log.Warn().Err(err).Msg("reading the agent after login")
		s.deps.Finesse.Report(err)
	}
	login := s.asked.Take(func(e ledger.Entry) bool { return err == nil && loggedIn(u) && isLogin(e) })
	if len(login) == 0 {
		return // it failed, or is overdue by now
	}
	e := login[0]
	cause := translate.AfterLogin
	if s.quiet(e) {
		cause = translate.AfterGap
	}
	var outs []protocol.Output
	s.view, outs = s.view.Resync(u, ds, cause)
	s.publish(outs, provenance{correlation: e.Correlation, recovered: s.quiet(e), ticket: e.Ticket})
	s.over(e, "event")
	s.sync.done()
	s.presence.Proven()
	s.tellTruth(nil, s.asked.Read(s.now()), reread)
}
