package callcontrol

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func dial(mode DialMode) Outbound {
	return Outbound{Agent: "1001", Number: "90055", Mode: mode, Campaign: "Spring", Variables: []Variable{{"BABuddyName", "Doe, Jo"}, {"callVariable1", "x"}}}
}

func variable(d *Dialog, name string) string {
	for _, v := range d.Variables {
		if v.Name == name {
			return v.Value
		}
	}
	return "<absent>"
}

func TestPreviewOnCCE(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001")
	s.do(dial(Preview)).want(
		"1001 U RESERVED",
		"1001 U RESERVED_OUTBOUND_PREVIEW",
		"1001 POST 1 ALERTING OUTBOUND_PREVIEW: 2001=ALERTING 8801=INITIATED",
		"1001 PUT 1 ACTIVE OUTBOUND_PREVIEW: 2001=ACTIVE 8801=ACTIVE")
	d, _ := s.e.Dialog("1")
	require.Equal(t, []string{"ACCEPT", "REJECT", "CLOSE"}, d.Parties[0].Actions)
	require.Equal(t, []string{"8801", "2001", "90055"}, []string{d.From, d.To, d.DialedNumber})
	require.Equal(t, "PREVIEW_OUTBOUND_RESERVATION", variable(d, "BAStatus"))
	require.Equal(t, "Spring", variable(d, "BACampaign"))
	require.Equal(t, "Doe, Jo", variable(d, "BABuddyName"))
	require.Equal(t, "<absent>", variable(d, "BACustomerNumber"))
	s.do(act("1001", "RETRIEVE")).want("1001 ERROR Generic Error|INVALID_ACTION RETRIEVE on extension 2001|2001 <-")
	s.do(act("1001", "ACCEPT")).want(
		"1001 PUT 1 ACCEPTED OUTBOUND_PREVIEW: 2001=ACCEPTED 8801=ACTIVE <-",
		"1001 DELETE 1 DROPPED OUTBOUND_PREVIEW: 2001=DROPPED 8801=DROPPED <-",
		"1001 U TALKING",
		"1001 POST 2 INITIATING OUTBOUND: 2001=INITIATING <-",
		"1001 PUT 2 INITIATED OUTBOUND: 2001=INITIATED <-",
		"1001 PUT 2 ALERTING OUTBOUND: 2001=INITIATED 90055=ALERTING <-")
	s.wait(time.Second).want("1001 PUT 2 ACTIVE OUTBOUND: 2001=ACTIVE 90055=ACTIVE")
	d, _ = s.e.Dialog("2")
	require.Equal(t, []string{"2001", "90055"}, []string{d.From, d.To})
	require.Equal(t, "PREVIEW_OUTBOUND", variable(d, "BAStatus"))
	require.Equal(t, "x", variable(d, "callVariable1"))
	s.do(HangUp{Dialog: "2"}).want(
		"1001 PUT 2 ACTIVE OUTBOUND: 2001=ACTIVE 90055=DROPPED",
		"1001 PUT 2 DROPPED OUTBOUND: 2001=DROPPED 90055=DROPPED",
		"1001 U READY",
		"1001 DELETE 2 DROPPED OUTBOUND: 2001=DROPPED 90055=DROPPED")
}

func TestPreviewGivenBack(t *testing.T) {
	for _, action := range []string{"REJECT", "CLOSE"} {
		s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001")
		s.do(dial(Preview)).do(SetState{Agent: "1001", State: NotReady})
		s.log = nil
		s.do(act("1001", action)).want(
			"1001 DELETE 1 DROPPED OUTBOUND_PREVIEW: 2001=DROPPED 8801=DROPPED <-",
			"1001 U NOT_READY")
	}
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001").do(dial(Preview))
	s.log = nil
	s.do(HangUp{Dialog: "1"}).want( // the dialer withdraws it
		"1001 DELETE 1 DROPPED OUTBOUND_PREVIEW: 2001=DROPPED 8801=DROPPED",
		"1001 U READY")
}

func TestDirectPreviewOnCCX(t *testing.T) {
	s := newScript(t, testConfig(CCX, WrapUpNotAllowed)).signIn("1001").do(dial(Preview))
	d, _ := s.e.Dialog("1")
	require.Equal(t, "DIRECT_PREVIEW_OUTBOUND_RESERVATION", variable(d, "BAStatus"))
	require.Equal(t, "90055", variable(d, "BACustomerNumber"))
	s.log = nil
	s.do(act("1001", "ACCEPT")).wait(time.Second).want(
		"1001 PUT 1 ACCEPTED OUTBOUND_DIRECT_PREVIEW: 2001=ACCEPTED 8801=ACTIVE <-",
		"1001 DELETE 1 DROPPED OUTBOUND_DIRECT_PREVIEW: 2001=DROPPED 8801=DROPPED <-",
		"1001 U TALKING",
		"1001 POST 2 INITIATING OUTBOUND_DIRECT_PREVIEW: 2001=INITIATING <-",
		"1001 PUT 2 INITIATED OUTBOUND_DIRECT_PREVIEW: 2001=INITIATED <-",
		"1001 PUT 2 ALERTING OUTBOUND_DIRECT_PREVIEW: 2001=INITIATED <-", // no customer yet
		"1001 PUT 2 ACTIVE OUTBOUND_DIRECT_PREVIEW: 2001=ACTIVE 90055=ACTIVE")
	d, _ = s.e.Dialog("2")
	require.Equal(t, "DIRECT_PREVIEW_OUTBOUND", variable(d, "BAStatus"))
}

func TestPersonalCallback(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001").do(dial(Callback))
	d, _ := s.e.Dialog("1")
	require.Equal(t, "OUTBOUND_CALLBACK_PREVIEW", d.CallType)
	require.Equal(t, []string{"ACCEPT", "REJECT"}, d.Parties[0].Actions)
}

func TestProgressiveComesInTwoPackets(t *testing.T) {
	for mode, status := range map[DialMode]string{Progressive: "PROGRESSIVE_OUTBOUND", Predictive: "PREDICTIVE_OUTBOUND"} {
		s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001")
		out, err := s.e.Apply(s.now, "", dial(mode))
		require.NoError(t, err)
		s.note(out)
		s.want(
			"1001 U RESERVED",
			"1001 U RESERVED_OUTBOUND",
			"1001 POST 1 ALERTING OTHER_IN: 2001=ALERTING 8801=INITIATED",
			"1001 PUT 1 ALERTING OUTBOUND: 2001=ALERTING 90055=INITIATED")
		var first, second *Dialog
		for _, ev := range out {
			switch ev.Kind {
			case DialogAdded:
				first = ev.Dialog
			case DialogChanged:
				second = ev.Dialog
			}
		}
		require.Empty(t, first.DialedNumber)
		require.Equal(t, "<absent>", variable(first, "BAStatus"))
		require.Equal(t, "90055", second.DialedNumber)
		require.Equal(t, status, variable(second, "BAStatus"))
		s.do(act("1001", "ANSWER")).want(
			"1001 U TALKING",
			"1001 PUT 1 ACTIVE OUTBOUND: 2001=ACTIVE 90055=ACTIVE <-")
	}
}

func TestProgressiveUnanswered(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001").do(dial(Progressive))
	s.log = nil
	s.wait(20*time.Second).want(
		"1001 DELETE 1 ALERTING OUTBOUND: 2001=DROPPED 90055=INITIATED",
		"1001 U NOT_READY(32767)")
}

func TestStatesOfTheDialerCannotBeLeftOnCCX(t *testing.T) {
	const hard = "1001 ERROR Internal Server Error|CF_GENERIC_OPERATION|1 <-"
	for mode, state := range map[DialMode]State{Preview: ReservedPreview, Progressive: ReservedOutbound} {
		for _, row := range []struct {
			ask      State
			cce, ccx string
		}{
			{Ready, "1001 U " + string(state) + " pending READY <-", hard},
			{NotReady, "1001 U " + string(state) + " pending NOT_READY <-", hard},
			{Logout, "1001 ERROR Invalid State|CF_INVALID_OBJECT_STATE|22 <-", hard},
		} {
			for f, want := range map[Flavor]string{CCE: row.cce, CCX: row.ccx} {
				s := newScript(t, testConfig(f, WrapUpNotAllowed)).signIn("1001").do(dial(mode))
				s.log = nil
				s.do(SetState{Agent: "1001", State: row.ask}).want(want)
			}
		}
	}
}

func TestDialerRefusals(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001")
	apply := func(c Outbound) error { _, err := s.e.Apply(s.now, "", c); return err }
	require.ErrorContains(t, apply(Outbound{Agent: "1001", Number: "9", Mode: "shout"}), `"shout" is no dialling mode`)
	require.ErrorContains(t, apply(Outbound{Agent: "1001", Mode: Preview}), "cannot be dialled")
	require.ErrorContains(t, apply(Outbound{Agent: "1001", Number: "2001", Mode: Preview}), "cannot be dialled")
	var r *Refusal
	require.ErrorAs(t, apply(Outbound{Agent: "7", Number: "9", Mode: Preview}), &r)
	require.True(t, r.NotFound)
	s.do(SetState{Agent: "1001", State: NotReady})
	require.ErrorAs(t, apply(dial(Preview)), &r)
	require.False(t, r.NotFound)
}

func TestCallbacksAndReclassifying(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001").do(dial(Preview)).do(act("1001", "ACCEPT")).wait(time.Second)
	call := func() (*Dialog, string) {
		d, _ := s.e.Dialog("2")
		return d, strings.Join(d.Parties[0].Actions, " ")
	}
	ask := func(action string, params map[string]string) {
		t.Helper()
		s.log = nil
		s.do(Act{Agent: "1001", Dialog: "2", Action: action, Target: "2001", Params: params})
		require.Equal(t, []string{"1001 PUT 2 ACTIVE OUTBOUND: 2001=ACTIVE 90055=ACTIVE <-"}, s.log)
	}
	_, actions := call()
	require.Contains(t, actions, "UPDATE_SCHEDULED_CALLBACK RECLASSIFY")
	ask("UPDATE_SCHEDULED_CALLBACK", map[string]string{ParamCallbackTime: "2026-03-07T14:30"})
	ask("UPDATE_SCHEDULED_CALLBACK", map[string]string{ParamCallbackNumber: "0777"})
	ask("RECLASSIFY", map[string]string{ParamClassification: "FAX"})
	d, actions := call()
	require.Equal(t, []string{"2026-03-07T14:30", "0777", "FAX"}, []string{d.CallbackTime, d.CallbackNumber, d.Classification})
	require.Contains(t, actions, "UPDATE_SCHEDULED_CALLBACK CANCEL_SCHEDULED_CALLBACK RECLASSIFY")
	ask("CANCEL_SCHEDULED_CALLBACK", nil)
	d, _ = call()
	require.Empty(t, d.CallbackTime+d.CallbackNumber)
	s.log = nil
	s.do(Act{Agent: "1001", Dialog: "2", Action: "CANCEL_SCHEDULED_CALLBACK", Target: "2001"}).want(
		"1001 ERROR Generic Error|INVALID_ACTION CANCEL_SCHEDULED_CALLBACK on extension 2001|2001 <-")

	s = newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001").do(dial(Progressive)).do(act("1001", "ANSWER"))
	s.log = nil
	s.do(act("1001", "RECLASSIFY")).want("1001 ERROR Generic Error|INVALID_ACTION RECLASSIFY on extension 2001|2001 <-") // was not previewed
}

func TestTransferredCustomerCall(t *testing.T) {
	for _, row := range []struct {
		flavor       Flavor
		mode         DialMode
		action, want string
	}{
		{CCX, Progressive, "TRANSFER", "TRANSFERRED"},
		{CCX, Progressive, "CONFERENCE", "CONFERENCED"},
		{CCX, Preview, "TRANSFER", "DIRECT_PREVIEW_OUTBOUND"},
		{CCE, Progressive, "TRANSFER", "PROGRESSIVE_OUTBOUND"},
	} {
		s := newScript(t, testConfig(row.flavor, WrapUpNotAllowed)).signIn("1001", "1002").do(dial(row.mode))
		call := "1"
		if row.mode == Preview {
			s.do(act("1001", "ACCEPT")).wait(time.Second)
			call = "2"
		} else {
			s.do(act("1001", "ANSWER"))
		}
		s.do(Act{Agent: "1001", Dialog: call, Action: "CONSULT_CALL", Target: "2001", To: "2002"})
		s.do(Act{Agent: "1002", Dialog: s.e.LastDialog(), Action: "ANSWER", Target: "2002"})
		s.do(Act{Agent: "1001", Dialog: call, Action: row.action, Target: "2001"})
		d, _ := s.e.Dialog(call)
		require.Equal(t, row.action, d.CallType)
		require.Equal(t, row.want, variable(d, "BAStatus"))
	}
}
