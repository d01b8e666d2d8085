package callcontrol

import (
	"testing"
	"time"
)

func TestInboundCallOnCCE(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001")
	s.do(Inbound{From: "0551", To: "2001"}).want(
		"1001 U RESERVED",
		"1001 POST 1 ALERTING PREROUTE_ACD_IN: 2001=ALERTING 0551=INITIATED")
	s.do(act("1001", "ANSWER")).want(
		"1001 U TALKING",
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=ACTIVE 0551=ACTIVE <-")
	s.do(act("1001", "HOLD")).want(
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=HELD 0551=ACTIVE <-",
		"1001 U HOLD")
	s.do(act("1001", "RETRIEVE")).want(
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=ACTIVE 0551=ACTIVE <-",
		"1001 U TALKING")
	s.do(HangUp{Dialog: "1", Address: "0551"}).want(
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=ACTIVE 0551=DROPPED",
		"1001 PUT 1 DROPPED PREROUTE_ACD_IN: 2001=DROPPED 0551=DROPPED",
		"1001 U READY",
		"1001 DELETE 1 DROPPED PREROUTE_ACD_IN: 2001=DROPPED 0551=DROPPED")
}

func TestInboundCallOnCCX(t *testing.T) {
	s := newScript(t, testConfig(CCX, WrapUpRequired)).signIn("1001")
	s.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER")).do(act("1001", "HOLD")).want(
		"1001 U RESERVED",
		"1001 POST 1 ALERTING ACD_IN: 2001=ALERTING 0551=INITIATED",
		"1001 U TALKING",
		"1001 PUT 1 ACTIVE ACD_IN: 2001=ACTIVE 0551=ACTIVE <-",
		"1001 PUT 1 ACTIVE ACD_IN: 2001=HELD 0551=ACTIVE <-") // no HOLD
	s.do(act("1001", "DROP")).want(
		"1001 PUT 1 ACTIVE ACD_IN: 2001=WRAP_UP 0551=ACTIVE <-",
		"1001 PUT 1 ACTIVE ACD_IN: 2001=WRAP_UP 0551=DROPPED <-",
		"1001 U WORK")
	s.wait(10*time.Second).want(
		"1001 U READY",
		"1001 DELETE 1 DROPPED ACD_IN: 2001=DROPPED 0551=DROPPED")
}

func TestWrapUp(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001")
	s.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
	s.log = nil
	s.do(act("1001", "DROP")).want(
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=WRAP_UP 0551=ACTIVE <-",
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=WRAP_UP 0551=DROPPED <-",
		"1001 U WORK_READY")
	reason := "Sales"
	s.do(Act{Agent: "1001", Dialog: "1", Action: "UPDATE_CALL_DATA", Target: "2001", WrapUpReason: &reason}).want(
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=WRAP_UP 0551=DROPPED <-")
	s.do(SetState{Agent: "1001", State: NotReady, ReasonID: "102"}).want(
		"1001 U NOT_READY(12) <-",
		"1001 DELETE 1 DROPPED PREROUTE_ACD_IN: 2001=DROPPED 0551=DROPPED")
	s.wait(time.Hour).want()
}

func TestWrapUpOptionalNeedsAsking(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpOptional)).signIn("1001")
	s.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
	s.log = nil
	s.do(SetState{Agent: "1001", State: Work}).want("1001 U TALKING pending WORK <-")
	s.do(HangUp{Dialog: "1"}).want(
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=ACTIVE 0551=DROPPED",
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=WRAP_UP 0551=DROPPED",
		"1001 U WORK pending WORK")
	s.wait(10*time.Second).want(
		"1001 U NOT_READY",
		"1001 DELETE 1 DROPPED PREROUTE_ACD_IN: 2001=DROPPED 0551=DROPPED")
}

func TestWrapUpDataRequired(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequiredData)).signIn("1001")
	s.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER")).do(act("1001", "DROP"))
	s.log = nil
	s.do(SetState{Agent: "1001", State: Ready}).want(
		"1001 ERROR Invalid State|CF_WRAPUP_DATA_REQUIRED|280 <-")
}

func TestCallerGivesUp(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001")
	s.do(Inbound{From: "0551", To: "2001"})
	s.log = nil
	s.do(HangUp{Dialog: "1"}).want( // states as they were, no PUT
		"1001 DELETE 1 ALERTING PREROUTE_ACD_IN: 2001=DROPPED 0551=INITIATED",
		"1001 U READY")
}

func TestRingTimeout(t *testing.T) {
	for f, code := range map[Flavor]string{CCE: "32767", CCX: "32763"} {
		s := newScript(t, testConfig(f, WrapUpRequired)).signIn("1001")
		s.do(Inbound{From: "0551", To: "2001"})
		s.log = nil
		s.wait(20*time.Second).want(
			"1001 DELETE 1 ALERTING "+inboundType(f, true)+": 2001=DROPPED 0551=INITIATED",
			"1001 U NOT_READY("+code+")")
	}
}

func TestOutgoingCallOnCCE(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001")
	s.do(MakeCall{Agent: "1001", To: "90055"}).want(
		"1001 U NOT_READY(50006)",
		"1001 U TALKING",
		"1001 POST 1 INITIATING OUT: 2001=INITIATING <-",
		"1001 PUT 1 INITIATED OUT: 2001=INITIATED <-",
		"1001 PUT 1 ALERTING OUT: 2001=INITIATED 90055=ALERTING <-")
	s.wait(time.Second).want(
		"1001 PUT 1 ACTIVE OUT: 2001=ACTIVE 90055=ACTIVE")
	s.do(act("1001", "DROP")).want(
		"1001 PUT 1 ACTIVE OUT: 2001=DROPPED 90055=ACTIVE <-",
		"1001 PUT 1 DROPPED OUT: 2001=DROPPED 90055=DROPPED <-",
		"1001 U READY",
		"1001 DELETE 1 DROPPED OUT: 2001=DROPPED 90055=DROPPED <-")
}

func TestOutgoingCallOnCCXStaysNotReady(t *testing.T) {
	s := newScript(t, testConfig(CCX, WrapUpRequired)).signIn("1001")
	s.do(MakeCall{Agent: "1001", To: "90055"}).want("1001 ERROR Invalid State|CF_INVALID_OBJECT_STATE|22 <-")
	s.do(SetState{Agent: "1001", State: NotReady})
	s.log = nil
	s.do(MakeCall{Agent: "1001", To: "90055"}).want(
		"1001 POST 1 INITIATING OUT: 2001=INITIATING <-",
		"1001 PUT 1 INITIATED OUT: 2001=INITIATED <-",
		"1001 PUT 1 ALERTING OUT: 2001=INITIATED 90055=ALERTING <-")
	s.do(SetState{Agent: "1001", State: Ready}).want("1001 ERROR Invalid State|CF_RESOURCE_BUSY|33 <-")
	s.do(act("1001", "DROP")).want(
		"1001 PUT 1 DROPPED OUT: 2001=DROPPED 90055=DROPPED <-",
		"1001 DELETE 1 DROPPED OUT: 2001=DROPPED 90055=DROPPED <-")
}

func TestFailedCalls(t *testing.T) {
	for number, cause := range map[string]string{"7000": "BUSY", "4711": "BAD_DESTINATION"} {
		s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001")
		s.do(SetState{Agent: "1001", State: NotReady})
		s.log = nil
		s.do(MakeCall{Agent: "1001", To: number}).want(
			"1001 U TALKING",
			"1001 POST 1 INITIATING OUT: 2001=INITIATING <-",
			"1001 PUT 1 INITIATED OUT: 2001=INITIATED <-",
			"1001 PUT 1 FAILED OUT: 2001=FAILED/"+cause+" <-")
		s.do(act("1001", "DROP")).want(
			"1001 PUT 1 DROPPED OUT: 2001=DROPPED/"+cause+" <-",
			"1001 U NOT_READY",
			"1001 DELETE 1 DROPPED OUT: 2001=DROPPED/"+cause+" <-")
	}
}

func TestAgentCallsAgent(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001", "1002")
	s.do(MakeCall{Agent: "1001", To: "2002"}).want(
		"1001 U NOT_READY(50006)",
		"1001 U TALKING",
		"1001 POST 1 INITIATING AGENT_INSIDE: 2001=INITIATING <-",
		"1001 PUT 1 INITIATED AGENT_INSIDE: 2001=INITIATED <-",
		"1001 PUT 1 ALERTING AGENT_INSIDE: 2001=INITIATED 2002=ALERTING <-",
		"1002 U RESERVED",
		"1002 POST 1 ALERTING AGENT_INSIDE: 2001=INITIATED 2002=ALERTING")
	s.do(act("1002", "ANSWER")).want(
		"1002 U TALKING",
		"1001 PUT 1 ACTIVE AGENT_INSIDE: 2001=ACTIVE 2002=ACTIVE",
		"1002 PUT 1 ACTIVE AGENT_INSIDE: 2001=ACTIVE 2002=ACTIVE <-")
	s.do(act("1002", "DROP")).want(
		"1001 PUT 1 ACTIVE AGENT_INSIDE: 2001=ACTIVE 2002=DROPPED",
		"1002 PUT 1 ACTIVE AGENT_INSIDE: 2001=ACTIVE 2002=DROPPED <-",
		"1001 PUT 1 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED",
		"1002 PUT 1 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED <-",
		"1001 U READY",
		"1001 DELETE 1 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED",
		"1002 U READY",
		"1002 DELETE 1 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED <-")
}

func TestConsultAndTransfer(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001", "1002")
	s.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
	s.log = nil
	s.do(Act{Agent: "1001", Dialog: "1", Action: "CONSULT_CALL", Target: "2001", To: "2002"}).want(
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=HELD 0551=ACTIVE <-",
		"1001 U HOLD",
		"1001 U TALKING",
		"1001 POST 2 INITIATING AGENT_INSIDE: 2001=INITIATING associated 1 <-",
		"1001 PUT 2 INITIATED AGENT_INSIDE: 2001=INITIATED associated 1 <-",
		"1001 PUT 2 ALERTING AGENT_INSIDE: 2001=INITIATED 2002=ALERTING associated 1 <-",
		"1002 U RESERVED",
		"1002 POST 2 ALERTING AGENT_INSIDE: 2001=INITIATED 2002=ALERTING associated 1")
	s.do(Act{Agent: "1002", Dialog: "2", Action: "ANSWER", Target: "2002"})
	s.log = nil
	s.do(act("1001", "TRANSFER")).want(
		"1001 DELETE 1 ACTIVE TRANSFER: 2001=DROPPED/OTHER 0551=ACTIVE 2002=ACTIVE secondary 2 <-",
		"1001 DELETE 2 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED associated 1 <-",
		"1002 DELETE 2 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED associated 1",
		"1002 POST 1 ACTIVE TRANSFER: 2001=DROPPED/OTHER 0551=ACTIVE 2002=ACTIVE secondary 2",
		"1002 PUT 1 ACTIVE TRANSFER: 0551=ACTIVE 2002=ACTIVE secondary 2",
		"1001 U READY")
}

func TestBlindTransferShowsTheTargetTwoDialogs(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001", "1002")
	s.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
	s.log = nil
	s.do(Act{Agent: "1001", Dialog: "1", Action: "TRANSFER_SST", Target: "2001", To: "2002"}).want(
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=ACTIVE 0551=ACTIVE <-",
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=HELD 0551=ACTIVE",
		"1001 U HOLD",
		"1002 U RESERVED",
		"1002 POST 2 ALERTING PREROUTE_ACD_IN: 2002=ALERTING 2001=INITIATED associated 1",
		"1002 POST 1 ACTIVE TRANSFER: 2001=DROPPED/OTHER 0551=ACTIVE 2002=ALERTING secondary 2",
		"1002 DELETE 2 DROPPED TRANSFER: 2002=DROPPED 2001=DROPPED associated 1",
		"1001 DELETE 1 ACTIVE TRANSFER: 2001=DROPPED/OTHER 0551=ACTIVE 2002=ALERTING secondary 2",
		"1002 PUT 1 ACTIVE TRANSFER: 0551=ACTIVE 2002=ALERTING secondary 2",
		"1001 U READY")
	s.do(act("1002", "ANSWER")).want(
		"1002 U TALKING",
		"1002 PUT 1 ACTIVE TRANSFER: 0551=ACTIVE 2002=ACTIVE secondary 2 <-")
}

func TestConference(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001", "1002")
	s.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
	s.do(Act{Agent: "1001", Dialog: "1", Action: "CONSULT_CALL", Target: "2001", To: "2002"})
	s.do(Act{Agent: "1002", Dialog: "2", Action: "ANSWER", Target: "2002"})
	s.log = nil
	s.do(act("1001", "CONFERENCE")).want(
		"1001 DELETE 2 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED associated 1 <-",
		"1002 DELETE 2 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED associated 1",
		"1002 POST 1 ACTIVE CONFERENCE: 2001=ACTIVE 0551=ACTIVE 2002=ACTIVE secondary 2",
		"1001 PUT 1 ACTIVE CONFERENCE: 2001=ACTIVE 0551=ACTIVE 2002=ACTIVE secondary 2 <-",
		"1002 PUT 1 ACTIVE CONFERENCE: 2001=ACTIVE 0551=ACTIVE 2002=ACTIVE secondary 2")
	s.do(act("1001", "DROP")).want(
		"1001 PUT 1 ACTIVE CONFERENCE: 2001=DROPPED 0551=ACTIVE 2002=ACTIVE secondary 2 <-",
		"1002 PUT 1 ACTIVE CONFERENCE: 2001=DROPPED 0551=ACTIVE 2002=ACTIVE secondary 2",
		"1001 U READY",
		"1001 DELETE 1 ACTIVE CONFERENCE: 2001=DROPPED 0551=ACTIVE 2002=ACTIVE secondary 2 <-",
		"1002 PUT 1 ACTIVE CONFERENCE: 0551=ACTIVE 2002=ACTIVE secondary 2")
}

func TestOnlyTheControllerAddsToAConference(t *testing.T) {
	for f, want := range map[Flavor]string{
		CCE: "1002 ERROR Generic Error|ConferenceCallCommand: the agent is not the controller of the conference|20999 <-",
		CCX: "1002 ERROR Invalid State|CF_INVALID_OBJECT_STATE|22 <-",
	} {
		s := newScript(t, testConfig(f, WrapUpNotAllowed)).signIn("1001", "1002", "1003")
		s.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
		s.do(Act{Agent: "1001", Dialog: "1", Action: "CONSULT_CALL", Target: "2001", To: "2002"})
		s.do(Act{Agent: "1002", Dialog: "2", Action: "ANSWER", Target: "2002"}).do(act("1001", "CONFERENCE"))
		s.do(Act{Agent: "1002", Dialog: "1", Action: "CONSULT_CALL", Target: "2002", To: "2003"})
		s.do(Act{Agent: "1003", Dialog: "3", Action: "ANSWER", Target: "2003"})
		s.log = nil
		s.do(act("1002", "CONFERENCE")).want(want)
	}
}

func TestRetrievingGivesUpAnUnansweredConsult(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001", "1002")
	s.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
	s.do(Act{Agent: "1001", Dialog: "1", Action: "CONSULT_CALL", Target: "2001", To: "2002"})
	s.log = nil
	s.do(act("1001", "RETRIEVE")).want(
		"1002 DELETE 2 ALERTING AGENT_INSIDE: 2001=INITIATED 2002=DROPPED associated 1",
		"1002 U READY",
		"1001 PUT 2 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED associated 1 <-",
		"1001 U HOLD",
		"1001 DELETE 2 DROPPED AGENT_INSIDE: 2001=DROPPED 2002=DROPPED associated 1 <-",
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=ACTIVE 0551=ACTIVE <-",
		"1001 U TALKING")
}
