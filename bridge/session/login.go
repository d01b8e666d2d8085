package session

import (
	"context"
	"slices"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// logIn signs the agent in at an extension. The stream is up before the request
// goes out: login failures are told only there. The outcome comes as an event;
// where none comes (finesse-api 2.3 does not say that a second LOGIN makes one)
// the user is read instead.
func (s *Session) logIn(ctx context.Context, r *Request) error {
	cred, err := s.credentials(r, s.presence.Credentials().Bearer)
	if err != nil {
		return err
	}
	var grant Grant
	if cred.Bearer {
		cred, grant = s.loginToken(cred)
	}
	if !s.presence.Up() {
		if err := s.connectAs(ctx, cred); err != nil {
			return err
		}
		cred.User = s.loginID()
	}
	if !s.admit() {
		return refuse(protocol.ErrLicensesExceeded, errclass.Client, nil)
	}
	change := finesse.StateChange{
		State: finesse.StateLogin, Extension: r.Command.Arg(protocol.ParamExtension),
		MobileMode: r.Command.Arg(protocol.ParamMode), MobileNumber: r.Command.Arg(protocol.ParamPhone), // [C19]
	}
	s.signing.outgoing = false
	err = s.ask(r, ledger.Entry{Expect: signsIn(s, r), Again: poll}, func(api API, _ finesse.Credentials, id string) error {
		return api.SetState(ctx, cred, cred.User, change, id)
	})
	if err != nil {
		s.loginOver()
		return err
	}
	s.presence.Adopt(cred)
	s.signedOn(cred, grant)
	return nil
}

func isLogin(e ledger.Entry) bool { return e.Expect.Rule == ledger.RuleLogin }

// loginOpen reports whether the outcome of a login is awaited.
func (s *Session) loginOpen() bool {
	_, open := s.asked.Find(ledger.RuleLogin)
	return open
}

// newest is the last login that somebody asked for, else the last.
func newest(login []ledger.Entry) ledger.Entry {
	e := login[len(login)-1]
	for _, o := range login {
		if o.Ticket != nil {
			e = o
		}
	}
	return e
}

// quiet reports whether nobody asked for a login: it undoes a LOGOUT of a fail-over.
func quiet(e ledger.Entry) bool { return isLogin(e) && e.Ticket == nil }

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
	e := newest(login)
	cause := translate.AfterLogin
	if quiet(e) {
		cause = translate.AfterGap
	}
	var outs []protocol.Output
	s.view, outs = s.view.Resync(u, ds, cause)
	s.publish(outs, provenance{correlation: e.Correlation, recovered: quiet(e), ticket: e.Ticket})
	s.sync.done()
	s.presence.Proven()
	// One who was asked to log in twice is told where they stand, for the earlier one.
	s.tellTruth(nil, slices.DeleteFunc(login, func(o ledger.Entry) bool { return o.RequestID == e.RequestID }), provenance{})
	s.over(e, "event")
	s.tellTruth(nil, s.asked.Read(s.now()), reread)
	if !quiet(e) {
		s.readyAfterLogin(ctx)
	}
}

// readyAfterLogin makes an agent ready who has just logged in, where that is
// configured (MAKE_AGENT_READY). The outcome is an event, as of a command.
func (s *Session) readyAfterLogin(ctx context.Context) {
	if !s.deps.Options.ReadyAfterLogin || s.view.User().State != finesse.StateNotReady {
		return
	}
	api, cred, err := s.forMe()
	if err == nil {
		e := ledger.Entry{What: "ready after login", Expect: ledger.Expect{Rule: ledger.RuleState, State: finesse.StateReady}}
		err = s.askAs(e, func(id string) error {
			return api.SetState(ctx, cred, cred.User, finesse.StateChange{State: finesse.StateReady}, id)
		})
	}
	if err != nil {
		s.log.Warn().Err(err).Msg("READY after the login")
		code := s.codeFor(err, row{})
		s.countError(code)
		s.publish([]protocol.Output{s.errorOutput(code)}, provenance{})
	}
}
