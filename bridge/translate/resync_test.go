package translate_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

var (
	ringing = inbound("100", "ALERTING", party(ext, "ALERTING", 5), party(customer, "INITIATED", 5))
	talking = inbound("100", "ACTIVE", party(ext, "ACTIVE", 9), party(customer, "ACTIVE", 9))
	onHold  = inbound("100", "ACTIVE", party(ext, "HELD", 20), party(customer, "ACTIVE", 9))
	// asking is the consult about call 100; its participants began later.
	asking = func() finesse.Dialog {
		d := dialled("101", "ACTIVE", party(ext, "ACTIVE", 25), party(mate, "ACTIVE", 25))
		for i := range d.Participants {
			d.Participants[i].StartTime = at(21)
		}
		return d
	}()
)

func TestResync(t *testing.T) {
	talk := user(finesse.StateTalking, 9)
	for name, c := range map[string]struct {
		before []finesse.Notification
		user   finesse.User
		listed []finesse.Dialog
		cause  translate.Cause
		want   []string
	}{
		"login without a call": {
			user: user(finesse.StateNotReady, 3), cause: translate.AfterLogin,
			want: []string{"AgentInfo", "State NOT_READY", "DialogStatus  | "},
		},
		"login during a call: the status tells it": {
			user: talk, listed: []finesse.Dialog{talking}, cause: translate.AfterLogin,
			want: []string{"AgentInfo", "State TALKING", "DialogStatus 100 ACTIVE| "},
		},
		"login while a call rings": {
			user: talk, listed: []finesse.Dialog{ringing}, cause: translate.AfterLogin,
			want: []string{"AgentInfo", "State TALKING", "DialogStatus 100 ALERTING| ", "NewInboundCall ALERTING 100"},
		},
		"gap: nothing changed": {
			before: []finesse.Notification{userEvent(finesse.StateTalking, 9), post(ringing), put(talking)},
			user:   talk, listed: []finesse.Dialog{talking}, cause: translate.AfterGap,
			want: []string{"DialogStatus 100 ACTIVE| ", "State TALKING"},
		},
		"gap: the call was held": {
			before: []finesse.Notification{userEvent(finesse.StateTalking, 9), post(ringing), put(talking)},
			user:   user(finesse.StateHold, 20), listed: []finesse.Dialog{onHold}, cause: translate.AfterGap,
			want: []string{"DialogStatus 100 HELD| ", "State HOLD", "InboundCall HELD 100"},
		},
		"gap: the call ended and another rings": {
			before: []finesse.Notification{userEvent(finesse.StateTalking, 9), post(ringing), put(talking)},
			user:   user(finesse.StateReserved, 20),
			listed: []finesse.Dialog{inbound("102", "ALERTING", party(ext, "ALERTING", 20), party(customer, "INITIATED", 20))},
			cause:  translate.AfterGap,
			want:   []string{"DialogStatus 102 ALERTING| ", "State RESERVED", "InboundCall DROPPED 100", "NewInboundCall ALERTING 102"},
		},
		"gap: a call was answered in it": {
			before: []finesse.Notification{userEvent(finesse.StateReady, 2)},
			user:   talk, listed: []finesse.Dialog{talking}, cause: translate.AfterGap,
			want: []string{"DialogStatus 100 ACTIVE| ", "State TALKING", "InboundCall ACTIVE 100"},
		},
		"gap: listed and dropped already": {
			before: []finesse.Notification{userEvent(finesse.StateTalking, 9), post(ringing), put(talking)},
			user:   user(finesse.StateReady, 30),
			listed: []finesse.Dialog{inbound("100", "DROPPED", party(ext, "DROPPED", 30), party(customer, "DROPPED", 30))},
			cause:  translate.AfterGap,
			want:   []string{"DialogStatus  | ", "State READY", "InboundCall DROPPED 100"},
		},
		"gap: an answer older than the end": {
			before: []finesse.Notification{
				userEvent(finesse.StateTalking, 9), post(ringing), put(talking),
				gone(inbound("100", "DROPPED", party(ext, "DROPPED", 30), party(customer, "DROPPED", 30))),
			},
			user: talk, listed: []finesse.Dialog{talking}, cause: translate.AfterGap,
			want: []string{"DialogStatus  | ", "State TALKING"},
		},
		"take-over in a consultation, listed the wrong way round": {
			user: talk, listed: []finesse.Dialog{asking, onHold}, cause: translate.TakeOver,
			want: []string{"DialogStatus 100 HELD|101 ACTIVE", "State TALKING"},
		},
		"take-over of two dialogs of the same second: ids count up": {
			user: talk, cause: translate.TakeOver,
			listed: []finesse.Dialog{
				dialled("100", "ACTIVE", party(ext, "ACTIVE", 9), party(mate, "ACTIVE", 9)),
				inbound("99", "ACTIVE", party(ext, "HELD", 9), party(customer, "ACTIVE", 9)),
			},
			want: []string{"DialogStatus 99 HELD|100 ACTIVE", "State TALKING"},
		},
		"take-over of a call that rings": {
			user: user(finesse.StateReserved, 5), listed: []finesse.Dialog{ringing}, cause: translate.TakeOver,
			want: []string{"DialogStatus 100 ALERTING| ", "State RESERVED", "NewInboundCall ALERTING 100"},
		},
		"request: nothing changed": {
			before: []finesse.Notification{userEvent(finesse.StateTalking, 9), post(ringing), put(talking)},
			user:   talk, listed: []finesse.Dialog{talking}, cause: translate.OnRequest,
			want: []string{"State TALKING", "DialogStatus 100 ACTIVE| "},
		},
		"request: a chat is no call": {
			user:   user(finesse.StateReady, 9),
			listed: []finesse.Dialog{{ID: "151635_312_1", MediaType: "Chat", State: "ACTIVE", Participants: talking.Participants}},
			cause:  translate.OnRequest,
			want:   []string{"State READY", "DialogStatus  | "},
		},
		"request: a chat is listed before a call": {
			user:   talk,
			listed: []finesse.Dialog{{ID: "1", MediaType: "Chat", State: "ACTIVE", Participants: talking.Participants}, talking},
			cause:  translate.OnRequest,
			want:   []string{"State TALKING", "DialogStatus 100 ACTIVE| ", "InboundCall ACTIVE 100"},
		},
		"look: nothing changed": {
			before: []finesse.Notification{userEvent(finesse.StateTalking, 9), post(ringing), put(talking)},
			user:   talk, listed: []finesse.Dialog{talking}, cause: translate.OnLook,
		},
		"look: the state is another": {
			before: []finesse.Notification{userEvent(finesse.StateReady, 2)},
			user:   user(finesse.StateNotReady, 9), cause: translate.OnLook,
			want: []string{"State NOT_READY"},
		},
		"look: the state is told, then the call": {
			before: []finesse.Notification{userEvent(finesse.StateReady, 2)},
			user:   talk, listed: []finesse.Dialog{talking}, cause: translate.OnLook,
			want: []string{"State TALKING", "InboundCall ACTIVE 100"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := play(translate.New(agent, dialect(t, protocol.Edition44, protocol.FormatJSON)), c.before...)
			_, outs := v.Resync(c.user, c.listed, c.cause)
			require.Equal(t, c.want, say(outs))
		})
	}
}

func TestTakenOverDialogsAreKnown(t *testing.T) {
	v := translate.New(agent, dialect(t, protocol.Edition44, protocol.FormatJSON))
	v, _ = v.Resync(user(finesse.StateTalking, 9), []finesse.Dialog{asking, onHold}, translate.TakeOver)
	require.Equal(t, "100", v.Dialogs()[0].ID, "oldest first")

	v, said := play(v, post(onHold), put(asking))
	require.Empty(t, said, "what the client knows is not told again")

	ended := asking
	ended.Participants = []finesse.Participant{party(ext, "DROPPED", 40), party(mate, "DROPPED", 40)}
	_, said = play(v, put(ended), gone(ended), put(talkingAgain()))
	require.Equal(t, []string{"ConsultCall DROPPED 101", "InboundCall ACTIVE 100"}, said)
}

func talkingAgain() finesse.Dialog {
	return inbound("100", "ACTIVE", party(ext, "ACTIVE", 41), party(customer, "ACTIVE", 9))
}

// A GET that an event overtook must not cost the agent their call: the dialog
// ends as vanished, and its next event brings it back.
func TestVanishedByARaceComesBack(t *testing.T) {
	v, _ := play(known(t), userEvent(finesse.StateTalking, 9), post(talking))
	v, outs := v.Resync(user(finesse.StateTalking, 9), nil, translate.AfterGap)
	require.Contains(t, say(outs), "InboundCall DROPPED 100")

	v, said := play(v, put(talking))
	require.Empty(t, said, "no news")
	_, said = play(v, put(onHold))
	require.Equal(t, []string{"InboundCall HELD 100"}, said)
}

func TestAgentInfoOncePerLogin(t *testing.T) {
	boss := user(finesse.StateNotReady, 3)
	boss.Roles = []string{"Agent", "Supervisor"}
	boss.Teams = []finesse.TeamRef{{ID: "1", Name: "Sales"}, {ID: "2", Name: "Support"}}
	v := translate.New(agent, dialect(t, protocol.Edition44, protocol.FormatJSON))

	for _, c := range []translate.Cause{translate.AfterGap, translate.TakeOver, translate.OnRequest} {
		v, outs := v.Resync(boss, nil, c)
		require.NotContains(t, say(outs), "AgentInfo")
		_, outs = v.Resync(boss, nil, translate.AfterLogin)
		require.Contains(t, say(outs), "AgentInfo", "only a login has told it")
	}

	v, outs := v.Resync(boss, nil, translate.AfterLogin)
	require.Equal(t, []string{"AgentInfo", "TeamIDs", "TeamNames", "State NOT_READY", "DialogStatus  | "}, say(outs))
	require.Equal(t, protocol.AgentInfo{
		Addressee: protocol.Addressee{Agent: agent, FullName: "Amy Adams"},
		FirstName: "Amy", LastName: "Adams", LoginName: "amy", Supervisor: true,
		WrapUpOnIncoming: "OPTIONAL",
		Teams:            []protocol.Team{{ID: "1", Name: "Sales"}, {ID: "2", Name: "Support"}},
		Team:             protocol.Team{ID: "1", Name: "Sales"},
	}, outs[0])

	v, outs = v.Resync(boss, nil, translate.AfterLogin)
	require.Equal(t, []string{"State NOT_READY", "DialogStatus  | "}, say(outs), "a second Login of the same agent")

	v, said := play(v, userEvent(finesse.StateLogout, 50))
	require.Equal(t, []string{"State LOGOUT"}, said)
	boss.StateChangeTime = at(55)
	_, outs = v.Resync(boss, nil, translate.AfterLogin)
	require.Equal(t, "AgentInfo", say(outs)[0], "a new login")
}

// What a re-sync published is not published again by the event that follows.
func TestResyncTellsTheState(t *testing.T) {
	v, _ := known(t).Resync(user(finesse.StateNotReady, 3), nil, translate.AfterGap)
	_, said := play(v, userEvent(finesse.StateNotReady, 3), userEvent(finesse.StateReady, 2))
	require.Empty(t, said)
}

// A dialog that ended stays ended, whatever its late and repeated DELETEs say.
func TestALateDeleteForgetsNothing(t *testing.T) {
	v, said := play(known(t), post(ringing), put(talking),
		gone(inbound("100", "DROPPED", party(ext, "DROPPED", 30), party(customer, "DROPPED", 30))), gone(talking))
	require.Equal(t, []string{"NewInboundCall ALERTING 100", "InboundCall ACTIVE 100", "InboundCall DROPPED 100"}, said)
	_, said = play(v, post(onHold))
	require.Empty(t, said, "it is of second 20, and the call ended in second 30")
}

func TestWhatAMessageIsAbout(t *testing.T) {
	v, outs := known(t).Resync(user(finesse.StateTalking, 9), []finesse.Dialog{talking}, translate.OnRequest)
	require.Equal(t, 1, v.Calls())
	about := map[string]string{}
	for i, o := range outs {
		if id, ok := translate.DialogOf(o); ok {
			about[say(outs)[i]] = id
		}
	}
	require.Equal(t, map[string]string{"InboundCall ACTIVE 100": "100"}, about)

	v, _ = v.Resync(user(finesse.StateReady, 9), nil, translate.OnRequest)
	require.Zero(t, v.Calls())
}

// After a CCX failover a call has lost its type, or it is the text NULL: what
// was known of it goes on.
func TestCallTypeOutlivesAReSync(t *testing.T) {
	for _, lost := range []string{"", "NULL", "null"} {
		v, _ := play(known(t), userEvent(finesse.StateTalking, 9), post(ringing), put(talking))
		listed := onHold
		listed.CallType = lost
		v, outs := v.Resync(user(finesse.StateHold, 20), []finesse.Dialog{listed}, translate.AfterGap)
		require.Equal(t, "ACD_IN", v.Dialogs()[0].CallType, lost)
		for _, o := range outs {
			if c, ok := callOf(o); ok {
				require.Equal(t, "ACD_IN", c.CallType)
			}
		}
		require.Equal(t, []string{"DialogStatus 100 HELD| ", "State HOLD", "InboundCall HELD 100"}, say(outs))
	}
}

// The last sixteen dialogs that ended are remembered, and no more.
func TestEndedDialogsAreRemembered(t *testing.T) {
	const remembered = 16
	id := func(n int) string { return fmt.Sprint(200 + n) }
	end := func(v translate.View, n int) translate.View {
		v, _ = play(v, gone(inbound(id(n), "DROPPED", party(ext, "DROPPED", 30), party(customer, "DROPPED", 30))))
		return v
	}
	v := known(t)
	for n := range remembered {
		v = end(v, n)
	}
	late := func(v translate.View, n int) []string {
		_, said := play(v, post(inbound(id(n), "ACTIVE", party(ext, "ACTIVE", 9), party(customer, "ACTIVE", 9))))
		return said
	}
	for n := range remembered {
		require.Empty(t, late(v, n), id(n))
	}
	v = end(v, remembered)
	require.Equal(t, []string{"InboundCall ACTIVE 200"}, late(v, 0), "not for ever")
	require.Empty(t, late(v, 1))
}
