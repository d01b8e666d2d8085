package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// supervise makes the rig's agent a supervisor of team 1 with the members
// 1002 (READY at 2002), 1003 (logged out) and the supervisor.
func (g *rig) supervise() {
	g.t.Helper()
	u := g.server.user
	g.server.user.Roles = []string{"Agent", "Supervisor"}
	g.server.user.Teams = []finesse.TeamRef{{ID: "1", Name: "Sales"}}
	g.server.desk.teams = map[string]finesse.Team{"1": {ID: "1", Name: "Sales", Users: []finesse.User{
		{ID: "1001", FirstName: u.FirstName, LastName: u.LastName, State: finesse.StateNotReady, Extension: "2001"},
		{ID: "1002", LoginName: "agent2", FirstName: "Bo", LastName: "Ek", State: finesse.StateReady, Extension: "2002"},
		{ID: "1003", FirstName: "Cy", LastName: "Fo", State: finesse.StateLogout},
	}}}
	g.start()
	g.do(destA, "Connect#1001", "A,pw")
	g.do(noDest, "Login#1001", "pw,2001")
	g.tell(userEvent("", finesse.StateNotReady))
	require.Len(g.t, g.got(), 5, "AgentInfo, TeamIDs, TeamNames, State, DialogStatus")
	g.server.set(func(f *fakeServer) { f.asked, f.ids = nil, nil })
}

// memberEvent is what Finesse tells of a team member on the team's node.
func memberEvent(id, requestID string, st finesse.AgentState) finesse.Notification {
	return finesse.Notification{
		Node: "/finesse/api/Team/1/Users", Source: "/finesse/api/User/" + id, Event: finesse.EventPut, RequestID: requestID,
		User: &finesse.UserPatch{ID: &id, State: &st},
	}
}

// setMember changes what GET Team says.
func (g *rig) setMember(id string, st finesse.AgentState) {
	g.server.set(func(f *fakeServer) {
		t := f.desk.teams["1"]
		t.Users = append([]finesse.User(nil), t.Users...)
		for i := range t.Users {
			if t.Users[i].ID == id {
				t.Users[i].State = st
			}
		}
		f.desk.teams["1"] = t
	})
}

func TestTeamUsers(t *testing.T) {
	const bo = "FirstName:Bo,LastName:Ek,Extension:2002,LoginID:1002,State:READY,PendingState:,MediaType:AGENT_DEVICE,StateChangeTime:,Label:"
	const cy = "FirstName:Cy,LastName:Fo,Extension:,LoginID:1003,State:LOGOUT,PendingState:,MediaType:,StateChangeTime:,Label:"
	for _, loggedOut := range []bool{true, false} {
		bubble(t, func(g *rig) {
			g.deps.Options.ListLoggedOut = loggedOut
			g.supervise()
			g.do(noDest, "getteamusers#1001", "1")
			out := g.outputs()
			require.Len(t, out, 1)
			require.Equal(t, "corr-getteamusers", out[0].CorrelationID)
			require.Contains(t, out[0].Message.Body, "1001#TeamUsersList#FirstName:Ann")
			require.Contains(t, out[0].Message.Body, bo)
			if loggedOut {
				require.Contains(t, out[0].Message.Body, cy)
			} else {
				require.NotContains(t, out[0].Message.Body, cy)
			}
			require.Equal(t, []string{"TEAM 1"}, g.server.log(), "no subscription was asked for")
			g.tell(memberEvent("1002", "", finesse.StateTalking))
			require.Empty(t, g.got(), "an event of a team that nobody asked for")
		})
	}
}

func TestTeamSubscription(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,<true>")
		require.Equal(t, []string{"SUBSCRIBE /finesse/api/Team/1/Users", "TEAM 1"}, g.server.log(), "no change may fall between the two")
		require.Len(t, g.got(), 1)
		require.Equal(t, []string{"1"}, g.s.Snapshot().Teams)
		g.tell(memberEvent("1002", "", finesse.StateTalking))
		g.tell(memberEvent("1002", "", finesse.StateTalking))
		require.Equal(t, []string{"/topic/A 1001#State#TALKING#####Bo Ek#1002#2002##Ann Lee#agent1"}, g.got(), "each change once")
		g.tell(memberEvent("1001", "", finesse.StateReady))
		require.Empty(t, g.got(), "their own state is told by their own events")
		g.tell(memberEvent("1002", "", finesse.StateLogout))
		require.Equal(t, []string{"/topic/A 1001#State#LOGOUT#-1####Bo Ek#1002###Ann Lee#agent1"}, g.got())
		g.do(noDest, "getteamusers#1001", "1,true")
		require.Equal(t, []string{"TEAM 1"}, g.server.log()[2:], "subscribed once")
		g.got()
		g.do(noDest, "getteamusers#1001", "1,false")
		require.Equal(t, "UNSUBSCRIBE /finesse/api/Team/1/Users", g.server.log()[4])
		g.got()
		g.tell(memberEvent("1002", "", finesse.StateReady))
		require.Empty(t, g.got())
	})
}

func TestTeamThatOneMayNotSee(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.server.fail["TEAM 2"] = &finesse.Error{Status: 401, Class: errclass.Upstream}
		g.do(noDest, "getteamusers#1001", "2,true")
		require.Equal(t, []string{"/topic/A 1001#Error#AUTHORIZATION_FAILURE"}, g.got(), "and not SUBSCRIPTION_FAILED: the password is good")
		require.Equal(t, []string{"SUBSCRIBE /finesse/api/Team/2/Users", "TEAM 2", "UNSUBSCRIBE /finesse/api/Team/2/Users"}, g.server.log())
		g.server.fail["SUBSCRIBE /finesse/api/Team/3/Users"] = finesse.ErrNodeNotFound
		g.do(noDest, "getteamusers#1001", "3,true")
		require.Equal(t, []string{"/topic/A 1001#Error#NOT_FOUND"}, g.got())
	})
}

func TestTeamAfterStreamLoss(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.got()
		g.setMember("1002", finesse.StateTalking)
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Second)
		out := g.outputs()
		require.Len(t, out, 3, "DialogStatus, State, and what changed in the team meanwhile")
		require.Equal(t, "1001#State#TALKING#####Bo Ek#1002#2002##Ann Lee#agent1", out[2].Message.Body)
		require.True(t, out[2].Recovered)
		require.Contains(t, g.server.log(), "SUBSCRIBE /finesse/api/Team/1/Users")
		g.tell(memberEvent("1002", "", finesse.StateReady))
		require.Len(t, g.got(), 1, "on the new stream")
		g.s.Resync()
		require.Len(t, g.got(), 4, "outputs were lost: the supervisor's own state and those of both members")
	})
}

func TestTeamIsForgottenWithTheClient(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.do(destB, "Connect#1001", "B,pw")
		require.Contains(t, g.server.log(), "UNSUBSCRIBE /finesse/api/Team/1/Users")
		g.got()
		g.tell(memberEvent("1002", "", finesse.StateTalking))
		require.Empty(t, g.got(), "the new client did not ask for them")
	})
}

// A stream delivers its answers behind the notifications: a session that
// waited for one without reading the others would wait for ever.
func TestSubscribingDoesNotStopTheNotifications(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		st := g.server.streams[0]
		st.c = make(chan finesse.Notification) // as full as a channel can be
		st.ask = func(string) error {
			for _, state := range []finesse.AgentState{finesse.StateReady, finesse.StateTalking, finesse.StateReady} {
				st.c <- userEvent("", state)
			}
			return nil
		}
		g.do(noDest, "getteamusers#1001", "1,true")
		out := g.got()
		require.Len(t, out, 4)
		require.Contains(t, out[0], "#TeamUsersList#")
		require.Contains(t, out[3], "1001#State#READY#", "in their order")
	})
}

func TestTeamUserState(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamuserstate#1001", "1002")
		require.Equal(t, []string{
			"/topic/A 1001#TeamMemberStateChanged#1#READY",
			"/topic/A 1001#State#READY#####Bo Ek#1002#2002##Ann Lee#agent1",
		}, g.got())
		g.do(noDest, "getteamuserstate#1001", "4711")
		require.Equal(t, []string{"/topic/A 1001#Error#USER_NOT_FOUND"}, g.got())
	})
}

func TestSilentMonitorAndBarge(t *testing.T) {
	monitor := dialogEvent(finesse.EventPost, "70", "ACTIVE", "ACTIVE")
	monitor.Dialogs[0].From, monitor.Dialogs[0].CallType = "2001", "SUPERVISOR_MONITOR"
	monitor.Dialogs[0].Participants[0].Address = "2002"
	for _, tc := range []struct{ name, body, asked string }{
		{"extension and monitor dialog", "2002,70", "BARGE 2001 2002 70"},
		{"the agent's own dialog", "2002,55", "BARGE 2001 2002 70"},
		{"login id", "1002,70", "BARGE 2001 2002 70"},
		{"login name", "Agent2,70", "BARGE 2001 2002 70"},
		{"a number that is nobody's", "2999,70", "BARGE 2001 2999 70"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.supervise()
				g.do(noDest, "silentmonitor#1001", "2002")
				require.Equal(t, []string{"MONITOR 2001 2002"}, g.server.log())
				g.tell(monitor)
				g.do(noDest, "bargein#1001", tc.body)
				log := g.server.log()
				require.Equal(t, tc.asked, log[len(log)-1], "[C14]")
			})
		})
	}
	t.Run("without listening", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.supervise()
			g.do(noDest, "bargein#1001", "2002,70")
			require.Equal(t, []string{"/topic/A 1001#Error#NO_DIALOG_ID"}, g.got())
			require.Empty(t, g.server.log())
		})
	})
	t.Run("another team", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.supervise()
			g.server.fail["MONITOR 2001 2009"] = &finesse.Error{Status: 401, Class: errclass.Upstream}
			g.do(noDest, "silentmonitor#1001", "2009")
			require.Equal(t, []string{"/topic/A 1001#Error#AUTHORIZATION_FAILURE"}, g.got())
		})
	})
}

func TestDropParticipant(t *testing.T) {
	call := func(ev finesse.Event, other string) finesse.Notification {
		n := dialogEvent(ev, "55", "ACTIVE", "ACTIVE")
		n.Dialogs[0].Participants = append(n.Dialogs[0].Participants, finesse.Participant{Address: "2002", State: other})
		return n
	}
	bubble(t, func(g *rig) {
		g.supervise()
		g.tell(call(finesse.EventPost, "ACTIVE"))
		g.got()
		g.do(noDest, "dropparticipant#1001", "2002,55")
		require.Empty(t, g.got(), "202 is not an outcome")
		g.tell(call(finesse.EventPut, "DROPPED"))
		out := g.outputs()
		require.Len(t, out, 2)
		require.Contains(t, out[0].Message.Body, "2002,DROPPED")
		require.Equal(t, "1001#Control#PrintStatusBar#Participant 2002 dropped", out[1].Message.Body)
		require.Equal(t, "corr-dropparticipant", out[1].CorrelationID)
		time.Sleep(time.Minute)
		require.Empty(t, g.got(), "answered once")
	})
	t.Run("refused later", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.supervise()
			g.tell(call(finesse.EventPost, "ACTIVE"))
			g.got()
			g.do(noDest, "dropparticipant#1001", "2002,55")
			g.tell(finesse.Notification{
				Node: "/finesse/api/User/1001/Dialogs", Source: "/finesse/api/Dialog/55", RequestID: g.server.ids[0],
				Errors: []finesse.APIError{{Type: "Generic Error", Message: "CF_INVALID_OBJECT_STATE"}},
			})
			require.Equal(t, []string{"/topic/A 1001#Error#CF_INVALID_OBJECT_STATE"}, g.got())
			time.Sleep(time.Minute)
			require.Empty(t, g.got())
		})
	})
	t.Run("during a gap", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.supervise()
			g.tell(call(finesse.EventPost, "ACTIVE"))
			g.got()
			g.do(noDest, "dropparticipant#1001", "2002,55")
			g.server.set(func(f *fakeServer) { f.dialogs = []finesse.Dialog{callDialog("55", "ACTIVE", "ACTIVE")} })
			g.s.Resync()
			require.Contains(t, g.got(), "/topic/A 1001#Control#PrintStatusBar#Participant 2002 dropped")
			time.Sleep(time.Minute)
			require.Empty(t, g.got())
		})
	})
	t.Run("asked by a client who left", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.supervise()
			g.do(noDest, "dropparticipant#1001", "2002,4711")
			g.do(destB, "Connect#1001", "B,pw")
			require.Len(t, g.got(), 3, "LOGOUT and SESSION_INVALIDATED, and what was waited for")
			time.Sleep(time.Minute)
			require.Empty(t, g.got())
		})
	})
	t.Run("never confirmed", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.supervise()
			g.do(noDest, "dropparticipant#1001", "2002,4711")
			time.Sleep(time.Minute)
			require.Equal(t, []string{"/topic/A 1001#Error#GENERIC_ERROR"}, g.got())
		})
	})
}

func TestAllAgents(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getallagents##1001", "")
		require.Equal(t, []string{"/topic/A 1001#AgentsList#LoginId=1001,Name=Ann Lee,Extension=2001,State=NOT_READY,Team=Sales|LoginId=1002,Name=Bo Ek,Extension=2002,State=READY,Team=Sales"}, g.got())
		require.Equal(t, []string{"TEAM 1 logged in"}, g.server.log(), "[C21] without an administrator")
	})
	t.Run("administrator", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.deps.Options.Admin = finesse.Credentials{User: "admin", Password: secret.New("x")}
			g.server.desk.users = []finesse.User{{ID: "1002", State: finesse.StateReady, TeamName: "Sales"}, {ID: "1003", State: finesse.StateLogout}}
			g.loggedIn()
			g.do(noDest, "getallagents#1001", "")
			require.Equal(t, []string{"/topic/A 1001#AgentsList#LoginId=1002,Name= ,Extension=,State=READY,Team=Sales"}, g.got())
			require.Equal(t, []string{"USERS as admin"}, g.server.log())
		})
	})
	t.Run("neither", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "getallagents#1001", "")
			require.Equal(t, []string{"/topic/A 1001#Error#AUTHORIZATION_FAILURE"}, g.got())
		})
	})
}

func TestQueueList(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		unset := finesse.QueueStats{CallsInQueue: -1, AgentsReady: -1, AgentsNotReady: -1, TalkingInbound: -1, TalkingOutbound: -1, TalkingInternal: -1, WrapUpNotReady: -1, WrapUpReady: -1}
		g.server.desk.queues = []finesse.Queue{
			{ID: "10", Name: "Sales", Stats: finesse.QueueStats{CallsInQueue: 3, AgentsReady: 2, LongestSince: time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)}},
			{ID: "20", Name: "CCX", Stats: unset},
		}
		g.do(noDest, "getqueuelist#1001", "")
		require.Equal(t, []string{"/topic/A 1001#QueueList" +
			"#QueueName:Sales,AgentsNotReady:0,AgentsReady:2,AgentsTalkingInbound:0,AgentsTalkingInternal:0,AgentsTalkingOutbound:0,AgentsWrapUpNotReady:0,AgentsWrapUpReady:0,CallsInQueue:3,StartTimeOfLongestCallInQueue:2024-05-01 10:00:00" +
			"#QueueName:CCX,AgentsNotReady:-1,AgentsReady:-1,AgentsTalkingInbound:-1,AgentsTalkingInternal:-1,AgentsTalkingOutbound:-1,AgentsWrapUpNotReady:-1,AgentsWrapUpReady:-1,CallsInQueue:-1,StartTimeOfLongestCallInQueue:"}, g.got())
	})
}

// force sends a state command for another agent, as the dispatcher hands it over.
func (g *rig) force(jmsType string) {
	g.t.Helper()
	g.do(noDest, jmsType, "12")
}

func TestSupervisorForcesAState(t *testing.T) {
	for jmsType, st := range map[string]finesse.AgentState{
		"MakeNotReadyWithReason#1002": finesse.StateNotReady, "Logout#1002": finesse.StateLogout, "logoutwithreason#1002": finesse.StateLogout,
		"force_logout#1002": finesse.StateLogout,
	} {
		t.Run(jmsType, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.supervise()
				g.force(jmsType)
				require.Equal(t, []string{"TEAM 1", string(st) + " for 1002"}, g.server.log(), "[C15] no reason code")
				require.Empty(t, g.got(), "202 is not an outcome")
				g.setMember("1002", st)
				time.Sleep(2 * time.Second)
				out := g.outputs()
				require.Len(t, out, 1)
				require.Contains(t, out[0].Message.Body, "1001#State#"+string(st)+"#-1####Bo Ek#1002#")
				require.NotEmpty(t, out[0].CorrelationID)
			})
		})
	}
}

func TestForcedStateOfAWatchedTeam(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.do(noDest, "getteamusers#1001", "1,true")
		g.got()
		g.force("MakeNotReady#1002")
		g.tell(memberEvent("1002", "", finesse.StateNotReady))
		out := g.outputs()
		require.Len(t, out, 1)
		require.Equal(t, "corr-MakeNotReady", out[0].CorrelationID)
		require.Contains(t, g.done(), "MakeNotReady")
		g.setMember("1002", finesse.StateNotReady)
		time.Sleep(time.Minute)
		require.Empty(t, g.got(), "each change once")
	})
}

func TestForcedStateThatDoesNotCome(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.force("MakeNotReady#1002")
		time.Sleep(time.Minute)
		out := g.got()
		require.Len(t, out, 2)
		require.Contains(t, out[0], "1001#State#READY#", "it is what it was")
		require.Equal(t, "/topic/A 1001#Error#GENERIC_ERROR", out[1])
	})
}

func TestForcingWhoeverIsNotOfTheTeam(t *testing.T) {
	bubble(t, func(g *rig) {
		g.supervise()
		g.force("MakeReady#4711")
		require.Equal(t, []string{"/topic/A 4711#State#RE_LOGIN"}, g.got(), "[C5]")
		g.server.fail["READY for 1002"] = &finesse.Error{Status: 401, Class: errclass.Upstream}
		g.force("MakeReady#1002")
		require.Equal(t, []string{"/topic/A 1001#Error#AUTHORIZATION_FAILURE"}, g.got())
		require.False(t, Forces(protocol.MakeCall))
		synctest.Wait()
	})
}
