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
	cred := finesse.Credentials{User: s.agent, Password: r.Command.Secret(protocol.ParamPassword)}
	if !s.link.up() || !s.link.cred.Password.Equal(cred.Password) {
		if err := s.dial(ctx, cred); err != nil {
			s.connectFailed(r, err)
			return err
		}
		s.wantSync = false
		s.view = translate.New(s.agent, r.Binding.Dialect)
	}
	s.rebind(r)
	s.answer(r, protocol.ConnectStatus{Addressee: s.addressee()})
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
func (s *Session) rebind(r *Request) {
	old := s.binding
	if old.Destination != "" && old.Destination != r.Binding.Destination {
		st := s.view.State()
		st.Addressee = s.addressee()
		st.State, st.ReasonCode, st.Pending = string(finesse.StateLogout), "-1", ""
		s.send(old, st, provenance{})
		s.send(old, s.errorOutput(protocol.ErrSessionInvalidated), provenance{})
		s.log.Info().Str("from", old.Destination).Str("to", r.Binding.Destination).Msg("agent connected from another destination")
	}
	s.bind(r.Binding)
	s.view = s.view.ForClient(r.Binding.Dialect)
}

func (s *Session) bind(b Binding) {
	s.binding = b
	s.deps.Bound(s.agent, b)
}
