package translate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// other is an inbound call of no relation to the rest.
func other(id, state string, sec int) finesse.Dialog {
	return inbound(id, "ACTIVE", party(ext, state, sec), party("05559999", "ACTIVE", sec))
}

// associated is d with an associatedDialogUri.
func associated(d finesse.Dialog, id string) finesse.Dialog {
	d.AssociatedDialog = id
	return d
}

var (
	waiting  = other("100", "HELD", 9)
	younger  = other("103", "HELD", 10)
	consults = dialled("104", "INITIATING", party(ext, "INITIATING", 11))
)

// TestPartner: what a consult is about, seen in the call that a transfer without
// a dialog id means [C13].
func TestPartner(t *testing.T) {
	for name, c := range map[string]struct {
		consult finesse.Dialog
		want    string
	}{
		"the youngest held":          {consults, "103"},
		"what Finesse associates":    {associated(consults, "100"), "100"},
		"Finesse associates itself":  {associated(consults, "104"), "103"},
		"Finesse associates another": {associated(consults, "9"), "103"},
	} {
		t.Run(name, func(t *testing.T) {
			v, said := play(known(t), post(waiting), post(younger), post(c.consult))
			require.Equal(t, []string{"InboundCall HELD 100", "InboundCall HELD 103", "ConsultCall INITIATING 104"}, said)
			id, ok := v.Held("none")
			require.True(t, ok)
			require.Equal(t, c.want, id)
		})
	}
}

// A consult about a call that is not held leaves the choice to the oldest [C13].
func TestHeldWithoutTheConsultsCall(t *testing.T) {
	v, _ := play(known(t), post(other("100", "ACTIVE", 9)), post(other("102", "HELD", 9)), post(younger), post(associated(consults, "100")))
	id, ok := v.Held("none")
	require.True(t, ok)
	require.Equal(t, "102", id)
}

// TestSurvivingConsult: a consult goes on as a call when its call was joined to
// it, and for no other reason [M4].
func TestSurvivingConsult(t *testing.T) {
	talks := dialled("104", "ACTIVE", party(ext, "ACTIVE", 13), party(customer, "ACTIVE", 13))
	swallowed := func(id string) finesse.Dialog {
		d := talks
		d.SecondaryID = id
		return d
	}
	over := gone(other("103", "DROPPED", 12))
	becomes := []string{"ConsultCall DROPPED 104", "InboundCall ACTIVE 104"}
	for name, c := range map[string]struct {
		events []finesse.Notification
		want   []string
	}{
		"a conference":                      {[]finesse.Notification{over, put(typed(talks, "CONFERENCE"))}, append([]string{"InboundCall DROPPED 103"}, becomes...)},
		"a transfer":                        {[]finesse.Notification{over, put(typed(talks, "TRANSFER"))}, append([]string{"InboundCall DROPPED 103"}, becomes...)},
		"the call is in secondaryId":        {[]finesse.Notification{put(swallowed("103"))}, becomes},
		"another call is in secondaryId":    {[]finesse.Notification{put(swallowed("77"))}, []string{"ConsultCall ACTIVE 104"}},
		"the call ended":                    {[]finesse.Notification{over, put(talks)}, []string{"InboundCall DROPPED 103", "ConsultCall ACTIVE 104"}},
		"a conference while the call is on": {[]finesse.Notification{put(typed(talks, "CONFERENCE"))}, []string{"ConsultCall ACTIVE 104"}},
		"a conference, the call was the first": {
			[]finesse.Notification{gone(other("100", "DROPPED", 12)), put(typed(talks, "CONFERENCE"))},
			[]string{"InboundCall DROPPED 100", "ConsultCall ACTIVE 104"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := play(known(t), post(waiting), post(younger), post(consults))
			_, said := play(v, c.events...)
			require.Equal(t, c.want, said)
		})
	}
}

// TestCompanion: which dialog goes with which in O-014 and O-024.
func TestCompanion(t *testing.T) {
	consultOf := func(id string) finesse.Dialog { return associated(consults, id) }
	for name, c := range map[string]struct {
		dialogs []finesse.Dialog
		of      string // "" = the DialogStatus
		want    string // the dialog, and its companion
	}{
		"the consult about the call":              {[]finesse.Dialog{waiting, younger, consultOf("100")}, "", "100|104"},
		"the call of the consult":                 {[]finesse.Dialog{waiting, younger, consultOf("100")}, "104", "104|100"},
		"the call, before what names the consult": {[]finesse.Dialog{waiting, consultOf("100"), associated(other("105", "ALERTING", 12), "104")}, "104", "104|100"},
		"no relation: the oldest other":           {[]finesse.Dialog{waiting, younger, other("105", "ALERTING", 12)}, "105", "105|100"},
		"no relation: the first has the second":   {[]finesse.Dialog{waiting, younger, other("105", "ALERTING", 12)}, "", "100|103"},
		"alone":                                   {[]finesse.Dialog{waiting}, "", "100|"},
	} {
		t.Run(name, func(t *testing.T) {
			v := known(t)
			for _, d := range c.dialogs {
				v, _ = play(v, post(d))
			}
			got := v.DialogStatus().Dialog.ID + "|" + v.DialogStatus().Associated.ID
			if c.of != "" {
				got = v.DialogState(c.of).Dialog.ID + "|" + v.DialogState(c.of).Associated.ID
			}
			require.Equal(t, c.want, got)
		})
	}
	t.Run("the call of a consult has ended, another has come", func(t *testing.T) {
		v, _ := play(known(t), post(waiting), post(consults), gone(waiting), post(younger))
		require.Equal(t, "103", v.DialogStatus().Dialog.ID, "a consult is not the main call")
		require.Equal(t, "104", v.DialogStatus().Associated.ID)
	})
}

// Dialogs are told late if they came before the agent's extension did; one that
// is held back stays so.
func TestDialogsBeforeTheExtension(t *testing.T) {
	v := translate.New(agent, dialect(t, protocol.Edition44, protocol.FormatJSON))
	v, said := play(v, post(ringing), post(other("103", "ACTIVE", 9)))
	require.Empty(t, said)
	_, said = play(v, userEvent(finesse.StateReserved, 10))
	require.Equal(t, []string{"State RESERVED", "NewInboundCall ALERTING 100", "InboundCall ACTIVE 103"}, said)

	bare := inbound("100", "ALERTING", party(ext, "ALERTING", 5))
	bare.CallType, bare.DialedNumber = "OTHER_IN", ""
	v, _ = play(known(t), userEvent(finesse.StateReservedOut, 4))
	_, said = play(v, post(bare), userEvent(finesse.StateReserved, 6))
	require.Equal(t, []string{"State RESERVED"}, said, "the dialer's first packet is held back")
}

// AgentInfo is due again for a client that has just connected.
func TestForClient(t *testing.T) {
	d := dialect(t, protocol.Edition44, protocol.FormatDefault)
	v, _ := known(t).Resync(user(finesse.StateReady, 3), []finesse.Dialog{talking}, translate.AfterLogin)
	_, outs := v.Resync(user(finesse.StateReady, 3), []finesse.Dialog{talking}, translate.AfterLogin)
	require.NotContains(t, say(outs), "AgentInfo")
	v = v.ForClient(d)
	_, said := play(v, put(talking))
	require.Empty(t, said, "what was told counts as told")
	_, outs = v.Resync(user(finesse.StateReady, 3), []finesse.Dialog{talking}, translate.AfterLogin)
	require.Contains(t, say(outs), "AgentInfo")
}
