package sim

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

// outboundBy asks the control API for a contact and returns the dialog's id.
func outboundBy(t *testing.T, s *Server, body string) string {
	t.Helper()
	status, out := do(t, s, "", "POST", "/sim/outbound", body)
	require.Equal(t, 201, status, out)
	var made struct{ DialogID string }
	require.NoError(t, json.Unmarshal([]byte(out), &made))
	return made.DialogID
}

// accept lets agent 1001 accept a preview and returns the call to the customer that
// takes the reservation's place, once the agent has answered.
func accept(t *testing.T, s *Server, reservation string) (call string) {
	t.Helper()
	act(t, s, "1001", reservation, actionBody("ACCEPT", "2001", ""))
	waitFor(t, func() bool {
		a, _ := s.Agent("1001")
		if len(a.Dialogs) != 1 || a.Dialogs[0].State != callcontrol.Active {
			return false
		}
		call = a.Dialogs[0].ID
		return call != reservation
	})
	return call
}

func TestPreviewOverTheControlAPI(t *testing.T) {
	s := Start(t)
	signIn(t, s, "1001")
	c := connectMellium(t, s, "1001", "r")
	id := outboundBy(t, s, `{"agent":"1001","number":"90055","mode":"preview","campaign":"Spring","variables":{"BABuddyName":"Doe, Jo"}}`)
	const user = "PUT /finesse/api/User/1001 "
	require.Equal(t, user+"RESERVED", brief(c.next(t)))
	require.Equal(t, user+"RESERVED_OUTBOUND_PREVIEW", brief(c.next(t)))
	event := c.next(t)
	require.Equal(t, "POST /finesse/api/User/1001/Dialogs ALERTING ALERTING INITIATED", brief(event))
	for _, want := range []string{
		"<callType>OUTBOUND_PREVIEW</callType>", "<name>BACampaign</name><value>Spring</value>", "<name>BABuddyName</name><value>Doe, Jo</value>",
		"<name>BAStatus</name><value>PREVIEW_OUTBOUND_RESERVATION</value>", "<action>ACCEPT</action><action>REJECT</action><action>CLOSE</action>",
	} {
		require.Contains(t, event, want)
	}
	call := accept(t, s, id)
	act(t, s, "1001", call, actionBody("RECLASSIFY", "2001", param("outboundClassification", "REX_FAX")))
	act(t, s, "1001", call, actionBody("UPDATE_SCHEDULED_CALLBACK", "2001", param("callbackTime", "2026-03-07T14:30")))
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.Dialogs[0].CallbackTime != "" })
	_, body := do(t, s, "1001", "GET", "/finesse/api/User/1001/Dialogs", "")
	require.Contains(t, body, "<callType>OUTBOUND</callType>")
	require.Contains(t, body, "<outboundClassification>REX_FAX</outboundClassification>")
	require.Contains(t, body, "<scheduledCallbackInfo><callbackTime>2026-03-07T14:30</callbackTime><callbackNumber></callbackNumber></scheduledCallbackInfo>")
	act(t, s, "1001", call, actionBody("CANCEL_SCHEDULED_CALLBACK", "2001", ""))
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return a.Dialogs[0].CallbackTime == "" })
}

func TestOutboundRefusals(t *testing.T) {
	s := Start(t)
	for body, want := range map[string]int{
		`{"agent":"7","number":"9","mode":"preview"}`:    404,
		`{"agent":"1001","number":"9","mode":"preview"}`: 409,
		`{"agent":"1001","number":"9","mode":"shout"}`:   400,
		`{"agent":"1001","mode":"preview"}`:              400,
		`{"agents":"1001"}`:                              400,
	} {
		status, out := do(t, s, "", "POST", "/sim/outbound", body)
		require.Equal(t, want, status, out)
	}
}

// TestPreviewAPIOfTheOtherPlatform: each flavour answers 501 for the other's
// previews.
func TestPreviewAPIOfTheOtherPlatform(t *testing.T) {
	for _, row := range []struct {
		flavor   callcontrol.Flavor
		callType string
		status   int
	}{
		{callcontrol.CCE, "OUTBOUND_DIRECT_PREVIEW", 501},
		{callcontrol.CCE, "OUTBOUND_PREVIEW", 202},
		{callcontrol.CCX, "OUTBOUND_PREVIEW", 501},
		{callcontrol.CCX, "OUTBOUND_CALLBACK_PREVIEW", 501},
		{callcontrol.CCX, "OUTBOUND_DIRECT_PREVIEW", 202},
	} {
		s := Start(t, WithFlavor(row.flavor))
		signIn(t, s, "1001")
		id, err := s.PlaceCall(CallSpec{From: "8801", To: "2001", CallType: row.callType})
		require.NoError(t, err)
		for _, action := range []string{"ACCEPT", "REJECT", "CLOSE"} {
			status, body := do(t, s, "1001", "PUT", "/finesse/api/Dialog/"+id, actionBody(action, "2001", ""))
			require.Equal(t, row.status, status, body)
		}
	}
	s := Start(t, WithFlavor(callcontrol.CCX))
	signIn(t, s, "1001")
	id, err := s.Outbound(OutboundSpec{Agent: "1001", Number: "90055", Mode: callcontrol.Preview})
	require.NoError(t, err)
	call := accept(t, s, id)
	status, _ := do(t, s, "1001", "PUT", "/finesse/api/Dialog/"+call, actionBody("PARTICIPANT_DROP", "2001", ""))
	require.Equal(t, 501, status, "CCE only")
}

func TestCallDataByManyNamesAndWrapUpItems(t *testing.T) {
	s, id := talking(t, WithFlavor(callcontrol.CCX))
	act(t, s, "1001", id, "<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction><mediaProperties>"+
		"<wrapUpItems><wrapUpItem>Wrong number</wrapUpItem><wrapUpItem>Other</wrapUpItem></wrapUpItems><callvariables>"+
		"<CallVariable><name>callVariable3</name><value>c</value></CallVariable><CallVariable><name>user.x[2]</name><value>d</value></CallVariable>"+
		"</callvariables></mediaProperties></Dialog>")
	waitFor(t, func() bool { a, _ := s.Agent("1001"); return len(a.Dialogs[0].WrapUpItems) == 2 })
	_, body := do(t, s, "1001", "GET", "/finesse/api/Dialog/"+id, "")
	for _, want := range []string{
		"<wrapUpItems><wrapUpItem>Wrong number</wrapUpItem><wrapUpItem>Other</wrapUpItem></wrapUpItems>",
		"<name>callVariable3</name><value>c</value>", "<name>user.x[2]</name><value>d</value>",
	} {
		require.Contains(t, body, want)
	}
}
