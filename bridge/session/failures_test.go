package session

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// monitoring is a supervisor who listens to the call of the agent at 2002.
func (g *rig) monitoring() {
	g.t.Helper()
	g.supervise()
	n := dialogEvent(finesse.EventPost, "70", "ACTIVE", "ACTIVE")
	n.Dialogs[0].From, n.Dialogs[0].CallType = "2001", "SUPERVISOR_MONITOR"
	n.Dialogs[0].Participants[0].Address = "2002"
	g.tell(n)
	g.got()
}

// TestEachRequestMayFail: whatever Finesse does not do for a command is its one
// answer, nothing more is asked for it, and the server is probed [E1][C7].
func TestEachRequestMayFail(t *testing.T) {
	const (
		unavailable = "FINESSE_UNAVAILABLE"
		time1       = "UPDATE_SCHEDULED_CALLBACK 55 2001 callbackTime=2024-06-30T12:00"
		number1     = "UPDATE_SCHEDULED_CALLBACK 55 2001 callbackNumber=0049301234"
		team1       = "/finesse/api/Team/1/Users"
	)
	asAdmin := func(g *rig) {
		g.deps.Options.Admin = finesse.Credentials{User: "admin", Password: secret.New("x")}
		g.loggedIn()
	}
	for _, tc := range []struct {
		jmsType, body string
		as            func(g *rig)
		asked         []string // the last of them fails
		code          string
	}{
		{"MakeReady#1001", "", (*rig).loggedIn, []string{"READY"}, unavailable},
		{"MakeNotReady#1001", "", (*rig).loggedIn, []string{"NOT_READY"}, unavailable},
		{"MakeNotReadyWithReason#1001", "12", (*rig).loggedIn, []string{"REASONS NOT_READY"}, unavailable},
		{"MakeNotReadyWithReason#1001", "12", (*rig).loggedIn, []string{"REASONS NOT_READY", "NOT_READY 102"}, unavailable},
		{"makeworkready#1001", "", (*rig).loggedIn, []string{"WORK_READY"}, unavailable},
		{"Logout#1001", "", (*rig).loggedIn, []string{"LOGOUT"}, unavailable},
		{"logoutwithreason#1001", "12", (*rig).loggedIn, []string{"REASONS LOGOUT"}, unavailable},
		{"force_logout#1001", "", (*rig).loggedIn, []string{"LOGOUT"}, unavailable},
		{"Login#1001", "pw,2001", (*rig).loggedIn, []string{"LOGIN 2001"}, unavailable},
		{"refresh#1001", "", (*rig).loggedIn, []string{"USER"}, unavailable},
		{"refresh#1001", "", (*rig).loggedIn, []string{"USER", "DIALOGS"}, unavailable},
		{"reasoncodenotready#1001", "", (*rig).loggedIn, []string{"REASONS NOT_READY"}, unavailable},
		{"reasoncodelogout#1001", "", (*rig).loggedIn, []string{"REASONS LOGOUT"}, unavailable},
		{"wrapupreasoncode#1001", "", (*rig).loggedIn, []string{"WRAPUPREASONS"}, unavailable},
		{"MakeCall#1001", "90001", (*rig).loggedIn, []string{"MAKE_CALL 2001 90001"}, unavailable},
		{"SHCEDULECALLBACK#1001", "2001,55,2024-06-30 12:00:00,0049301234", (*rig).loggedIn, []string{time1}, unavailable},
		{"SHCEDULECALLBACK#1001", "2001,55,2024-06-30 12:00:00,0049301234", (*rig).loggedIn, []string{time1, number1}, unavailable},
		{"CANCELSCHEDULECALLBACK#1001", "2001,55", (*rig).loggedIn, []string{"CANCEL_SCHEDULED_CALLBACK 55 2001"}, unavailable},
		{"RECLASSIFYCALL#1001", "2001,55,FAX", (*rig).loggedIn, []string{"RECLASSIFY 55 2001 outboundClassification=FAX"}, unavailable},
		{"GetPhonebooks#1001", "", (*rig).loggedIn, []string{"BOOKS of 1001 as 1001"}, unavailable},
		{"GetPhonebooks#1001", "", asAdmin, []string{"BOOKS as admin"}, unavailable},
		{"GetTeamPhonebooks#1001", "", (*rig).loggedIn, []string{"BOOKS of 1001 as 1001"}, unavailable},
		{"GetTeamPhonebooks#1001", "7", asAdmin, []string{"BOOKS of team 7 as admin"}, unavailable},
		{"GetPhonebookContacts#1001", "1", (*rig).loggedIn, []string{"BOOKS of 1001 as 1001"}, unavailable},
		{"GetPhonebookContacts#1001", "1", asAdmin, []string{"CONTACTS of 1 as admin"}, unavailable},
		{"getallagents#1001", "", (*rig).supervise, []string{"TEAM 1 logged in"}, unavailable},
		{"getallagents#1001", "", asAdmin, []string{"USERS as admin"}, unavailable},
		{"getqueuelist#1001", "", (*rig).supervise, []string{"QUEUES of 1001 as 1001"}, unavailable},
		{"getteamusers#1001", "1", (*rig).supervise, []string{"TEAM 1"}, unavailable},
		{"getteamusers#1001", "1,true", (*rig).supervise, []string{"SUBSCRIBE " + team1}, "UNABLE_TO_SUBSCRIBE_TO_FINESSE"},
		{"getteamuserstate#1001", "1002", (*rig).supervise, []string{"TEAM 1"}, unavailable},
		{"silentmonitor#1001", "2002", (*rig).supervise, []string{"MONITOR 2001 2002"}, unavailable},
		{"bargein#1001", "1002,70", (*rig).monitoring, []string{"TEAM 1"}, unavailable},
		{"bargein#1001", "2002,70", (*rig).monitoring, []string{"BARGE 2001 2002 70"}, unavailable},
		{"dropparticipant#1001", "2002,55", (*rig).supervise, []string{"PARTICIPANT_DROP 55 2002"}, unavailable},
		{"MakeReady#1002", "", (*rig).supervise, []string{"TEAM 1"}, unavailable},
		{"MakeReady#1002", "", (*rig).supervise, []string{"TEAM 1", "READY for 1002"}, unavailable},
	} {
		word, _, _ := strings.Cut(tc.jmsType, "#")
		last := tc.asked[len(tc.asked)-1]
		t.Run(word+" "+last, func(t *testing.T) {
			bubble(t, func(g *rig) {
				tc.as(g)
				g.decided = nil
				g.reported()
				failure := &finesse.Error{Status: 503, Class: errclass.Unavailable}
				g.server.fail[last] = failure
				g.do(noDest, tc.jmsType, tc.body)
				require.Equal(t, tc.asked, g.server.log())
				out := g.outputs()
				require.Len(t, out, 1)
				require.Equal(t, "1001#Error#"+tc.code, out[0].Message.Body)
				require.Equal(t, "corr-"+g.done()[0], out[0].CorrelationID)
				require.Len(t, g.done(), 1)
				reports := g.reported()
				require.Len(t, reports, 1)
				require.ErrorIs(t, reports[0], failure)
				require.Equal(t, 1, g.count("errors_"+tc.code))
				require.Zero(t, g.s.Snapshot().Panics)
				require.Zero(t, g.s.Snapshot().Open)
			})
		})
		if len(tc.asked) > 1 {
			continue
		}
		t.Run(word+" without a Finesse", func(t *testing.T) {
			bubble(t, func(g *rig) {
				tc.as(g)
				g.mu.Lock()
				g.current = nil
				g.mu.Unlock()
				g.do(noDest, tc.jmsType, tc.body)
				require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got(), "[C7]")
				require.Zero(t, g.s.Snapshot().Panics)
			})
		})
	}
}

// TestUnauthorized: a 401 is a wrong password where the request is about the agent,
// and a missing right where it is about others [E1].
func TestUnauthorized(t *testing.T) {
	const password, right = "SUBSCRIPTION_FAILED", "AUTHORIZATION_FAILURE"
	asAdmin := func(g *rig) {
		g.deps.Options.Admin = finesse.Credentials{User: "admin", Password: secret.New("x")}
		g.loggedIn()
	}
	for _, tc := range []struct {
		jmsType, body string
		as            func(g *rig)
		asked, code   string
	}{
		{"MakeReady#1001", "", (*rig).loggedIn, "READY", password},
		{"refresh#1001", "", (*rig).loggedIn, "USER", password},
		{"wrapupreasoncode#1001", "", (*rig).loggedIn, "WRAPUPREASONS", password},
		{"MakeCall#1001", "90001", (*rig).loggedIn, "MAKE_CALL 2001 90001", password},
		{"HoldCall#1001", "55", (*rig).loggedIn, "HOLD 55 2001", password},
		{"GetPhonebooks#1001", "", asAdmin, "BOOKS as admin", right},
		{"GetTeamPhonebooks#1001", "7", asAdmin, "BOOKS of team 7 as admin", right},
		{"GetPhonebookContacts#1001", "1", asAdmin, "CONTACTS of 1 as admin", right},
		{"getallagents#1001", "", asAdmin, "USERS as admin", right},
		{"getqueuelist#1001", "", (*rig).supervise, "QUEUES of 1001 as 1001", right},
		{"getteamusers#1001", "1", (*rig).supervise, "TEAM 1", right},
		{"getteamuserstate#1001", "1002", (*rig).supervise, "TEAM 1", right},
		{"silentmonitor#1001", "2002", (*rig).supervise, "MONITOR 2001 2002", right},
		{"bargein#1001", "2002,70", (*rig).monitoring, "BARGE 2001 2002 70", right},
		{"dropparticipant#1001", "2002,55", (*rig).supervise, "PARTICIPANT_DROP 55 2002", right},
		{"MakeReady#1002", "", (*rig).supervise, "READY for 1002", right},
	} {
		t.Run(tc.asked, func(t *testing.T) {
			bubble(t, func(g *rig) {
				tc.as(g)
				g.server.fail[tc.asked] = &finesse.Error{Status: 401, Class: errclass.Upstream}
				g.do(noDest, tc.jmsType, tc.body)
				require.Equal(t, []string{"/topic/A 1001#Error#" + tc.code}, g.got())
			})
		})
	}
}

// TestUnknownDialog: a 404 says that a command's dialog is gone [E1].
func TestUnknownDialog(t *testing.T) {
	for jmsType, tc := range map[string]struct{ body, asked string }{
		"Transfer_sst#1001":           {"90001,55", "TRANSFER_SST 55 2001 to 90001"},
		"ConsultCall#1001":            {"90001,55", "CONSULT_CALL 55 2001 to 90001"},
		"RECLASSIFYCALL#1001":         {"2001,55,FAX", "RECLASSIFY 55 2001 outboundClassification=FAX"},
		"CANCELSCHEDULECALLBACK#1001": {"2001,55", "CANCEL_SCHEDULED_CALLBACK 55 2001"},
		"SHCEDULECALLBACK#1001":       {"2001,55,2024-06-30T12:00,9", "UPDATE_SCHEDULED_CALLBACK 55 2001 callbackTime=2024-06-30T12:00"},
		"UPDATECALLBACK#1001":         {"2001,55,2024-06-30T12:00,9", "UPDATE_SCHEDULED_CALLBACK 55 2001 callbackTime=2024-06-30T12:00"},
		"endsilentmonitor#1001":       {"55", "DROP 55 2001"},
		"dropparticipant#1001":        {"2002,55", "PARTICIPANT_DROP 55 2002"},
	} {
		t.Run(jmsType, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.loggedIn()
				g.server.fail[tc.asked] = &finesse.Error{Status: 404, Class: errclass.Upstream}
				g.do(noDest, jmsType, tc.body)
				require.Equal(t, []string{tc.asked}, g.server.log())
				require.Equal(t, []string{"/topic/A 1001#Error#NO_DIALOG_ID"}, g.got())
			})
		})
	}
}

// TestNeeds: what is about the agent's calls is not asked of Finesse while they
// have no extension.
func TestNeeds(t *testing.T) {
	for w, h := range handlers() {
		if h.needs != needCalls {
			continue
		}
		t.Run(string(w), func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.server.user.State, g.server.user.Extension = finesse.StateLogout, ""
				g.start()
				g.do(destA, "Connect#1001", "A,pw")
				known, ok := protocol.FindCommand(string(w))
				require.True(t, ok)
				require.True(t, g.s.Offer(g.request(protocol.Command{Word: w, ID: "1001", Row: known}, wire.Binding{})))
				require.Equal(t, []string{"/topic/A 1001#Error#CF_INVALID_OBJECT_STATE"}, g.got())
				require.Equal(t, []string{"CONNECT", "USER", "DIALOGS"}, g.server.log())
			})
		})
	}
}

// TestConnectWithoutAFinesse: the session stays to say so [C7].
func TestConnectWithoutAFinesse(t *testing.T) {
	bubble(t, func(g *rig) {
		g.current = nil
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE", "/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got())
		require.Zero(t, g.s.Snapshot().Panics)
		require.Zero(t, g.deps.Places.Taken())
	})
}

// TestAgentWhoCannotBeRead: what needs the agent's state is refused while Finesse
// does not tell it, and works when it does.
func TestAgentWhoCannotBeRead(t *testing.T) {
	for _, request := range []string{"USER", "DIALOGS"} {
		bubble(t, func(g *rig) {
			g.start()
			g.do(destA, "Connect#1001", "A,pw")
			g.server.fail[request] = &finesse.Error{Status: 503, Class: errclass.Unavailable}
			g.do(noDest, "GetState#1001", "")
			require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got())
			_, known := g.s.State()
			require.False(t, known)
			g.server.set(func(f *fakeServer) { f.fail = map[string]error{} })
			g.do(noDest, "GetState#1001", "")
			out := g.outputs()
			require.Len(t, out, 1, "what was so already is not told twice")
			require.Contains(t, out[0].Message.Body, "1001#State#NOT_READY#")
			st, known := g.s.State()
			require.True(t, known)
			require.Equal(t, "NOT_READY", st.State)
		})
	}
}

func TestRefusalsSayWhy(t *testing.T) {
	err := refuse(protocol.ErrNoHeldCall, errclass.Client, nil)
	require.Equal(t, string(protocol.ErrNoHeldCall), err.Error())
	require.Equal(t, errclass.Client, errclass.Of(err))
	cause := errors.New("cut off")
	err = refuse(protocol.ErrUnableToSubscribe, errclass.Unavailable, cause)
	require.Equal(t, string(protocol.ErrUnableToSubscribe)+": cut off", err.Error())
	require.ErrorIs(t, err, cause)
	require.Equal(t, errclass.Unavailable, errclass.Of(err))
}

// TestQuestionsChangeNothing: what may run behind later commands waits for no
// outcome, and whatever else waits for none is no question.
func TestQuestionsChangeNothing(t *testing.T) {
	acting := map[protocol.Word]bool{
		protocol.Connect: true, protocol.PauseRecording: true, protocol.ResumeRecording: true, protocol.GetTeamUsers: true,
	}
	for w, h := range handlers() {
		require.Equal(t, h.expect == nil && !acting[w], Asks(w), w)
	}
}
