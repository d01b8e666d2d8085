package e2e

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/protocol/secret"
	"gcbridge/test/wait"
)

const super = "/topic/S"

// office is a supervisor, 1005 on /topic/S, and the agents 1001 and 1002 of
// their team on /topic/A.
func office(t *testing.T, l *lab) *phone {
	t.Helper()
	p := newPhone(t, l.broker, own, super, "/topic/J")
	p.login(own, "1001", "2001")
	p.login(own, "1002", "2002")
	p.login(super, "1005", "2005")
	p.expect(super, "1005#TeamInfoIDs#TeamID#1#")
	p.expect(super, "1005#TeamInfoNames#TeamName#Sales#")
	return p
}

func TestTeamOfASupervisor(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), nil)
			p := office(t, l)
			list := p.answer(super, p.do("getteamusers#1005", "1"), "1005#TeamUsersList#").body
			require.Contains(t, list, "LoginID:1001,State:NOT_READY,")
			require.Contains(t, list, "LoginID:1003,State:LOGOUT,", "logged-out members too")

			p.answer(super, p.do("getteamusers#1005", "1,<true>"), "1005#TeamUsersList#")
			p.do("MakeReady#1001", "")
			copied := p.expect(super, "1005#State#READY#").body
			f := strings.Split(copied, "#")
			require.Equal(t, []string{"1005", "READY", "Ada Agent", "1001", "2001"}, []string{f[0], f[2], f[7], f[8], f[9]}, "the indexes that clients read")

			p.answer(super, p.do("getteamuserstate#1005", "1001"), "1005#TeamMemberStateChanged#1#READY")
			p.answer(super, p.do("getteamusers#1005", "2"), "1005#Error#AUTHORIZATION_FAILURE")

			agents := p.answer(super, p.do("getallagents##1005", ""), "1005#AgentsList#").body
			require.Contains(t, agents, "LoginId=1001,Name=Ada Agent,Extension=2001,State=READY,Team=Sales")
			require.NotContains(t, agents, "LoginId=1003", "they are logged out")

			// The stream is lost: what happened meanwhile is told afterwards.
			require.Equal(t, 1, l.sim.DropXMPP("1005"))
			p.do("MakeNotReadyWithReason#1001", "12")
			p.expect(super, "1005#State#NOT_READY#12#", "#1001#2001#Lunch#")
			require.True(t, wait.Until(patience, func() bool { return l.sim.Subscribers("/finesse/api/Team/1/Users") == 1 }))

			p.answer(super, p.do("getteamusers#1005", "1,false"), "1005#TeamUsersList#")
			require.True(t, wait.Until(patience, func() bool { return l.sim.Subscribers("/finesse/api/Team/1/Users") == 0 }), "unsubscribed, behind the answer")
		})
	}
}

func TestSubscriptionEndsWithTheSession(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := office(t, l)
	p.answer(super, p.do("getteamusers#1005", "1,true"), "1005#TeamUsersList#")
	require.Equal(t, 1, l.sim.Subscribers("/finesse/api/Team/1/Users"))
	p.do("Connect#1005", "elsewhere,pw1005")
	p.expect(super, "1005#Error#SESSION_INVALIDATED")
	require.True(t, wait.Until(patience, func() bool { return l.sim.Subscribers("/finesse/api/Team/1/Users") == 0 }))
}

func TestMonitorBargeAndDrop(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := office(t, l)
	main := p.answered(l, "1001", "2001")

	p.do("silentmonitor#1005", "2001")
	monitor := dialogOf(p.expect(super, "1005#InboundCall#ACTIVE#", "CallType:SM#").body)
	p.do("endsilentmonitor#1005", monitor)
	p.expect(super, "1005#InboundCall#DROP#DialogID:"+monitor)

	p.answer(super, p.do("bargein#1005", "2001,"+monitor), "1005#Error#NO_DIALOG_ID")

	p.do("silentmonitor#1005", "2001")
	monitor = dialogOf(p.expect(super, "1005#InboundCall#ACTIVE#", "CallType:SM#").body)
	p.do("bargein#1005", "1001,"+monitor) // a login id [C14]
	p.expect(super, "1005#InboundCall#DROP#DialogID:"+monitor)
	p.expect(super, "1005#InboundCall#ACTIVE#DialogID:"+main, "ParticipantsCount:3")

	corr := p.do("dropparticipant#1005", "2001,"+main)
	p.answer(super, corr, "1005#Control#PrintStatusBar#Participant 2001 dropped")
	p.expect(own, "1001#InboundCall#DROP#DialogID:"+main)

	p.answer(super, p.do("silentmonitor#1005", "2006"), "1005#Error#")

	// JSON has Finesse's word for the call and a message of its own for the drop.
	p.do("ReleaseCall#1005", main)
	p.expect(super, "1005#InboundCall#DROP#DialogID:"+main)
	main = p.answered(l, "1001", "2001")
	p.do("Connect#1005", "J,pw1005", "gcFormat", "JSON")
	p.expect("/topic/J", `"ConnectSuccess"`)
	p.do("silentmonitor#1005", "2001")
	require.True(t, wait.Until(patience, func() bool { s, _ := l.sim.Agent("1005"); return len(s.Dialogs) == 1 }))
	monitor = l.dialogOf("1005")
	p.expect("/topic/J", `"dialogId":"`+monitor+`","state":"ACTIVE"`)
	p.do("bargein#1005", "2001,"+monitor)
	p.expect("/topic/J", `"dialogId":"`+main+`","state":"ACTIVE"`)
	p.answer("/topic/J", p.do("dropparticipant#1005", "2001,"+main), `{"type":"Control","participantDropped":"2001","agentId":"1005"}`)
}

// A supervisor's client sends a state command with the agent's id [C15].
func TestSupervisorActsForAnAgent(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := office(t, l)
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#") // their own session acts
	require.Contains(t, l.asked()[len(l.asked())-1].Path, "/User/1001")

	// 1003 is logged in at Finesse, and not connected here.
	q := newLab(t, brokers[1].start(t), func(c *config.Config) {
		c.FinesseURLs, c.XMPPAddrs = []string{l.sim.RESTURL()}, []string{l.sim.XMPPAddr()}
		c.NodeID = "node-2"
	})
	other := newPhone(t, q.broker, own)
	other.login(own, "1003", "2003")
	other.do("MakeReady#1003", "")
	other.expect(own, "1003#State#READY#")

	p.answer(super, p.do("MakeNotReady#1003", "", "reply-to", super), "1005#State#NOT_READY#", "#1003#2003#")
	other.expect(own, "1003#State#NOT_READY#")
	p.answer(super, p.do("MakeReady#1003", "", "gcSupervisor", "1005"), "1005#State#READY#", "#1003#2003#")
	p.answer(super, p.do("logoutwithreason#1003", "21", "gcSupervisor", "1005"), "1005#State#LOGOUT#", "#1003#")
	other.expect(own, "1003#State#LOGOUT#")
	require.NotContains(t, requested(l), "<state>LOGOUT</state><reasonCodeId>", "no reason code")

	p.answer(super, p.do("MakeReady#1007", "", "reply-to", super), "1007#State#RE_LOGIN") // not of their team
	p.answer(own, p.do("MakeReady#1003", "", "reply-to", own), "1003#State#RE_LOGIN")     // no supervisor there
}

func TestQueueList(t *testing.T) {
	for flavor, want := range map[callcontrol.Flavor]string{
		callcontrol.CCE: "1005#QueueList#QueueName:Sales,AgentsNotReady:", callcontrol.CCX: "1005#QueueList#QueueName:Sales,AgentsNotReady:-1,",
	} {
		t.Run(string(flavor), func(t *testing.T) {
			l := newLab(t, brokers[1].start(t), nil, sim.WithFlavor(flavor))
			p := newPhone(t, l.broker, super)
			p.login(super, "1005", "2005")
			body := p.answer(super, p.do("getqueuelist#1005", ""), want).body
			require.Equal(t, flavor == callcontrol.CCX, strings.Contains(body, ":-1"))
		})
	}
}

func TestRecorder(t *testing.T) {
	var mu sync.Mutex
	var told []string
	status := http.StatusOK
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, r.Method+" "+r.RequestURI)
		w.WriteHeader(status)
	}))
	t.Cleanup(hook.Close)
	l := newLab(t, brokers[1].start(t), func(c *config.Config) {
		c.RecordingPauseURL = hook.URL + "/pause/{extension}?call={dialog}&agent={agent}"
	})
	p := office(t, l)
	p.answer(own, p.do("ZOOMPauseRecording#1001", ""), "1001#Error#NO_DIALOG_ID")
	id := p.answered(l, "1001", "2001")
	p.answer(own, p.do("ZOOMPauseRecording#1001", ""), "1001#Control#PrintStatusBar#Recording paused")
	p.answer(own, p.do("ZOOMResumeRecording#1001", ""), "1001#Control#PrintStatusBar#Recording control is not configured")
	mu.Lock()
	require.Equal(t, []string{"POST /pause/2001?call=" + id + "&agent=1001"}, told)
	status = http.StatusBadGateway
	mu.Unlock()
	p.answer(own, p.do("ZOOMPauseRecording#1001", ""), "1001#Error#GENERIC_ERROR")
}

func TestUnsupportedCommands(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := office(t, l)
	for _, jmsType := range []string{"GETSKILLGROUP#1005", "GETSKILLGROPU#1005", "GETSUPERVISOR#1005", "GETAGENTEXTENSION#1005"} {
		corr := p.do(jmsType, "")
		p.answer(super, corr, "1005#Control#PrintStatusBar#", "is not supported")
		p.answer(super, corr, "1005#Error#GENERIC_ERROR")
	}
}

func TestAgentStatesTopic(t *testing.T) {
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.AgentStatesInterval = 20 * time.Millisecond })
	p := newPhone(t, l.broker, own, "/topic/AgentStates")
	p.login(own, "1001", "2001")
	p.login(own, "1002", "2002")
	p.expect("/topic/AgentStates", "1001#State#NOT_READY#")
	p.do("MakeReady#1002", "")
	p.expect("/topic/AgentStates", "1002#State#READY#", "#1002#2002#")
	p.expect("/topic/AgentStates", "1001#State#NOT_READY#")
}

func TestUnsolicitedControls(t *testing.T) {
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.SendControls = true })
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	id := p.answered(l, "1001", "2001")
	p.expect(own, "1001#Control#0,true|1,false|")
	p.expect(own, "1001#Control#0,false|1,true|2,false|3,true|")
	p.do("HoldCall#1001", id)
	p.expect(own, "1001#Control#0,false|1,false|2,true|")
}

func TestCipheredPassword(t *testing.T) {
	l := newLab(t, brokers[1].start(t), func(c *config.Config) {
		c.PasswordCipher = "3des"
		c.PasswordKey = secret.New("0123456789abcdeffedcba98765432100011223344556677")
		c.PasswordIV = secret.New("0102030405060708")
	})
	p := newPhone(t, l.broker, own)
	p.answer(own, p.do("Connect#1001", "A,pw1001"), "1001#Error#SUBSCRIPTION_FAILED") // [C23]
	const ciphered = "q0ptCjl2bqg="                                                   // pw1001
	p.do("Connect#1001", "A,"+ciphered)
	p.do("Login#1001", ciphered+",2001")
	p.expect(own, "1001#AgentInfo#")
	require.NotContains(t, l.logs.String(), "pw1001")
}
