package session

import (
	"context"
	"time"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// loginWait is a LOGIN that Finesse accepted and has not decided yet. Its
// outcome comes as an event; where none comes (finesse-api 2.3 does not say
// that a second LOGIN makes one) the user is read instead.
type loginWait struct {
	waiting     bool
	correlation string
	requestID   string
	until       time.Time
	timer       *time.Timer
	admitted    bool // this agent counts against GC_MAX_AGENTS
	quiet       bool // nobody asked: it undoes a LOGOUT of a failover
}

// loginPoll is how often an undecided login is looked at.
const loginPoll = time.Second

// logIn signs the agent in at an extension. The stream is up before the
// request goes out: login failures are told only there.
func (s *Session) logIn(ctx context.Context, r *Request) error {
	cred, err := s.credentials(r, s.link.cred.Bearer)
	if err != nil {
		return err
	}
	if !s.link.up() {
		if err := s.dial(ctx, cred); err != nil {
			return err
		}
	}
	api, err := s.api()
	if err != nil {
		return err
	}
	if !s.admit() {
		return refuse(protocol.ErrLicensesExceeded, errclass.Client, nil)
	}
	id := s.nextRequestID(r)
	change := finesse.StateChange{
		State: finesse.StateLogin, Extension: r.Command.Arg(protocol.ParamExtension),
		MobileMode: r.Command.Arg(protocol.ParamMode), MobileNumber: r.Command.Arg(protocol.ParamPhone), // [C19]
	}
	// The wait begins before the request: its event may overtake the 202.
	s.login.waiting, s.login.correlation, s.login.requestID, s.login.quiet = true, r.CorrelationID, id, false
	s.outgoing = false
	if err := api.SetState(ctx, cred, s.agent, change, id); err != nil {
		s.loginOver()
		return err
	}
	s.link.cred = cred
	s.login.until = time.Now().Add(s.deps.LoginWait)
	s.login.timer.Reset(min(loginPoll, s.deps.LoginWait))
	return nil
}

func (s *Session) admit() bool {
	if !s.login.admitted {
		s.login.admitted = s.deps.Admit(s.agent)
	}
	return s.login.admitted
}

// discharge gives the place under GC_MAX_AGENTS back.
func (s *Session) discharge() {
	if s.login.admitted {
		s.login.admitted = false
		s.deps.Release(s.agent)
	}
}

// loginOver ends the wait; an agent who is not logged in gives his place back.
func (s *Session) loginOver() {
	s.login.waiting = false
	s.login.timer.Stop()
	if !loggedIn(s.view.User()) {
		s.discharge()
	}
}

// loginDone reads the whole agent and tells the client: AgentInfo, the
// supervisor's teams, State and DialogStatus (M7). false: not readable yet.
func (s *Session) loginDone(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, s.deps.CommandTimeout)
	defer cancel()
	u, ds, err := s.read(ctx)
	if err != nil || !loggedIn(u) {
		if err != nil {
			s.log.Warn().Err(err).Msg("reading the agent after login")
			s.deps.Servers.Report(err)
		}
		return false
	}
	var outs []protocol.Output
	s.view, outs = s.view.Resync(u, ds, s.loginCause())
	s.publish(outs, provenance{correlation: s.login.correlation, recovered: s.login.quiet})
	s.wantSync = false
	s.loginOver()
	return true
}

// loginFailed tells why a login came to nothing. One that nobody asked for is
// not an error: then the LOGOUT that it should have undone is told.
func (s *Session) loginFailed(code protocol.ErrorCode, p provenance) {
	quiet := s.login.quiet
	s.loginOver()
	if quiet {
		s.wantSync = true
		return
	}
	s.publish([]protocol.Output{s.errorOutput(code)}, p)
}

// loginOverdue looks at a login whose event has not come.
func (s *Session) loginOverdue(ctx context.Context) {
	if !s.login.waiting || s.loginDone(ctx) {
		return
	}
	if time.Now().Before(s.login.until) {
		s.login.timer.Reset(min(loginPoll, s.deps.LoginWait))
		return
	}
	s.log.Warn().Msg("Finesse accepted a login and never decided it")
	s.loginFailed(protocol.ErrGeneralError, provenance{correlation: s.login.correlation})
}

// read asks Finesse for the agent and his dialogs.
func (s *Session) read(ctx context.Context) (finesse.User, []finesse.Dialog, error) {
	api, err := s.api()
	if err != nil {
		return finesse.User{}, nil, err
	}
	u, err := api.User(ctx, s.link.cred, s.agent)
	if err != nil {
		return finesse.User{}, nil, err
	}
	ds, err := api.Dialogs(ctx, s.link.cred, s.agent)
	return u, ds, err
}
