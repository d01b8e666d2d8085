package translate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// Roster is the members of the teams that a supervisor watches, as last told
// to them. Like [View] it is a value; the zero Roster watches nothing.
type Roster struct {
	teams   map[string]bool
	members map[string]member // by login id
}

type member struct {
	user finesse.User
	team string
	told stateKey
}

// The node of a team's members (finesse-api 1.8).
const (
	teamPrefix = "/finesse/api/Team/"
	teamSuffix = "/Users"
)

// TeamNode is the node to subscribe to for the members of a team.
func TeamNode(team string) string { return teamPrefix + team + teamSuffix }

// TeamOf is the team whose members' node this is; ok is false for other nodes.
func TeamOf(node string) (team string, ok bool) {
	rest, ok := strings.CutPrefix(node, teamPrefix)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, teamSuffix)
}

// Watching is a roster of teams whose members nothing is known of yet: With
// returns all of them as changed.
func Watching(teams ...string) Roster {
	r := Roster{teams: map[string]bool{}, members: map[string]member{}}
	for _, t := range teams {
		r.teams[t] = true
	}
	return r
}

// Watches reports whether a team is watched.
func (r Roster) Watches(team string) bool { return r.teams[team] }

// Teams are the watched teams, sorted.
func (r Roster) Teams() []string { return slices.Sorted(maps.Keys(r.teams)) }

// Members are all members, sorted by login id.
func (r Roster) Members() []finesse.User {
	var us []finesse.User
	for _, id := range slices.Sorted(maps.Keys(r.members)) {
		us = append(us, r.members[id].user)
	}
	return us
}

// Member finds a member by login id.
func (r Roster) Member(id string) (finesse.User, bool) {
	m, ok := r.members[id]
	return m.user, ok
}

// With watches a team whose members, logged out ones included, are listed in
// t; they count as told. For a team that is watched already it returns the
// members whose state is not the one last told.
func (r Roster) With(t finesse.Team) (Roster, []finesse.User) {
	known := r.teams[t.ID]
	old := r.members
	r = r.Without(t.ID)
	r.teams[t.ID] = true
	var changed []finesse.User
	for _, u := range t.Users {
		was := old[u.ID]
		r.members[u.ID] = member{user: u, team: t.ID, told: keyOf(u)}
		if known && was.told != keyOf(u) {
			changed = append(changed, u)
		}
	}
	return r, changed
}

// Without stops watching a team.
func (r Roster) Without(team string) Roster {
	r.teams, r.members = maps.Clone(r.teams), maps.Clone(r.members)
	if r.teams == nil {
		r = Watching()
	}
	delete(r.teams, team)
	maps.DeleteFunc(r.members, func(_ string, m member) bool { return m.team == team })
	return r
}

// Apply takes a notification of a watched team's node and returns the members
// whose state changed by it, each change once [M7].
func (r Roster) Apply(n finesse.Notification) (Roster, []finesse.User) {
	team, ok := TeamOf(n.Node)
	switch {
	case !ok || !r.teams[team]:
		return r, nil
	case n.Team != nil:
		t := *n.Team
		t.ID = team
		return r.With(t)
	case n.User == nil || n.User.ID == nil:
		return r, nil
	}
	p := *n.User
	m := r.members[*p.ID]
	if p.StateChangeTime != nil && !p.StateChangeTime.IsZero() && p.StateChangeTime.Before(m.user.StateChangeTime) {
		return r, nil
	}
	m.user, m.team = m.user.Merge(p), team
	if m.user.State == finesse.StateLogout {
		m.user.Extension = ""
	}
	key := keyOf(m.user)
	changed := m.told != key && m.user.State != ""
	m.told = key
	r.members = maps.Clone(r.members)
	r.members[*p.ID] = m
	if !changed {
		return r, nil
	}
	return r, []finesse.User{m.user}
}

// MemberState is the copy of a team member's O-001 that their supervisor gets.
func (v View) MemberState(u finesse.User) protocol.State {
	code, label := reasonOf(u)
	return protocol.State{
		Addressee:   v.addressee(),
		Member:      u.ID,
		MemberName:  u.FullName(),
		State:       string(cmp.Or(u.State, finesse.StateUnknown)),
		ReasonCode:  code,
		ReasonLabel: label,
		Pending:     string(u.PendingState),
		ChangedAt:   u.StateChangeTime,
		LoginName:   v.user.LoginName,
		Extension:   u.Extension,
	}
}

// agentDevice is the medium of an agent who is at a phone [O-020].
const agentDevice = "AGENT_DEVICE"

// TeamUsers answers getteamusers [O-020], with or without the logged-out ones.
func (v View) TeamUsers(t finesse.Team, loggedOut bool) protocol.TeamUsers {
	out := protocol.TeamUsers{Addressee: v.addressee()}
	for _, u := range t.Users {
		if !loggedOut && !atWork(u) {
			continue
		}
		_, label := reasonOf(u)
		m := protocol.TeamUser{
			LoginID: u.ID, FirstName: u.FirstName, LastName: u.LastName, Extension: u.Extension,
			State: string(u.State), Pending: string(u.PendingState), ChangedAt: u.StateChangeTime, Label: label,
		}
		if u.Extension != "" {
			m.MediaType = agentDevice
		}
		out.Users = append(out.Users, m)
	}
	return out
}

// AgentsList answers getallagents with those of us who are logged in. A
// summary of a team member names no team: team does.
func (v View) AgentsList(us []finesse.User, team string) protocol.AgentsList {
	out := protocol.AgentsList{Addressee: v.addressee()}
	for _, u := range us {
		if !atWork(u) {
			continue
		}
		out.Agents = append(out.Agents, protocol.ListedAgent{
			LoginID: u.ID, FirstName: u.FirstName, LastName: u.LastName, Extension: u.Extension,
			State: string(u.State), Team: cmp.Or(u.TeamName, team),
		})
	}
	return out
}

// atWork reports that an agent is logged in.
func atWork(u finesse.User) bool {
	return u.State != "" && u.State != finesse.StateLogout && u.State != finesse.StateUnknown
}
