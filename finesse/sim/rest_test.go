package sim

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

const limit = 20 * time.Second

// do sends a request as user ("" for none) and returns status and body.
func do(t *testing.T, s *Server, user, method, path, body string) (int, string) {
	t.Helper()
	status, out, err := try(s, user, "pw"+user, method, path, body)
	require.NoError(t, err)
	return status, out
}

func try(s *Server, user, password, method, path, body string) (int, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	url := s.root() + path
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	req.Header.Set("requestId", "id-"+method)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// put sends a state and waits until the agent has it.
func putState(t *testing.T, s *Server, id, body string, want callcontrol.State) {
	t.Helper()
	status, out := do(t, s, id, "PUT", "/finesse/api/User/"+id, "<User>"+body+"</User>")
	require.Equal(t, http.StatusAccepted, status, out)
	require.Empty(t, out)
	waitFor(t, func() bool { a, _ := s.Agent(id); return a.State == want })
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, limit, time.Millisecond)
}

func signIn(t *testing.T, s *Server, ids ...string) {
	t.Helper()
	for _, id := range ids {
		putState(t, s, id, "<state>LOGIN</state><extension>"+s.Extension(id)+"</extension>", callcontrol.NotReady)
		putState(t, s, id, "<state>READY</state>", callcontrol.Ready)
	}
}

func errorBody(kind, data, message string) string {
	return "<ApiErrors><ApiError><ErrorType>" + kind + "</ErrorType><ErrorData>" + data + "</ErrorData><ErrorMessage>" + message + "</ErrorMessage></ApiError></ApiErrors>"
}

func TestSystemInfoNeedsNoCredentials(t *testing.T) {
	s := Start(t, WithFlavor(callcontrol.CCX), WithConfig(func(c *Config) { c.Domain = "fin1.test" }))
	status, body := do(t, s, "", "GET", "/finesse/api/SystemInfo", "")
	require.Equal(t, 200, status)
	for _, want := range []string{
		"<SystemInfo>", "<deploymentType>UCCX</deploymentType>", "<status>IN_SERVICE</status>",
		"<xmppDomain>fin1.test</xmppDomain>", "<xmppPubSubDomain>pubsub.fin1.test</xmppPubSubDomain>",
		"<lastCTIHeartbeatStatus>success</lastCTIHeartbeatStatus>",
	} {
		require.Contains(t, body, want)
	}
	require.NoError(t, s.SetStatus("OUT_OF_SERVICE"))
	status, body = do(t, s, "", "GET", "/finesse/api/SystemInfo", "")
	require.Equal(t, 200, status)
	require.Contains(t, body, "<status>OUT_OF_SERVICE</status>")
	status, body = do(t, s, "1001", "GET", "/finesse/api/User/1001", "")
	require.Equal(t, 503, status)
	require.Equal(t, errorBody("Service Unavailable", "", "SERVER_OUT_OF_SERVICE"), body)
}

func TestUserBody(t *testing.T) {
	s := Start(t)
	status, body := do(t, s, "1005", "GET", "/finesse/api/User/1005", "")
	require.Equal(t, 200, status)
	require.Equal(t, "<User><dialogs>/finesse/api/User/1005/Dialogs</dialogs><extension></extension><firstName>Eve</firstName>"+
		"<lastName>Agent</lastName><loginId>1005</loginId><loginName>agent1005</loginName><mediaType>1</mediaType><pendingState></pendingState>"+
		"<reasonCodeId>-1</reasonCodeId><roles><role>Agent</role><role>Supervisor</role></roles>"+
		"<settings><wrapUpOnIncoming>REQUIRED</wrapUpOnIncoming><wrapUpOnOutgoing>NOT_ALLOWED</wrapUpOnOutgoing></settings>"+
		"<state>LOGOUT</state><stateChangeTime></stateChangeTime><teamId>1</teamId><teamName>Sales</teamName>"+
		"<teams><Team><id>1</id><name>Sales</name><uri>/finesse/api/Team/1</uri></Team></teams>"+
		"<uri>/finesse/api/User/1005</uri><wrapUpTimer>10</wrapUpTimer></User>", body)
	signIn(t, s, "1001")
	putState(t, s, "1001", "<state>NOT_READY</state><reasonCodeId>102</reasonCodeId>", callcontrol.NotReady)
	_, body = do(t, s, "1001", "GET", "/finesse/api/User/1001", "")
	require.Contains(t, body, "<reasonCode><category>NOT_READY</category><code>12</code><forAll>true</forAll><id>102</id><label>Lunch</label>"+
		"<uri>/finesse/api/ReasonCode/102</uri></reasonCode><reasonCodeId>102</reasonCodeId>")
	require.Contains(t, body, "<extension>2001</extension>")
}

// TestRefusals has a row for each synchronous refusal.
func TestRefusals(t *testing.T) {
	s := Start(t)
	signIn(t, s, "1001", "1002")
	id, err := s.Call("0551234", "2002")
	require.NoError(t, err)
	for name, row := range map[string]struct {
		user, method, path, body string
		status                   int
		want                     string
	}{
		"nobody":             {"", "GET", "/User/1001", "", 401, errorBody("Authorization Failure", "", "UNAUTHORIZED")},
		"unknown caller":     {"9999", "GET", "/User/1001", "", 401, errorBody("Authorization Failure", "9999", "UNAUTHORIZED")},
		"unknown user":       {"1001", "GET", "/User/9999", "", 404, "<ErrorType>User Not Found</ErrorType>"},
		"somebody else":      {"1001", "GET", "/User/1002", "", 401, errorBody("Invalid Authorization User Specified", "1001", "The user specified in the authentication credentials and the uri don&#39;t match")},
		"other team":         {"1005", "PUT", "/User/1006", "<User><state>LOGOUT</state></User>", 401, "<ErrorType>Invalid Supervisor</ErrorType>"},
		"supervisor reason":  {"1005", "PUT", "/User/1001", "<User><state>LOGOUT</state><reasonCodeId>121</reasonCodeId></User>", 400, "<ErrorType>Invalid Input</ErrorType><ErrorData>reasonCodeId"},
		"supervisor login":   {"1005", "PUT", "/User/1001", "<User><state>LOGIN</state></User>", 400, "<ErrorType>Invalid Input</ErrorType><ErrorData>state"},
		"no xml":             {"1001", "PUT", "/User/1001", "state=READY", 400, "<ErrorType>Bad Request</ErrorType>"},
		"other root":         {"1001", "PUT", "/User/1001", "<Dialog/>", 400, "<ErrorType>Bad Request</ErrorType>"},
		"no state":           {"1001", "PUT", "/User/1001", "<User/>", 400, errorBody("Parameter Missing", "state", "State Parameter missing")},
		"unknown state":      {"1001", "PUT", "/User/1001", "<User><state>AWAKE</state></User>", 400, errorBody("Invalid Input", "state", "Invalid State specified for user")},
		"no extension":       {"1001", "PUT", "/User/1001", "<User><state>LOGIN</state></User>", 400, "<ErrorType>Parameter Missing</ErrorType><ErrorData>extension"},
		"letters":            {"1001", "PUT", "/User/1001", "<User><state>LOGIN</state><extension>2a</extension></User>", 400, "<ErrorType>Bad Request</ErrorType>"},
		"unknown reason":     {"1001", "PUT", "/User/1001", "<User><state>NOT_READY</state><reasonCodeId>12</reasonCodeId></User>", 400, "<ErrorType>Invalid Input</ErrorType><ErrorData>reasonCodeId"},
		"mobile mode":        {"1001", "PUT", "/User/1001", "<User><state>LOGIN</state><extension>2001</extension><mobileAgent><mode>X</mode><dialNumber>1</dialNumber></mobileAgent></User>", 400, "<ErrorType>Invalid Input</ErrorType><ErrorData>mode"},
		"mobile number":      {"1001", "PUT", "/User/1001", "<User><state>LOGIN</state><extension>2001</extension><mobileAgent><mode>CALL_BY_CALL</mode></mobileAgent></User>", 400, "<ErrorType>Parameter Missing</ErrorType><ErrorData>dialNumber"},
		"no category":        {"1001", "GET", "/User/1001/ReasonCodes", "", 400, "<ErrorType>Parameter Missing</ErrorType><ErrorData>category"},
		"bad category":       {"1001", "GET", "/User/1001/ReasonCodes?category=LUNCH", "", 400, "<ErrorType>Invalid Input</ErrorType>"},
		"no such reason":     {"1001", "GET", "/User/1001/ReasonCode/7", "", 404, "<ErrorType>Not Found</ErrorType>"},
		"self call":          {"1001", "POST", "/User/1001/Dialogs", "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress><toAddress>2001</toAddress></Dialog>", 400, "<ErrorType>Invalid Destination</ErrorType>"},
		"other's phone":      {"1001", "POST", "/User/1001/Dialogs", "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2002</fromAddress><toAddress>9</toAddress></Dialog>", 400, "<ErrorType>Invalid Input</ErrorType><ErrorData>fromAddress"},
		"call nobody":        {"1001", "POST", "/User/1001/Dialogs", "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress></Dialog>", 400, "<ErrorType>Parameter Missing</ErrorType><ErrorData>toAddress"},
		"monitor":            {"1001", "POST", "/User/1001/Dialogs", "<Dialog><requestedAction>SILENT_MONITOR</requestedAction></Dialog>", 401, errorBody("Authorization Failure", "1001", "UNAUTHORIZED")},
		"no such dialog":     {"1001", "PUT", "/Dialog/7", "<Dialog/>", 404, "<ErrorType>Dialog Not Found</ErrorType>"},
		"other's dialog":     {"1001", "PUT", "/Dialog/" + id, "<Dialog/>", 401, "<ErrorType>Invalid Authorization User Specified</ErrorType>"},
		"see other's dialog": {"1001", "GET", "/Dialog/" + id, "", 401, "<ErrorType>Invalid Authorization User Specified</ErrorType>"},
		"no action":          {"1002", "PUT", "/Dialog/" + id, "<Dialog><targetMediaAddress>2002</targetMediaAddress></Dialog>", 400, "<ErrorType>Parameter Missing</ErrorType><ErrorData>requestedAction"},
		"unknown action":     {"1002", "PUT", "/Dialog/" + id, "<Dialog><targetMediaAddress>2002</targetMediaAddress><requestedAction>SING</requestedAction></Dialog>", 400, "<ErrorType>Invalid Input</ErrorType>"},
		"no target":          {"1002", "PUT", "/Dialog/" + id, "<Dialog><requestedAction>ANSWER</requestedAction></Dialog>", 400, "<ErrorType>Parameter Missing</ErrorType><ErrorData>targetMediaAddress"},
		"other's target":     {"1002", "PUT", "/Dialog/" + id, "<Dialog><targetMediaAddress>2001</targetMediaAddress><requestedAction>ANSWER</requestedAction></Dialog>", 400, "<ErrorType>Invalid Destination</ErrorType>"},
		"consult nobody":     {"1002", "PUT", "/Dialog/" + id, "<Dialog><targetMediaAddress>2002</targetMediaAddress><requestedAction>CONSULT_CALL</requestedAction></Dialog>", 400, "<ErrorType>Parameter Missing</ErrorType><ErrorData>toAddress"},
		"BA variable":        {"1002", "PUT", "/Dialog/" + id, "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties><callvariables><CallVariable><name>BAStatus</name><value>x</value></CallVariable></callvariables></mediaProperties></Dialog>", 400, "<ErrorType>Invalid Input</ErrorType><ErrorData>BAStatus"},
		"twice the variable": {"1002", "PUT", "/Dialog/" + id, "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties><callvariables><CallVariable><name>callVariable1</name></CallVariable><CallVariable><name>callVariable1</name></CallVariable></callvariables></mediaProperties></Dialog>", 400, "<ErrorType>Invalid Input</ErrorType><ErrorData>callVariable1"},
		"no such resource":   {"1001", "GET", "/Nothing", "", 404, "<ErrorType>Not Found</ErrorType>"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := do(t, s, row.user, row.method, "/finesse/api"+row.path, row.body)
			require.Equal(t, row.status, status, body)
			require.Contains(t, body, row.want)
		})
	}
}

func TestCCXRefusesCallDataOnNewCalls(t *testing.T) {
	s := Start(t, WithFlavor(callcontrol.CCX))
	signIn(t, s, "1001")
	status, body := do(t, s, "1001", "POST", "/finesse/api/User/1001/Dialogs",
		"<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress><toAddress>9</toAddress><mediaProperties/></Dialog>")
	require.Equal(t, 400, status)
	require.Contains(t, body, "<ErrorData>mediaProperties</ErrorData>")
}

func TestFiveBadPasswordsLockForFiveMinutes(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := make(chan time.Duration, 1) // how far the clock is set forward
	clock <- 0
	s := Start(t, WithConfig(func(c *Config) {
		c.Now = func() time.Time { d := <-clock; clock <- d; return now.Add(d) }
	}))
	get := func(password string) int {
		status, _, err := try(s, "1001", password, "GET", "/finesse/api/User/1001", "")
		require.NoError(t, err)
		return status
	}
	for range 4 {
		require.Equal(t, 401, get("wrong"))
	}
	require.Equal(t, 200, get("pw1001"), "four do not lock, and a good one clears them")
	for range 5 {
		require.Equal(t, 401, get("wrong"))
	}
	require.Equal(t, 401, get("pw1001"), "locked")
	<-clock
	clock <- 5*time.Minute - time.Second
	require.Equal(t, 401, get("pw1001"), "still locked")
	<-clock
	clock <- 5 * time.Minute
	require.Equal(t, 200, get("pw1001"))
}

func TestLists(t *testing.T) {
	s := Start(t)
	_, body := do(t, s, "1001", "GET", "/finesse/api/User/1001/ReasonCodes?category=LOGOUT", "")
	require.Equal(t, `<ReasonCodes category="LOGOUT">`+
		"<ReasonCode><category>LOGOUT</category><code>21</code><forAll>true</forAll><id>121</id><label>End of shift</label><uri>/finesse/api/ReasonCode/121</uri></ReasonCode>"+
		"<ReasonCode><category>LOGOUT</category><code>22</code><forAll>true</forAll><id>122</id><label>System</label><uri>/finesse/api/ReasonCode/122</uri></ReasonCode>"+
		"</ReasonCodes>", body)
	_, body = do(t, s, "1001", "GET", "/finesse/api/User/1001/ReasonCode/102", "")
	require.Contains(t, body, "<code>12</code>")
	_, body = do(t, s, "1001", "GET", "/finesse/api/User/1001/WrapUpReasons", "")
	require.Contains(t, body, "<WrapUpReason><uri>/finesse/api/User/1001/WrapUpReason/2</uri><label>Complaint</label><forAll>true</forAll></WrapUpReason>")
	_, body = do(t, s, "1001", "GET", "/finesse/api/User/1001/Dialogs", "")
	require.Equal(t, "<Dialogs/>", body)
}

func TestDialogBody(t *testing.T) {
	s := Start(t)
	signIn(t, s, "1001")
	id, err := s.PlaceCall(CallSpec{From: "0551", To: "2001", Dialed: "801048", QueueNumber: "5022", QueueName: "Q", Variables: []callcontrol.Variable{{Name: "callVariable1", Value: "a<b"}}})
	require.NoError(t, err)
	_, body := do(t, s, "1001", "GET", "/finesse/api/User/1001/Dialogs", "")
	body = timeElement.ReplaceAllString(body, "T</")
	require.Equal(t, "<Dialogs><Dialog><associatedDialogUri></associatedDialogUri><fromAddress>0551</fromAddress><id>"+id+"</id><secondaryId></secondaryId>"+
		"<mediaProperties><mediaId>1</mediaId><DNIS>2001</DNIS><callType>PREROUTE_ACD_IN</callType><dialedNumber>801048</dialedNumber><outboundClassification></outboundClassification>"+
		"<queueNumber>5022</queueNumber><queueName>Q</queueName><callvariables><CallVariable><name>callVariable1</name><value>a&lt;b</value></CallVariable>"+
		emptyVariables(2, 10)+"</callvariables></mediaProperties><mediaType>Voice</mediaType><participants>"+
		"<Participant><actions><action>ANSWER</action></actions><mediaAddress>2001</mediaAddress><mediaAddressType>AGENT_DEVICE</mediaAddressType><startTime>T</startTime><state>ALERTING</state><stateCause></stateCause><stateChangeTime>T</stateChangeTime></Participant>"+
		"<Participant><actions><action>UPDATE_CALL_DATA</action><action>DROP</action></actions><mediaAddress>0551</mediaAddress><mediaAddressType></mediaAddressType><startTime>T</startTime><state>INITIATED</state><stateCause></stateCause><stateChangeTime>T</stateChangeTime></Participant>"+
		"</participants><state>ALERTING</state><toAddress>801048</toAddress><uri>/finesse/api/Dialog/"+id+"</uri></Dialog></Dialogs>", body)
	_, one := do(t, s, "1005", "GET", "/finesse/api/Dialog/"+id, "") // the agent's supervisor
	require.Equal(t, body, "<Dialogs>"+timeElement.ReplaceAllString(one, "T</")+"</Dialogs>")
}
