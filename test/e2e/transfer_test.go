package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/test/wait"
)

const customer = "5551000"

// trio is three agents on one topic, all logged in.
func trio(t *testing.T, l *lab) *phone {
	t.Helper()
	p := newPhone(t, l.broker, own)
	for _, a := range []string{"1001", "1002", "1003"} {
		p.login(own, a, "20"+a[2:])
	}
	return p
}

// answered puts agent into a call with the customer and returns its dialog.
func (p *phone) answered(l *lab, agent, extension string) string {
	p.t.Helper()
	id, err := l.sim.Call(customer, extension)
	require.NoError(p.t, err)
	p.expect(own, agent+"#NewInboundCall#", "DialogID:"+id)
	p.do("AnswerCall#"+agent, id)
	p.expect(own, agent+"#InboundCall#ACTIVE#DialogID:"+id)
	return id
}

// consulting lets agent consult another and returns the consultation.
func (p *phone) consulting(agent, other, otherExtension, main string) string {
	p.t.Helper()
	corr := p.do("ConsultCall#"+agent, otherExtension+","+main)
	p.expect(own, agent+"#InboundCall#HELD#DialogID:"+main)
	p.answer(own, corr, agent+"#ConsultCall#INITI")
	ring := p.expect(own, other+"#NewInboundCall#")
	id := dialogOf(ring.body)
	p.do("AnswerCall#"+other, id)
	p.expect(own, agent+"#ConsultCall#ACTIVE#AssDialogID:"+id)
	return id
}

// dialogOf is the id that follows DialogID: in a message.
func dialogOf(body string) string {
	_, rest, _ := strings.Cut(body, "DialogID:")
	id, _, _ := strings.Cut(rest, "#")
	return id
}

func TestBlindTransfer(t *testing.T) {
	for _, b := range brokers {
		t.Run(b.name, func(t *testing.T) {
			l := newLab(t, b.start(t), nil)
			p := trio(t, l)
			id := p.answered(l, "1001", "2001")
			p.do("Transfer_sst# 1001", "2002,"+id)
			p.expect(own, "1001#InboundCall#DROP#DialogID:"+id)
			p.expect(own, "1002#NewInboundCall#", "DialogID:"+id)
			p.do("AnswerCall#1002", id)
			p.expect(own, "1002#InboundCall#ACTIVE#DialogID:"+id)
			p.do("ReleaseCall#1002", id)
			p.expect(own, "1002#InboundCall#DROP#DialogID:"+id)
		})
	}
}

// TestConsultThenCompletes names the wrong dialog and the other agent's
// extension on purpose: clients do, and Finesse wants neither [C13].
func TestConsultThenComplete(t *testing.T) {
	for _, tc := range []struct {
		word string
		want func(p *phone, main string)
	}{
		{"TransferCall", func(p *phone, main string) {
			p.expect(own, "1001#InboundCall#DROP#DialogID:"+main)
			p.expect(own, "1002#InboundCall#ACTIVE#DialogID:"+main, "CallType:TRANSFER")
		}},
		{"Conferencecall", func(p *phone, main string) {
			p.expect(own, "1001#InboundCall#ACTIVE#DialogID:"+main, "CallType:CONFERENCE#ParticipantsCount:3")
			p.expect(own, "1002#InboundCall#ACTIVE#DialogID:"+main, "CallType:CONFERENCE#ParticipantsCount:3")
			corr := p.do("getDialogParticipants#1001", main)
			parts := strings.Split(p.answer(own, corr, "1001#ConferenceParticipants#").body, "#")[2]
			require.ElementsMatch(p.t, []string{customer, "2001", "2002"}, strings.Split(parts, ","))
		}},
	} {
		for _, names := range []string{"the call", "the consultation"} {
			t.Run(tc.word+" naming "+names, func(t *testing.T) {
				l := newLab(t, brokers[1].start(t), nil)
				p := trio(t, l)
				main := p.answered(l, "1001", "2001")
				consult := p.consulting("1001", "1002", "2002", main)
				named := main
				if names == "the consultation" {
					named = consult
				}
				p.do(tc.word+"#1001", "2002,"+named)
				p.expect(own, "1001#ConsultCall#DROP#AssDialogID:"+consult)
				tc.want(p, main)
			})
		}
	}
}

func TestCompleteWithoutHeldCall(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := trio(t, l)
	id := p.answered(l, "1001", "2001")
	for _, word := range []string{"TransferCall", "Conferencecall"} {
		p.answer(own, p.do(word+"#1001", "2002,"+id), "1001#Error#CF_NO_HELD_CALL")
	}
}

func TestControlsVariablesAndWrapUp(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := trio(t, l)
	id := p.answered(l, "1001", "2001")

	corr := p.do("getdialogstatecontrols#1001", id)
	p.answer(own, corr, "#DialogState#ACTIVE#"+id+"#")
	p.answer(own, corr, "1001#Control#0,false|1,true|2,false|3,true|")
	p.answer(own, p.do("getdialogstatecontrols#1001", "999"), "1001#Error#NO_DIALOG_ID")

	for _, body := range []string{",callVariable1,a, b", ",callVariable1=c", ",callVariable1=d|callVariable2=e"} { // [C12]
		want := strings.TrimPrefix(strings.NewReplacer(",callVariable1,", "callVariable1=").Replace(body), ",")
		p.expectAfter("update_call_variable#1001", id+body, "1001#InboundCall#ACTIVE#DialogID:"+id, strings.Split(want, "|")[0])
	}
	p.answer(own, p.do("update_call_variable#1001", id+",BAStatus=x"), "1001#Error#PLEASE_RETRY")

	p.do("wrapup#1001", "Sales,"+id)
	require.True(t, wait.Until(patience, func() bool {
		return strings.Contains(requested(l), "<wrapUpReason>Sales</wrapUpReason>")
	}), "the label went to Finesse")
	p.story.Claim(t.Name(), "A-25")
	p.answer(own, p.do("wrapup#1001", "Sales,999"), "1001#Error#NO_DIALOG_ID")
}

// expectAfter sends a command and waits for the event that it causes.
func (p *phone) expectAfter(jmsType, body string, parts ...string) {
	p.t.Helper()
	p.answer(own, p.do(jmsType, body), parts...)
}

// requested are the bodies of all requests to Finesse.
func requested(l *lab) string {
	var b strings.Builder
	for _, r := range l.sim.Requests() {
		b.WriteString(r.Body)
	}
	return b.String()
}

func TestWorkAndMobileLogin(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil)
	p := newPhone(t, l.broker, own)
	p.do("Connect#1004", "A,pw1004")
	corr := p.do("MobileAgentLogin#1004", "pw1004,2004,0049301234,true")
	p.answer(own, corr, "1004#AgentInfo#")
	p.answer(own, corr, "1004#State#NOT_READY#")
	require.Contains(t, requested(l), "<mobileAgent><mode>CALL_BY_CALL</mode><dialNumber>0049301234</dialNumber></mobileAgent>")
	// Finesse sets WORK by itself and takes it as a request only during a call.
	p.answer(own, p.do("makeworkready#1004", ""), "1004#Error#")
}
