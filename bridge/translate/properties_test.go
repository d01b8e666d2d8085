package translate_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// listener is a client that checks what it is told.
type listener struct {
	t       *rapid.T
	dialect protocol.Dialect
	last    map[string]string // by dialog: the last message
	ends    map[string]int    // by kind and dialog
}

func newListener(t *rapid.T, d protocol.Dialect) *listener {
	return &listener{t: t, dialect: d, last: map[string]string{}, ends: map[string]int{}}
}

func (l *listener) hear(outs []protocol.Output) {
	for _, o := range outs {
		e, ok := protocol.Encode(o, l.dialect)
		require.True(l.t, ok, "%T is published in a dialect without it", o)
		c, ok := callOf(o)
		if !ok {
			continue
		}
		require.NotEqual(l.t, l.last[c.DialogID], e.Body, "the same message twice in a row [M5]")
		l.last[c.DialogID] = e.Body
		if c.State == "DROPPED" {
			l.ends[string(o.Code())+" "+c.DialogID]++
		}
	}
}

// face is all that a view shows.
type face struct {
	User    finesse.User
	Dialogs []finesse.Dialog
	State   protocol.State
	Status  protocol.DialogStatus
}

func faceOf(v translate.View) face {
	return face{v.User(), v.Dialogs(), v.State(), v.DialogStatus()}
}

// apply checks that Apply leaves the receiver alone: the old view shows what
// it showed and, asked again, gives the same answer.
func apply(t *rapid.T, v translate.View, n finesse.Notification) (translate.View, []protocol.Output) {
	before := faceOf(v)
	next, outs := v.Apply(n)
	require.Empty(t, cmp.Diff(before, faceOf(v)), "Apply changed its receiver")
	again, same := v.Apply(n)
	require.Empty(t, cmp.Diff(outs, same), "Apply is not a function of its receiver")
	require.Empty(t, cmp.Diff(faceOf(next), faceOf(again)))
	return next, outs
}

// disorder draws a play of a sequence in which payloads are missing, doubled
// and out of order.
func disorder(t *rapid.T, s sequence) []payload {
	order := rapid.SliceOfN(rapid.IntRange(0, len(s.payloads)-1), 0, 3*len(s.payloads)).Draw(t, "order")
	if rapid.Bool().Draw(t, "complete") { // everything is there, in order, with the draws as echoes
		var ps []payload
		for i, p := range s.payloads {
			ps = append(ps, p)
			for _, j := range order {
				if j <= i && (i+j)%3 == 0 {
					ps = append(ps, s.payloads[j])
				}
			}
		}
		return ps
	}
	var ps []payload
	for _, i := range order {
		ps = append(ps, s.payloads[i])
	}
	return ps
}

// TestAnyOrder: whatever order, duplication or loss Finesse's notifications
// suffer, no dialog is told the same thing twice in a row, and none ends twice.
func TestAnyOrder(t *testing.T) {
	all := loadSequences(t)
	// A call that is transferred away and back lives twice under its id.
	delete(all, "cce-transferred-back")
	names := slices.Sorted(maps.Keys(all))
	kinds := dialects(t)
	rapid.Check(t, func(t *rapid.T) {
		s := all[rapid.SampledFrom(names).Draw(t, "sequence")]
		d := kinds[rapid.SampledFrom(slices.Sorted(maps.Keys(kinds))).Draw(t, "dialect")]
		l, v := newListener(t, d), translate.New(s.agent, d)
		for _, p := range disorder(t, s) {
			var outs []protocol.Output
			v, outs = apply(t, v, p.Notification)
			l.hear(outs)
			for _, x := range p.Dialogs {
				if _, live := v.Dialog(x.ID); p.Event == finesse.EventDelete {
					require.False(t, live, "dialog %s outlives its DELETE", x.ID)
				}
			}
		}
		for what, n := range l.ends {
			require.LessOrEqual(t, n, 1, "%s ended more than once [M6]", what)
		}
	})
}

// TestGapAnywhere: with re-syncs thrown in, the view ends up holding what the
// last GET listed, and still says nothing twice in a row.
func TestGapAnywhere(t *testing.T) {
	all := loadSequences(t)
	names := slices.Sorted(maps.Keys(all))
	d := dialect(t, protocol.Edition4412, protocol.FormatJSON)
	rapid.Check(t, func(t *rapid.T) {
		s := all[rapid.SampledFrom(names).Draw(t, "sequence")]
		l, v := newListener(t, d), translate.New(s.agent, d)
		finesseSide := map[string]finesse.Dialog{} // what a GET would answer
		u := finesse.User{ID: s.agent}
		for _, p := range s.payloads {
			if p.User != nil {
				u = u.Merge(*p.User)
			}
			for _, x := range p.Dialogs {
				finesseSide[x.ID] = x
				if p.Event == finesse.EventDelete {
					delete(finesseSide, x.ID)
				}
			}
			var outs []protocol.Output
			switch rapid.SampledFrom([]string{"heard", "heard", "missed", "read"}).Draw(t, p.name) {
			case "heard":
				v, outs = apply(t, v, p.Notification)
			case "read":
				listed := slices.Collect(maps.Values(finesseSide))
				cause := rapid.SampledFrom([]translate.Cause{
					translate.AfterLogin, translate.AfterGap, translate.TakeOver, translate.OnRequest,
				}).Draw(t, "cause")
				before := faceOf(v)
				next, got := v.Resync(u, listed, cause)
				require.Empty(t, cmp.Diff(before, faceOf(v)), "Resync changed its receiver")
				require.Empty(t, cmp.Diff(u, next.User()))
				for _, x := range next.Dialogs() {
					require.Contains(t, finesseSide, x.ID, "a dialog that Finesse does not list")
				}
				v, outs = next, got
			}
			l.hear(outs)
		}
	})
}
