package translate

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// ringing is an event of a dialog that changed at a second.
func ringing(ev finesse.Event, id, state string, at int64) finesse.Notification {
	return finesse.Notification{Event: ev, Dialogs: []finesse.Dialog{{
		ID: id, State: state, CallType: "ACD_IN",
		Participants: []finesse.Participant{{Address: "2001", State: state, StateChangeTime: time.Unix(at, 0)}},
	}}}
}

func speaking(t *testing.T, f protocol.Format) protocol.Dialect {
	t.Helper()
	d, err := protocol.NewDialect(protocol.Edition44, f, "", time.UTC)
	require.NoError(t, err)
	return d
}

func atExtension(t *testing.T) View {
	t.Helper()
	v := New("1001", speaking(t, protocol.FormatDefault))
	v.user, v.extension = finesse.User{ID: "1001", Extension: "2001", State: finesse.StateReady}, "2001"
	return v
}

// TestStaleDialog: whether an event is older than what is known is seen for each
// dialog, the oldest one too, and never for one that is not known.
func TestStaleDialog(t *testing.T) {
	v := atExtension(t)
	v, _ = v.Apply(ringing(finesse.EventPost, "44", "ALERTING", 100))
	v, _ = v.Apply(ringing(finesse.EventPost, "55", "ALERTING", 100))
	for _, id := range []string{"44", "55"} {
		require.True(t, v.Stale(ringing(finesse.EventPut, id, "ACTIVE", 99)), id)
		require.False(t, v.Stale(ringing(finesse.EventPut, id, "ACTIVE", 101)), id)
	}
	require.False(t, v.Stale(ringing(finesse.EventPut, "66", "ACTIVE", 1)))
}

// TestEndedDialogsAreRemembered: as many as there is room for, without gaps.
func TestEndedDialogsAreRemembered(t *testing.T) {
	v := atExtension(t)
	for n := range maxEndedDialogs {
		v = v.withEnded(endedDialog{id: fmt.Sprint(n), at: time.Unix(100, 0)})
	}
	for n := range maxEndedDialogs {
		_, known := v.endedDialog(fmt.Sprint(n))
		require.True(t, known, n)
	}
	v = v.withEnded(endedDialog{id: "one more"})
	_, known := v.endedDialog("0")
	require.False(t, known, "the oldest goes first")
	require.Len(t, v.ended, maxEndedDialogs)
}

// TestViewsAreValues: a view that speaks another dialect shares nothing with the
// one that it came from.
func TestViewsAreValues(t *testing.T) {
	v, _ := atExtension(t).Apply(ringing(finesse.EventPost, "44", "ALERTING", 100))
	before := v.calls[0].last.text
	w := v.WithDialect(speaking(t, protocol.FormatJSON))
	require.Equal(t, before, v.calls[0].last.text)
	require.NotEqual(t, before, w.calls[0].last.text)
}
