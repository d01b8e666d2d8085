package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/test/observe"
	"gcbridge/test/wait"
)

// value is the state that a message of a code carries.
func (d *desk) value(code string) string {
	d.t.Helper()
	body := d.next(code).body
	if d.format != "JSON" {
		return strings.SplitN(body, "#", 4)[2]
	}
	_, after, found := strings.Cut(body, `"state":"`)
	require.True(d.t, found, body)
	state, _, _ := strings.Cut(after, `"`)
	return state
}

// come takes messages of a code and holds their states to the order wanted.
func (d *desk) come(code string, states ...string) {
	d.t.Helper()
	for _, want := range states {
		require.Equal(d.t, want, d.value(code), "of %q", states)
	}
}

const (
	stateCode   = "O-001"
	inboundCode = "O-008"
	consultCode = "O-010"
)

// TestAgentStates shows every state that Finesse gives an agent [M7].
func TestAgentStates(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1001", format)
		d.send("MakeReady", "")
		d.come(stateCode, "READY")
		d.talk()
		d.come(stateCode, "RESERVED", "TALKING")
		d.send("HoldCall", d.dialog)
		d.come(stateCode, "HOLD")
		d.send("RetrieveCall", d.dialog)
		d.come(stateCode, "TALKING")
		d.send("ReleaseCall", d.dialog)
		d.come(stateCode, "WORK_READY")
		d.send("MakeReady", "")
		d.come(stateCode, "READY")

		d.talk()
		d.come(stateCode, "RESERVED", "TALKING")
		d.send("MakeNotReady", "")
		pending := d.next(stateCode)
		require.Contains(t, pending.body, d.pick("1001#State#TALKING###NOT_READY#", `"pendingState":"NOT_READY"`))
		d.send("ReleaseCall", d.dialog)
		d.come(stateCode, "WORK")
		d.send("MakeNotReady", "")
		d.come(stateCode, "NOT_READY")

		const node = "/finesse/api/User/1001"
		l.sim.PublishEvent("1001", node, "<Update><data><user><loginId>1001</loginId><state>UNKNOWN</state></user></data>"+
			"<event>PUT</event><requestId></requestId><source>"+node+"</source></Update>")
		d.come(stateCode, "UNKNOWN")
		d.send("MakeReady", "")
		d.come(stateCode, "READY")
		d.send("MakeNotReady", "")
		d.come(stateCode, "NOT_READY")
		d.send("Logout", "")
		d.come(stateCode, "LOGOUT")
	})
}

// TestAbruptDisconnection: force_logout leaves at once, and after the call if
// there is one [C16].
func TestAbruptDisconnection(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1001", format)
		d.send("force_logout", "")
		d.come(stateCode, "LOGOUT")
		d.logIn()
		d.ready()
		d.send("force_logout", "")
		d.come(stateCode, "NOT_READY", "LOGOUT")
		d.logIn()
		d.talk() // not from a queue: no wrap-up follows
		d.come(stateCode, "TALKING")
		d.send("force_logout", "")
		require.Contains(t, d.next(stateCode).body, d.pick("#TALKING###NOT_READY#", `"pendingState":"NOT_READY"`))
		require.NoError(t, l.sim.DropCall(d.dialog, ""))
		d.come(stateCode, "NOT_READY", "LOGOUT")
	})
}

// TestReasonCodeLists: what a client may offer its agent [O-016].
func TestReasonCodeLists(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1001", format)
		for word, want := range map[string][2]string{
			"reasoncodenotready": {
				"1001#ReasonCodes#Category:NOT_READY#12,13#Labels:Lunch,Break#Ada Agent",
				`{"type":"ReasonCodes","category":"NOT_READY","reasonCodes":[{"12":"Lunch"},{"13":"Break"}],"agentId":"1001"}`,
			},
			"reasoncodelogout": {
				"1001#ReasonCodes#Category:LOGOUT#21,22#Labels:End of shift,System#Ada Agent",
				`{"type":"ReasonCodes","category":"LOGOUT","reasonCodes":[{"21":"End of shift"},{"22":"System"}],"agentId":"1001"}`,
			},
		} {
			require.Equal(t, d.pick(want[0], want[1]), d.answer(d.dest, d.send(word, "")).body)
		}
	})
}

// TestOutgoingCalls shows the states of calls that the agent makes.
func TestOutgoingCalls(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1001", format)
		d.send("MakeCall", "95552000")
		d.come(inboundCode, "INITIATING", "INITIATED", "ALERTING", "ACTIVE")
		d.send("ReleaseCall", l.dialogOf("1001"))
		d.come(inboundCode, d.pick("DROP", "DROPPED"))

		for number, cause := range map[string]string{"7000": "BUSY", "123": "BAD_DESTINATION"} {
			d.send("MakeCall", number)
			d.come(inboundCode, "INITIATING", "INITIATED")
			id := l.dialogOf("1001")
			failed := d.next(inboundCode).body
			if format == "JSON" {
				require.Contains(t, failed, `"dialogId":"`+id+`","state":"FAILED","failureCause":"`+cause+`"`)
			} else {
				require.Equal(t, "1001#InboundCall#FAILED#DialogID:"+id+"#"+cause+"#Ada Agent", failed)
			}
			d.send("ReleaseCall", id)
			d.come(inboundCode, d.pick("DROP", "DROPPED"))
		}
	})
}

// TestConsultations shows the states of consult calls.
func TestConsultations(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1001", format)
		d.ready()
		d.talk()
		d.send("ConsultCall", "95552000,"+d.dialog)
		d.come(consultCode, "INITIATING", "INITIATED", "ALERTING", "ACTIVE")
		d.send("ReleaseCall", l.other("1001", d.dialog))
		d.come(consultCode, d.pick("DROP", "DROPPED"))
		d.answer(d.dest, d.send("RetrieveCall", d.dialog), "InboundCall", "ACTIVE")

		d.send("ConsultCall", "7000,"+d.dialog)
		d.come(consultCode, "INITIATING", "INITIATED")
		id := l.other("1001", d.dialog)
		failed := d.next(consultCode).body
		if format == "JSON" {
			require.Contains(t, failed, `{"type":"ConsultCall","state":"FAILED","failureCause":"BUSY","assDialogId":"`+id+`"`)
		} else {
			require.Equal(t, "1001#ConsultCall#FAILED#AssDialogID:"+id+"#BUSY#Ada Agent", failed)
		}
		d.send("ReleaseCall", id)
		d.come(consultCode, d.pick("DROP", "DROPPED"))
		d.claim("A-20", "A-21") // one word starts a transfer and a conference
	})
}

// other is the id of the agent's second dialog.
func (l *lab) other(agent, dialog string) string {
	l.t.Helper()
	a, ok := l.sim.Agent(agent)
	require.True(l.t, ok)
	for _, x := range a.Dialogs {
		if x.ID != dialog {
			return x.ID
		}
	}
	require.Fail(l.t, "no second dialog")
	return ""
}

// TestPreviews shows contacts that the agent looks at first, a personal
// callback among them, up to the customer's call or the way back.
func TestPreviews(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		for agent, tc := range map[string]struct {
			mode         callcontrol.DialMode
			word, clause string
		}{
			"1001": {callcontrol.Preview, "Accept", "A-39"},
			"1002": {callcontrol.Preview, "Reject", "A-40"},
			"1003": {callcontrol.Preview, "Close", "A-41"},
			"1004": {callcontrol.Callback, "Accept", "X-06"},
			"1005": {callcontrol.Callback, "Reject", "X-07"},
		} {
			d := l.signedIn(t, agent, format)
			d.ready()
			id, err := l.sim.Outbound(sim.OutboundSpec{Agent: agent, Number: "95552000", Mode: tc.mode, Campaign: "Spring"})
			require.NoError(t, err)
			d.come(stateCode, "RESERVED", "RESERVED_OUTBOUND_PREVIEW")
			require.Contains(t, d.next("NewOutboundPreviewCall").body, id)
			d.come(inboundCode, "ACTIVE")
			d.send(tc.word+"OutboundPreview", id+","+strings.ToUpper(tc.word))
			if tc.word != "Accept" {
				d.come(inboundCode, d.pick("DROP", "DROPPED"))
				d.come(stateCode, "READY")
			} else {
				d.come(inboundCode, "ACCEPTED", d.pick("DROP", "DROPPED"), "INITIATING", "INITIATED", "ALERTING", "ACTIVE")
				d.come(stateCode, "TALKING")
			}
			d.claim(tc.clause)
		}
	})
}

// TestProgressiveCall: the dialer's first packet is dropped [M3] [O-028].
func TestProgressiveCall(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1001", format)
		d.ready()
		id, err := l.sim.Outbound(sim.OutboundSpec{Agent: "1001", Number: "95552000", Mode: callcontrol.Progressive, Campaign: "Spring"})
		require.NoError(t, err)
		ring := d.next("O-028").body
		require.Contains(t, ring, d.pick("BACampaign=Spring", `{"BACampaign":"Spring"}`))
		d.answer(d.dest, d.send("AnswerCall", id), "InboundCall", "ACTIVE")
		require.NotContains(t, d.describe(), "NewInboundCall")
		d.claim("X-01")
	})
}

// TestConnectStatus: JSON confirms a Connect; in text its success is silent.
func TestConnectStatus(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.desk(t, "1001", format)
		corr := d.connect()
		if format == "JSON" {
			require.Equal(t, `{"type":"ConnectStatus","status":"ConnectSuccess"}`, d.answer(d.dest, corr).body)
		}
		d.answer(d.dest, d.send("GetState", ""), "LOGOUT")
		require.Empty(t, d.describe())
		d.claim("A-03")
	})
}

// TestSupervisorIsTold their teams after AgentInfo.
func TestSupervisorIsTold(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1005", format)
		require.Equal(t, d.pick("1005#TeamInfoIDs#TeamID#1#Eve Agent", `{"type":"TeamInfoIDs","teamIds":["1"],"agentId":"1005"}`), d.next("O-012").body)
		require.Equal(t, d.pick("1005#TeamInfoNames#TeamName#Sales#Eve Agent", `{"type":"TeamInfoNames","teamNames":["Sales"],"agentId":"1005"}`), d.next("O-013").body)
	})
}

// TestWorkIsFinessesToGive: clients ask for WORK and WORK_READY, and Finesse
// grants them to an agent on a call whose wrap-up is optional.
func TestWorkIsFinessesToGive(t *testing.T) {
	const optional = `
agents:
  - {id: "1001", firstName: Ada, lastName: Agent, extension: "2001", team: "1", wrapUpOnIncoming: OPTIONAL, wrapUpOnOutgoing: OPTIONAL}
teams: [{id: "1", name: Sales}]
queues: []
phoneBooks: []
`
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1001", format)
		for word, work := range map[string]string{"makeworknotready": "WORK", "makeworkready": "WORK_READY"} {
			d.send("MakeReady", "")
			d.come(stateCode, "READY")
			d.talk()
			d.come(stateCode, "RESERVED", "TALKING")
			pending := d.answer(d.dest, d.send(word, "")).body
			require.Contains(t, pending, d.pick("#State#TALKING###"+work+"#", `"pendingState":"`+work+`"`))
			d.send("ReleaseCall", d.dialog)
			d.come(stateCode, work)
		}
	}, sim.WithScenario(optional))
}

// TestWrapUpData: the label of a call's wrap-up reason, which may hold commas,
// gets to Finesse; the client hears nothing of it.
func TestWrapUpData(t *testing.T) {
	formats(t, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1001", format)
		d.ready()
		d.talk()
		d.send("wrapup", "Sold, to be delivered,"+d.dialog)
		require.True(t, wait.Until(patience, func() bool {
			a, ok := l.sim.Agent("1001")
			return ok && len(a.Dialogs) == 1 && a.Dialogs[0].WrapUpReason == "Sold, to be delivered"
		}))
		d.claim("A-25")
	})
}

// TestAdministratorsPhonebooks: with an administrator everybody's books are
// listed, of whatever team [C21].
func TestAdministratorsPhonebooks(t *testing.T) {
	formatsWith(t, asAdmin, func(t *testing.T, l *lab, format string) {
		d := l.signedIn(t, "1001", format)
		d.answer(d.dest, d.send("GetPhonebooks", ""), d.pick("name:Support vendors,type:TEAM,id:4", `{"name":"Support vendors","id":"4"}`))
		d.answer(d.dest, d.send("GetPhonebookContacts", "4"),
			d.pick("description:Printers,firstName:Fay,lastName:Hill,phoneNumber:6513001,", `"firstName":"Fay","lastName":"Hill","phoneNumber":"6513001"`))
		d.claim("M-01", "M-02")
	})
}

// TestFinesseOutOfReach: every bound destination is told once when Finesse
// answers no more, and once when it does again [E3] [O-027].
func TestFinesseOutOfReach(t *testing.T) {
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.FinesseTimeout = time.Second })
	desks := []*desk{l.signedIn(t, "1001", "DEFAULT"), l.signedIn(t, "1002", "JSON")}
	system := func(d *desk, status string) string {
		return d.pick("System#"+status, `{"type":"System","status":"`+status+`"}`)
	}
	require.NoError(t, l.sim.AddFault(sim.Fault{Path: "/finesse/api/SystemInfo", DelayMs: 60_000}))
	for _, d := range desks {
		require.Equal(t, system(d, "NOT_REACHABLE"), d.next("O-027").body)
		d.answer(d.dest, d.send("MakeReady", ""), "FINESSE_UNAVAILABLE")
		require.Equal(t, system(d, "OUT_OF_SERVICE"), d.answer(d.dest, d.do("Beat#"+d.topic, "")).body, "[C7]")
	}
	l.sim.ClearFaults()
	for _, d := range desks {
		require.Equal(t, system(d, "IN_SERVICE"), d.next("O-004").body)
		d.ready()
		require.NotContains(t, d.describe(), "System", "told once")
	}
}

// TestOwnershipIsAnnounced: a node of a pair tells which agents it holds, and
// their passwords only sealed [O-025].
func TestOwnershipIsAnnounced(t *testing.T) {
	l := newLab(t, brokers[0].start(t), paired)
	const topic = "/topic/ConnectorSync"
	ear := newPhone(t, l.broker, topic)
	l.signedIn(t, "1001", "DEFAULT")
	var said got
	require.True(t, wait.Until(patience, func() bool {
		ear.mu.Lock()
		defer ear.mu.Unlock()
		for _, g := range ear.got {
			if strings.HasPrefix(g.body, "AgentState#1001#") && strings.Split(g.body, "#")[3] == "2001" {
				said = g
				return true
			}
		}
		return false
	}), "nothing was announced:\n%s", ear.describe())
	fields := strings.Split(said.body, "#")
	require.Len(t, fields, 5)
	require.True(t, strings.HasPrefix(fields[2], "v1:"), "the password is sealed")
	require.NotContains(t, said.body, "pw1001")
	// Nodes know the message by its layout; it carries no header of an output.
	ear.story.Arrived(observe.Headers{"gcCode": "O-025"}, said.body)
	ear.story.Took(t.Name(), observe.Headers{"gcCode": "O-025"}, said.body)
}
