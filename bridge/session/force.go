package session

import (
	"context"
	"errors"
	"net/http"

	"gcbridge/bridge/session/ledger"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// A state command may name an agent who is not connected here, and come from
// their supervisor's client: then the supervisor's credentials act [C15].

// forcedStates are the words of it, and what they ask for. A
// documented Finesse takes no reason code from a supervisor; it logs out from any state.
var forcedStates = map[protocol.Word]finesse.AgentState{
	protocol.MakeReady:              finesse.StateReady,
	protocol.MakeNotReady:           finesse.StateNotReady,
	protocol.MakeNotReadyWithReason: finesse.StateNotReady,
	protocol.Logout:                 finesse.StateLogout,
	protocol.LogoutWithReason:       finesse.StateLogout,
	protocol.ForceLogout:            finesse.StateLogout,
}

// Forces reports whether a supervisor may send a command for a member of their
// team who is not connected.
func Forces(w protocol.Word) bool { _, ok := forcedStates[w]; return ok }

// forMember is the row of a command that names a team member.
func forMember(w protocol.Word) (row, bool) {
	return row{run: (*Session).force, needs: needUser, team: true}, Forces(w)
}

// force sets the state of a team member. An agent of no team of this
// supervisor is one that nobody here knows [C5].
func (s *Session) force(ctx context.Context, r *Request) error {
	u, _, found, err := s.findMember(ctx, r.Command.ID)
	if err != nil {
		return err
	}
	if !found {
		s.answer(r, protocol.ReLogin{Addressee: protocol.Addressee{Agent: r.Command.ID}})
		return nil
	}
	want := forcedStates[r.Command.Word]
	code := s.deps.Options.supervisorReason(want)
	reason, err := s.reasonID(ctx, want, code)
	if err != nil {
		return err
	}
	err = s.forceWith(ctx, r, u.ID, finesse.StateChange{State: want, ReasonCodeID: reason})
	if refused := (*finesse.Error)(nil); reason != "" && errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
		s.log.Warn().Str("state", string(want)).Str("code", code).Err(err).Msg("Finesse refused the reason code of a supervisor; trying without it")
		err = s.forceWith(ctx, r, u.ID, finesse.StateChange{State: want})
	}
	return err
}

// forceWith asks for the state of a team member with the supervisor's credentials.
func (s *Session) forceWith(ctx context.Context, r *Request, member string, c finesse.StateChange) error {
	e := ledger.Entry{Expect: ledger.Expect{Rule: ledger.RuleMember, Member: member, State: c.State}, Again: poll}
	return s.ask(r, e, func(api API, cred finesse.Credentials, id string) error {
		return api.SetState(ctx, cred, member, c, id)
	})
}

// lookAtMember asks Finesse for the state of a member who was forced: where the
// team is not watched, no event tells it.
func (s *Session) lookAtMember(ctx context.Context, e ledger.Entry) {
	u, _, found, err := s.findMember(ctx, e.Expect.Member)
	if err != nil || !found {
		s.log.Warn().Str("member", e.Expect.Member).Err(err).Msg("reading the state of a team member")
		return
	}
	s.asked.Note(e.RequestID, s.view.MemberState(u))
	if e, ok := s.asked.Member(u); ok {
		s.publish([]protocol.Output{s.view.MemberState(u)}, provenance{correlation: e.Correlation, ticket: e.Ticket})
		s.over(e, "read")
	}
}
