package session

import (
	"context"

	"gcbridge/bridge/session/ledger"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

func (s *Session) makeCall(ctx context.Context, r *Request) error {
	from, to := s.view.User().Extension, r.Command.Arg(protocol.ParamNumber)
	return s.ask(r, ledger.Entry{Expect: calls(s, r)}, func(api API, cred finesse.Credentials, id string) error {
		return api.MakeCall(ctx, cred, cred.User, from, to, id)
	})
}

// act sends one dialog action. Its outcome is what the command's row expects.
func (s *Session) act(ctx context.Context, r *Request, dialog string, a finesse.Action) error {
	return s.actFor(ctx, r, dialog, a)
}

// actFor is act for a command whose outcome has answers of its own.
func (s *Session) actFor(ctx context.Context, r *Request, dialog string, a finesse.Action, answers ...protocol.Output) error {
	h, _ := s.rowOf(r)
	return s.ask(r, ledger.Entry{Expect: h.expect(s, r), Answers: answers}, func(api API, cred finesse.Credentials, id string) error {
		return api.Act(ctx, cred, dialog, a, id)
	})
}

// onDialog makes the handler of a command that is one dialog action by the
// agent's own extension.
func onDialog(action string) handler {
	return func(s *Session, ctx context.Context, r *Request) error {
		return s.act(ctx, r, r.Command.Arg(protocol.ParamDialog), finesse.Action{Name: action, Target: s.view.User().Extension})
	}
}

// getDialogState answers from what is known of the agent's calls.
func (s *Session) getDialogState(_ context.Context, r *Request) error {
	s.answer(r, s.view.DialogState(r.Command.Arg(protocol.ParamDialog)))
	return nil
}

// getControls answers O-015 and then O-017 [C22].
func (s *Session) getControls(_ context.Context, r *Request) error {
	state, controls, ok := s.view.Controls(r.Command.Arg(protocol.ParamDialog))
	if !ok {
		return errNoDialog()
	}
	s.answer(r, state, controls)
	return nil
}

func (s *Session) getParticipants(_ context.Context, r *Request) error {
	ps, ok := s.view.Participants(r.Command.Arg(protocol.ParamDialog))
	if !ok {
		return errNoDialog()
	}
	s.answer(r, ps)
	return nil
}

// errNoDialog: the agent has no such dialog.
func errNoDialog() error { return refuse(protocol.ErrNoDialogID, errclass.Client, nil) }

// wrapUp names the reason of a call by its label; success has no answer
// but the call's next event.
func (s *Session) wrapUp(ctx context.Context, r *Request) error {
	return s.act(ctx, r, r.Command.Arg(protocol.ParamDialog), finesse.Action{
		Name: finesse.ActionUpdateCallData, WrapUpReason: r.Command.Arg(protocol.ParamWrapUp),
	})
}

// updateVariables sets call variables [C12].
func (s *Session) updateVariables(ctx context.Context, r *Request) error {
	a := finesse.Action{Name: finesse.ActionUpdateCallData}
	for _, v := range r.Command.Variables() {
		a.Variables = append(a.Variables, finesse.Variable(v))
	}
	return s.act(ctx, r, r.Command.Arg(protocol.ParamDialog), a)
}
