package sim

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

var timeElement = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z</`)

func emptyVariables(from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		b.WriteString("<CallVariable><name>callVariable" + itoa(i) + "</name><value></value></CallVariable>")
	}
	return b.String()
}

func TestControlAPI(t *testing.T) {
	s := Start(t)
	signIn(t, s, "1001")
	status, body := do(t, s, "", "POST", "/sim/calls", `{"from":"0551","to":"2001","callVariables":{"callVariable2":"x"}}`)
	require.Equal(t, http.StatusCreated, status, body)
	var made struct{ DialogID string }
	require.NoError(t, json.Unmarshal([]byte(body), &made))
	a, _ := s.Agent("1001")
	require.Equal(t, made.DialogID, a.Dialogs[0].ID)
	require.Equal(t, "x", a.Dialogs[0].Variables[1].Value)

	for name, row := range map[string]struct {
		method, path, body string
		status             int
		want               string
	}{
		"busy":         {"POST", "/sim/calls", `{"from":"0552","to":"2001"}`, 409, "agent 1001 is busy"},
		"nobody there": {"POST", "/sim/calls", `{"from":"0552","to":"2002"}`, 404, "nobody is signed in at 2002"},
		"no to":        {"POST", "/sim/calls", `{"from":"0552"}`, 400, "from and to are needed"},
		"unknown key":  {"POST", "/sim/calls", `{"form":"0552"}`, 400, "unknown field"},
		"no json":      {"POST", "/sim/calls", `from=1`, 400, "invalid character"},
		"no dialog":    {"POST", "/sim/calls/7/drop", ``, 404, "no dialog 7"},
		"no party":     {"POST", "/sim/calls/" + made.DialogID + "/drop", `{"address":"7"}`, 404, "is no party"},
		"status":       {"POST", "/sim/status", `{"status":"TIRED"}`, 400, "TIRED"},
		"no agent":     {"POST", "/sim/xmpp/drop", `{"agent":"7"}`, 404, "no agent 7"},
		"no fault":     {"POST", "/sim/faults", `{"path":"x"}`, 400, "must begin with /"},
		"refusal":      {"POST", "/sim/refusals", `{"agent":"1001","type":"Call Operation Failure","message":"CF_SERVICE_BUSY","data":"32"}`, 204, ``},
		"refuse who":   {"POST", "/sim/refusals", `{"agent":"7"}`, 404, "no agent 7"},
		"refuse what":  {"POST", "/sim/refusals", `{"code":7}`, 400, "unknown field"},
		"no such":      {"GET", "/sim/nothing", ``, 404, "control API"},
		"agent":        {"GET", "/sim/agents/1001", ``, 200, `"State":"RESERVED"`},
		"xmpp":         {"POST", "/sim/xmpp/drop", `{"agent":"1001"}`, 200, `{"dropped":0}`},
	} {
		status, body := do(t, s, "", row.method, row.path, row.body)
		require.Equal(t, row.status, status, "%s: %s", name, body)
		require.Contains(t, body, row.want, name)
	}
	status, _ = do(t, s, "", "POST", "/sim/calls/"+made.DialogID+"/drop", "")
	require.Equal(t, 204, status)
	a, _ = s.Agent("1001")
	require.Equal(t, callcontrol.Ready, a.State)
	status, _ = do(t, s, "", "POST", "/sim/status", `{"status":"OUT_OF_SERVICE"}`)
	require.Equal(t, 204, status)
	status, _ = do(t, s, "1001", "GET", "/finesse/api/User/1001", "")
	require.Equal(t, 503, status)
}

func TestRequestsAreRecordedWithoutSecrets(t *testing.T) {
	s := Start(t)
	do(t, s, "1001", "PUT", "/finesse/api/User/1001", "<User><password>canary</password><State/></User>")
	got := s.Requests()
	require.Len(t, got, 1)
	require.WithinDuration(t, time.Now(), got[0].Time, limit)
	got[0].Time = time.Time{}
	require.Equal(t, Request{
		Method: "PUT", Path: "/finesse/api/User/1001", User: "1001",
		Body: "<User><password>[redacted]</password><State/></User>", RequestID: "id-PUT",
	}, got[0])
	status, body := do(t, s, "", "GET", "/sim/requests", "")
	require.Equal(t, 200, status)
	require.NotContains(t, body, "canary")
	require.NotContains(t, body, "pw1001")
	do(t, s, "", "DELETE", "/sim/requests", "")
	require.Empty(t, s.Requests())
}

func TestRequestLogKeepsTheLast(t *testing.T) {
	l := newRequestLog(3)
	for _, m := range []string{"a", "b", "c", "d", "e"} {
		l.add(Request{Method: m})
	}
	var got string
	for _, r := range l.all() {
		got += r.Method
	}
	require.Equal(t, "cde", got)
}

func TestFaults(t *testing.T) {
	s := Start(t)
	get := func() int { status, _ := do(t, s, "1001", "GET", "/finesse/api/User/1001", ""); return status }

	require.NoError(t, s.AddFault(Fault{Path: "/finesse/api/User/", Status: 500, Count: 2}))
	require.Equal(t, []int{500, 500, 200}, []int{get(), get(), get()})

	require.NoError(t, s.AddFault(Fault{Path: "/finesse/api/User/*", Method: "put", Status: 503}))
	require.Equal(t, 200, get(), "another method")
	status, body := do(t, s, "1001", "PUT", "/finesse/api/User/1001", "<User><state>READY</state></User>")
	require.Equal(t, 503, status)
	require.Contains(t, body, "SERVER_OUT_OF_SERVICE")
	s.ClearFaults()

	require.NoError(t, s.AddFault(Fault{Path: "/finesse", Status: CloseConnection, Count: 1}))
	_, _, err := try(s, "1001", "pw1001", "GET", "/finesse/api/User/1001", "")
	require.Error(t, err)

	require.NoError(t, s.AddFault(Fault{Path: "/finesse", DelayMs: 30, Count: 1}))
	before := time.Now()
	require.Equal(t, 200, get())
	require.GreaterOrEqual(t, time.Since(before), 30*time.Millisecond)

	require.NoError(t, s.AddFault(Fault{Path: "/finesse", Status: CloseConnection, Count: 1, After: true}))
	_, _, err = try(s, "1001", "pw1001", "PUT", "/finesse/api/User/1001", "<User><state>LOGIN</state><extension>2001</extension></User>")
	require.Error(t, err, "the answer is lost")
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.State == callcontrol.NotReady })

	for _, bad := range []Fault{{Path: ""}, {Path: "/", Status: 99}, {Path: "/[", Status: 500}, {Path: "/", DelayMs: -1}} {
		require.Error(t, s.AddFault(bad))
	}
}

func TestCloseDoesNotWaitForADelay(t *testing.T) {
	s, err := New(Config{})
	require.NoError(t, err)
	require.NoError(t, s.AddFault(Fault{Path: "/finesse", DelayMs: 3_600_000}))
	done := make(chan error, 1)
	go func() { done <- s.Run(t.Context()) }()
	asked := make(chan error, 1)
	go func() {
		_, _, err := try(s, "1001", "pw1001", "GET", "/finesse/api/User/1001", "")
		asked <- err
	}()
	waitFor(t, func() bool { return len(s.Requests()) == 1 })
	require.NoError(t, s.Close())
	require.NoError(t, <-done)
	require.Error(t, <-asked)
	require.NoError(t, s.Close())
}

func TestCloseWithoutRunFreesThePorts(t *testing.T) {
	s, err := New(Config{})
	require.NoError(t, err)
	addr := s.XMPPAddr()
	require.NoError(t, s.Close())
	again, err := New(Config{XMPPAddr: addr})
	require.NoError(t, err)
	require.NoError(t, again.Close())
	require.NoError(t, again.Run(t.Context()), "Run after Close ends at once")
}

// TestForbiddenCharacters: call variables go out as Finesse's Java writes them, and
// what XML forbids makes no valid XML.
func TestForbiddenCharacters(t *testing.T) {
	s := Start(t)
	signIn(t, s, "1001")
	status, _ := do(t, s, "", "POST", "/sim/calls", `{"from":"0551","to":"2001","callVariables":{"callVariable1":"a\u0001b\u001f<\t\u00e4"}}`)
	require.Equal(t, http.StatusCreated, status)
	_, body := do(t, s, "1001", "GET", "/finesse/api/User/1001/Dialogs", "")
	require.Contains(t, body, "<name>callVariable1</name><value>a&#x1;b&#x1f;&lt;&#x9;\u00e4</value>")
	require.Equal(t, "a\xff&#x0;b", newRawText("a\xff\x00b").XML)
}
