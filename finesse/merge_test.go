package finesse_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"gcbridge/finesse"
)

func knownUser() finesse.User {
	return finesse.User{
		ID: "1001", LoginName: "jack", FirstName: "Jack", LastName: "Brown", Extension: "2001",
		State: finesse.StateNotReady, PendingState: finesse.StateReady,
		StateChangeTime: time.Date(2023, 1, 13, 11, 7, 11, 0, time.UTC),
		ReasonCodeID:    "49", Reason: &finesse.ReasonCode{ID: "49", Code: "27", Label: "Lunch"},
		Roles: []string{"Agent", "Supervisor"}, WrapUpOnIncome: "OPTIONAL", WrapUpOnOut: "REQUIRED", WrapUpTimer: 30,
		TeamID: "1", TeamName: "Sales", Teams: []finesse.TeamRef{{ID: "1", Name: "Sales"}},
	}
}

func TestParticipant(t *testing.T) {
	d := finesse.Dialog{Participants: []finesse.Participant{{Address: "2001", State: "ACTIVE"}, {Address: "2002", State: "HELD"}}}
	for address, want := range map[string]string{"2001": "ACTIVE", "2002": "HELD", "2003": "", "": ""} {
		p, ok := d.Participant(address)
		require.Equal(t, want, p.State)
		require.Equal(t, want != "", ok)
	}
}

func TestSupervisor(t *testing.T) {
	for _, tc := range []struct {
		roles []string
		want  bool
	}{{nil, false}, {[]string{"Agent"}, false}, {[]string{"Agent", "Supervisor"}, true}, {[]string{"Supervisor"}, true}} {
		require.Equal(t, tc.want, finesse.User{Roles: tc.roles}.Supervisor())
	}
}

// TestMerge holds trap 6 of finesse-api 1.9: absence is never removal, except
// that a reason code block belongs to the state it came with.
func TestMerge(t *testing.T) {
	tests := map[string]struct {
		patch finesse.UserPatch
		want  func(u *finesse.User)
	}{
		"nothing changes nothing": {finesse.UserPatch{}, func(*finesse.User) {}},
		"a state without reason clears the block, not the id": {
			finesse.UserPatch{State: new(finesse.StateTalking)},
			func(u *finesse.User) { u.State, u.Reason = finesse.StateTalking, nil },
		},
		"a state with reason replaces it": {
			finesse.UserPatch{State: new(finesse.StateLogout), Reason: &finesse.ReasonCode{Code: "21"}},
			func(u *finesse.User) { u.State, u.Reason = finesse.StateLogout, &finesse.ReasonCode{Code: "21"} },
		},
		"a reason alone replaces it": {
			finesse.UserPatch{Reason: &finesse.ReasonCode{Code: "21"}},
			func(u *finesse.User) { u.Reason = &finesse.ReasonCode{Code: "21"} },
		},
		"empty elements empty the fields": {
			finesse.UserPatch{Extension: new(""), PendingState: new(finesse.AgentState("")), Roles: []string{}, Teams: []finesse.TeamRef{}},
			func(u *finesse.User) {
				u.Extension, u.PendingState, u.Roles, u.Teams = "", "", []string{}, []finesse.TeamRef{}
			},
		},
		"an empty time is known to be none": {
			finesse.UserPatch{StateChangeTime: &time.Time{}},
			func(u *finesse.User) { u.StateChangeTime = time.Time{} },
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			want := knownUser()
			tc.want(&want)
			before := knownUser()
			require.Empty(t, cmp.Diff(want, before.Merge(tc.patch)))
			require.Empty(t, cmp.Diff(knownUser(), before), "Merge must not change its receiver")
		})
	}
}

// TestMergeLastWins: whatever came before, a full patch decides every field.
func TestMergeLastWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		patch := func(label string) finesse.UserPatch {
			opt := func(name string) *string {
				if rapid.Bool().Draw(t, label+name+"?") {
					return new(rapid.String().Draw(t, label+name))
				}
				return nil
			}
			return finesse.UserPatch{
				ID: opt("id"), LoginName: opt("login"), FirstName: opt("first"), LastName: opt("last"),
				Extension: opt("ext"), ReasonCodeID: opt("reason"), TeamID: opt("team"), TeamName: opt("teamname"),
			}
		}
		a, b := patch("a"), patch("b")
		got := finesse.User{}.Merge(a).Merge(b)
		for _, f := range []struct {
			got  string
			a, b *string
		}{
			{got.ID, a.ID, b.ID},
			{got.LoginName, a.LoginName, b.LoginName},
			{got.FirstName, a.FirstName, b.FirstName},
			{got.LastName, a.LastName, b.LastName},
			{got.Extension, a.Extension, b.Extension},
			{got.ReasonCodeID, a.ReasonCodeID, b.ReasonCodeID},
			{got.TeamID, a.TeamID, b.TeamID},
			{got.TeamName, a.TeamName, b.TeamName},
		} {
			want := ""
			if f.a != nil {
				want = *f.a
			}
			if f.b != nil {
				want = *f.b
			}
			if f.got != want {
				t.Fatalf("got %q, want %q", f.got, want)
			}
		}
	})
}
