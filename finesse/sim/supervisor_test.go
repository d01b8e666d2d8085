package sim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

func newCallBody(action, from, to, more string) string {
	return "<Dialog><requestedAction>" + action + "</requestedAction><fromAddress>" + from + "</fromAddress><toAddress>" + to + "</toAddress>" + more + "</Dialog>"
}

func actionBody(action, target, more string) string {
	return "<Dialog><requestedAction>" + action + "</requestedAction><targetMediaAddress>" + target + "</targetMediaAddress>" + more + "</Dialog>"
}

func param(name, value string) string {
	return "<actionParams><ActionParam><name>" + name + "</name><value>" + value + "</value></ActionParam></actionParams>"
}

// talking is agent 1001 in a routed call and the supervisor 1005 NOT_READY.
func talking(t *testing.T, opts ...Option) (s *Server, callID string) {
	t.Helper()
	s = Start(t, opts...)
	signIn(t, s, "1001", "1005")
	putState(t, s, "1005", "<state>NOT_READY</state>", callcontrol.NotReady)
	id, err := s.Call("0551", "2001")
	require.NoError(t, err)
	act(t, s, "1001", id, actionBody("ANSWER", "2001", ""))
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.State == callcontrol.Talking })
	return s, id
}

func act(t *testing.T, s *Server, user, dialog, body string) {
	t.Helper()
	status, out := do(t, s, user, "PUT", "/finesse/api/Dialog/"+dialog, body)
	require.Equal(t, 202, status, out)
}

func dialogsOf(s *Server, agent string) (out []string) {
	a, _ := s.Agent(agent)
	for _, d := range a.Dialogs {
		out = append(out, d.CallType)
	}
	return out
}

func waitForDialogs(t *testing.T, s *Server, agent string, callTypes ...string) {
	t.Helper()
	waitFor(t, func() bool { return strings.Join(dialogsOf(s, agent), " ") == strings.Join(callTypes, " ") })
}

func TestMonitorBargeAndIntercept(t *testing.T) {
	s, id := talking(t)
	c := connectMellium(t, s, "1005", "r")
	post := func(body string) {
		t.Helper()
		status, out := do(t, s, "1005", "POST", "/finesse/api/User/1005/Dialogs", body)
		require.Equal(t, 202, status, out)
	}
	post(newCallBody("SILENT_MONITOR", "2005", "2001", ""))
	waitForDialogs(t, s, "1001", "PREROUTE_ACD_IN", "SUPERVISOR_MONITOR")
	a, _ := s.Agent("1005")
	monitor := a.Dialogs[0].ID
	const user = "PUT /finesse/api/User/1005 "
	for _, want := range []string{
		user + "TALKING",
		"POST /finesse/api/User/1005/Dialogs id-POST INITIATING INITIATING",
		"PUT /finesse/api/Dialog/" + monitor + " id-POST INITIATED INITIATED",
		"PUT /finesse/api/Dialog/" + monitor + " id-POST ALERTING INITIATED ALERTING",
		"PUT /finesse/api/Dialog/" + monitor + " id-POST ACTIVE ACTIVE ACTIVE",
	} {
		require.Equal(t, want, brief(c.next(t)))
	}
	_, body := do(t, s, "1001", "GET", "/finesse/api/User/1001/Dialogs", "")
	require.Contains(t, body, "<associatedDialogUri>/finesse/api/Dialog/"+monitor+"</associatedDialogUri>")
	require.Contains(t, body, "<associatedDialogUri>/finesse/api/Dialog/"+id+"</associatedDialogUri>")
	require.Contains(t, body, "<Participant><actions></actions><mediaAddress>2001</mediaAddress>")

	post(newCallBody("BARGE_CALL", "2005", "2001", "<associatedDialogUri>/finesse/api/Dialog/"+monitor+"</associatedDialogUri>"))
	waitForDialogs(t, s, "1005", "CONFERENCE")
	status, out := do(t, s, "1005", "PUT", "/finesse/api/Dialog/"+id, actionBody("PARTICIPANT_DROP", "0551", ""))
	require.Equal(t, 400, status, "the customer is no agent")
	require.Contains(t, out, "<ErrorType>Invalid Destination</ErrorType>")
	status, out = do(t, s, "1001", "PUT", "/finesse/api/Dialog/"+id, actionBody("PARTICIPANT_DROP", "2005", ""))
	require.Equal(t, 401, status, "only supervisors")
	require.Contains(t, out, "<ErrorType>Authorization Failure</ErrorType>")
	act(t, s, "1005", id, actionBody("PARTICIPANT_DROP", "2001", ""))
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.State == callcontrol.WorkReady })
	a, _ = s.Agent("1005")
	require.Equal(t, callcontrol.Talking, a.State)
}

func TestWhoMayDropParticipants(t *testing.T) {
	for setting, allowed := range map[string]map[string]bool{
		dropBySupervisor: {"1005": true},
		dropByController: {"1005": true, "1001": true},
		dropByAll:        {"1005": true, "1001": true, "1002": true},
	} {
		s, _ := talking(t, WithConfig(func(c *Config) { c.DropParticipantFor = setting }))
		d := &callcontrol.Dialog{Controller: "2001"}
		for user, extension := range map[string]string{"1005": "2005", "1001": "2001", "1002": "2002"} {
			require.Equal(t, allowed[user], s.mayDropOthers(user, extension, d), "%s by %s", setting, user)
		}
	}
	_, err := New(Config{DropParticipantFor: "nobody"})
	require.ErrorContains(t, err, "nobody")
}

// TestRefusedSupervision has a row for each refusal of the web service.
func TestRefusedSupervision(t *testing.T) {
	s, id := talking(t)
	signIn(t, s, "1006", "1010")
	putState(t, s, "1010", "<state>NOT_READY</state>", callcontrol.NotReady)
	dialogs := func(user string) string { return "/User/" + user + "/Dialogs" }
	for name, row := range map[string]struct {
		user, method, path, body string
		status                   int
		want                     string
	}{
		"agent monitors":       {"1001", "POST", dialogs("1001"), newCallBody("SILENT_MONITOR", "2001", "2005", ""), 401, "Authorization Failure"},
		"other team":           {"1010", "POST", dialogs("1010"), newCallBody("SILENT_MONITOR", "2010", "2001", ""), 401, "Invalid Supervisor"},
		"supervisor ready":     {"1010", "POST", dialogs("1010"), newCallBody("SILENT_MONITOR", "2010", "2010", ""), 400, "Invalid Destination"},
		"nobody":               {"1005", "POST", dialogs("1005"), newCallBody("SILENT_MONITOR", "2005", "2002", ""), 400, "Invalid Destination"},
		"no from":              {"1005", "POST", dialogs("1005"), newCallBody("SILENT_MONITOR", "", "2001", ""), 400, "Parameter Missing"},
		"no to":                {"1005", "POST", dialogs("1005"), newCallBody("SILENT_MONITOR", "2005", "", ""), 400, "Parameter Missing"},
		"other's phone":        {"1005", "POST", dialogs("1005"), newCallBody("SILENT_MONITOR", "2001", "2005", ""), 400, "Invalid Input"},
		"barge without":        {"1005", "POST", dialogs("1005"), newCallBody("BARGE_CALL", "2005", "2001", ""), 400, "Parameter Missing"},
		"barge unheard":        {"1005", "POST", dialogs("1005"), newCallBody("BARGE_CALL", "2005", "2001", "<associatedDialogUri>/finesse/api/Dialog/"+id+"</associatedDialogUri>"), 400, "Invalid State"},
		"drop without target":  {"1001", "PUT", "/Dialog/" + id, "<Dialog><requestedAction>PARTICIPANT_DROP</requestedAction></Dialog>", 400, "Parameter Missing"},
		"preview of a direct":  {"1001", "PUT", "/Dialog/" + id, actionBody("ACCEPT", "2002", ""), 400, "Invalid Destination"},
		"callback without":     {"1001", "PUT", "/Dialog/" + id, actionBody("UPDATE_SCHEDULED_CALLBACK", "2001", ""), 400, "Parameter Missing"},
		"callback any time":    {"1001", "PUT", "/Dialog/" + id, actionBody("UPDATE_SCHEDULED_CALLBACK", "2001", param("callbackTime", "tomorrow")), 400, "Invalid Input"},
		"callback any number":  {"1001", "PUT", "/Dialog/" + id, actionBody("UPDATE_SCHEDULED_CALLBACK", "2001", param("callbackNumber", "home")), 400, "Invalid Input"},
		"reclassify without":   {"1001", "PUT", "/Dialog/" + id, actionBody("RECLASSIFY", "2001", ""), 400, "Parameter Missing"},
		"reclassify as pigeon": {"1001", "PUT", "/Dialog/" + id, actionBody("RECLASSIFY", "2001", param("outboundClassification", "PIGEON")), 400, "Invalid Input"},
		"tones without":        {"1001", "PUT", "/Dialog/" + id, actionBody("SEND_DTMF", "2001", ""), 400, "Parameter Missing"},
		"tones in words":       {"1001", "PUT", "/Dialog/" + id, actionBody("SEND_DTMF", "2001", param("dtmfString", "one")), 400, "Invalid Input"},
		"other team's state":   {"1010", "PUT", "/User/1001", "<User><state>NOT_READY</state></User>", 401, "Invalid Supervisor"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := do(t, s, row.user, row.method, "/finesse/api"+row.path, row.body)
			require.Equal(t, row.status, status, body)
			require.Contains(t, body, "<ErrorType>"+row.want+"</ErrorType>")
		})
	}
	act(t, s, "1001", id, actionBody("SEND_DTMF", "2001", param("dtmfString", "12#*")))
	putState(t, s, "1005", "<state>READY</state>", callcontrol.Ready)
	status, body := do(t, s, "1005", "POST", "/finesse/api/User/1005/Dialogs", newCallBody("SILENT_MONITOR", "2005", "2001", ""))
	require.Equal(t, 400, status, "a READY supervisor")
	require.Contains(t, body, "<ErrorType>Invalid State</ErrorType>")
}

func TestRefusedMonitoringIsAnEvent(t *testing.T) {
	for flavor, kind := range map[callcontrol.Flavor]string{callcontrol.CCE: "13145", callcontrol.CCX: "88049"} {
		s := Start(t, WithFlavor(flavor))
		signIn(t, s, "1001", "1005")
		for _, id := range []string{"1001", "1005"} {
			putState(t, s, id, "<state>NOT_READY</state>", callcontrol.NotReady)
		}
		c := connectMellium(t, s, "1005", "r")
		status, _ := do(t, s, "1005", "POST", "/finesse/api/User/1005/Dialogs", newCallBody("SILENT_MONITOR", "2005", "2001", ""))
		require.Equal(t, 202, status)
		got := c.next(t)
		require.Contains(t, got, "<errorType>"+kind+"</errorType>")
		require.Contains(t, got, "<source>/finesse/api/User/1005/Dialogs</source>")
	}
}

func TestSupervisorChangesStates(t *testing.T) {
	for _, row := range []struct {
		flavor callcontrol.Flavor
		state  callcontrol.State
		code   int
	}{
		{callcontrol.CCE, callcontrol.NotReady, 999},
		{callcontrol.CCE, callcontrol.Logout, 999},
		{callcontrol.CCX, callcontrol.NotReady, 33},
		{callcontrol.CCX, callcontrol.Logout, 22},
	} {
		s := Start(t, WithFlavor(row.flavor))
		signIn(t, s, "1001")
		status, body := do(t, s, "1005", "PUT", "/finesse/api/User/1001", "<User><state>"+string(row.state)+"</state></User>")
		require.Equal(t, 202, status, body)
		waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.State == row.state })
		a, _ := s.Agent("1001")
		require.Equal(t, row.code, a.Reason.Code)
		if row.state == callcontrol.NotReady {
			status, _ = do(t, s, "1005", "PUT", "/finesse/api/User/1001", "<User><state>READY</state></User>")
			require.Equal(t, 202, status)
			waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.State == callcontrol.Ready })
		}
	}
}

func TestMobileAgents(t *testing.T) {
	s := Start(t)
	body := func(ext string) string {
		return "<state>LOGIN</state><extension>" + ext + "</extension><mobileAgent><mode>CALL_BY_CALL</mode><dialNumber>4085551234</dialNumber></mobileAgent>"
	}
	putState(t, s, "1004", body("2004"), callcontrol.NotReady)
	_, out := do(t, s, "1004", "GET", "/finesse/api/User/1004", "")
	require.Contains(t, out, "<mobileAgent><mode>CALL_BY_CALL</mode><dialNumber>4085551234</dialNumber></mobileAgent>")
	c := connectMellium(t, s, "1001", "r")
	status, _ := do(t, s, "1001", "PUT", "/finesse/api/User/1001", "<User>"+body("2001")+"</User>")
	require.Equal(t, 202, status)
	require.Contains(t, c.next(t), "<errorType>Mode Not Allowed</errorType>")
}
