package session

import (
	"context"
	"errors"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// connect binds the agent to a destination and opens their notification stream.
// The password is checked where Finesse checks it [C10]: a second Connect with
// the password already proven costs nothing, another password is proven by a
// login of its own before the old binding is touched. Success is silent in
// text; JSON has ConnectStatus.
func (s *Session) connect(ctx context.Context, r *Request) error {
	cred, err := s.credentials(r, r.Command.Arg(protocol.ParamSSO) != "")
	var grant Grant
	if err == nil && cred.Bearer {
		cred, grant, err = s.signOn(ctx, r, cred)
	}
	if err == nil && (!s.presence.Up() || !s.presence.Credentials().Equal(cred)) {
		err = s.prove(ctx, r, cred)
	}
	if err != nil {
		s.connectFailed(r, err)
		return err
	}
	s.signedOn(cred, grant)
	s.rebind(ctx, r)
	s.answer(r, protocol.ConnectStatus{Addressee: s.addressee()})
	return nil
}

// prove lets Finesse check new credentials by a login of their own. An SSO
// user's token lives for minutes only: the next one, sent by the same client,
// is proven by a read, and the notification stream stays.
func (s *Session) prove(ctx context.Context, r *Request, cred finesse.Credentials) error {
	if s.presence.Up() && cred.Bearer && s.presence.Credentials().Bearer && s.client.To == r.Binding.To {
		api, err := s.server()
		if err == nil {
			_, err = api.User(ctx, cred, cred.User)
		}
		if err == nil {
			s.presence.Adopt(cred)
		}
		return err
	}
	if err := s.connectAs(ctx, cred); err != nil {
		return err
	}
	s.sync.done()
	s.presence.Proven()
	s.view = translate.New(s.agent, r.Binding.Dialect)
	s.teams = teams{}
	return nil
}

// holds reports whether the session has a stream, or credentials that were good
// and with which it is getting one: another's Connect that fails takes nothing from it.
func (s *Session) holds() bool {
	return s.presence.Up() || s.shown.proven.Load() && s.presence.Credentials().User != "" && !s.presence.Refused()
}

// connectFailed keeps a session without a stream alive to refuse what the
// client sent after its Connect, in the words of the same failure: RE_LOGIN
// would make it send the wrong password again until Finesse locks the agent.
func (s *Session) connectFailed(r *Request, err error) {
	var ref *refusal
	if s.holds() || !errors.As(err, &ref) {
		return
	}
	s.client.refused = ref.code
	if !s.client.Bound() {
		s.bind(r.Binding)
	}
}

// rebind gives the agent to r's destination [C9]: the old one is told LOGOUT
// and then SESSION_INVALIDATED; Finesse keeps the agent as they are.
func (s *Session) rebind(ctx context.Context, r *Request) {
	old := s.client.Binding
	if old.Bound() && old.To != r.Binding.To {
		s.invalidate(ctx)
		s.log.Info().Stringer("from", old.To).Stringer("to", r.Binding.To).Msg("agent connected from another destination")
	}
	s.bind(r.Binding)
	s.view = s.view.ForClient(r.Binding.Dialect)
}

// invalidate tells the client that is bound that it has the agent no more [C9].
func (s *Session) invalidate(ctx context.Context) {
	old, st := s.client.Binding, s.view.State()
	st.Addressee = s.addressee()
	st.State, st.ReasonCode, st.Pending = string(finesse.StateLogout), "-1", ""
	s.send(old, st, provenance{})
	invalidated := s.errorOutput(protocol.ErrSessionInvalidated)
	s.send(old, invalidated, provenance{})
	for _, e := range s.asked.All() { // the answers are due there, too
		s.send(old, invalidated, provenance{correlation: e.Correlation, ticket: e.Ticket})
		s.over(e, "unbound")
	}
	s.unwatchAll(ctx)
}

// credentials are the agent's own, made of the password that a command
// carries. With GC_PASSWORD_CIPHER it is deciphered first; what does not
// decipher is never tried as it came [C23]. bearer: it is an SSO user's access
// token.
func (s *Session) credentials(r *Request, bearer bool) (finesse.Credentials, error) {
	cred := finesse.Credentials{User: s.loginID(), Password: r.Command.Secret(protocol.ParamPassword), Bearer: bearer}
	decipher := s.deps.Options.Decipher
	if decipher == nil {
		return cred, nil
	}
	var err error
	if cred.Password, err = decipher(cred.Password); err != nil {
		return finesse.Credentials{}, refuse(protocol.ErrSubscriptionFailed, errclass.Client, err)
	}
	return cred, nil
}
