package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/bridge/session"
	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/protocol"
	"gcbridge/test/wait"
)

// errorCase is a situation that must be answered with an error code.
type errorCase struct {
	code protocol.ErrorCode
	// when tells the cases of one code apart.
	when string
	// signedOut: the agent has connected and not logged in.
	signedOut bool
	// cause brings the error about and returns the correlation id of the
	// command that is refused; "" for an error that answers none.
	cause func(d *desk) string
	// over undoes what cause has done to the lab.
	over func(d *desk)
}

// asked makes the cause that needs nothing but a command.
func asked(word, body string) func(*desk) string {
	return func(d *desk) string { return d.send(word, body) }
}

// refused makes the cause of a command that Finesse accepts and then refuses
// with what the CTI server says.
func refused(word, body, errType, message, data string) func(*desk) string {
	return func(d *desk) string {
		require.NoError(d.t, d.lab.sim.RefuseNext(d.agent, callcontrol.Failure{Type: errType, Message: message, Data: data}))
		return d.send(word, body)
	}
}

// inCall makes the cause that happens to a call: DIALOG in body is its id.
func inCall(word, body, errType, message, data string) func(*desk) string {
	return func(d *desk) string {
		d.talk()
		return refused(word, strings.ReplaceAll(body, "DIALOG", d.dialog), errType, message, data)(d)
	}
}

// login makes the cause of a LOGIN that is refused.
func login(errType, message, data string) func(*desk) string {
	return func(d *desk) string {
		return refused("Login", d.password()+","+d.extension, errType, message, data)(d)
	}
}

// faulty makes the cause of a MakeReady that meets a fault of the REST server.
func faulty(f sim.Fault) func(*desk) string {
	return func(d *desk) string {
		f.Path, f.Method, f.Count = "/finesse/api/User/"+d.agent, "PUT", 1
		require.NoError(d.t, d.lab.sim.AddFault(f))
		return d.send("MakeReady", "")
	}
}

const callFailed = "Call Operation Failure"

// finesseCases are what Finesse refuses, in the order of the page's table.
// Where the simulated centre has the situation, it happens; otherwise the CTI
// server is told what to answer.
func finesseCases() []errorCase {
	return []errorCase{
		{code: "CF_INVALID_CALLED_DEVICE", cause: refused("MakeCall", "95551000", callFailed, "CF_INVALID_CALLED_DEVICE", "6")},
		{code: "CF_INVALID_CALLING_DEVICE", cause: refused("MakeCall", "95551000", callFailed, "CF_INVALID_CALLING_DEVICE", "5")},
		{code: "CF_INVALID_CONNECTION_ID_FOR_ACTIVE_CALL", cause: inCall("HoldCall", "DIALOG", callFailed, "CF_INVALID_CONNECTION_ID_FOR_ACTIVE_CALL", "23")},
		{code: "CF_INVALID_CONSULT_TYPE", cause: inCall("ConsultCall", "95552000,DIALOG", callFailed, "CF_INVALID_CONSULT_TYPE", "273")},
		{code: "CF_AGENT_ACCOUNT_LOCKED_OUT", signedOut: true, cause: login("Invalid Authorization User Specified", "CF_AGENT_ACCOUNT_LOCKED_OUT", "289")},
		{code: "CF_INVALID_CSTA_DEVICE_IDENTIFIER", signedOut: true, cause: login("Invalid Device", "CF_INVALID_CSTA_DEVICE_IDENTIFIER", "12")},
		{code: "CF_RESOURCE_BUSY", signedOut: true, cause: login("Device Busy", "CF_RESOURCE_BUSY", "33")},
		{code: "CF_RESOURCE_BUSY", when: "blind transfer to a busy number", cause: func(d *desk) string {
			d.talk()
			return d.send("Transfer_sst", "7000,"+d.dialog)
		}},
		{code: "CF_INVALID_LOGON_DEVICE_SPECIFIED", signedOut: true, cause: func(d *desk) string {
			return d.send("Login", d.password()+",99999999")
		}},
		{code: "CF_GENERIC_UNSPECIFIED_REJECTION", signedOut: true, cause: login("Invalid Device", "CF_GENERIC_UNSPECIFIED_REJECTION", "70")},
		{code: "CF_INVALID_OBJECT_STATE", cause: func(d *desk) string {
			d.ready()
			return d.send("Logout", "") // CCE logs out from NOT_READY only
		}},
		{code: "CF_INVALID_PASSWORD_SPECIFIED", signedOut: true, cause: asked("MakeReady", "")},
		{code: "CF_GENERIC_SYSTEM_RESOURCE_AVAILABILITY", signedOut: true, cause: login("Internal Server Error", "CF_GENERIC_SYSTEM_RESOURCE_AVAILABILITY", "31")},
		{code: "E_CTI_INVALID_CALLID", cause: inCall("ReleaseCall", "DIALOG", callFailed, "E_CTI_INVALID_CALLID", "13")},
		{code: "USER_NOT_FOUND", cause: faulty(sim.Fault{Status: 404})},
		{code: "GENERAL_ERROR", signedOut: true, cause: login("Internal Server Error", "something went wrong", "")},
		{code: "GENERAL_ERROR", when: "500", cause: faulty(sim.Fault{Status: 500})},
		{code: "CF_GENERIC_OPERATION", when: "by its number alone [E1]", cause: inCall("HoldCall", "DIALOG", "Internal Server Error", "The operation failed.", "1")},
		{code: "BAD_DESTINATION", cause: func(d *desk) string { return d.send("MakeCall", d.extension) }},
		{code: "GENERIC_ERROR", cause: func(d *desk) string {
			d.talk()
			return d.send("RetrieveCall", d.dialog) // nothing is held: INVALID_ACTION
		}},
	}
}

// connectorCases are what the bridge itself refuses.
func connectorCases(xmpp *gate) []errorCase {
	return []errorCase{
		{code: "DOWN", cause: faulty(sim.Fault{Status: sim.CloseConnection})},
		{code: "NOT_REACHABLE", cause: faulty(sim.Fault{DelayMs: 60_000})},
		{code: "FINESSE_UNAVAILABLE", cause: faulty(sim.Fault{Status: 503})},
		{code: "PLEASE_RETRY", cause: faulty(sim.Fault{Status: 400})},
		{code: "MISSING_EXTENSION", signedOut: true, cause: func(d *desk) string { return d.send("Login", d.password()) }},
		{code: "MISSING_PASSWORD", signedOut: true, cause: asked("Login", "NULL")},
		{code: "WRONG_EXTENSION", signedOut: true, cause: func(d *desk) string { return d.send("Login", d.password()+",20a1") }},
		{code: "MISSING_NUMBER", cause: asked("MakeCall", "")},
		{code: "MISSING_REASON_CODE", cause: asked("MakeNotReadyWithReason", "")},
		{code: "NO_DIALOG_ID", cause: asked("AnswerCall", "4711")},
		{code: "SUBSCRIPTION_FAILED", cause: func(d *desk) string {
			return d.send("Connect", d.topic+",wrong", "gcFormat", d.format)
		}},
		{code: "DOWN", when: "the notification service", signedOut: true, cause: func(d *desk) string {
			// A password proven once is not asked again while the stream is up.
			d.loseXMPP(xmpp)
			return d.connect()
		}, over: func(d *desk) {
			xmpp.set(false)
			require.True(d.t, wait.Until(patience, func() bool { return d.lab.worker.Ready() == nil }), "the service is not given up any more")
			d.connect()
		}},
		{code: "SESSION_INVALIDATED", cause: func(d *desk) string {
			d.do("Connect#"+d.agent, d.topic+".elsewhere,"+d.password(), "gcFormat", d.format)
			st := d.next("O-001")
			require.Contains(d.t, st.body, "LOGOUT", "[C9]")
			return ""
		}, over: func(d *desk) { d.connect() }},
	}
}

// loseXMPP cuts the agent's stream, so that it cannot come back, and waits until
// the worker knows it.
func (d *desk) loseXMPP(g *gate) {
	d.t.Helper()
	d.answer(d.dest, d.send("GetState", ""), "LOGOUT")
	g.set(true)
	require.Equal(d.t, 1, d.lab.sim.DropXMPP(d.agent))
	require.True(d.t, wait.Until(patience, func() bool {
		for _, a := range d.lab.worker.Snapshot().Agents {
			if a.Agent == d.agent {
				return a.Phase == session.PhaseBroken
			}
		}
		return false
	}), "the worker knows that the stream is gone")
}

// play brings the error about, holds what comes to the golden file, and looks
// that the agent's next good command works.
func (c errorCase) play(t *testing.T, l *lab, agent, format string, want map[string]string) {
	d := l.desk(t, agent, format)
	d.connect()
	if !c.signedOut {
		d.logIn()
	}
	corr := c.cause(d)
	e := d.next("O-002")
	require.Equal(t, corr, e.header.Get("correlation-id"), "[H3]")
	text := strings.ReplaceAll(want[string(c.code)+format], "1001", agent)
	require.Equal(t, text, e.body)
	if c.over != nil {
		c.over(d)
	}
	if c.signedOut {
		d.logIn()
	}
	corr = d.send("refresh", "")
	d.answer(d.dest, corr, "State")
	d.answer(d.dest, corr, "DialogStatus")
	require.NotContains(t, d.describe(), "Error", "nothing else is refused")
}

// TestErrors shows every row of the page's error table and every error of its
// user messages, in text and in JSON.
func TestErrors(t *testing.T) {
	var xmpp *gate
	broker := brokers[0].start(t)
	change := func(c *config.Config) {
		xmpp = newGate(t, c.XMPPAddrs[0])
		c.XMPPAddrs = []string{xmpp.addr()}
		c.FinesseTimeout = 2 * time.Second
	}
	l := newLab(t, broker, change, sim.WithScale(100))
	want := goldenErrors(t)
	cases := append(finesseCases(), connectorCases(xmpp)...)
	agent := 100000
	for _, c := range cases {
		for _, format := range []string{"DEFAULT", "JSON"} {
			agent++
			name := strings.TrimSpace(string(c.code) + " " + c.when)
			t.Run(name+"/"+format, func(t *testing.T) { c.play(t, l, strconv.Itoa(agent), format, want) })
		}
	}
	t.Run("LICENSES_EXCEEDED", func(t *testing.T) {
		l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.MaxAgents = 1 })
		l.signedIn(t, "1001", "DEFAULT")
		for _, format := range []string{"DEFAULT", "JSON"} {
			d := l.desk(t, "1002", format)
			d.connect()
			e := d.answer(d.dest, d.send("Login", "pw1002,2002"), "LICENSES_EXCEEDED")
			require.Equal(t, strings.ReplaceAll(want["LICENSES_EXCEEDED"+format], "1001", "1002"), e.body)
		}
	})
	for _, format := range []string{"DEFAULT", "JSON"} {
		t.Run("UNABLE_TO_SUBSCRIBE_TO_FINESSE/"+format, func(t *testing.T) {
			l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.XMPPPing = 500 * time.Millisecond })
			d := l.signedIn(t, "1005", format)
			require.NoError(t, l.sim.SetNotifications("silent"))
			e := d.answer(d.dest, d.send("getteamusers", "1,true"), "UNABLE_TO_SUBSCRIBE_TO_FINESSE")
			require.Equal(t, strings.ReplaceAll(want["UNABLE_TO_SUBSCRIBE_TO_FINESSE"+format], "1001", "1005"), e.body)
		})
	}
	requireEveryError(t, cases)
}

// requireEveryError holds the cases to the tables of the page.
func requireEveryError(t *testing.T, cases []errorCase) {
	t.Helper()
	shown := map[string]bool{"LICENSES_EXCEEDED": true, "UNABLE_TO_SUBSCRIBE_TO_FINESSE": true}
	for _, c := range cases {
		shown[string(c.code)] = true
	}
	for _, row := range protocol.ErrorRows() {
		if row.Clause == protocol.ClausePage {
			require.True(t, shown[string(row.Code)], row.Code)
		}
	}
	for _, m := range protocol.UserMessages() {
		if m.Event == "Error" {
			require.True(t, shown[m.Value], m.Value)
		}
	}
}

// goldenErrors reads what every error looks like for agent 1001, by its code
// and format.
func goldenErrors(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "golden", "errors.txt"))
	require.NoError(t, err)
	golden := map[string]string{}
	var code string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		body, indented := strings.CutPrefix(line, "  ")
		switch {
		case !indented:
			code, _, _ = strings.Cut(line, " ")
		case strings.HasPrefix(body, "{"):
			golden[code+"JSON"] = body
		default:
			golden[code+"DEFAULT"] = body
		}
	}
	return golden
}
