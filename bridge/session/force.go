package session

import (
	"context"
	"slices"
	"time"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// A state command may name an agent who is not connected here, and come from
// his supervisor's client: then the supervisor's credentials act [C15].

// forcedStates are the words of it, and what they ask for. Finesse takes no
// reason code from a supervisor and logs out from any state.
var forcedStates = map[protocol.Word]finesse.AgentState{
	protocol.MakeReady:              finesse.StateReady,
	protocol.MakeNotReady:           finesse.StateNotReady,
	protocol.MakeNotReadyWithReason: finesse.StateNotReady,
	protocol.Logout:                 finesse.StateLogout,
	protocol.LogoutWithReason:       finesse.StateLogout,
	protocol.ForceLogout:            finesse.StateLogout,
}

// Forces reports whether a supervisor may send a command for a member of his
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
	api, cred, err := s.forMe()
	if err != nil {
		return err
	}
	want := forcedStates[r.Command.Word]
	id := s.nextRequestID(r)
	if err := api.SetState(ctx, cred, u.ID, finesse.StateChange{State: want}, id); err != nil {
		return err
	}
	f := forced{member: u.ID, want: want, giveUp: time.Now().Add(s.deps.LoginWait)}
	s.awaitForced(awaited{what: string(want) + " of " + u.ID, requestID: id, correlation: r.CorrelationID}, f)
	return nil
}

// forced is a state asked for another agent.
type forced struct {
	member string
	want   finesse.AgentState
	giveUp time.Time
}

// awaitForced looks after the outcome: the copy of the member's State that the
// team subscription brings, or, where the team is not watched, what Finesse
// says of him when asked.
func (s *Session) awaitForced(a awaited, f forced) {
	a.forced = f
	a.until = time.Now().Add(min(loginPoll, s.deps.LoginWait))
	a.shown = func(finesse.Notification) bool { return false } // forcedShown tells
	a.overdue = s.lookAtForced
	s.await(a)
}

// lookAtForced asks Finesse for the state of a member who was forced.
func (s *Session) lookAtForced(ctx context.Context, a awaited) {
	ctx, cancel := context.WithTimeout(ctx, s.deps.CommandTimeout)
	defer cancel()
	u, _, found, err := s.findMember(ctx, a.forced.member)
	late := !time.Now().Before(a.forced.giveUp)
	switch {
	case found && reached(u, a.forced.want):
		s.publish([]protocol.Output{s.view.MemberState(u)}, provenance{correlation: a.correlation})
	case !late:
		s.awaitForced(a, a.forced)
	default:
		s.log.Warn().Str("member", a.forced.member).Str("state", string(a.forced.want)).Err(err).Msg("Finesse accepted a forced state and did not set it")
		var outs []protocol.Output
		if found {
			outs = append(outs, s.view.MemberState(u))
		}
		s.publish(append(outs, s.errorOutput(protocol.ErrGenericError)), provenance{correlation: a.correlation})
	}
}

// reached reports that u is in a state, or will be when his call ends.
func reached(u finesse.User, want finesse.AgentState) bool {
	return u.State == want || u.PendingState == want
}

// forcedShown finds the command that a member's new state answers.
func (s *Session) forcedShown(u finesse.User) (correlation string, ok bool) {
	i := slices.IndexFunc(s.awaits.list, func(a awaited) bool { return a.forced.member == u.ID && reached(u, a.forced.want) })
	if i < 0 {
		return "", false
	}
	correlation = s.awaits.list[i].correlation
	s.awaits.list = slices.Delete(s.awaits.list, i, i+1)
	s.armAwaits()
	return correlation, true
}
