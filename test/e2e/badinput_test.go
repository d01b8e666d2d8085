package e2e

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
)

// forged is a NUL and a frame that would be published if a body or a header
// were written as it came.
const forged = "\x00SEND\ndestination:/queue/injected\n\nevil\x00"

// badCase is a command that must not work, and what comes of it. Afterwards a
// good command has to work.
type badCase struct {
	name    string
	bytes   bool // send as BytesMessage
	jmsType string
	body    string
	headers []string
	on      string   // where the answer comes, "" = no answer
	want    []string // parts of the answer
	reject  string   // part of gcReason of the copy, "" = no copy [C8]
}

const (
	own      = "/topic/A"
	replies  = "/queue/replies"
	rejected = "/queue/Connector1.rejected"
)

func badCases() []badCase {
	old := []string{"timestamp", strconv.FormatInt(time.Now().Add(-time.Minute).UnixMilli(), 10)}
	reply := []string{"reply-to", replies}
	return []badCase{
		{name: "no JMSType", body: "x", reject: "JMSType"},
		{name: "no #", jmsType: "GetState", reject: "#"},
		{name: "empty id", jmsType: "GetState# ", reject: "id"},
		{name: "unknown word", jmsType: "MakeCoffee#1001", on: own, want: []string{"1001#Error#PLEASE_RETRY"}, reject: "word"},
		{name: "unknown agent with JMSReplyTo", jmsType: "GetState#4711", headers: reply, on: replies, want: []string{"4711#State#RE_LOGIN"}},
		{name: "unknown agent without, of a client that is known", jmsType: "GetState#4711", on: own, want: []string{"4711#State#RE_LOGIN"}},
		{name: "unknown word, unknown agent", jmsType: "MakeCoffee#4711", on: own, want: []string{"4711#State#RE_LOGIN"}, reject: "word"},
		{name: "wrong password", jmsType: "Connect#1003", body: "A,wrong", on: own, want: []string{"1003#Error#SUBSCRIPTION_FAILED"}},
		{name: "agent unknown to Finesse", jmsType: "Connect#4712", body: "A,pw", on: own, want: []string{"4712#Error#SUBSCRIPTION_FAILED"}},
		{name: "Connect without password", jmsType: "Connect#1001", body: "A", on: own, want: []string{"1001#Error#MISSING_PASSWORD"}},
		{name: "Login without password", jmsType: "Login#1001", body: "", on: own, want: []string{"1001#Error#MISSING_PASSWORD"}},
		{name: "Login without extension", jmsType: "Login#1001", body: "pw1001", on: own, want: []string{"1001#Error#MISSING_EXTENSION"}},
		{name: "letters in the extension", jmsType: "Login#1001", body: "pw1001,20a1", on: own, want: []string{"1001#Error#WRONG_EXTENSION"}},
		{name: "missing number", jmsType: "MakeCall#1001", body: "NULL", on: own, want: []string{"1001#Error#MISSING_NUMBER"}},
		{name: "missing reason", jmsType: "MakeNotReadyWithReason#1001", on: own, want: []string{"1001#Error#MISSING_REASON_CODE"}},
		{name: "missing dialog id", jmsType: "AnswerCall#1001", on: own, want: []string{"1001#Error#MISSING_DIALOG_ID"}},
		{name: "unknown dialog", jmsType: "AnswerCall#1001", body: "999", on: own, want: []string{"1001#Error#NO_DIALOG_ID"}},
		{name: "1 MiB body", jmsType: "MakeCall#1001", body: strings.Repeat("9", 1<<20), on: own, want: []string{"1001#Error#PLEASE_RETRY"}, reject: "65536"},
		{name: "invalid UTF-8", bytes: true, jmsType: "MakeCall#1001", body: "9\xff\xfe", on: own, want: []string{"1001#Error#PLEASE_RETRY"}, reject: "UTF-8"},
		{name: "over age", jmsType: "MakeReady#1001", headers: old, on: own, want: []string{"1001#Error#PLEASE_RETRY"}},
		{name: "over age, unknown agent", jmsType: "MakeReady#4711", headers: append(reply, old...), on: replies, want: []string{"4711#Error#PLEASE_RETRY"}},
		{name: "unknown format", jmsType: "Connect#1003", body: "A,pw1003", headers: append([]string{"gcFormat", "XML"}, reply...), on: replies, want: []string{"1003#Error#PLEASE_RETRY"}, reject: "XML"},

		{name: "wildcard destination", jmsType: "Hello#>", reject: "wildcard"},
		{name: "wildcard in a name", jmsType: "Hello#agents.*", reject: "wildcard"},
		{name: "composite destination", jmsType: "Hello#a,b", reject: "composite"},
		{name: "composite Beat", jmsType: "Beat#a,queue://b", reject: "composite"},
		{name: "advisory destination", jmsType: "Hello#ActiveMQ.Advisory.Connection", reject: "broker"},
		{name: "statistics destination", jmsType: "Hello#queue://ActiveMQ.Statistics.Broker", reject: "broker"},
		{name: "Connect to a wildcard", jmsType: "Connect#1003", body: ">,pw1003", reject: "wildcard"},
		{name: "Connect to a wildcard, with JMSReplyTo", jmsType: "Connect#1003", body: ">,pw1003", headers: reply, on: replies, want: []string{"1003#Error#PLEASE_RETRY"}, reject: "wildcard"},

		{name: "forged frame in a number", bytes: true, jmsType: "MakeCall#1001", body: "9" + forged, on: own, want: []string{"1001#Error#PLEASE_RETRY"}},
		{name: "forged frame in a dialog id", bytes: true, jmsType: "ReleaseCall#1001", body: forged, on: own, want: []string{"1001#Error#PLEASE_RETRY"}},
		{name: "forged frame in a reason", bytes: true, jmsType: "logoutwithreason#1001", body: "1" + forged, on: own, want: []string{"1001#Error#PLEASE_RETRY"}},
		{name: "forged frame in a password", bytes: true, jmsType: "Login#1001", body: "pw" + forged + ",2001", on: own, want: []string{"1001#Error#PLEASE_RETRY"}},
		{name: "forged frame in a destination", bytes: true, jmsType: "Connect#1004", body: "A" + forged + ",pw1004", on: own, want: []string{"1004#Error#PLEASE_RETRY"}},
		{name: "line feed in an id", jmsType: "GetState#10\n01", reject: "control"},
		{name: "dead temporary reply queue", jmsType: "GetState#4711", headers: []string{"reply-to", "/remote-temp-queue/ID:gone-1-2-3"}},
	}
}

func TestBadInput(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), nil)
			p := newPhone(t, l.broker, own, replies, rejected, "/queue/injected")
			p.login(own, "1001", "2001")
			for _, tc := range badCases() {
				t.Run(tc.name, func(t *testing.T) {
					p.t = t
					l.sim.ClearRequests()
					corr := p.raw(!tc.bytes, tc.jmsType, tc.body, tc.headers...)
					if tc.on != "" {
						p.answer(tc.on, corr, tc.want...)
					}
					if tc.reject != "" {
						c := p.answer(rejected, corr)
						require.Contains(t, c.header.Get("gcReason"), tc.reject)
						require.Equal(t, "node-1", c.header.Get("gcNode"))
					}
					good := p.do("GetState#1001", "")
					p.answer(own, good, "1001#State#NOT_READY#")
					require.Empty(t, p.describe(), "nothing else was said")
					for _, r := range l.asked() {
						require.NotContains(t, r.Body, "evil")
						require.False(t, r.Method == http.MethodPost, "a call was made: %s", r.Path)
					}
				})
			}
			p.t = t
			require.Zero(t, l.worker.Snapshot().Counters["session_panics"])
		})
	}
}

func TestExpiredCommandIsNotExecuted(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), nil)
			p := newPhone(t, l.broker, own)
			p.login(own, "1001", "2001")
			l.sim.ClearRequests()
			p.do("MakeReady#1001", "", "expires", strconv.FormatInt(time.Now().Add(-time.Second).UnixMilli(), 10))
			p.answer(own, p.do("GetState#1001", ""), "NOT_READY")
			require.Empty(t, l.asked(), "[C4]")
		})
	}
}

func TestBytesMessageIsRead(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), nil)
			p := newPhone(t, l.broker, own)
			p.raw(false, "Connect#1001", "A,pw1001")
			p.raw(false, "Login#1001", "pw1001,2001")
			p.expect(own, "1001#AgentInfo#")
		})
	}
}

func TestCommandWhileFinesseIsDown(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), nil)
			p := newPhone(t, l.broker, own)
			p.answer(own, p.do("Hello#A", ""), "System#IN_SERVICE")
			p.login(own, "1001", "2001")
			require.NoError(t, l.sim.SetStatus("OUT_OF_SERVICE"))
			p.expect(own, "System#OUT_OF_SERVICE") // [E3], once per destination
			p.answer(own, p.do("Hello#A", ""), "System#OUT_OF_SERVICE")
			p.answer(own, p.do("Beat#A", ""), "System#OUT_OF_SERVICE")
			p.answer(own, p.do("MakeReady#1001", ""), "1001#Error#FINESSE_UNAVAILABLE")
			p.answer(own, p.do("Connect#1003", "A,pw1003"), "1003#Error#FINESSE_UNAVAILABLE")
			require.NoError(t, l.sim.SetStatus("IN_SERVICE"))
			p.expect(own, "System#IN_SERVICE")
			p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY")
		})
	}
}

func TestBeatOfAnUnknownDestination(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := newPhone(t, l.broker, own, "/queue/q")
	p.answer(own, p.do("Beat#A", ""), "DESTINATION#A#RECONNECT")
	p.answer("/queue/q", p.do("Hello#queue://q", ""), "System#IN_SERVICE")
	p.answer("/queue/q", p.do("Beat#queue://q", ""), "System#IN_SERVICE")
}

func TestLicences(t *testing.T) {
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.MaxAgents = 1 })
	p := newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	p.do("Connect#1002", "A,pw1002")
	p.answer(own, p.do("Login#1002", "pw1002,2002"), "1002#Error#LICENSES_EXCEEDED")
	p.do("Logout#1001", "")
	p.expect(own, "1001#State#LOGOUT#")
	p.do("Login#1002", "pw1002,2002")
	p.expect(own, "1002#AgentInfo#")
}

// TestNoPasswordLeaves pushes a unique password through every path a client
// has and looks for it wherever the worker speaks.
func TestNoPasswordLeaves(t *testing.T) {
	const canary = "cAnArY-7f3e"
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), nil)
			p := newPhone(t, l.broker, own, replies, rejected)
			for _, c := range []struct{ jmsType, body string }{
				{"Connect#1001", "A," + canary},
				{"Login#1001", canary + ",2001"},
				{"Conect#1001", "A," + canary},
				{"Login#4711", canary + ",2001"},
				{"Login 1001", canary + ",2001"},
				{"", "A," + canary},
				{"Connect#", "A," + canary},
				{"Connect#1001", ">," + canary},
				{"Login#1001", canary + ",20x1"},
				{"Login#1001", canary},
				{"MakeCall#", canary},
			} {
				p.do(c.jmsType, c.body)
				p.do(c.jmsType, c.body, "reply-to", replies)
				p.raw(false, c.jmsType, c.body+"\xff")
				p.do(c.jmsType, c.body+strings.Repeat(" ", 70<<10))
			}
			p.do("Hello#A", "")
			p.expect(own, "System#IN_SERVICE")
			require.Greater(t, l.worker.Snapshot().Counters["commands_rejected"], uint64(10))
			status, err := jsonOf(l.worker.Status())
			require.NoError(t, err)
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, g := range p.got {
				require.NotContains(t, g.body, canary, g.dest)
				var h bytes.Buffer
				for i := range g.header.Len() {
					k, v := g.header.GetAt(i)
					h.WriteString(k + ":" + v + "\n")
				}
				require.NotContains(t, h.String(), canary, g.dest)
			}
			require.NotContains(t, l.logs.String(), canary)
			require.NotContains(t, status, canary)
		})
	}
}
