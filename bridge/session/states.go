package session

import (
	"context"
	"slices"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

func (s *Session) makeReady(ctx context.Context, r *Request) error {
	return s.setState(ctx, r, finesse.StateChange{State: finesse.StateReady})
}

func (s *Session) makeNotReady(ctx context.Context, r *Request) error {
	return s.setStateWithReason(ctx, r, finesse.StateNotReady)
}

func (s *Session) logOut(ctx context.Context, r *Request) error {
	s.signing.outgoing = true
	return s.setStateWithReason(ctx, r, finesse.StateLogout)
}

// work makes the handler of makeworknotready and makeworkready. Finesse
// documents WORK and WORK_READY as states that only it sets, and clients in
// the field ask for them all the same (finesse-api 2.3): it decides.
func work(st finesse.AgentState) handler {
	return func(s *Session, ctx context.Context, r *Request) error {
		return s.setState(ctx, r, finesse.StateChange{State: st})
	}
}

// setStateWithReason sends the reason the client named, else the configured one.
func (s *Session) setStateWithReason(ctx context.Context, r *Request, st finesse.AgentState) error {
	id, err := s.reasonID(ctx, st, s.reasonOf(r, st))
	if err != nil {
		return err
	}
	return s.setState(ctx, r, finesse.StateChange{State: st, ReasonCodeID: id})
}

// setState sends a state change. Its outcome is an event.
func (s *Session) setState(ctx context.Context, r *Request, c finesse.StateChange) error {
	e := ledger.Expect{Rule: ledger.RuleState, State: c.State, ReasonID: c.ReasonCodeID}
	return s.ask(r, ledger.Entry{Expect: e}, func(api API, cred finesse.Credentials, id string) error {
		return api.SetState(ctx, cred, cred.User, c, id)
	})
}

func (s *Session) getState(_ context.Context, r *Request) error {
	s.answer(r, s.view.State())
	return nil
}

// know reads the agent if nothing is known of them yet: a client may send
// commands before it logs in.
func (s *Session) know(ctx context.Context) error {
	if s.view.User().State != "" {
		return nil
	}
	u, ds, err := s.read(ctx)
	if err != nil {
		return err
	}
	var outs []protocol.Output
	s.view, outs = s.view.Resync(u, ds, translate.TakeOver)
	s.publish(slices.DeleteFunc(outs, standingOutput), provenance{})
	return nil
}

// standingOutput is an output about what was so already; the client did not ask for it.
func standingOutput(o protocol.Output) bool { return o.Code() == "O-001" || o.Code() == "O-024" }

// refresh re-reads the agent and their dialogs and publishes both [C17].
func (s *Session) refresh(ctx context.Context, r *Request) error {
	u, ds, err := s.read(ctx)
	if err != nil {
		return err
	}
	was := s.view.User()
	var outs []protocol.Output
	s.view, outs = s.view.Resync(u, ds, translate.OnRequest)
	s.answer(r, outs...)
	s.tellTruth(nil, s.asked.Read(s.now()), reread)
	s.changed(ctx, was)
	return nil
}
