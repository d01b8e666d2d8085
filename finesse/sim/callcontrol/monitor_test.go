package callcontrol

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listened is 1001 in a call, 1003 NOT_READY and listening to it.
func listened(t *testing.T, f Flavor) *script {
	s := talking(t, f)
	s.do(SilentMonitor{Agent: "1003", To: "2001"})
	return s
}

// talking is 1001 in a routed call and 1003 NOT_READY.
func talking(t *testing.T, f Flavor) *script {
	s := newScript(t, testConfig(f, WrapUpNotAllowed)).signIn("1001", "1003")
	s.do(SetState{Agent: "1003", State: NotReady}).do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
	s.log = nil
	return s
}

func TestSilentMonitorOnCCE(t *testing.T) {
	s := listened(t, CCE)
	s.want(
		"1003 U TALKING",
		"1003 POST 2 INITIATING SUPERVISOR_MONITOR: 2003=INITIATING associated 1 <-",
		"1003 PUT 2 INITIATED SUPERVISOR_MONITOR: 2003=INITIATED associated 1 <-",
		"1003 PUT 2 ALERTING SUPERVISOR_MONITOR: 2003=INITIATED 2001=ALERTING associated 1 <-",
		"1001 POST 2 ALERTING SUPERVISOR_MONITOR: 2003=INITIATED 2001=ALERTING associated 1",
		"1003 PUT 2 ACTIVE SUPERVISOR_MONITOR: 2003=ACTIVE 2001=ACTIVE associated 1 <-",
		"1001 PUT 2 ACTIVE SUPERVISOR_MONITOR: 2003=ACTIVE 2001=ACTIVE associated 1")
	call, _ := s.e.Dialog("1")
	require.Equal(t, "2", call.AssociatedID, "they name each other")
	m, _ := s.e.Dialog("2")
	agent, _ := m.Party("2001")
	require.Empty(t, agent.Actions)
	supervisor, _ := m.Party("2003")
	require.Equal(t, []string{"DROP"}, supervisor.Actions)
	require.Len(t, s.e.Dialogs("1001"), 2)
	s.do(Act{Agent: "1003", Dialog: "2", Action: "DROP", Target: "2003"}).want(
		"1003 PUT 2 DROPPED SUPERVISOR_MONITOR: 2003=DROPPED 2001=DROPPED associated 1 <-",
		"1001 PUT 2 DROPPED SUPERVISOR_MONITOR: 2003=DROPPED 2001=DROPPED associated 1",
		"1003 DELETE 2 DROPPED SUPERVISOR_MONITOR: 2003=DROPPED 2001=DROPPED associated 1 <-",
		"1001 DELETE 2 DROPPED SUPERVISOR_MONITOR: 2003=DROPPED 2001=DROPPED associated 1",
		"1003 U NOT_READY")
	call, _ = s.e.Dialog("1")
	require.Empty(t, call.AssociatedID)
}

func TestSilentMonitorOnCCXDoesNotShowInTheState(t *testing.T) {
	s := listened(t, CCX)
	require.NotContains(t, strings.Join(s.log, "\n"), " U ")
	u, _ := s.e.User("1003")
	require.Equal(t, NotReady, u.State)

	direct := newScript(t, testConfig(CCX, WrapUpNotAllowed)).signIn("1001", "1003")
	direct.do(SetState{Agent: "1001", State: NotReady}).do(SetState{Agent: "1003", State: NotReady})
	direct.do(Inbound{From: "0551", To: "2001"}).do(act("1001", "ANSWER"))
	direct.log = nil
	direct.do(SilentMonitor{Agent: "1003", To: "2001"})
	require.Contains(t, direct.log[0], "1003 POST 2", "NOT_READY on a call that no queue sent")
}

func TestListeningEndsWithTheCall(t *testing.T) {
	ends := map[string]Command{
		"caller":   HangUp{Dialog: "1"},
		"agent":    act("1001", "DROP"),
		"transfer": Act{Agent: "1001", Dialog: "1", Action: "TRANSFER_SST", Target: "2001", To: "90055"},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			s := listened(t, CCE)
			s.log = nil
			s.do(end)
			all := strings.Join(s.log, "\n")
			require.Contains(t, all, "1003 DELETE 2 ")
			require.Contains(t, all, "1001 DELETE 2 ")
			require.Less(t, strings.Index(all, "1001 DELETE 2 "), strings.Index(all, "1001 U READY"), "before 1001 is READY again")
			u, _ := s.e.User("1003")
			require.Equal(t, NotReady, u.State)
		})
	}
	s := listened(t, CCE) // holding does not end it
	s.do(act("1001", "HOLD")).do(act("1001", "RETRIEVE"))
	require.Len(t, s.e.Dialogs("1003"), 1)
}

// TestWhoCannotBeMonitored has a row per situation of the agent.
func TestWhoCannotBeMonitored(t *testing.T) {
	in := Inbound{From: "0551", To: "2001"}
	const (
		state = "1003 ERROR Invalid State|CF_INVALID_OBJECT_STATE|22 <-"
		cce   = "1003 ERROR 13145|CF_INVALID_OBJECT_STATE|22 <-"
		ccx   = "1003 ERROR 88049|CF_INVALID_OBJECT_STATE|22 <-"
	)
	for name, row := range map[string]struct {
		before   []Command
		to       string
		cce, ccx string
	}{
		"ready":     {nil, "2001", state, ccx},
		"not ready": {[]Command{SetState{Agent: "1001", State: NotReady}}, "2001", cce, ccx},
		"ringing":   {[]Command{in}, "2001", state, ccx},
		"hold":      {[]Command{in, act("1001", "ANSWER"), act("1001", "HOLD")}, "2001", cce, ccx},
		"wrap-up":   {[]Command{in, act("1001", "ANSWER"), act("1001", "DROP")}, "2001", state, ccx},
		"nobody":    {nil, "2002", "1003 ERROR Invalid Destination|CF_INVALID_CALLED_DEVICE|6 <-", "1003 ERROR Invalid Destination|CF_INVALID_CALLED_DEVICE|6 <-"},
		"oneself":   {nil, "2003", "1003 ERROR Invalid Destination|CF_INVALID_CALLED_DEVICE|6 <-", "1003 ERROR Invalid Destination|CF_INVALID_CALLED_DEVICE|6 <-"},
		"preview":   {[]Command{Outbound{Agent: "1001", Number: "90055", Mode: Preview}}, "2001", state, state},
		"not ready oneself": {
			[]Command{in, act("1001", "ANSWER"), SetState{Agent: "1003", State: Ready}}, "2001", state, state,
		},
		"listened to": {
			[]Command{in, act("1001", "ANSWER"), SetState{Agent: "1004", State: Login, Extension: "2004"}, SilentMonitor{Agent: "1004", To: "2001"}},
			"2001", "1003 ERROR Invalid State|CF_RESOURCE_BUSY|33 <-", "1003 ERROR Invalid State|CF_RESOURCE_BUSY|33 <-",
		},
		"listening": {
			[]Command{in, act("1001", "ANSWER"), SetState{Agent: "1004", State: Login, Extension: "2004"}, SilentMonitor{Agent: "1004", To: "2001"}},
			"2004", state, state,
		},
	} {
		for f, want := range map[Flavor]string{CCE: row.cce, CCX: row.ccx} {
			t.Run(name+" on "+string(f), func(t *testing.T) {
				s := newScript(t, testConfig(f, WrapUpRequired)).signIn("1001", "1003")
				s.do(SetState{Agent: "1003", State: NotReady})
				for _, c := range row.before {
					s.do(c)
				}
				s.log = nil
				s.do(SilentMonitor{Agent: "1003", To: row.to}).want(want)
			})
		}
	}
}

func TestBargeOnCCE(t *testing.T) {
	s := listened(t, CCE)
	s.log = nil
	s.do(Barge{Agent: "1003", To: "2001", Monitor: "2"}).want(
		"1003 PUT 2 DROPPED SUPERVISOR_MONITOR: 2003=DROPPED 2001=DROPPED associated 1 <-",
		"1001 PUT 2 DROPPED SUPERVISOR_MONITOR: 2003=DROPPED 2001=DROPPED associated 1",
		"1003 DELETE 2 DROPPED SUPERVISOR_MONITOR: 2003=DROPPED 2001=DROPPED associated 1 <-",
		"1001 DELETE 2 DROPPED SUPERVISOR_MONITOR: 2003=DROPPED 2001=DROPPED associated 1",
		"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=HELD 0551=ACTIVE",
		"1001 U HOLD",
		"1001 U TALKING",
		"1001 POST 3 INITIATING BARGE_IN_CONSULT: 2001=INITIATING associated 1",
		"1001 PUT 3 INITIATED BARGE_IN_CONSULT: 2001=INITIATED associated 1",
		"1001 PUT 3 ALERTING BARGE_IN_CONSULT: 2001=INITIATED 2003=ALERTING/SUPERVISOR_BARGE_IN associated 1",
		"1003 POST 3 ALERTING BARGE_IN_CONSULT: 2001=INITIATED 2003=ALERTING/SUPERVISOR_BARGE_IN associated 1 <-",
		"1001 PUT 3 ACTIVE BARGE_IN_CONSULT: 2001=ACTIVE 2003=ACTIVE/SUPERVISOR_BARGE_IN associated 1",
		"1003 PUT 3 ACTIVE BARGE_IN_CONSULT: 2001=ACTIVE 2003=ACTIVE/SUPERVISOR_BARGE_IN associated 1 <-",
		"1001 DELETE 3 DROPPED BARGE_IN_CONSULT: 2001=DROPPED 2003=DROPPED/SUPERVISOR_BARGE_IN associated 1",
		"1003 DELETE 3 DROPPED BARGE_IN_CONSULT: 2001=DROPPED 2003=DROPPED/SUPERVISOR_BARGE_IN associated 1 <-",
		"1003 POST 1 ACTIVE CONFERENCE: 2001=ACTIVE 0551=ACTIVE 2003=ACTIVE/SUPERVISOR_BARGE_IN secondary 3 <-",
		"1001 PUT 1 ACTIVE CONFERENCE: 2001=ACTIVE 0551=ACTIVE 2003=ACTIVE/SUPERVISOR_BARGE_IN secondary 3",
		"1003 PUT 1 ACTIVE CONFERENCE: 2001=ACTIVE 0551=ACTIVE 2003=ACTIVE/SUPERVISOR_BARGE_IN secondary 3 <-") // TALKING all the time
	s.do(Act{Agent: "1003", Dialog: "1", Action: "PARTICIPANT_DROP", Target: "2001"}).want( // intercept
		"1001 PUT 1 ACTIVE CONFERENCE: 2001=DROPPED 0551=ACTIVE 2003=ACTIVE/SUPERVISOR_BARGE_IN secondary 3",
		"1003 PUT 1 ACTIVE CONFERENCE: 2001=DROPPED 0551=ACTIVE 2003=ACTIVE/SUPERVISOR_BARGE_IN secondary 3 <-",
		"1001 U READY",
		"1001 DELETE 1 ACTIVE CONFERENCE: 2001=DROPPED 0551=ACTIVE 2003=ACTIVE/SUPERVISOR_BARGE_IN secondary 3",
		"1003 PUT 1 ACTIVE CONFERENCE: 0551=ACTIVE 2003=ACTIVE/SUPERVISOR_BARGE_IN secondary 3 <-")
	s.do(Act{Agent: "1003", Dialog: "1", Action: "PARTICIPANT_DROP", Target: "2003"}).want(
		"1003 ERROR Generic Error|INVALID_ACTION PARTICIPANT_DROP on extension 2003|2003 <-")
}

func TestBargeOnCCXShowsTalkingInARoutedCall(t *testing.T) {
	s := listened(t, CCX)
	s.do(Barge{Agent: "1003", To: "2001", Monitor: "2"})
	u, _ := s.e.User("1003")
	require.Equal(t, Talking, u.State)
}

func TestBargeRefusals(t *testing.T) {
	barge := Barge{Agent: "1003", To: "2001", Monitor: "2"}
	login := SetState{Agent: "1002", State: Login, Extension: "2002"}
	for name, row := range map[string]struct {
		limit  int
		before []Command
		barge  Barge
		want   string
	}{
		"does not listen": {barge: Barge{Agent: "1003", To: "2001", Monitor: "1"}, want: "Invalid State"},
		"no monitor":      {barge: Barge{Agent: "1003", To: "2001", Monitor: "9"}, want: "Invalid State"},
		"another's":       {barge: Barge{Agent: "1001", To: "2001", Monitor: "2"}, want: "Invalid State"},
		"another agent":   {before: []Command{login}, barge: Barge{Agent: "1003", To: "2002", Monitor: "2"}, want: "Invalid Destination"},
		"nobody":          {barge: Barge{Agent: "1003", To: "4711", Monitor: "2"}, want: "Invalid Destination"},
		"held":            {before: []Command{act("1001", "HOLD")}, barge: barge, want: "Invalid Destination"},
		"no room":         {limit: 2, barge: barge, want: "20700"},
	} {
		t.Run(name, func(t *testing.T) {
			s := listened(t, CCE)
			s.e.cfg.MaxConference = row.limit
			for _, c := range row.before {
				s.do(c)
			}
			f := s.e.CheckBarge(row.barge)
			require.NotNil(t, f)
			require.Equal(t, row.want, f.Type)
			s.log = nil
			s.do(row.barge)
			require.Len(t, s.log, 1)
			require.Contains(t, s.log[0], "ERROR "+row.want)
		})
	}
}

func TestOnlyTheControllersCallIsBarged(t *testing.T) {
	s := talking(t, CCE).do(SetState{Agent: "1002", State: Login, Extension: "2002"})
	s.do(Act{Agent: "1001", Dialog: "1", Action: "CONSULT_CALL", Target: "2001", To: "2002"})
	s.do(Act{Agent: "1002", Dialog: "2", Action: "ANSWER", Target: "2002"}).do(act("1001", "CONFERENCE"))
	s.do(SilentMonitor{Agent: "1003", To: "2002"})
	f := s.e.CheckBarge(Barge{Agent: "1003", To: "2002", Monitor: "3"})
	require.Equal(t, "20999", f.Type)
	s.do(Act{Agent: "1003", Dialog: "3", Action: "DROP", Target: "2003"}).do(SilentMonitor{Agent: "1003", To: "2001"})
	require.Nil(t, s.e.CheckBarge(Barge{Agent: "1003", To: "2001", Monitor: "4"}))
}

func TestAConsultIsNotBarged(t *testing.T) {
	s := talking(t, CCE).do(SetState{Agent: "1002", State: Login, Extension: "2002"})
	s.do(Act{Agent: "1001", Dialog: "1", Action: "CONSULT_CALL", Target: "2001", To: "2002"})
	s.do(Act{Agent: "1002", Dialog: "2", Action: "ANSWER", Target: "2002"}).do(SilentMonitor{Agent: "1003", To: "2001"})
	f := s.e.CheckBarge(Barge{Agent: "1003", To: "2001", Monitor: "3"})
	require.Equal(t, "20999", f.Type)
}
