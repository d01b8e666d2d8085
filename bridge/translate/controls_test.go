package translate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// allowing is d in which the agent may do these things.
func allowing(d finesse.Dialog, actions ...string) finesse.Dialog {
	d.Participants = append([]finesse.Participant(nil), d.Participants...)
	for i, p := range d.Participants {
		if p.Address == ext {
			d.Participants[i].Actions = actions
		}
	}
	return d
}

// visible are the places of the controls that are shown [C22].
func visible(c protocol.Controls) []int {
	shown := []int{}
	for n, x := range c.Controls {
		if x.Index != n {
			return nil
		}
		if x.Visible {
			shown = append(shown, n)
		}
	}
	return shown
}

func TestControls(t *testing.T) {
	v, _ := play(known(t), post(allowing(talking, finesse.ActionHold, finesse.ActionDrop, "SOMETHING_NEW")), post(asking))
	for id, want := range map[string]struct {
		state, callType string
		shown           []int
	}{
		"100": {"ACTIVE", "ACD_IN", []int{1, 3}},
		"101": {"ACTIVE", "OUT", []int{}},
	} {
		state, controls, ok := v.Controls(id)
		require.True(t, ok, id)
		require.Equal(t, protocol.DialogStateControls{
			Addressee: protocol.Addressee{Agent: agent, FullName: "Amy Adams"}, DialogType: want.callType, DialogID: id, State: want.state,
		}, state)
		require.Equal(t, protocol.Addressee{Agent: agent, FullName: "Amy Adams"}, controls.Addressee)
		require.Len(t, controls.Controls, 10)
		require.Equal(t, want.shown, visible(controls))
	}
	_, _, ok := v.Controls("9")
	require.False(t, ok)
}

// TestControlsSince: one O-017 for each dialog whose controls changed, and one
// that shows nothing after the last dialog.
func TestControlsSince(t *testing.T) {
	none := known(t)
	first, _ := play(none, post(allowing(talking, finesse.ActionHold)))
	second, _ := play(first, post(allowing(asking, finesse.ActionDrop)))
	held, _ := play(second, put(allowing(onHold, finesse.ActionRetrieve)))
	moved, _ := play(second, put(allowing(onHold, finesse.ActionHold)))
	one, _ := play(held, gone(talking))
	for name, c := range map[string]struct {
		was, is translate.View
		want    [][]int
	}{
		"no dialog at all":                    {none, none, nil},
		"the first":                           {none, first, [][]int{{1}}},
		"a second, the first is as it was":    {first, second, [][]int{{3}}},
		"nothing changed":                     {second, second, nil},
		"the first changed":                   {second, held, [][]int{{2}}},
		"its state changed, not its controls": {second, moved, nil},
		"one of two ended":                    {held, one, nil},
		"the last ended":                      {one, none, [][]int{{}}},
		"both at once":                        {none, second, [][]int{{1}, {3}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got [][]int
			for _, o := range c.is.ControlsSince(c.was) {
				controls, ok := o.(protocol.Controls)
				require.True(t, ok, "%T", o)
				require.Len(t, controls.Controls, 10)
				got = append(got, visible(controls))
			}
			require.Equal(t, c.want, got)
		})
	}
}

// TestParticipants: those who are in the call; who has left is not listed [O-022].
func TestParticipants(t *testing.T) {
	conference := inbound("100", "ACTIVE",
		party(ext, "ACTIVE", 9), party(customer, "ACTIVE", 9), party(mate, "DROPPED", 9), party("2003", "HELD", 9))
	v, _ := play(known(t), post(conference), post(asking))
	ps, ok := v.Participants("100")
	require.True(t, ok)
	require.Equal(t, protocol.ConferenceParticipants{
		Addressee: protocol.Addressee{Agent: agent, FullName: "Amy Adams"}, Extensions: []string{ext, customer, "2003"},
	}, ps)
	ps, ok = v.Participants("101")
	require.True(t, ok)
	require.Equal(t, []string{ext, mate}, ps.Extensions)
	_, ok = v.Participants("9")
	require.False(t, ok)
}

func TestActive(t *testing.T) {
	v := known(t)
	_, ok := v.Active()
	require.False(t, ok, "no call")
	v, _ = play(v, post(onHold))
	_, ok = v.Active()
	require.False(t, ok, "they hold it")
	v, _ = play(v, put(talkingAgain()))
	id, ok := v.Active()
	require.True(t, ok)
	require.Equal(t, "100", id)
	v, _ = play(v, post(asking))
	id, _ = v.Active()
	require.Equal(t, "101", id, "the youngest of two")
}

// TestMonitoring: the named dialog if it is a monitoring one, else the youngest
// that is, else the named one [C14].
func TestMonitoring(t *testing.T) {
	listening := func(id string) finesse.Notification {
		return post(typed(dialled(id, "ACTIVE", party(ext, "ACTIVE", 9), party(mate, "ACTIVE", 9)), "SUPERVISOR_MONITOR"))
	}
	calm, _ := play(known(t), post(talking))
	one, _ := play(calm, listening("200"))
	two, _ := play(one, listening("201"))
	for name, c := range map[string]struct {
		view  translate.View
		named string
		want  string // "" = none
	}{
		"named":                         {two, "200", "200"},
		"named, the youngest":           {two, "201", "201"},
		"another call is named":         {two, "100", "201"},
		"none is named":                 {one, "", "200"},
		"one is named that is not live": {one, "9", "200"},
		"no monitoring, a live one":     {calm, "100", "100"},
		"no monitoring, none live":      {calm, "9", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d, ok := c.view.Monitoring(c.named)
			require.Equal(t, c.want != "", ok)
			require.Equal(t, c.want, d.ID)
		})
	}
}
