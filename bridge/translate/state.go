package translate

import (
	"strings"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// stateKey is what a State is published for [M7].
type stateKey struct {
	state     finesse.AgentState
	reason    string
	pending   finesse.AgentState
	extension string
}

// noReason is the reason code of a state that may have one and has none.
const noReason = "-1"

// reasoned are the states that carry a reason code [O-001]. In all others
// Finesse's reasonCodeId is left over from the last NOT_READY.
var reasoned = map[finesse.AgentState]bool{
	finesse.StateNotReady: true,
	finesse.StateLogout:   true,
}

// applyUser merges a User event and tells a change of state. The first
// extension also brings the dialogs that came before it.
func (v View) applyUser(p finesse.UserPatch) (View, []protocol.Output) {
	if !v.own(p) || v.staleUser(p) {
		return v, nil
	}
	v = v.withUser(v.user.Merge(p))
	var all []protocol.Output
	if key := keyOf(v.user); v.user.State != "" && key != v.told {
		v.told = key
		all = append(all, v.State())
	}
	v, outs := v.tellUnclassified()
	return v, append(all, outs...)
}

// withUser is v with u as the agent.
func (v View) withUser(u finesse.User) View {
	v.user = u
	if u.Extension != "" {
		v.extension = u.Extension
	}
	if u.State == finesse.StateLogout {
		v.agentInfoSent = false
	}
	return v
}

// own tells the agent's own User events from those of team members, which a
// supervisor receives, too.
func (v View) own(p finesse.UserPatch) bool {
	names := func(s *string) bool {
		return s != nil && (strings.EqualFold(*s, v.agent) || v.user.ID != "" && strings.EqualFold(*s, v.user.ID))
	}
	return p.ID == nil || names(p.ID) || names(p.LoginName)
}

// staleUser reports an event that is older than what is known.
func (v View) staleUser(p finesse.UserPatch) bool {
	return p.StateChangeTime != nil && !p.StateChangeTime.IsZero() &&
		p.StateChangeTime.Before(v.user.StateChangeTime)
}

func keyOf(u finesse.User) stateKey {
	code, _ := reasonOf(u)
	return stateKey{state: u.State, reason: code, pending: u.PendingState, extension: u.Extension}
}

// reasonOf is the reason code and label that go with the state. A database id
// without its code is no code: clients know codes only [C11].
func reasonOf(u finesse.User) (code, label string) {
	switch {
	case !reasoned[u.State]:
		return "", ""
	case u.Reason == nil || u.Reason.Code == "":
		return noReason, ""
	}
	return u.Reason.Code, u.Reason.Label
}

// State is the agent's O-001 as of now, for GetState; UNKNOWN as long as
// Finesse has not told one.
func (v View) State() protocol.State {
	code, label := reasonOf(v.user)
	st := v.user.State
	if st == "" {
		st = finesse.StateUnknown
	}
	return protocol.State{
		Addressee:   v.addressee(),
		State:       string(st),
		ReasonCode:  code,
		ReasonLabel: label,
		Pending:     string(v.user.PendingState),
		ChangedAt:   v.user.StateChangeTime,
		LoginName:   v.user.LoginName,
		Extension:   v.user.Extension,
	}
}

// agentInfo is AgentInfo, and for supervisors their teams, once per login [M7].
func (v View) agentInfo() []protocol.Output {
	u := v.user
	teams := make([]protocol.Team, len(u.Teams))
	for i, t := range u.Teams {
		teams[i] = protocol.Team(t)
	}
	outs := []protocol.Output{protocol.AgentInfo{
		Addressee:        v.addressee(),
		FirstName:        u.FirstName,
		LastName:         u.LastName,
		LoginName:        u.LoginName,
		Supervisor:       u.Supervisor(),
		WrapUpOnIncoming: u.WrapUpOnIncome,
		Teams:            teams,
		Team:             protocol.Team{ID: u.TeamID, Name: u.TeamName},
	}}
	if u.Supervisor() {
		outs = append(outs,
			protocol.TeamIDs{Addressee: v.addressee(), Teams: teams},
			protocol.TeamNames{Addressee: v.addressee(), Teams: teams})
	}
	return outs
}
