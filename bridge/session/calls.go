package session

import (
	"context"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

func (s *Session) makeCall(ctx context.Context, r *Request) error {
	api, err := s.api()
	if err != nil {
		return err
	}
	from, to := s.view.User().Extension, r.Command.Arg(protocol.ParamNumber)
	return api.MakeCall(ctx, s.link.cred, s.agent, from, to, s.nextRequestID(r))
}

// act makes the handler of a command that is one dialog action by the agent's
// own extension.
func act(action string) func(*Session, context.Context, *Request) error {
	return func(s *Session, ctx context.Context, r *Request) error {
		api, err := s.api()
		if err != nil {
			return err
		}
		a := finesse.Action{Name: action, Target: s.view.User().Extension}
		return api.Act(ctx, s.link.cred, r.Command.Arg(protocol.ParamDialog), a, s.nextRequestID(r))
	}
}

// getDialogState answers from what is known of the agent's calls.
func (s *Session) getDialogState(_ context.Context, r *Request) error {
	s.answer(r, s.view.DialogState(r.Command.Arg(protocol.ParamDialog)))
	return nil
}
