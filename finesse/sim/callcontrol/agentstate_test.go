package callcontrol

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestStateRequests asks, from a situation, for a state, on both flavours.
func TestStateRequests(t *testing.T) {
	ready := SetState{Agent: "1001", State: Ready}
	notReady := SetState{Agent: "1001", State: NotReady, ReasonID: "102"}
	logout := SetState{Agent: "1001", State: Logout, ReasonID: "121"}
	inbound := Inbound{From: "0551", To: "2001"}
	situations := map[string][]Command{
		"signed out": {logout, SetState{Agent: "1001", State: NotReady}, logout},
		"ready":      {},
		"not ready":  {notReady},
		"reserved":   {inbound},
		"talking":    {inbound, act("1001", "ANSWER")},
		"hold":       {inbound, act("1001", "ANSWER"), act("1001", "HOLD")},
		"wrap-up":    {inbound, act("1001", "ANSWER"), act("1001", "DROP")},
		"direct":     {notReady, inbound, act("1001", "ANSWER")},
	}
	const (
		bad  = "1001 ERROR Invalid State|CF_INVALID_OBJECT_STATE|22 <-"
		mode = "1001 ERROR Invalid State|CF_INVALID_AGENT_WORKMODE|265 <-"
		busy = "1001 ERROR Invalid State|CF_RESOURCE_BUSY|33 <-"
	)
	for _, row := range []struct {
		from     string
		ask      SetState
		cce, ccx string // the first event
	}{
		{"ready", notReady, "1001 U NOT_READY(12) <-", "1001 U NOT_READY(12) <-"},
		{"ready", ready, "1001 U READY <-", "1001 U READY <-"},
		{"ready", logout, bad, "1001 U LOGOUT(21) <-"},
		{"ready", SetState{Agent: "1001", State: Work}, bad, bad},
		{"not ready", logout, "1001 U LOGOUT(21) <-", "1001 U LOGOUT(21) <-"},
		{"not ready", ready, "1001 U READY <-", "1001 U READY <-"},
		{"reserved", notReady, "1001 U RESERVED pending NOT_READY <-", "1001 U RESERVED pending NOT_READY <-"},
		{"talking", ready, "1001 U TALKING pending READY <-", mode},
		{"talking", notReady, "1001 U TALKING pending NOT_READY <-", "1001 U TALKING pending NOT_READY <-"},
		{"talking", logout, bad, bad},
		{"hold", notReady, "1001 U HOLD pending NOT_READY <-", "1001 U TALKING pending NOT_READY <-"},
		{"wrap-up", logout, bad, bad},
		{"wrap-up", ready, "1001 U READY <-", "1001 U READY <-"},
		{"direct", ready, "1001 U TALKING pending READY <-", busy},
		{"direct", logout, bad, busy},
		{"ready", SetState{Agent: "1001", State: NotReady, ReasonID: "121"}, "1001 ERROR Invalid State|CF_INVALID_AGENT_REASON_CODE|266 <-", "1001 ERROR Invalid State|CF_INVALID_AGENT_REASON_CODE|266 <-"},
		{"talking", SetState{Agent: "1001", State: Logout, Forced: true}, "1001 U TALKING pending LOGOUT <-", "1001 U TALKING pending LOGOUT <-"},
		{"talking", SetState{Agent: "1001", State: NotReady, Forced: true}, bad, bad},
		{"ready", SetState{Agent: "1001", State: NotReady, Forced: true}, "1001 U NOT_READY(999) <-", "1001 U NOT_READY(33) <-"},
		{"ready", SetState{Agent: "1001", State: Logout, Forced: true}, "1001 U LOGOUT(999) <-", "1001 U LOGOUT(22) <-"},
		{"wrap-up", SetState{Agent: "1001", State: Logout, Forced: true}, "1001 U LOGOUT(999) <-", "1001 U LOGOUT(22) <-"},
	} {
		for _, f := range []Flavor{CCE, CCX} {
			t.Run(row.from+" to "+string(row.ask.State)+" on "+string(f), func(t *testing.T) {
				s := newScript(t, testConfig(f, WrapUpRequired)).signIn("1001")
				for _, c := range situations[row.from] {
					s.do(c)
				}
				s.log = nil
				s.do(row.ask)
				want := row.cce
				if f == CCX {
					want = row.ccx
				}
				require.Equal(t, want, s.log[0])
			})
		}
	}
}

func TestSigningIn(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired))
	login := SetState{Agent: "1001", State: Login, Extension: "2001"}
	s.do(SetState{Agent: "1001", State: NotReady}).want("1001 ERROR Invalid State|CF_INVALID_PASSWORD_SPECIFIED|257 <-")
	s.do(SetState{Agent: "1001", State: Login, Extension: "8888"}).want("1001 ERROR Invalid Device|CF_INVALID_LOGON_DEVICE_SPECIFIED|260 <-")
	s.do(login).want("1001 U NOT_READY <-")
	u, _ := s.e.User("1001")
	require.Equal(t, "-1", u.ReasonID)
	s.do(SetState{Agent: "1002", State: Login, Extension: "2001"}).want("1002 ERROR Invalid Device|CF_SPECIFIED_EXTENSION_ALREADY_IN_USE|283 <-")
	s.do(SetState{Agent: "1001", State: Ready})
	s.log = nil
	s.do(login).want("1001 U READY <-") // keeps the state
	s.do(SetState{Agent: "1001", State: Login, Extension: "2003"}).want("1001 ERROR Invalid State|CF_SPECIFIED_AGENT_ALREADY_SIGNED_ON|259 <-")
	s.do(SetState{Agent: "1002", State: Login, Extension: "2002", MobileMode: "CALL_BY_CALL"}).want("1002 ERROR Mode Not Allowed|CF_GENERIC_OPERATION_REJECTION|71 <-")

	ccx := newScript(t, testConfig(CCX, WrapUpRequired))
	ccx.do(SetState{Agent: "1001", State: Ready}).want("1001 ERROR Invalid State|CF_INVALID_PARAMETER|1010 <-")
}

func TestReasonRequired(t *testing.T) {
	cfg := testConfig(CCE, WrapUpRequired)
	cfg.ReasonRequired = true
	s := newScript(t, cfg).signIn("1001")
	s.do(SetState{Agent: "1001", State: NotReady}).want("1001 ERROR Invalid State|CF_REASON_CODE_REQUIRED|281 <-")
}

func TestReasonIDStaysWhileTalking(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001")
	s.do(SetState{Agent: "1001", State: NotReady, ReasonID: "102"})
	s.do(MakeCall{Agent: "1001", To: "9"})
	u, _ := s.e.User("1001")
	require.Equal(t, Talking, u.State)
	require.Equal(t, "102", u.ReasonID)
	require.Nil(t, u.Reason)
}

func TestLostPresence(t *testing.T) {
	lost, back := PresenceLost{"1001"}, PresenceBack{"1001"}
	inbound := Inbound{From: "0551", To: "2001"}
	for name, row := range map[string]struct {
		flavor Flavor
		load   bool
		calls  []Command
		want   []string
	}{
		"CCE": {flavor: CCE, want: []string{"1001 U NOT_READY(50002)"}},
		"CCE on a call": {
			flavor: CCE, calls: []Command{inbound, act("1001", "ANSWER")},
			want: []string{"1001 U TALKING pending NOT_READY"},
		},
		"CCE LOAD": {flavor: CCE, load: true, want: []string{"1001 U LOGOUT(50002)"}},
		"CCE LOAD on a call": {
			flavor: CCE, load: true, calls: []Command{inbound, act("1001", "ANSWER")},
			want: []string{
				"1001 PUT 1 ACTIVE PREROUTE_ACD_IN: 2001=DROPPED 0551=ACTIVE",
				"1001 PUT 1 DROPPED PREROUTE_ACD_IN: 2001=DROPPED 0551=DROPPED",
				"1001 U READY",
				"1001 DELETE 1 DROPPED PREROUTE_ACD_IN: 2001=DROPPED 0551=DROPPED",
				"1001 U LOGOUT(50002)",
			},
		},
		"CCX": {flavor: CCX, want: []string{"1001 U LOGOUT(255)"}},
		"CCX on a call": {
			flavor: CCX, calls: []Command{inbound, act("1001", "ANSWER")},
			want: []string{"1001 U TALKING pending LOGOUT"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig(row.flavor, WrapUpNotAllowed)
			cfg.LogoutOnDisconnect = row.load
			s := newScript(t, cfg).signIn("1001")
			for _, c := range row.calls {
				s.do(c)
			}
			s.log = nil
			s.do(lost).wait(59 * time.Second).do(back).wait(time.Hour).want()
			s.do(lost).wait(time.Minute).want(row.want...)
		})
	}
}
