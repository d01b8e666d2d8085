package callcontrol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestQueue(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed))
	require.Empty(t, s.e.LastDialog())
	s.do(Inbound{From: "0551", To: "3001", Variables: []Variable{{"callVariable1", "x"}}}).want()
	require.Equal(t, "1", s.e.LastDialog())
	s.wait(time.Second).do(Inbound{From: "0552", To: "3001"}).want()
	require.Equal(t, []string{"Sales waiting 1 ready 0 talking 0", "Sales waiting 2 ready 0 talking 0"}, s.queue)
	q, ok := s.e.Queue("10")
	require.True(t, ok)
	require.Equal(t, epoch, q.LongestSince)

	s.do(SetState{Agent: "1003", State: Login, Extension: "2003"}).do(SetState{Agent: "1003", State: Ready}) // of the other queue
	s.do(SetState{Agent: "1001", State: Login, Extension: "2001"})
	s.log, s.queue = nil, nil
	s.do(SetState{Agent: "1001", State: Ready}).want(
		"1001 U READY <-",
		"1001 U RESERVED",
		"1001 POST 1 ALERTING PREROUTE_ACD_IN: 2001=ALERTING 0551=INITIATED")
	require.Equal(t, []string{"Sales waiting 1 ready 0 talking 0"}, s.queue)
	d, _ := s.e.Dialog("1")
	require.Equal(t, []string{"10", "Sales", "3001", "2001", "x"}, []string{d.QueueNumber, d.QueueName, d.DialedNumber, d.DNIS, variable(d, "callVariable1")})
	s.do(act("1001", "ANSWER"))
	s.log, s.queue = nil, nil
	s.do(act("1001", "DROP")).want(
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=DROPPED 0551=ACTIVE <-",
		"1001 PUT 1 DROPPED PREROUTE_ACD_IN: 2001=DROPPED 0551=DROPPED <-",
		"1001 U READY",
		"1001 DELETE 1 DROPPED PREROUTE_ACD_IN: 2001=DROPPED 0551=DROPPED <-",
		"1001 U RESERVED",
		"1001 POST 2 ALERTING PREROUTE_ACD_IN: 2001=ALERTING 0552=INITIATED")
	_, ok = s.e.Queue("77")
	require.False(t, ok)
}

func TestTheLongestReadyAgentGetsTheCall(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1002").wait(time.Second).signIn("1001")
	s.do(Inbound{From: "0551", To: "3001"})
	require.Len(t, s.e.Dialogs("1002"), 1)
}

func TestUnansweredCallGoesBackToTheQueue(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpNotAllowed)).signIn("1001")
	s.do(Inbound{From: "0551", To: "3001"}).wait(time.Second).do(Inbound{From: "0552", To: "3001"})
	s.log = nil
	s.wait(19*time.Second).want(
		"1001 DELETE 1 ALERTING PREROUTE_ACD_IN: 2001=DROPPED 0551=INITIATED",
		"1001 U NOT_READY(32767)")
	s.signIn("1002")
	require.Equal(t, "1", s.e.Dialogs("1002")[0].ID, "it keeps its place")
	q, _ := s.e.Queue("10")
	require.Equal(t, 1, q.CallsInQueue)
	s.do(HangUp{Dialog: "2"}) // gives up waiting
	q, _ = s.e.Queue("10")
	require.Zero(t, q.CallsInQueue)
}

func TestQueueNumbers(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001", "1002", "1003")
	stats := func(id string) QueueStats {
		q, _ := s.e.Queue(id)
		q.ID, q.Name, q.Assigned = "", "", false
		return q
	}
	require.Equal(t, QueueStats{AgentsReady: 2, AgentsLoggedOn: 2}, stats("10"))
	s.do(Inbound{From: "0551", To: "3001"}) // 1001
	require.Equal(t, QueueStats{AgentsReady: 1, AgentsLoggedOn: 2}, stats("10"), "RESERVED")
	s.do(Inbound{From: "0552", To: "3001"}) // 1002, of both queues
	s.do(Act{Agent: "1002", Dialog: "2", Action: "ANSWER", Target: "2002"})
	require.Equal(t, QueueStats{TalkingInbound: 1, AgentsLoggedOn: 2}, stats("10"))
	require.Equal(t, QueueStats{AgentsReady: 1, AgentsBusyOther: 1, AgentsLoggedOn: 2}, stats("20"))
	s.do(act("1001", "ANSWER")).do(act("1001", "DROP"))
	require.Equal(t, QueueStats{TalkingInbound: 1, WrapUpReady: 1, AgentsLoggedOn: 2}, stats("10"))
	s.do(SetState{Agent: "1003", State: NotReady})
	require.Equal(t, 1, stats("20").AgentsNotReady)
	s.do(MakeCall{Agent: "1003", To: "90055"})
	require.Equal(t, 1, stats("20").TalkingOutbound)
	s.do(SetState{Agent: "1001", State: NotReady}).do(MakeCall{Agent: "1001", To: "2004"})
	require.Equal(t, 1, stats("10").TalkingOutbound, "nobody sits at 2004")
	s.do(SetState{Agent: "1004", State: Login, Extension: "2004"}).do(HangUp{Dialog: s.e.LastDialog(), Address: "2001"})
	s.do(MakeCall{Agent: "1001", To: "2004"})
	require.Equal(t, 1, stats("10").TalkingInternal)
}

func TestCCXDoesNotTellOfQueues(t *testing.T) {
	s := newScript(t, testConfig(CCX, WrapUpNotAllowed)).signIn("1001").do(Inbound{From: "0551", To: "3001"})
	require.Empty(t, s.queue)
	require.Len(t, s.e.Dialogs("1001"), 1)
}

func TestWrapUpItemsAreOfCCX(t *testing.T) {
	for f, want := range map[Flavor][]string{CCX: {"a", "b"}, CCE: nil} {
		s := newScript(t, testConfig(f, WrapUpNotAllowed)).signIn("1001").do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
		s.do(Act{Agent: "1001", Dialog: "1", Action: "UPDATE_CALL_DATA", Target: "2001", WrapUpItems: []string{"a", "b"}})
		d, _ := s.e.Dialog("1")
		require.Equal(t, want, d.WrapUpItems)
	}
}
