package session

import (
	"context"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// dialFrom makes the handler of a command that dials a number out of a call:
// Transfer_sst and ConsultCall.
func dialFrom(action string) handler {
	return func(s *Session, ctx context.Context, r *Request) error {
		return s.act(ctx, r, r.Command.Arg(protocol.ParamDialog), finesse.Action{
			Name: action, Target: s.view.User().Extension, To: r.Command.Arg(protocol.ParamNumber),
		})
	}
}

// onHeld makes the handler of TransferCall and Conferencecall. Clients name
// the main call or the consultation, and the extension of the second agent;
// Finesse wants the dialog that this agent holds, and the own extension [C13].
func onHeld(action string) handler {
	return func(s *Session, ctx context.Context, r *Request) error {
		id, ok := s.view.Held(r.Command.Arg(protocol.ParamDialog))
		if !ok {
			return refuse(protocol.ErrNoHeldCall, errclass.Client, nil)
		}
		return s.act(ctx, r, id, finesse.Action{Name: action, Target: s.view.User().Extension})
	}
}
