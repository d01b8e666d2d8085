package sim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/protocol/secret"
)

const limit = 20 * time.Second

func credentials(id string) finesse.Credentials {
	return finesse.Credentials{User: id, Password: secret.New("pw" + id)}
}

func newClient(t *testing.T, s *sim.Server) *finesse.Client {
	t.Helper()
	c, err := finesse.NewClient(finesse.ClientConfig{BaseURL: s.RESTURL(), Timeout: limit})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func waitForState(t *testing.T, s *sim.Server, id string, want callcontrol.State) {
	t.Helper()
	require.Eventually(t, func() bool { a, _ := s.Agent(id); return a.State == want }, limit, time.Millisecond)
}

// TestOurClientReadsTheDirectory: the client's structs and the simulator's
// know nothing of each other.
func TestOurClientReadsTheDirectory(t *testing.T) {
	s := sim.Start(t)
	c, admin, supervisor := newClient(t, s), credentials("admin"), credentials("1005")

	_, err := s.Call("0551", "3001")
	require.NoError(t, err)
	queues, err := c.Queues(t.Context(), supervisor, "1005")
	require.NoError(t, err)
	require.Len(t, queues, 1)
	require.Equal(t, "Sales", queues[0].Name)
	require.Equal(t, 1, queues[0].Stats.CallsInQueue)
	require.WithinDuration(t, time.Now(), queues[0].Stats.LongestSince, limit)

	books, err := c.UserPhoneBooks(t.Context(), credentials("1001"), "1001", 4)
	require.NoError(t, err)
	require.Len(t, books, 3)
	require.Equal(t, finesse.Contact{ID: "1", FirstName: "Amanda", LastName: "Cohen", Number: "6511234", Description: "Front desk"}, books[0].Contacts[0])
	require.NotNil(t, books[1].Contacts, "empty, but embedded")
	require.Len(t, books[2].Contacts, 1, "cut at the range")

	all, err := c.PhoneBooks(t.Context(), admin)
	require.NoError(t, err)
	require.Len(t, all, 4)
	require.Nil(t, all[0].Contacts, "the administrator gets a path")
	contacts, err := c.PhoneBookContacts(t.Context(), admin, all[0].ID)
	require.NoError(t, err)
	require.Len(t, contacts, 3)
	team, err := c.TeamPhoneBooks(t.Context(), admin, "2")
	require.NoError(t, err)
	require.Equal(t, "Support vendors", team[0].Name)
	users, err := c.Users(t.Context(), admin)
	require.NoError(t, err)
	require.Len(t, users, 10)
	_, err = c.PhoneBooks(t.Context(), supervisor)
	require.Error(t, err)
}

// TestOurClientSupervises plays monitor, barge and the dropping of the agent.
func TestOurClientSupervises(t *testing.T) {
	s := sim.Start(t)
	c := newClient(t, s)
	for id, state := range map[string]finesse.AgentState{"1001": finesse.StateReady, "1005": finesse.StateNotReady} {
		require.NoError(t, c.SetState(t.Context(), credentials(id), id, finesse.StateChange{State: finesse.StateLogin, Extension: s.Extension(id)}, ""))
		require.NoError(t, c.SetState(t.Context(), credentials(id), id, finesse.StateChange{State: state}, ""))
		waitForState(t, s, id, callcontrol.State(state))
	}
	call, err := s.Call("0551", "2001")
	require.NoError(t, err)
	require.NoError(t, c.Act(t.Context(), credentials("1001"), call, finesse.Action{Name: finesse.ActionAnswer, Target: "2001"}, ""))
	waitForState(t, s, "1001", callcontrol.Talking)

	supervisor := credentials("1005")
	require.NoError(t, c.Monitor(t.Context(), supervisor, "1005", "2005", "2001", ""))
	waitForState(t, s, "1005", callcontrol.Talking)
	var monitor finesse.Dialog
	require.Eventually(t, func() bool {
		list, err := c.Dialogs(t.Context(), supervisor, "1005")
		require.NoError(t, err)
		if len(list) == 1 && list[0].State == "ACTIVE" {
			monitor = list[0]
		}
		return monitor.ID != ""
	}, limit, time.Millisecond)
	require.Equal(t, call, monitor.AssociatedDialog)
	passive, _ := monitor.Participant("2001")
	require.Empty(t, passive.Actions)

	require.NoError(t, c.Barge(t.Context(), supervisor, "1005", "2005", "2001", monitor.ID, ""))
	require.Eventually(t, func() bool {
		list, err := c.Dialogs(t.Context(), supervisor, "1005")
		require.NoError(t, err)
		return len(list) == 1 && list[0].ID == call && len(list[0].Participants) == 3
	}, limit, time.Millisecond)
	require.NoError(t, c.Act(t.Context(), supervisor, call, finesse.Action{Name: finesse.ActionParticipantDrop, Target: "2001"}, ""))
	waitForState(t, s, "1001", callcontrol.WorkReady)
	waitForState(t, s, "1005", callcontrol.Talking)
}

// TestOurClientPreviews takes a contact of the dialer and sets it aside.
func TestOurClientPreviews(t *testing.T) {
	s := sim.Start(t)
	c, agent := newClient(t, s), credentials("1001")
	for _, change := range []finesse.StateChange{{State: finesse.StateLogin, Extension: "2001"}, {State: finesse.StateReady}} {
		require.NoError(t, c.SetState(t.Context(), agent, "1001", change, ""))
	}
	waitForState(t, s, "1001", callcontrol.Ready)
	id, err := s.Outbound(sim.OutboundSpec{Agent: "1001", Number: "90055", Mode: callcontrol.Preview, Campaign: "Spring"})
	require.NoError(t, err)
	require.NoError(t, c.Act(t.Context(), agent, id, finesse.Action{Name: finesse.ActionAccept, Target: "2001"}, ""))
	waitForState(t, s, "1001", callcontrol.Talking)
	var customer finesse.Dialog
	require.Eventually(t, func() bool {
		list, err := c.Dialogs(t.Context(), agent, "1001")
		require.NoError(t, err)
		if len(list) == 1 && list[0].State == "ACTIVE" {
			customer = list[0]
		}
		return customer.ID != ""
	}, limit, time.Millisecond)
	require.Equal(t, "OUTBOUND", customer.CallType)
	require.NoError(t, c.Act(t.Context(), agent, customer.ID, finesse.Action{
		Name: finesse.ActionReclassify, Target: "2001", Params: []finesse.Variable{{Name: "outboundClassification", Value: "VOICE"}},
	}, ""))
	require.Eventually(t, func() bool {
		list, err := c.Dialogs(t.Context(), agent, "1001")
		require.NoError(t, err)
		return len(list) == 1 && list[0].Classification == "VOICE"
	}, limit, time.Millisecond)
}
