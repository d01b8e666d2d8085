package session

import (
	"context"
	"errors"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// connect binds the agent to a destination and opens his notification stream.
// The password is checked where Finesse checks it [C10]: a second Connect with
// the password already proven costs nothing, another password is proven by a
// login of its own before the old binding is touched. Success is silent in
// text; JSON has ConnectStatus.
func (s *Session) connect(ctx context.Context, r *Request) error {
	cred, err := s.credentials(r, r.Command.Arg(protocol.ParamSSO) != "")
	if err == nil && (!s.link.up() || !s.link.cred.Equal(cred)) {
		err = s.prove(ctx, r, cred)
	}
	if err != nil {
		s.connectFailed(r, err)
		return err
	}
	s.rebind(ctx, r)
	s.answer(r, protocol.ConnectStatus{Addressee: s.addressee()})
	return nil
}

// prove lets Finesse check new credentials by a login of their own. An SSO
// user's token lives for minutes only: the next one, sent by the same client,
// is proven by a read, and the notification stream stays.
func (s *Session) prove(ctx context.Context, r *Request, cred finesse.Credentials) error {
	if s.link.up() && cred.Bearer && s.link.cred.Bearer && s.binding.Destination == r.Binding.Destination {
		api, err := s.api()
		if err == nil {
			_, err = api.User(ctx, cred, s.agent)
		}
		if err == nil {
			s.link.cred = cred
		}
		return err
	}
	if err := s.dial(ctx, cred); err != nil {
		return err
	}
	s.wantSync = false
	s.view = translate.New(s.agent, r.Binding.Dialect)
	s.watch = watch{}
	return nil
}

// connectFailed keeps a session without a stream alive to refuse what the
// client sent after its Connect, in the words of the same failure: RE_LOGIN
// would make it send the wrong password again until Finesse locks the agent.
func (s *Session) connectFailed(r *Request, err error) {
	var ref *refusal
	if s.link.up() || !errors.As(err, &ref) {
		return
	}
	s.link.refused = ref.code
	if s.binding.Destination == "" {
		s.bind(r.Binding)
	}
}

// rebind gives the agent to r's destination [C9]: the old one is told LOGOUT
// and then SESSION_INVALIDATED; Finesse keeps him as he is.
func (s *Session) rebind(ctx context.Context, r *Request) {
	old := s.binding
	if old.Destination != "" && old.Destination != r.Binding.Destination {
		st := s.view.State()
		st.Addressee = s.addressee()
		st.State, st.ReasonCode, st.Pending = string(finesse.StateLogout), "-1", ""
		s.send(old, st, provenance{})
		s.send(old, s.errorOutput(protocol.ErrSessionInvalidated), provenance{})
		s.unwatchAll(ctx)
		s.awaits.list = nil // whoever would be answered is gone
		s.log.Info().Str("from", old.Destination).Str("to", r.Binding.Destination).Msg("agent connected from another destination")
	}
	s.bind(r.Binding)
	s.view = s.view.ForClient(r.Binding.Dialect)
}

func (s *Session) bind(b Binding) {
	s.binding = b
	s.deps.Bound(s.agent, b)
}
