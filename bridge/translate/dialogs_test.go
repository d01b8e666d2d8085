package translate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// TestPublishedState is M2, with the one case beyond it: a call that rings in
// a dialog that is ACTIVE between others.
func TestPublishedState(t *testing.T) {
	for name, c := range map[string]struct{ dialog, own, want string }{
		"held":                  {"ACTIVE", "HELD", "HELD"},
		"wrap-up":               {"ACTIVE", "WRAP_UP", "WRAP_UP"},
		"wrap-up after the end": {"DROPPED", "WRAP_UP", "WRAP_UP"},
		"failed":                {"ACTIVE", "FAILED", "FAILED"},
		"failed elsewhere":      {"FAILED", "INITIATED", "FAILED"},
		"active":                {"ACTIVE", "ACTIVE", "ACTIVE"},
		"ringing elsewhere":     {"ALERTING", "INITIATED", "ALERTING"},
		"dialling":              {"INITIATED", "INITIATED", "INITIATED"},
		"off-hook":              {"INITIATING", "INITIATING", "INITIATING"},
		"accepted":              {"ACCEPTED", "ACCEPTED", "ACCEPTED"},
		"transferred, ringing":  {"ACTIVE", "ALERTING", "ALERTING"},
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := play(known(t), post(inbound("100", c.dialog, party(ext, c.own, 5), party(customer, "ACTIVE", 5))))
			require.Equal(t, c.want, v.DialogState("100").Dialog.State)
		})
	}
}

func TestDialogs(t *testing.T) {
	heldOut := dialled("100", "ACTIVE", party(ext, "HELD", 9), party(customer, "ACTIVE", 9))
	dialling := dialled("101", "INITIATING", party(ext, "INITIATING", 10))
	for name, c := range map[string]struct {
		events []finesse.Notification
		want   []string
	}{
		"a call of another medium": {
			[]finesse.Notification{post(finesse.Dialog{ID: "1_2_1", MediaType: "Email", State: "ACTIVE", Participants: talking.Participants})},
			nil,
		},
		"a DELETE that overtakes its POST": {
			[]finesse.Notification{gone(inbound("100", "ALERTING", party(ext, "DROPPED", 8), party(customer, "INITIATED", 5))), post(ringing)},
			nil,
		},
		"first seen when it is over": {
			[]finesse.Notification{post(inbound("100", "DROPPED", party(ext, "DROPPED", 8)))},
			nil,
		},
		"variables change while it rings": {
			[]finesse.Notification{post(ringing), put(withVariable(ringing, "callVariable1", "gold"))},
			[]string{"NewInboundCall ALERTING 100", "InboundCall ALERTING 100"},
		},
		"the agent's party goes before the DELETE": {
			[]finesse.Notification{
				post(talking), put(inbound("100", "ACTIVE", party(customer, "ACTIVE", 9), party(mate, "ACTIVE", 30))),
				gone(inbound("100", "ACTIVE", party(customer, "ACTIVE", 9), party(mate, "ACTIVE", 30))),
			},
			[]string{"InboundCall ACTIVE 100", "InboundCall DROPPED 100"},
		},
		"a second call dialled on a held one is a consult": {
			[]finesse.Notification{post(heldOut), post(dialling)},
			[]string{"InboundCall HELD 100", "ConsultCall INITIATING 101"},
		},
		"so it is when the hold comes late": {
			[]finesse.Notification{
				post(dialled("100", "ACTIVE", party(ext, "ACTIVE", 5), party(customer, "ACTIVE", 5))), post(dialling), put(heldOut),
			},
			[]string{"InboundCall ACTIVE 100", "ConsultCall INITIATING 101", "InboundCall HELD 100"},
		},
		"a call dialled in wrap-up is none": {
			[]finesse.Notification{post(inbound("100", "ACTIVE", party(ext, "WRAP_UP", 9), party(customer, "DROPPED", 9))), post(dialling)},
			[]string{"InboundCall WRAP_UP 100", "InboundCall INITIATING 101"},
		},
		"nor is one that rings on a held one, whoever is listed first": {
			[]finesse.Notification{post(heldOut), post(inbound("101", "ALERTING", party(ext, "ALERTING", 10), party(customer, "INITIATED", 10)))},
			[]string{"InboundCall HELD 100", "NewInboundCall ALERTING 101"},
		},
		"a consult stays one when its type changes and the call is gone": {
			[]finesse.Notification{post(heldOut), post(dialling), gone(dialled("100", "DROPPED", party(ext, "DROPPED", 12))), put(dialled("101", "INITIATED", party(ext, "INITIATED", 13)))},
			[]string{"InboundCall HELD 100", "ConsultCall INITIATING 101", "InboundCall DROPPED 100", "ConsultCall INITIATED 101"},
		},
		"a consult that is being transferred stays one while its call lives": {
			[]finesse.Notification{post(heldOut), post(dialling), put(typed(dialled("101", "ACTIVE", party(ext, "ACTIVE", 13), party(mate, "ACTIVE", 13)), "TRANSFER"))},
			[]string{"InboundCall HELD 100", "ConsultCall INITIATING 101", "ConsultCall ACTIVE 101"},
		},
		"an answered call is no consult, whoever is listed first": {
			[]finesse.Notification{post(heldOut), post(inbound("101", "ACTIVE", party(ext, "ACTIVE", 10), party(customer, "ACTIVE", 10)))},
			[]string{"InboundCall HELD 100", "InboundCall ACTIVE 101"},
		},
		"a dialer call is no consult": {
			[]finesse.Notification{post(heldOut), post(typed(dialled("101", "INITIATING", party(ext, "INITIATING", 10)), "OUTBOUND"))},
			[]string{"InboundCall HELD 100", "InboundCall INITIATING 101"},
		},
		"nor is the call that follows a reservation before Finesse has typed it": {
			[]finesse.Notification{post(reservation), post(typed(dialled("101", "INITIATING", party(ext, "INITIATING", 10)), ""))},
			[]string{"InboundCall INITIATING 101"},
		},
		"an event after the end, though newer": {
			[]finesse.Notification{
				post(talking), put(inbound("100", "DROPPED", party(ext, "DROPPED", 20))),
				put(inbound("100", "DROPPED", party(ext, "WRAP_UP", 21))), post(inbound("100", "DROPPED", party(ext, "DROPPED", 22))),
			},
			[]string{"InboundCall ACTIVE 100", "InboundCall DROPPED 100"},
		},
		"a DELETE with times older than the last look does not revive it": {
			[]finesse.Notification{
				post(talking), put(onHold), gone(talking),
				post(inbound("100", "ACTIVE", party(ext, "ACTIVE", 15), party(customer, "ACTIVE", 9))),
			},
			[]string{"InboundCall ACTIVE 100", "InboundCall HELD 100", "InboundCall DROPPED 100"},
		},
		"a dialog without parties is no consult": {
			[]finesse.Notification{post(heldOut), post(inbound("101", "INITIATED"))},
			[]string{"InboundCall HELD 100", "InboundCall INITIATED 101"},
		},
		"who is listed first and dials consults, whatever fromAddress is": {
			[]finesse.Notification{post(heldOut), post(from("", dialled("101", "INITIATING", party(ext, "INITIATING", 10))))},
			[]string{"InboundCall HELD 100", "ConsultCall INITIATING 101"},
		},
		"so does who is listed first and has dialled": {
			[]finesse.Notification{post(heldOut), post(from("", dialled("101", "INITIATED", party(ext, "INITIATED", 10), party(mate, "ALERTING", 10))))},
			[]string{"InboundCall HELD 100", "ConsultCall INITIATED 101"},
		},
		"who is listed second and dials does not": {
			[]finesse.Notification{post(heldOut), post(from("", dialled("101", "INITIATED", party(mate, "ALERTING", 10), party(ext, "INITIATED", 10))))},
			[]string{"InboundCall HELD 100", "InboundCall INITIATED 101"},
		},
		"a call that rings keeps its class when its type changes": {
			[]finesse.Notification{post(ringing), put(typed(inbound("100", "ALERTING", party(ext, "ALERTING", 6), party(customer, "INITIATED", 5)), "OUTBOUND"))},
			[]string{"NewInboundCall ALERTING 100"}, // the type is in no message
		},
		"a consult stays one when its type is the dialer's": {
			[]finesse.Notification{post(heldOut), post(dialling), put(typed(dialled("101", "INITIATED", party(ext, "INITIATED", 13)), "OUTBOUND"))},
			[]string{"InboundCall HELD 100", "ConsultCall INITIATING 101", "ConsultCall INITIATED 101"},
		},
		"an event after a DELETE, though newer": {
			[]finesse.Notification{post(talking), gone(talking), put(onHold)},
			[]string{"InboundCall ACTIVE 100", "InboundCall DROPPED 100"},
		},
		"an event without times": {
			[]finesse.Notification{post(talking), put(withoutTimes(onHold))},
			[]string{"InboundCall ACTIVE 100", "InboundCall HELD 100"},
		},
		"the agent's party comes after the first look": {
			[]finesse.Notification{post(inbound("100", "INITIATED", party(customer, "INITIATED", 4))), put(ringing)},
			[]string{"InboundCall INITIATED 100", "NewInboundCall ALERTING 100"},
		},
		"one party's clock goes back while another's goes on": {
			[]finesse.Notification{
				post(inbound("100", "ACTIVE", party(ext, "ACTIVE", 9), party(customer, "ACTIVE", 9), party(mate, "ACTIVE", 9))),
				put(inbound("100", "ACTIVE", party(ext, "ACTIVE", 9), party(customer, "ACTIVE", 8), party(mate, "HELD", 20))),
				put(inbound("100", "ACTIVE", party(ext, "ACTIVE", 9), party(customer, "ACTIVE", 8), party(mate, "ACTIVE", 9))),
			},
			[]string{"InboundCall ACTIVE 100", "InboundCall ACTIVE 100"},
		},
		"a logout before the last dialog has ended": {
			[]finesse.Notification{post(talking), loggedOut(), put(inbound("100", "ACTIVE", party(ext, "WRAP_UP", 30), party(customer, "DROPPED", 30)))},
			[]string{"InboundCall ACTIVE 100", "State LOGOUT", "InboundCall WRAP_UP 100"},
		},
		"a transfer that leaves the consult": {
			[]finesse.Notification{
				post(heldOut), post(dialling), gone(dialled("100", "DROPPED", party(ext, "DROPPED", 12))),
				put(typed(dialled("101", "ACTIVE", party(ext, "ACTIVE", 13), party(customer, "ACTIVE", 13)), "TRANSFER")),
			},
			[]string{"InboundCall HELD 100", "ConsultCall INITIATING 101", "InboundCall DROPPED 100", "ConsultCall DROPPED 101", "InboundCall ACTIVE 101"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, said := play(known(t), c.events...)
			said = slices.DeleteFunc(said, func(s string) bool { return strings.HasSuffix(s, " 900") })
			require.Equal(t, c.want, said)
		})
	}
}

// TestPreviewIsToldInItsDialogsState: a reservation does not ring. Its dialog
// is ACTIVE, and is told so, although the agent's party is ALERTING [M2].
func TestPreviewIsToldInItsDialogsState(t *testing.T) {
	offered := reservation
	offered.Participants = append([]finesse.Participant(nil), offered.Participants...)
	offered.Participants[0].State = "ALERTING"
	v, said := play(known(t), post(offered))
	require.Equal(t, []string{"NewOutboundPreviewCall ACTIVE 900", "InboundCall ACTIVE 900"}, said)
	require.Equal(t, "ACTIVE", v.DialogState("900").Dialog.State)
	require.Equal(t, "ACTIVE", v.DialogStatus().Dialog.State)

	_, outs := known(t).Resync(user(finesse.StateReservedOut, 5), []finesse.Dialog{offered}, translate.TakeOver)
	require.Equal(t, []string{"DialogStatus 900 ACTIVE| ", "State RESERVED_OUTBOUND", "NewOutboundPreviewCall ACTIVE 900"}, say(outs))
}

// reservation is a preview that may be accepted; the table is about what
// follows it.
var reservation = func() finesse.Dialog {
	d := inbound("900", "ACTIVE", party(ext, "ACTIVE", 5), party("9001", "ACTIVE", 5))
	d.From, d.CallType, d.Participants[0].Actions = "9001", "OUTBOUND_PREVIEW", []string{"ACCEPT", "REJECT", "CLOSE"}
	return d
}()

func loggedOut() finesse.Notification {
	n := userEvent(finesse.StateLogout, 20)
	n.User.Extension = ptr("")
	return n
}

func from(address string, d finesse.Dialog) finesse.Dialog {
	d.From = address
	return d
}

func withoutTimes(d finesse.Dialog) finesse.Dialog {
	d.Participants = append([]finesse.Participant(nil), d.Participants...)
	for i := range d.Participants {
		d.Participants[i].StateChangeTime = time.Time{}
	}
	return d
}

func withVariable(d finesse.Dialog, name, value string) finesse.Dialog {
	d.Variables = []finesse.Variable{{Name: name, Value: value}}
	return d
}

func typed(d finesse.Dialog, callType string) finesse.Dialog {
	d.CallType = callType
	return d
}

// The dialer's first packet is held back only for an agent who is reserved;
// for anybody else a bare packet rings, and turns into a campaign call when
// Finesse says so.
func TestBarePacket(t *testing.T) {
	bare := inbound("100", "ALERTING", party(ext, "ALERTING", 5))
	bare.CallType, bare.DialedNumber = "OTHER_IN", ""
	full := withVariable(typed(inbound("100", "ALERTING", party(ext, "ALERTING", 5), party(customer, "ACTIVE", 6)), "OUTBOUND"), "BACampaign", "Winter")

	for _, reserved := range []finesse.AgentState{finesse.StateReserved, finesse.StateReservedOut, finesse.StateReservedPreview} {
		v, _ := play(known(t), userEvent(reserved, 4))
		v, said := play(v, post(bare), post(bare))
		require.Empty(t, said, reserved)
		require.Len(t, v.Dialogs(), 1, "it is there for commands")
		require.Equal(t, protocol.DialogBrief{}.ID, v.DialogStatus().Associated.ID)
		_, said = play(v, gone(bare))
		require.Empty(t, said, "a client does not hear of the end of what it never heard of")

		_, said = play(v, put(full))
		require.Equal(t, []string{"NewOutboundCall ALERTING 100"}, said)
		answered := typed(inbound("100", "ACTIVE", party(ext, "ACTIVE", 7), party(customer, "ACTIVE", 7)), "OUTBOUND")
		_, said = play(v, put(answered))
		require.Equal(t, []string{"NewOutboundCall ACTIVE 100", "InboundCall ACTIVE 100"}, said, "it does not ring any more and is new all the same")
	}

	for name, d := range map[string]finesse.Dialog{
		"a dialled number": {CallType: "OTHER_IN", DialedNumber: "1000"},
		"another type":     {CallType: "ACD_IN"},
	} {
		d.ID, d.State, d.Participants = "100", "ALERTING", bare.Participants
		v, _ := play(known(t), userEvent(finesse.StateReservedOut, 4))
		_, said := play(v, post(d))
		require.Equal(t, []string{"NewInboundCall ALERTING 100"}, said, "%s is no bare packet", name)
	}

	_, said := play(known(t), post(bare))
	require.Equal(t, []string{"NewInboundCall ALERTING 100"}, said)
	_, said = play(known(t), post(bare), userEvent(finesse.StateReservedOut, 6), put(full))
	require.Equal(t, []string{"NewInboundCall ALERTING 100", "State RESERVED_OUTBOUND", "NewOutboundCall ALERTING 100"}, said)
}

func TestDialectChange(t *testing.T) {
	v, _ := play(known(t), post(ringing), put(talking))
	other := v.WithDialect(dialect(t, protocol.Edition44, protocol.FormatDefault))
	_, said := play(other, put(withTo(talking, "1001")))
	require.Empty(t, said, "toAddress is in no InboundCall, and the call was told in the old format")
	_, said = play(other, put(onHold))
	require.Equal(t, []string{"InboundCall HELD 100"}, said)
}

func withTo(d finesse.Dialog, to string) finesse.Dialog {
	d.To = to
	return d
}

func TestANI(t *testing.T) {
	for name, c := range map[string]struct {
		dialog finesse.Dialog
		want   string
	}{
		"an inbound call":                         {talking, customer},
		"the agent's own call":                    {dialled("1", "ACTIVE", party(ext, "ACTIVE", 1), party(customer, "ACTIVE", 1)), ext},
		"no fromAddress":                          {finesse.Dialog{ID: "1", State: "ACTIVE", Participants: []finesse.Participant{party(ext, "ACTIVE", 1), party(customer, "ACTIVE", 1)}}, customer},
		"a dialer call":                           {typed(dialled("1", "ACTIVE", party(ext, "ACTIVE", 1), party(customer, "ACTIVE", 1)), "OUTBOUND"), customer},
		"a dialer call before the customer joins": {typed(dialled("1", "INITIATED", party(ext, "INITIATED", 1)), "OUTBOUND"), mate},
		"a dialer call, the first that is no agent's": {typed(finesse.Dialog{ID: "1", From: ext, State: "ACTIVE", Participants: []finesse.Participant{
			party(mate, "ACTIVE", 1), {State: "ACTIVE"}, {Address: ext, State: "ACTIVE"}, party(customer, "ACTIVE", 1), {Address: "7", State: "ACTIVE"},
		}}, "OUTBOUND"), customer},
		"nothing known": {finesse.Dialog{ID: "1", State: "INITIATING"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, outs := known(t).Apply(post(c.dialog))
			require.Len(t, outs, 1)
			call, _ := callOf(outs[0])
			require.Equal(t, c.want, call.ANI)
		})
	}
}

// TestFailureCause: the agent's own, else that of the party that failed.
func TestFailureCause(t *testing.T) {
	cause := func(p finesse.Participant, why string) finesse.Participant {
		p.StateCause = why
		return p
	}
	for name, c := range map[string]struct {
		state   string
		parties []finesse.Participant
		want    string
	}{
		"their own":               {"FAILED", []finesse.Participant{cause(party(customer, "FAILED", 5), "BUSY"), cause(party(ext, "FAILED", 5), "NO_ANSWER")}, "NO_ANSWER"},
		"the other's":             {"FAILED", []finesse.Participant{party(ext, "INITIATED", 5), cause(party(customer, "FAILED", 5), "BUSY")}, "BUSY"},
		"of who has one":          {"FAILED", []finesse.Participant{party(ext, "FAILED", 5), party(mate, "FAILED", 5), cause(party(customer, "FAILED", 5), "BUSY")}, "BUSY"},
		"not of who is well":      {"FAILED", []finesse.Participant{party(ext, "INITIATED", 5), cause(party(mate, "ACTIVE", 5), "OTHER"), cause(party(customer, "FAILED", 5), "BUSY")}, "BUSY"},
		"of nobody":               {"FAILED", []finesse.Participant{party(ext, "INITIATED", 5), cause(party(mate, "ACTIVE", 5), "OTHER")}, ""},
		"the call has not failed": {"ACTIVE", []finesse.Participant{cause(party(ext, "ACTIVE", 5), "OTHER")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, outs := known(t).Apply(post(inbound("100", c.state, c.parties...)))
			require.Len(t, outs, 1)
			call, _ := callOf(outs[0])
			require.Equal(t, c.want, call.FailureCause)
		})
	}
}

func TestDialogState(t *testing.T) {
	v, _ := play(known(t), post(talking), put(onHold), post(asking))
	require.Equal(t, []protocol.DialogBrief{
		{ID: "100", State: "HELD", From: customer, ANI: customer, Variables: []protocol.Variable{}, CallType: "ACD_IN"},
		{ID: "101", State: "ACTIVE", From: ext, ANI: ext, Variables: []protocol.Variable{}, CallType: "OUT"},
	}, []protocol.DialogBrief{v.DialogState("100").Dialog, v.DialogState("100").Associated})
	require.Equal(t, "100", v.DialogState("101").Associated.ID)
	require.Equal(t, protocol.DialogBrief{ID: "9", State: "NOT_FOUND"}, v.DialogState("9").Dialog)

	e, ok := protocol.Encode(v.DialogStatus(), dialect(t, protocol.Edition44, protocol.FormatJSON))
	require.True(t, ok)
	require.Equal(t, "ACD_IN,OUT", e.JMSType(protocol.JMSTypeCode), "the main call first [H2]")
	require.Empty(t, translate.New(agent, protocol.Dialect{}).DialogStatus().Dialog)

	_, found := v.Dialog("101")
	require.True(t, found)
	_, found = v.Dialog("9")
	require.False(t, found)
}

// The memory of ended dialogs is bounded and keeps the newest.
func TestManyEndedDialogs(t *testing.T) {
	v := known(t)
	ids := "abcdefghijklmnopqrstuvwxyz"
	for i, id := range ids {
		over := inbound(string(id), "DROPPED", party(ext, "DROPPED", 20+i))
		v, _ = play(v, post(inbound(string(id), "ACTIVE", party(ext, "ACTIVE", 10))), gone(over))
	}
	v, said := play(v, put(inbound("z", "ACTIVE", party(ext, "ACTIVE", 10))))
	require.Empty(t, said, "z ended a moment ago")
	require.Empty(t, v.Dialogs())
}
