package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/test/brokertest"
	"gcbridge/test/javapeer"
	"gcbridge/test/observe"
)

// javaAgent is a JMS client over OpenWire that plays an agent as a legacy
// client does: TextMessages to the command queue, answers on its own topic.
type javaAgent struct {
	*javapeer.Peer
	t      *testing.T
	lab    *lab
	id     string
	json   bool
	sent   int
	dialog string
}

// do sends a command and returns its correlation id.
func (a *javaAgent) do(word, body string) string {
	a.t.Helper()
	a.sent++
	corr := fmt.Sprintf("java-%d", a.sent)
	wire.Story(a.t).Sent(word+"#"+a.id, body, corr)
	a.Send(javapeer.Send{
		To: "queue://Connector1", Type: word + "#" + a.id, CorrelationID: corr, Body: body,
		NullBody: body == "", TTL: 30 * time.Second,
	})
	return corr
}

// expect waits for an output by its code whose body holds the text of the
// format in use, and checks what every output must be in JMS.
func (a *javaAgent) expect(code, corr, text, json string) javapeer.Message {
	a.t.Helper()
	want := text
	if a.json {
		want = json
	}
	m := a.Expect(patience, code+" "+want, func(m javapeer.Message) bool {
		return m.Type == code && strings.Contains(m.Body, want)
	})
	h := observe.Headers{"gcCode": m.Properties["gcCode"], "gcAgent": m.Properties["gcAgent"], "correlation-id": m.CorrelationID}
	wire.Story(a.t).Arrived(h, m.Body)
	wire.Story(a.t).Took(a.t.Name(), h, m.Body)
	require.Equal(a.t, "TextMessage", m.Class, "[H1]")
	require.Equal(a.t, code, m.Properties["gcCode"], "[H1]")
	require.Equal(a.t, "node-1", m.Properties["gcNode"])
	require.NotEmpty(a.t, m.Properties["gcCategory"])
	require.False(a.t, m.Persistent, "[H4]")
	require.Positive(a.t, m.Expiration, "[H4]")
	if corr != "" {
		require.Equal(a.t, corr, m.CorrelationID, "[H3]")
	}
	return m
}

// TestJavaClientPlaysTheDay is the main job as a legacy client sees it.
func TestJavaClientPlaysTheDay(t *testing.T) {
	classes := javapeer.Compile(t)
	amq := brokertest.ActiveMQ(t)
	for _, format := range []string{"DEFAULT", "JSON"} {
		t.Run(format, func(t *testing.T) {
			l := newLab(t, amq.URL(), func(c *config.Config) { c.MessageFormat = format })
			a := &javaAgent{Peer: classes.Start(t, amq.OpenWireURL()), t: t, lab: l, id: "1001", json: format == "JSON"}
			a.Listen("topic://desk-" + format)
			a.day("desk-" + format)
		})
	}
}

func (a *javaAgent) day(dest string) {
	t := a.t
	hello := a.sayHello(dest)
	a.expect("O-004", hello, "System#IN_SERVICE", `{"type":"System","status":"IN_SERVICE"}`)
	a.do("Connect", dest+",pw1001")
	login := a.do("Login", "pw1001,2001")
	a.expect("O-011", login, "1001#AgentInfo#Ada#Agent#false#REQUIRED#1#", `"type":"AgentInfo","firstName":"Ada","lastName":"Agent","supervisor":false`)
	st := a.expect("O-001", login, "1001#State#NOT_READY#-1#", `{"type":"State","agentId":"1001","state":"NOT_READY","reasonCode":"-1"`)
	if !a.json {
		fields := strings.Split(st.Body, "#")
		require.Len(t, fields, 13, "the form that real clients index into")
		require.Equal(t, []string{"NOT_READY", "Ada Agent", "1001", "2001"}, []string{fields[2], fields[7], fields[8], fields[9]})
	}
	status := a.Expect(patience, "DialogStatus", func(m javapeer.Message) bool { return m.Properties["gcCode"] == "O-024" })
	require.Empty(t, status.Type, "[H2] no dialog, no call type")
	a.expect("O-001", a.do("MakeReady", ""), "1001#State#READY##", `"state":"READY","reasonCode":""`)

	dialog, err := a.lab.sim.Call("5551000", "2001")
	require.NoError(t, err)
	a.dialog = dialog
	a.expect("O-001", "", "#State#RESERVED#", `"state":"RESERVED"`)
	ring := a.expect("O-009", "", "1001#NewInboundCall#5551000#ani=5551000|", `{"type":"NewInboundCall","dialogId":"`+dialog+`","fromAddress":"5551000"`)
	if !a.json {
		require.Equal(t, "DialogID:"+dialog, strings.Split(ring.Body, "#")[4], "WPF's index")
	}
	a.call("AnswerCall", "ACTIVE")
	a.call("HoldCall", "HELD")
	a.call("RetrieveCall", "ACTIVE")
	got := a.do("getdialogstate", dialog)
	a.expect("O-014", got, "1001#DialogState#ACTIVE#"+dialog, `{"type":"DialogState","dialogId":"`+dialog+`","state":"ACTIVE"`)
	a.do("ReleaseCall", dialog)
	a.expect("O-008", "", "1001#InboundCall#WRAP_UP#DialogID:"+dialog, `"state":"WRAP_UP"`)
	a.expect("O-001", "", "#State#WORK_READY#", `"state":"WORK_READY"`)
	a.expect("O-016", a.do("wrapupreasoncode", ""), "1001#ReasonCodes#Category:Wrap_Up#", `"category":"WrapUp"`)
	a.expect("O-001", a.do("MakeNotReadyWithReason", "12"), "#State#NOT_READY#12#", `"state":"NOT_READY","reasonCode":"12"`)
	a.expect("O-008", "", "1001#InboundCall#DROP#DialogID:"+dialog, `"prevDialogId":null,"state":"DROPPED"`)

	out := a.do("MakeCall", "5552000")
	a.expect("O-008", out, "1001#InboundCall#INITIATING#", `"state":"INITIATING"`)
	active := a.expect("O-008", "", "1001#InboundCall#ACTIVE#DialogID:", `"state":"ACTIVE"`)
	a.dialog = a.lab.dialogOf("1001")
	require.Contains(t, active.Body, a.dialog)
	a.do("ReleaseCall", a.dialog)
	a.expect("O-008", "", "1001#InboundCall#DROP#DialogID:"+a.dialog, `"state":"DROPPED"`)
	a.expect("O-002", a.do("AnswerCall", "4711"), "1001#Error#NO_DIALOG_ID",
		`{"type":"Error","errorType":"NO_DIALOG_ID","errorMessage":"Invalid operation or call not found.","agentId":"1001"}`)
	a.expect("O-001", a.do("logoutwithreason", "21"), "#State#LOGOUT#21#", `"state":"LOGOUT","reasonCode":"21"`)
}

func (a *javaAgent) sayHello(dest string) string {
	a.t.Helper()
	wire.Story(a.t).Sent("Hello#"+dest, "", "hello")
	a.Send(javapeer.Send{To: "queue://Connector1", Type: "Hello#" + dest, CorrelationID: "hello", NullBody: true})
	return "hello"
}

// call sends a call command and waits for the state that it leads to.
func (a *javaAgent) call(word, state string) {
	a.t.Helper()
	a.expect("O-008", a.do(word, a.dialog), "1001#InboundCall#"+state+"#DialogID:"+a.dialog,
		`{"type":"InboundCall","dialogId":"`+a.dialog+`","state":"`+state+`"`)
}

// dialogOf is the id of the agent's only dialog.
func (l *lab) dialogOf(agent string) string {
	l.t.Helper()
	a, ok := l.sim.Agent(agent)
	require.True(l.t, ok)
	require.Len(l.t, a.Dialogs, 1)
	return a.Dialogs[0].ID
}

// TestJavaClientOfItsOwnFormat: [D3] a client chooses the format of its destination.
func TestJavaClientOfItsOwnFormat(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	newLab(t, amq.URL(), nil)
	p := javapeer.Compile(t).Start(t, amq.OpenWireURL())
	reply := p.TempQueue()
	p.Listen("topic://json")
	p.Listen("topic://text")
	p.Send(javapeer.Send{To: "queue://Connector1", Type: "Hello#json", Properties: map[string]string{"gcFormat": "JSON"}})
	p.Send(javapeer.Send{To: "queue://Connector1", Type: "Hello#text"})
	p.Expect(patience, "JSON", func(m javapeer.Message) bool { return m.Body == `{"type":"System","status":"IN_SERVICE"}` })
	p.Expect(patience, "text", func(m javapeer.Message) bool { return m.Body == "System#IN_SERVICE" })

	corr := "a:b\nc"
	p.Send(javapeer.Send{To: "queue://Connector1", Kind: javapeer.Bytes, Type: "getstate# 4711 ", CorrelationID: corr, ReplyTo: reply})
	m := p.Expect(patience, "RE_LOGIN on the temporary queue [C5]", func(m javapeer.Message) bool { return m.Body == "4711#State#RE_LOGIN" })
	require.Equal(t, corr, m.CorrelationID)
	require.Equal(t, "TextMessage", m.Class)
}

// TestJavaHeadersCannotForgeFrames: JMS lets a client put anything into
// headers and properties; nothing of it may become a frame of ours.
func TestJavaHeadersCannotForgeFrames(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	newLab(t, amq.URL(), nil)
	p := javapeer.Compile(t).Start(t, amq.OpenWireURL())
	p.Listen("queue://injected")
	p.Listen("queue://Connector1.rejected")
	p.Listen("topic://A")
	for _, m := range []javapeer.Send{
		{Type: "Hello#A" + forged},
		{Type: "GetState#10" + forged},
		{Type: forged},
		{Type: "Hello#A", CorrelationID: "c" + forged},
		{Type: "GetState#4711", CorrelationID: "c" + forged},
		{Type: "Hello#A", Properties: map[string]string{"gcFormat": "JSON" + forged}},
		{Type: "GetState#4711", Properties: map[string]string{"note": forged}},
		{Type: "Connect#1001", Body: "A" + forged + ",pw1001"},
		{Type: "Login#1001", Body: "pw1001,2001" + forged},
	} {
		m.To = "queue://Connector1"
		p.Send(m)
		p.Send(javapeer.Send{To: "queue://Connector1", Type: "Hello#A", CorrelationID: "good"})
		p.Expect(patience, "answer to a good command after "+fmt.Sprintf("%q", m.Type), func(m javapeer.Message) bool {
			return m.CorrelationID == "good" && m.Body == "System#IN_SERVICE"
		})
	}
	for _, m := range p.Received() {
		require.NotEqual(t, "queue://injected", m.On, "a forged frame got through: %+v", m)
	}
}
