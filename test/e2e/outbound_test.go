package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
)

// dialled lets the dialer offer a contact to agent 1001, who is made ready.
func dialled(t *testing.T, l *lab, mode callcontrol.DialMode) (p *phone, dialog string) {
	t.Helper()
	p = newPhone(t, l.broker, own)
	p.login(own, "1001", "2001")
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
	dialog, err := l.sim.Outbound(sim.OutboundSpec{Agent: "1001", Number: "5552000", Mode: mode, Campaign: "Spring"})
	require.NoError(t, err)
	return p, dialog
}

func TestPreview(t *testing.T) {
	dropped := func(p *phone, id string) { p.expect(own, "1001#InboundCall#DROP#DialogID:"+id) }
	accepted := func(p *phone, id string) {
		p.expect(own, "1001#InboundCall#ACCEPTED#DialogID:"+id)
		dropped(p, id)
		p.expect(own, "1001#InboundCall#ACTIVE#", "CallType:OUTBOUND#")
	}
	for _, tc := range []struct {
		mode   callcontrol.DialMode
		word   string
		clause string
		want   func(p *phone, id string)
	}{
		{callcontrol.Preview, "AcceptOutboundPreview", "A-39", accepted},
		{callcontrol.Preview, "RejectOutboundPreview", "A-40", dropped},
		{callcontrol.Preview, "CloseOutboundPreview", "A-41", dropped},
		{callcontrol.Callback, "AcceptOutboundPreview", "X-06", accepted},
		{callcontrol.Callback, "RejectOutboundPreview", "X-07", dropped},
	} {
		t.Run(tc.word+" "+string(tc.mode), func(t *testing.T) {
			l := newLab(t, brokers[1].start(t), nil)
			p, id := dialled(t, l, tc.mode)
			p.expect(own, "1001#State#RESERVED_OUTBOUND_PREVIEW#")
			offer := p.expect(own, "1001#NewOutboundPreviewCall#", "DialogID:"+id, "BACampaign=Spring")
			require.Contains(t, offer.body, "#CallType:OUTBOUND_")
			p.do(tc.word+"#1001", id)
			tc.want(p, id)
			p.story.Claim(t.Name(), tc.clause)
		})
	}
}

func TestPreviewOnTheWrongPlatform(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := trio(t, l)
	id := p.answered(l, "1001", "2001")
	p.answer(own, p.do("AcceptOutboundPreview#1001", id+",ACCEPT"), "1001#Error#")
	p.answer(own, p.do("AcceptOutboundPreview#1001", "999,ACCEPT"), "1001#Error#NO_DIALOG_ID")
}

func TestCallback(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p, id := dialled(t, l, callcontrol.Progressive)
	p.expect(own, "1001#NewOutboundCall#", "DialogID:"+id)
	p.do("AnswerCall#1001", id)
	p.expect(own, "1001#InboundCall#ACTIVE#DialogID:"+id)
	for _, tc := range []struct{ jmsType, body, want string }{
		{"SHCEDULECALLBACK#1001", "2001," + id + ",2030-06-30 12:00:00,0049301234", "CallBack#Callback Scheduled"},
		{"UPDATECALLBACK#1001", "2001," + id + ",2030-06-30T13:00,0049301235", "CallBack#Callback Updated"},
		{"CANCELSHCEDULECALLBACK#1001", "2001," + id, "CallBack#Callback Canceled"},
	} {
		p.answer(own, p.do(tc.jmsType, tc.body), tc.want)
	}
	p.answer(own, p.do("SHCEDULECALLBACK#1001", "2001,"+id+",tomorrow,0049301234"), "1001#Error#PLEASE_RETRY")
	p.answer(own, p.do("CANCELSCHEDULECALLBACK#1001", "2001,"+id), "1001#Error#") // there is none any more
}

func TestReclassify(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p, id := dialled(t, l, callcontrol.Preview)
	p.expect(own, "1001#NewOutboundPreviewCall#", "DialogID:"+id)
	p.do("AcceptOutboundPreview#1001", id+",ACCEPT")
	id = dialogOf(p.expect(own, "1001#InboundCall#ACTIVE#", "CallType:OUTBOUND#").body)
	for value, want := range map[string]string{"REX_FAX": "CallBack#RECLASSIFY Successfully", "VOICE": "CallBack#RECLASSIFY Successfully", "GHOST": "1001#Error#PLEASE_RETRY"} {
		p.answer(own, p.do("RECLASSIFYCALL#1001", "2001,"+id+","+value), want)
	}
}
