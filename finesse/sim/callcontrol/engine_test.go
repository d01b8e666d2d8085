package callcontrol

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func testConfig(f Flavor, rule WrapUpRule) Config {
	cfg := Config{
		Flavor: f,
		Reasons: append([]Reason{
			{ID: "102", Code: 12, Label: "Lunch", Category: NotReady},
			{ID: "121", Code: 21, Label: "End of shift", Category: Logout},
		}, SystemReasons(f)...),
		Numbers: []NumberRule{
			{Pattern: "7000", Behaviour: Busy},
			{Pattern: "9*", Behaviour: Answers, After: time.Second},
			{Pattern: "????", Behaviour: BadDestination},
		},
		Queues: []Queue{
			{ID: "10", Name: "Sales", Number: "3001", Agents: []string{"1001", "1002"}},
			{ID: "20", Name: "Support", Number: "3002", Agents: []string{"1002", "1003"}},
		},
		RingTimeout: 20 * time.Second, PresenceGrace: time.Minute, FirstDialogID: 1,
	}
	for i := 1; i <= 4; i++ {
		cfg.Agents = append(cfg.Agents, Profile{
			ID: fmt.Sprint(1000 + i), Extension: fmt.Sprint(2000 + i),
			WrapUpIncoming: rule, WrapUpOutgoing: WrapUpNotAllowed, WrapUpTime: 10 * time.Second,
		})
	}
	return cfg
}

// script is a contact centre with a clock of its own and a readable record.
type script struct {
	t   *testing.T
	e   *Engine
	now time.Time
	log []string
	// queue is what was told of queues, apart from the rest.
	queue []string
}

func newScript(t *testing.T, cfg Config) *script {
	return &script{t: t, e: New(cfg), now: epoch}
}

func (s *script) do(c Command) *script {
	s.t.Helper()
	out, err := s.e.Apply(s.now, "r", c)
	require.NoError(s.t, err)
	s.note(out)
	return s
}

func (s *script) wait(d time.Duration) *script {
	s.now = s.now.Add(d)
	s.note(s.e.Advance(s.now))
	return s
}

// signIn puts agents at their desks, READY, and forgets the events.
func (s *script) signIn(ids ...string) *script {
	for _, id := range ids {
		s.do(SetState{Agent: id, State: Login, Extension: "2" + id[1:]})
		s.do(SetState{Agent: id, State: Ready})
	}
	s.log = nil
	return s
}

func (s *script) note(out []Event) {
	for _, ev := range out {
		if q := ev.Queue; q != nil {
			s.queue = append(s.queue, fmt.Sprintf("%s waiting %d ready %d talking %d", q.Name, q.CallsInQueue, q.AgentsReady, q.TalkingInbound))
			continue
		}
		s.log = append(s.log, line(ev))
	}
}

// line is an event as a person would write it down:
// agent, kind, [id dialog-state type: party=state ...].
func line(ev Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s ", ev.Agent)
	switch ev.Kind {
	case UserChanged:
		fmt.Fprintf(&b, "U %s", ev.User.State)
		if ev.User.Reason != nil {
			fmt.Fprintf(&b, "(%d)", ev.User.Reason.Code)
		}
		if ev.User.Pending != "" {
			fmt.Fprintf(&b, " pending %s", ev.User.Pending)
		}
	case RequestFailed:
		fmt.Fprintf(&b, "ERROR %s|%s|%s", ev.Failure.Type, ev.Failure.Message, ev.Failure.Data)
	default:
		d := ev.Dialog
		fmt.Fprintf(&b, "%s %s %s %s:", ev.Kind, d.ID, d.State, d.CallType)
		for _, p := range d.Parties {
			fmt.Fprintf(&b, " %s=%s", p.Address, p.State)
			if p.Cause != "" {
				fmt.Fprintf(&b, "/%s", p.Cause)
			}
		}
		if d.SecondaryID != "" {
			fmt.Fprintf(&b, " secondary %s", d.SecondaryID)
		}
		if d.AssociatedID != "" {
			fmt.Fprintf(&b, " associated %s", d.AssociatedID)
		}
	}
	if ev.RequestID != "" {
		b.WriteString(" <-")
	}
	return b.String()
}

func (s *script) want(lines ...string) {
	s.t.Helper()
	if diff := cmp.Diff(lines, s.log); diff != "" {
		s.t.Fatalf("events differ (-want +got):\n%s", diff)
	}
	s.log = nil
}

func act(agent, action string) Act {
	return Act{Agent: agent, Dialog: "1", Action: action, Target: "2" + agent[1:]}
}

func TestDialogActionsAreAnnouncedByParticipantState(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001")
	actions := func() string {
		d, _ := s.e.Dialog("1")
		p, _ := d.Party("2001")
		return strings.Join(p.Actions, " ")
	}
	s.do(Inbound{From: "0551", To: "2001"})
	require.Equal(t, "ANSWER", actions())
	s.do(act("1001", "ANSWER"))
	require.Equal(t, "TRANSFER_SST CONSULT_CALL HOLD UPDATE_CALL_DATA SEND_DTMF DROP", actions())
	s.do(act("1001", "HOLD"))
	require.Equal(t, "UPDATE_CALL_DATA DROP RETRIEVE", actions())
	s.do(act("1001", "RETRIEVE"))
	s.do(act("1001", "DROP"))
	require.Equal(t, "UPDATE_CALL_DATA", actions())
}

func TestEveryCallHasAllTenVariables(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001")
	s.do(Inbound{From: "0551", To: "2001", Variables: []Variable{{"callVariable3", "x"}, {"user.a", "y"}}})
	d, _ := s.e.Dialog("1")
	require.Len(t, d.Variables, 11)
	require.Equal(t, Variable{"callVariable3", "x"}, d.Variables[2])
	require.Equal(t, Variable{"user.a", "y"}, d.Variables[10])
	s.do(act("1001", "ANSWER"))
	s.do(Act{Agent: "1001", Dialog: "1", Action: "UPDATE_CALL_DATA", Target: "2001", Variables: []Variable{{"callVariable3", "z"}}})
	before := d.Variables[2].Value
	d, _ = s.e.Dialog("1")
	require.Equal(t, "z", d.Variables[2].Value)
	require.Equal(t, "x", before, "a snapshot does not change")
}

func TestOrderedRefusals(t *testing.T) {
	s := newScript(t, testConfig(CCE, WrapUpRequired)).signIn("1001")
	for _, message := range []string{"CF_SERVICE_BUSY", "CF_NETWORK_BUSY"} {
		s.do(RefuseNext{Agent: "1001", Failure: Failure{Type: "Call Operation Failure", Message: message, Data: "32"}})
	}
	s.do(SetState{Agent: "1001", State: NotReady}).want("1001 ERROR Call Operation Failure|CF_SERVICE_BUSY|32 <-")
	s.do(MakeCall{Agent: "1001", To: "90055"}).want("1001 ERROR Call Operation Failure|CF_NETWORK_BUSY|32 <-")
	s.do(SetState{Agent: "1001", State: NotReady}).want("1001 U NOT_READY <-")
	_, err := s.e.Apply(epoch, "", RefuseNext{Agent: "7"})
	require.ErrorContains(t, err, "no agent 7")
}

func TestControlSideRefusals(t *testing.T) {
	e := New(testConfig(CCE, WrapUpRequired))
	apply := func(c Command) error { _, err := e.Apply(epoch, "", c); return err }
	require.NoError(t, apply(SetState{Agent: "1001", State: Login, Extension: "2001"}))
	var r *Refusal
	for name, c := range map[string]Command{
		"nobody there": Inbound{From: "0551", To: "2002"},
		"no dialog":    HangUp{Dialog: "77"},
		"no agent":     SetState{Agent: "77", State: Ready},
	} {
		require.ErrorAs(t, apply(c), &r, name)
		require.True(t, r.NotFound, name)
	}
	require.NoError(t, apply(Inbound{From: "0551", To: "1001"}))
	require.ErrorAs(t, apply(Inbound{From: "0552", To: "2001"}), &r)
	require.False(t, r.NotFound, "busy is no missing thing")
	require.ErrorAs(t, apply(HangUp{Dialog: "1", Address: "nobody"}), &r)
	require.True(t, r.NotFound)
}
