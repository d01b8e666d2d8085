package session

import (
	"context"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// leaving is a force_logout on its way [C16]: NOT_READY, then LOGOUT when the
// last dialog has ended. The client that asked may be gone, so nothing here
// waits for it.
type leaving struct {
	active    bool
	sent      finesse.AgentState // the step that waits for its event
	from      finesse.AgentState // the state it was sent in
	requestID string             // of that step
	bare      bool               // it was sent without a reason code
}

// leaveStep is the next state to ask for on the way out, "" = wait for an
// event. over: the agent is out.
func leaveStep(u finesse.User, dialogs int, l leaving) (next finesse.AgentState, over bool) {
	switch {
	case !loggedIn(u):
		return "", true
	case u.State == finesse.StateNotReady && dialogs == 0:
		next = finesse.StateLogout
	case u.State == finesse.StateNotReady || u.PendingState == finesse.StateNotReady:
		return "", false // the last dialog has to end
	default:
		next = finesse.StateNotReady
	}
	if next == l.sent && u.State == l.from {
		return "", false
	}
	return next, false
}

// forceLogout starts the way out.
func (s *Session) forceLogout(ctx context.Context, r *Request) error {
	if !loggedIn(s.view.User()) {
		s.answer(r, s.view.State())
		return nil
	}
	s.leaving = leaving{active: true}
	return s.leaveOn(ctx, r)
}

// leave takes the next step after a change, if the agent is on his way out.
func (s *Session) leave(ctx context.Context) {
	if !s.leaving.active {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, s.deps.CommandTimeout)
	defer cancel()
	if err := s.leaveOn(ctx, nil); err != nil {
		s.log.Warn().Err(err).Msg("forced logout failed")
		s.leaving.active = false
		s.publish([]protocol.Output{s.errorOutput(s.codeFor(err, row{}))}, provenance{})
	}
}

func (s *Session) leaveOn(ctx context.Context, r *Request) error {
	next, over := leaveStep(s.view.User(), len(s.view.Dialogs()), s.leaving)
	if over {
		s.leaving = leaving{}
		return nil
	}
	if next == "" {
		return nil
	}
	code := s.deps.DefaultLogoutReason
	if next == finesse.StateNotReady {
		code = s.deps.DefaultNotReadyReason
	}
	id, err := s.reasonID(ctx, next, code)
	if err != nil {
		return err
	}
	err = s.leaveWith(ctx, r, next, id)
	if err != nil && id != "" {
		s.log.Warn().Str("state", string(next)).Str("code", code).Err(err).Msg("Finesse refused the reason code; trying without it")
		err = s.leaveWith(ctx, r, next, "")
	}
	return err
}

func (s *Session) leaveWith(ctx context.Context, r *Request, st finesse.AgentState, reasonID string) error {
	api, err := s.api()
	if err != nil {
		return err
	}
	id := s.nextRequestID(r)
	s.leaving.sent, s.leaving.from = st, s.view.User().State
	s.leaving.requestID, s.leaving.bare = id, reasonID == ""
	return api.SetState(ctx, s.link.cred, s.agent, finesse.StateChange{State: st, ReasonCodeID: reasonID}, id)
}

// leaveRefused takes an asynchronous refusal of a step: once more without the
// code. false: the error is not about leaving, or there is nothing left to try.
func (s *Session) leaveRefused(ctx context.Context, requestID string) bool {
	if !s.leaving.active || requestID == "" || requestID != s.leaving.requestID {
		return false
	}
	if s.leaving.bare {
		s.leaving = leaving{}
		return false
	}
	s.log.Warn().Str("state", string(s.leaving.sent)).Msg("Finesse refused the reason code; trying without it")
	ctx, cancel := context.WithTimeout(ctx, s.deps.CommandTimeout)
	defer cancel()
	if err := s.leaveWith(ctx, nil, s.leaving.sent, ""); err != nil {
		s.leaving = leaving{}
		return false
	}
	return true
}
