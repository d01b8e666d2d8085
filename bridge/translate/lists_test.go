package translate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

var addressee = protocol.Addressee{Agent: agent, FullName: "Amy Adams"}

func TestQueueList(t *testing.T) {
	got := known(t).QueueList([]finesse.Queue{
		{ID: "1", Name: "Sales", Stats: finesse.QueueStats{
			CallsInQueue: 1, LongestSince: at(3), AgentsReady: 2, AgentsNotReady: 3, TalkingInbound: 4,
			TalkingOutbound: 5, TalkingInternal: 6, WrapUpNotReady: 7, WrapUpReady: 8,
		}},
		{ID: "2", Name: "CCX", Stats: finesse.QueueStats{CallsInQueue: -1, AgentsReady: -1}},
	})
	require.Equal(t, protocol.QueueList{Addressee: addressee, Queues: []protocol.Queue{
		{
			Name: "Sales", CallsInQueue: 1, LongestCallInQueue: at(3), AgentsReady: 2, AgentsNotReady: 3, TalkingInbound: 4,
			TalkingOutbound: 5, TalkingInternal: 6, WrapUpNotReady: 7, WrapUpReady: 8,
		},
		{Name: "CCX", CallsInQueue: -1, AgentsReady: -1},
	}}, got)
	require.Equal(t, protocol.QueueList{Addressee: addressee}, known(t).QueueList(nil))
}

func TestPhonebooks(t *testing.T) {
	v := known(t)
	in := []finesse.PhoneBook{{ID: "1", Name: "All", Type: "GLOBAL"}, {ID: "2", Name: "Sales", Type: "TEAM"}}
	want := []protocol.Phonebook{{ID: "1", Name: "All", Type: "GLOBAL"}, {ID: "2", Name: "Sales", Type: "TEAM"}}
	require.Equal(t, protocol.Phonebooks{Addressee: addressee, Books: want}, v.Phonebooks(in))
	require.Equal(t, protocol.TeamPhonebooks{Addressee: addressee, Books: want}, v.TeamPhonebooks(in))
	require.Equal(t, protocol.Phonebooks{Addressee: addressee}, v.Phonebooks(nil))
	require.Equal(t, protocol.Contacts{Addressee: addressee, PhonebookID: "2", Contacts: []protocol.Contact{
		{ID: "7", FirstName: "Cy", LastName: "Coe", PhoneNumber: "555", Description: "a friend"},
	}}, v.Contacts("2", []finesse.Contact{{ID: "7", FirstName: "Cy", LastName: "Coe", Number: "555", Description: "a friend"}}))
}

// members are a team: at work, on a break, logged out, unknown, never seen.
func members() finesse.Team {
	lunch := teamMember("2", finesse.StateNotReady, 5)
	lunch.Reason = &finesse.ReasonCode{ID: "102", Code: "12", Label: "Lunch"}
	lunch.PendingState = finesse.StateLogout
	lunch.TeamName = "Night"
	out := teamMember("3", finesse.StateLogout, 6)
	out.Extension = ""
	return team(teamMember("1", finesse.StateReady, 4), lunch, out, finesse.User{ID: "4", State: finesse.StateUnknown}, finesse.User{ID: "5"})
}

func TestTeamUsers(t *testing.T) {
	all := []protocol.TeamUser{
		{LoginID: "1", FirstName: "Bo", LastName: "1", Extension: "21", State: "READY", ChangedAt: at(4), MediaType: "AGENT_DEVICE"},
		{
			LoginID: "2", FirstName: "Bo", LastName: "2", Extension: "22", State: "NOT_READY", Pending: "LOGOUT",
			ChangedAt: at(5), Label: "Lunch", MediaType: "AGENT_DEVICE",
		},
		{LoginID: "3", FirstName: "Bo", LastName: "3", State: "LOGOUT", ChangedAt: at(6)},
		{LoginID: "4", State: "UNKNOWN"},
		{LoginID: "5"},
	}
	v := known(t)
	require.Equal(t, protocol.TeamUsers{Addressee: addressee, Users: all}, v.TeamUsers(members(), true))
	require.Equal(t, protocol.TeamUsers{Addressee: addressee, Users: all[:2]}, v.TeamUsers(members(), false))
}

func TestAgentsList(t *testing.T) {
	require.Equal(t, protocol.AgentsList{Addressee: addressee, Agents: []protocol.ListedAgent{
		{LoginID: "1", FirstName: "Bo", LastName: "1", Extension: "21", State: "READY", Team: "Sales"},
		{LoginID: "2", FirstName: "Bo", LastName: "2", Extension: "22", State: "NOT_READY", Team: "Night"},
	}}, known(t).AgentsList(members().Users, "Sales"))
}

func TestWatches(t *testing.T) {
	r := translate.Watching("7")
	require.True(t, r.Watches("7"))
	require.False(t, r.Watches("8"))
	require.False(t, translate.Roster{}.Watches("7"))
}
