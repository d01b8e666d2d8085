package translate_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

func teamMember(id string, st finesse.AgentState, sec int) finesse.User {
	return finesse.User{ID: id, FirstName: "Bo", LastName: id, Extension: "2" + id, State: st, StateChangeTime: at(sec)}
}

func team(us ...finesse.User) finesse.Team { return finesse.Team{ID: "7", Name: "Sales", Users: us} }

// changed is a member's event in the documented form: few fields.
func changed(id string, st finesse.AgentState, sec int) finesse.Notification {
	return finesse.Notification{
		Node: translate.TeamNode("7"), Source: "/finesse/api/User/" + id, Event: finesse.EventPut,
		User: &finesse.UserPatch{ID: &id, State: &st, StateChangeTime: ptr(at(sec))},
	}
}

func ids(us []finesse.User) []string {
	var out []string
	for _, u := range us {
		out = append(out, u.ID+" "+string(u.State))
	}
	return out
}

func TestTeamNode(t *testing.T) {
	got, ok := translate.TeamOf(translate.TeamNode("7"))
	require.True(t, ok)
	require.Equal(t, "7", got)
	for _, node := range []string{"", "/finesse/api/User/7", "/finesse/api/Team/7", "/finesse/api/Team/7/TeamMessage"} {
		_, ok := translate.TeamOf(node)
		require.False(t, ok, node)
	}
}

func TestRosterTellsEachChangeOnce(t *testing.T) {
	r, news := translate.Roster{}.With(team(teamMember("1", finesse.StateReady, 1), teamMember("2", finesse.StateLogout, 1)))
	require.Empty(t, news, "what the list says is told by the list")
	require.Equal(t, []string{"7"}, r.Teams())
	for _, c := range []struct {
		name string
		n    finesse.Notification
		want []string
	}{
		{"a change", changed("1", finesse.StateTalking, 5), []string{"1 TALKING"}},
		{"the same again", changed("1", finesse.StateTalking, 5), nil},
		{"an older one", changed("1", finesse.StateReady, 3), nil},
		{"a new member", changed("3", finesse.StateNotReady, 6), []string{"3 NOT_READY"}},
		{"another team's", finesse.Notification{Node: translate.TeamNode("8"), User: changed("1", finesse.StateReady, 9).User}, nil},
		{"one's own event", finesse.Notification{Node: "/finesse/api/User/1", User: changed("1", finesse.StateReady, 9).User}, nil},
		{"nobody's", finesse.Notification{Node: translate.TeamNode("7"), User: &finesse.UserPatch{}}, nil},
		{
			"the whole team",
			finesse.Notification{Node: translate.TeamNode("7"), Team: &finesse.Team{Users: []finesse.User{
				teamMember("1", finesse.StateTalking, 5), teamMember("2", finesse.StateNotReady, 8), teamMember("3", finesse.StateNotReady, 6),
			}}},
			[]string{"2 NOT_READY", "3 NOT_READY"}, // 3: its extension is known now
		},
		{"logout", changed("1", finesse.StateLogout, 10), []string{"1 LOGOUT"}},
	} {
		r, news = r.Apply(c.n)
		require.Equal(t, c.want, ids(news), c.name)
	}
	u, ok := r.Member("1")
	require.True(t, ok)
	require.Empty(t, u.Extension, "a logged-out agent has none")
	require.Equal(t, "Bo", u.FirstName, "an absent element is no removal")

	r, news = r.With(team(teamMember("1", finesse.StateReady, 12), teamMember("2", finesse.StateNotReady, 8)))
	require.Equal(t, []string{"1 READY"}, ids(news), "after a gap: what changed meanwhile")
	r = r.Without("7")
	require.Empty(t, r.Teams())
	require.Empty(t, r.Members())
	_, news = translate.Watching("7").With(team(teamMember("1", finesse.StateReady, 1)))
	require.Equal(t, []string{"1 READY"}, ids(news), "a team that was taken over: all of them")
}

// A Roster is a value: what is made of it does not change it.
func TestRosterIsAValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states := []finesse.AgentState{finesse.StateReady, finesse.StateNotReady, finesse.StateTalking, finesse.StateLogout}
		r, _ := translate.Roster{}.With(team(teamMember("1", finesse.StateReady, 0), teamMember("2", finesse.StateReady, 0)))
		told := map[string]finesse.AgentState{"1": finesse.StateReady, "2": finesse.StateReady}
		for sec := range rapid.IntRange(1, 50).Draw(t, "events") {
			id := rapid.SampledFrom([]string{"1", "2"}).Draw(t, "id")
			st := rapid.SampledFrom(states).Draw(t, "state")
			before := r.Members()
			next, news := r.Apply(changed(id, st, sec%60))
			require.Equal(t, before, r.Members())
			if st == told[id] {
				require.Empty(t, news)
			} else {
				require.Equal(t, []string{id + " " + string(st)}, ids(news))
			}
			told[id] = st
			r = next
		}
	})
}

func TestMemberState(t *testing.T) {
	v, _ := translate.New(agent, protocol.Dialect{}).Resync(user(finesse.StateReady, 1), nil, translate.TakeOver)
	u := teamMember("1002", finesse.StateNotReady, 5)
	u.Reason = &finesse.ReasonCode{ID: "102", Code: "12", Label: "Lunch"}
	require.Equal(t, protocol.State{
		Addressee: protocol.Addressee{Agent: agent, FullName: "Amy Adams"}, Member: "1002", MemberName: "Bo 1002",
		State: "NOT_READY", ReasonCode: "12", ReasonLabel: "Lunch", ChangedAt: at(5), LoginName: "amy", Extension: "21002",
	}, v.MemberState(u))
	require.Equal(t, "UNKNOWN", v.MemberState(finesse.User{ID: "1002"}).State)
}

func TestHeldAndActive(t *testing.T) {
	v, _ := translate.New(agent, protocol.Dialect{}).Resync(user(finesse.StateTalking, 1), nil, translate.TakeOver)
	_, ok := v.Held("55")
	require.False(t, ok)
	v, _ = v.Apply(post(inbound("50", "ACTIVE", party(customer, "ACTIVE", 1), party(ext, "HELD", 2))))
	v, _ = v.Apply(post(inbound("55", "ACTIVE", party(customer, "ACTIVE", 3), party(ext, "HELD", 4))))
	v, _ = v.Apply(post(dialled("56", "ACTIVE", party(ext, "ACTIVE", 5), party(mate, "ACTIVE", 5))))
	for named, want := range map[string]string{"50": "50", "55": "55", "56": "55", "99": "55"} {
		id, ok := v.Held(named)
		require.True(t, ok)
		require.Equal(t, want, id, "named %s: what they hold, else what they consult about [C13]", named)
	}
	id, ok := v.Active()
	require.True(t, ok)
	require.Equal(t, "56", id)
}

func TestErrorForTeam(t *testing.T) {
	for status, want := range map[int]protocol.ErrorCode{
		401: protocol.ErrAuthorization, 403: protocol.ErrAuthorization, 404: protocol.ErrNotFound,
		400: protocol.ErrPleaseRetry, 500: protocol.ErrGeneralError, 503: protocol.ErrFinesseUnavailable,
	} {
		require.Equal(t, want, translate.ErrorForTeam(&finesse.Error{Status: status, Class: errclass.Upstream}, false), status)
	}
	require.Equal(t, protocol.ErrNoDialogID, translate.ErrorForTeam(&finesse.Error{Status: 404}, true))
	require.Empty(t, translate.ErrorForTeam(nil, false))
}
