package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/test/brokertest"
	"gcbridge/test/javapeer"
	"gcbridge/test/wait"
)

// desks runs story for a Java client of its own in both formats.
func desks(t *testing.T, agent string, story func(a *javaAgent, dest string)) {
	t.Helper()
	classes := javapeer.Compile(t)
	amq := brokertest.ActiveMQ(t)
	for _, format := range []string{"DEFAULT", "JSON"} {
		t.Run(format, func(t *testing.T) {
			l := newLab(t, amq.URL(), func(c *config.Config) { c.MessageFormat = format })
			a := &javaAgent{Peer: classes.Start(t, amq.OpenWireURL()), t: t, lab: l, id: agent, json: format == "JSON"}
			dest := "desk-" + agent + "-" + format
			a.Listen("topic://" + dest)
			story(a, dest)
		})
	}
}

// signIn brings the agent to the state after a login and forgets its outputs.
func (a *javaAgent) signIn(dest, extension string) {
	a.t.Helper()
	a.do("Connect", dest+",pw"+a.id)
	login := a.do("Login", "pw"+a.id+","+extension)
	a.expect("O-011", login, a.id+"#AgentInfo#", `"type":"AgentInfo"`)
	a.expect("O-001", login, a.id+"#State#NOT_READY#", `"state":"NOT_READY"`)
}

// TestJavaSupervisorsDay: a supervisor's client looks at their team and queues,
// listens in, barges in, and drops a participant.
func TestJavaSupervisorsDay(t *testing.T) {
	desks(t, "1005", func(a *javaAgent, dest string) {
		a.signIn(dest, "2005")
		a.expect("O-012", "", "1005#TeamInfoIDs#TeamID#1#", `{"type":"TeamInfoIDs","teamIds":["1"]`)
		a.expect("O-013", "", "1005#TeamInfoNames#TeamName#Sales#", `{"type":"TeamInfoNames","teamNames":["Sales"]`)

		l := a.lab
		desk := "/topic/member-" + dest
		p := newPhone(t, l.broker, desk)
		p.do("Connect#1001", strings.TrimPrefix(desk, "/topic/")+",pw1001")
		p.do("Login#1001", "pw1001,2001")
		p.expect(desk, "AgentInfo")

		team := a.do("getteamusers", "1,true")
		a.expect("O-020", team, "LoginID:1001,State:NOT_READY,", `{"firstName":"Ada","lastName":"Agent","extension":"2001"}`)
		p.do("MakeReady#1001", "")
		a.expect("O-001", "", "1005#State#READY#", `"state":"READY"`)
		a.expect("O-019", a.do("getqueuelist", ""), "1005#QueueList#QueueName:Sales,AgentsNotReady:", `"queueName":"Sales"`)

		main, err := l.sim.Call("5551000", "2001")
		require.NoError(t, err)
		p.expect(desk, "NewInboundCall")
		p.do("AnswerCall#1001", main)
		p.expect(desk, "InboundCall", "ACTIVE")

		a.do("silentmonitor", "2001")
		a.expect("O-008", "", "1005#InboundCall#ACTIVE#", `"type":"InboundCall"`)
		require.True(t, wait.Until(patience, func() bool { s, _ := l.sim.Agent("1005"); return len(s.Dialogs) == 1 }))
		monitor := l.dialogOf("1005")
		a.do("bargein", "2001,"+monitor)
		a.expect("O-008", "", "1005#InboundCall#DROP#DialogID:"+monitor, `"dialogId":"`+monitor+`","prevDialogId":`)
		a.expect("O-008", "", "1005#InboundCall#ACTIVE#DialogID:"+main, `"dialogId":"`+main+`","state":"ACTIVE"`)
		a.do("dropparticipant", "2001,"+main)
		a.Expect(patience, "participant dropped", func(m javapeer.Message) bool {
			return m.Properties["gcCategory"] == "agent_control" && strings.Contains(m.Body, "2001")
		})
		a.do("ReleaseCall", main)
		a.expect("O-008", "", "1005#InboundCall#DROP#DialogID:"+main, `"state":"DROPPED"`)
		a.expect("O-001", a.do("Logout", ""), "1005#State#LOGOUT#", `"state":"LOGOUT"`)
	})
}

// TestJavaOutboundAgentsDay: an agent of a campaign accepts one preview, rejects
// another, and takes a progressive call.
func TestJavaOutboundAgentsDay(t *testing.T) {
	desks(t, "1002", func(a *javaAgent, dest string) {
		a.signIn(dest, "2002")
		ready := func() {
			a.expect("O-001", a.do("MakeReady", ""), "1002#State#READY#", `"state":"READY"`)
		}
		offer := func(mode callcontrol.DialMode) string {
			id, err := a.lab.sim.Outbound(sim.OutboundSpec{Agent: "1002", Number: "5552000", Mode: mode, Campaign: "Spring"})
			require.NoError(t, err)
			return id
		}
		preview := func() string {
			id := offer(callcontrol.Preview)
			a.Expect(patience, "preview", func(m javapeer.Message) bool {
				return m.Properties["gcCode"] == "NewOutboundPreviewCall" && strings.Contains(m.Body, id) && strings.Contains(m.Body, "Spring")
			})
			return id
		}
		ready()
		id := preview()
		a.do("RejectOutboundPreview", id+",REJECT")
		a.expect("O-008", "", "1002#InboundCall#DROP#DialogID:"+id, `"dialogId":"`+id+`","prevDialogId":null,"state":"DROPPED"`)
		a.expect("O-001", "", "1002#State#READY#", `"state":"READY"`)

		id = preview()
		a.do("AcceptOutboundPreview", id+",ACCEPT")
		a.expect("O-008", "", "1002#InboundCall#ACCEPTED#DialogID:"+id, `"state":"ACCEPTED"`)
		a.expect("O-008", "", "1002#InboundCall#DROP#DialogID:"+id, `"state":"DROPPED"`)
		a.Expect(patience, "the customer", func(m javapeer.Message) bool {
			return m.Type == "O-008" && !strings.Contains(m.Body, id) && strings.Contains(m.Body, "ACTIVE") && strings.Contains(m.Body, "5552000")
		})
		call := a.lab.dialogOf("1002")
		a.do("ReleaseCall", call)
		a.expect("O-008", "", "1002#InboundCall#DROP#DialogID:"+call, `"dialogId":"`+call+`","prevDialogId":null,"state":"DROPPED"`)
		a.expect("O-001", "", "1002#State#READY#", `"state":"READY"`)

		id = offer(callcontrol.Progressive)
		a.expect("O-028", "", "1002#NewOutboundCall#", `{"type":"NewOutboundCall","dialogId":"`+id+`"`)
		a.dialog = id
		a.expect("O-008", a.do("AnswerCall", id), "1002#InboundCall#ACTIVE#DialogID:"+id, `"dialogId":"`+id+`","state":"ACTIVE"`)
		a.do("ReleaseCall", id)
		a.expect("O-008", "", "1002#InboundCall#", `"type":"InboundCall"`)
	})
}
