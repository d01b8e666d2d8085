package translate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

func TestReasonCodes(t *testing.T) {
	lunch := &finesse.ReasonCode{ID: "47", Code: "12", Label: "Lunch", Category: "NOT_READY"}
	for name, c := range map[string]struct {
		user        finesse.User
		code, label string
	}{
		"ready":                      {finesse.User{State: finesse.StateReady, ReasonCodeID: "-1"}, "", ""},
		"first not ready":            {finesse.User{State: finesse.StateNotReady, ReasonCodeID: "-1"}, "-1", ""},
		"not ready with a reason":    {finesse.User{State: finesse.StateNotReady, ReasonCodeID: "47", Reason: lunch}, "12", "Lunch"},
		"an id without its code":     {finesse.User{State: finesse.StateNotReady, ReasonCodeID: "47"}, "-1", ""},
		"logout":                     {finesse.User{State: finesse.StateLogout}, "-1", ""},
		"logout with a reason":       {finesse.User{State: finesse.StateLogout, Reason: lunch}, "12", "Lunch"},
		"talking keeps the last id":  {finesse.User{State: finesse.StateTalking, ReasonCodeID: "47"}, "", ""},
		"talking, with a code block": {finesse.User{State: finesse.StateTalking, Reason: lunch}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := known(t).Resync(c.user, nil, translate.OnRequest)
			require.Equal(t, c.code, v.State().ReasonCode)
			require.Equal(t, c.label, v.State().ReasonLabel)
		})
	}
}

func TestStateOfNobody(t *testing.T) {
	require.Equal(t, "UNKNOWN", translate.New(agent, protocol.Dialect{}).State().State)
}

// TestStateOncePerChange: one State for each change of state, reason, pending
// state or extension, none for anything else [M7].
func TestStateOncePerChange(t *testing.T) {
	put := func(p finesse.UserPatch) finesse.Notification { return finesse.Notification{User: &p} }
	v, said := play(known(t),
		put(finesse.UserPatch{ID: ptr(agent), FirstName: ptr("Amy-Lou")}),
		put(finesse.UserPatch{ID: ptr(agent), WrapUpTimer: ptr(30)}),
		put(finesse.UserPatch{ID: ptr(agent), State: ptr(finesse.StateReady), StateChangeTime: ptr(at(3))}),
	)
	require.Empty(t, said)
	require.Equal(t, "Amy-Lou Adams", v.State().FullName)

	_, said = play(v,
		put(finesse.UserPatch{ID: ptr(agent), PendingState: ptr(finesse.StateNotReady)}),
		put(finesse.UserPatch{ID: ptr(agent), PendingState: ptr(finesse.AgentState(""))}),
		put(finesse.UserPatch{ID: ptr(agent), Extension: ptr("2009")}),
		put(finesse.UserPatch{State: ptr(finesse.StateNotReady), Reason: &finesse.ReasonCode{Code: "12"}}),
		put(finesse.UserPatch{State: ptr(finesse.StateNotReady), Reason: &finesse.ReasonCode{Code: "13"}}),
		put(finesse.UserPatch{State: ptr(finesse.StateReady), StateChangeTime: ptr(at(2))}), // older than what is known
	)
	require.Equal(t, []string{"State READY", "State READY", "State READY", "State NOT_READY", "State NOT_READY"}, said)
}

// A supervisor's stream carries the members of their teams; on CCX a user may
// be named by their login name.
func TestWhoseEvent(t *testing.T) {
	for name, c := range map[string]struct {
		patch finesse.UserPatch
		want  int
	}{
		"their own":       {finesse.UserPatch{ID: ptr(agent), State: ptr(finesse.StateTalking)}, 1},
		"no id at all":    {finesse.UserPatch{State: ptr(finesse.StateTalking)}, 1},
		"a team member's": {finesse.UserPatch{ID: ptr("1002"), LoginName: ptr("ben"), State: ptr(finesse.StateTalking)}, 0},
		"by login name":   {finesse.UserPatch{ID: ptr("77"), LoginName: ptr(agent), State: ptr(finesse.StateTalking)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, outs := known(t).Apply(finesse.Notification{User: &c.patch})
			require.Len(t, outs, c.want)
		})
	}
}

// TestStanding: what was said last, for one who has to say it again.
func TestStanding(t *testing.T) {
	call := inbound("55", "ACTIVE", party("90001", "ACTIVE", 1), party("2001", "ACTIVE", 1))
	other := inbound("56", "ACTIVE", party("90001", "ACTIVE", 1), party("2001", "ACTIVE", 1))
	v, said := play(known(t), post(call))
	require.Equal(t, []string{"State READY"}, say(v.Standing(userEvent(finesse.StateTalking, 1))), "as it is, not as the event has it")
	require.Equal(t, said, say(v.Standing(put(call))))
	require.Empty(t, v.Standing(put(other)), "never heard of")
	require.Empty(t, v.Standing(finesse.Notification{User: &finesse.UserPatch{ID: ptr("1002")}}), "another agent")
	v, _ = play(v, gone(call))
	require.Empty(t, v.Standing(put(call)), "over")
	require.Empty(t, translate.New(agent, protocol.Dialect{}).Standing(userEvent(finesse.StateReady, 1)), "nothing known")
}
