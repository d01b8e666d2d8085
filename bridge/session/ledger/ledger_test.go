package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

const own = "2001"

func userEvent(id string) finesse.Notification {
	return finesse.Notification{RequestID: id, User: &finesse.UserPatch{}}
}

func dialogEvent(id string, ds ...finesse.Dialog) finesse.Notification {
	return finesse.Notification{RequestID: id, Dialogs: ds}
}

// call is a dialog with the agent's part in a state, "" = the agent is not in it.
func call(id, part string) finesse.Dialog {
	d := finesse.Dialog{ID: id, From: "90001", To: own, Participants: []finesse.Participant{{Address: "90001", State: "ACTIVE"}}}
	if part != "" {
		d.Participants = append(d.Participants, finesse.Participant{Address: own, State: part})
	}
	return d
}

func dialledCall(id, number string) finesse.Dialog {
	d := call(id, "INITIATED")
	d.From, d.To = own, number
	return d
}

func at(st finesse.AgentState, ds ...finesse.Dialog) Now {
	return Now{User: finesse.User{State: st, Extension: own}, Dialogs: ds}
}

func TestMet(t *testing.T) {
	ready, notReady := Expect{Rule: RuleState, State: finesse.StateReady}, Expect{Rule: RuleState, State: finesse.StateNotReady}
	because := func(e Expect, id, code string) Expect { e.ReasonID, e.ReasonCode = id, code; return e }
	was := func(e Expect, st finesse.AgentState) Expect { e.Was = st; return e }
	with := func(n Now, change func(*finesse.User)) Now { change(&n.User); return n }
	on := func(r Rule, dialog string) Expect { return Expect{Rule: r, Dialog: dialog} }
	third := func(d finesse.Dialog, address, state string) finesse.Dialog {
		d.Participants = append(d.Participants, finesse.Participant{Address: address, State: state})
		return d
	}
	data := func(change func(*finesse.Dialog)) finesse.Dialog { d := call("5", "ACTIVE"); change(&d); return d }

	for _, tc := range []struct {
		name   string
		expect Expect
		now    Now
		want   bool
	}{
		{"the state is reached", ready, at("READY"), true},
		{"another state", ready, at("NOT_READY"), false},
		{"the state waits for the end of a call", notReady, with(at("TALKING"), func(u *finesse.User) { u.PendingState = "NOT_READY" }), true},
		{"ready and already called", was(ready, "NOT_READY"), at("RESERVED"), true},
		{"ready, called and talking", was(ready, "WORK_READY"), at("TALKING"), true},
		{"talking as before", was(ready, "TALKING"), at("TALKING"), false},
		{"talking, and it is not known from where", ready, at("TALKING"), false},
		{"not ready does not lead to a call", was(notReady, "READY"), at("TALKING"), false},
		{"the reason by its id", because(notReady, "102", ""), with(at("NOT_READY"), func(u *finesse.User) { u.ReasonCodeID = "102" }), true},
		{"another reason by its id", because(notReady, "102", ""), with(at("NOT_READY"), func(u *finesse.User) { u.ReasonCodeID = "7" }), false},
		{"the reason by its code", because(notReady, "", "12"), with(at("NOT_READY"), func(u *finesse.User) { u.Reason = &finesse.ReasonCode{Code: "12"} }), true},
		{"another reason by its code", because(notReady, "", "12"), with(at("NOT_READY"), func(u *finesse.User) { u.Reason = &finesse.ReasonCode{Code: "13"} }), false},
		{"no reason told, the state is new", was(because(notReady, "102", ""), "READY"), with(at("NOT_READY"), func(u *finesse.User) { u.ReasonCodeID = "-1" }), true},
		{"no reason told, and only that was to change", was(because(notReady, "102", ""), "NOT_READY"), at("NOT_READY"), false},
		{"no reason told, and it is not known what was", because(notReady, "102", ""), at("NOT_READY"), false},

		{"signed in", Expect{Rule: RuleLogin}, at("NOT_READY"), true},
		{"signed out", Expect{Rule: RuleLogin}, at("LOGOUT"), false},
		{"unknown", Expect{Rule: RuleLogin}, at("UNKNOWN"), false},
		{"never heard of", Expect{Rule: RuleLogin}, at(""), false},

		{"a new call", Expect{Rule: RuleCall, Number: "9", Known: []string{"5"}}, at("TALKING", call("5", "ACTIVE"), dialledCall("6", "9")), true},
		{"a new call by the first participant", Expect{Rule: RuleCall, Known: []string{}}, at("TALKING", finesse.Dialog{ID: "6", Participants: []finesse.Participant{{Address: own}}}), true},
		{"a new call of somebody else", Expect{Rule: RuleCall, Known: []string{}}, at("TALKING", call("6", "ALERTING")), false},
		{"a known call", Expect{Rule: RuleCall, Number: "9", Known: []string{"6"}}, at("TALKING", dialledCall("6", "9")), false},
		{"the call, by its number", Expect{Rule: RuleCall, Number: "9"}, at("TALKING", dialledCall("6", "9")), true},
		{"the call, by the number that was dialled", Expect{Rule: RuleCall, Number: "9"}, at("TALKING", func() finesse.Dialog { d := dialledCall("6", "0"); d.DialedNumber = "9"; return d }()), true},
		{"another number", Expect{Rule: RuleCall, Number: "9"}, at("TALKING", dialledCall("6", "8")), false},
		{"no number", Expect{Rule: RuleCall}, at("TALKING", dialledCall("6", "")), false},
		{"the number, called by others", Expect{Rule: RuleCall, Number: own}, at("TALKING", call("6", "ALERTING")), false},

		{"joined", Expect{Rule: RuleJoin, Known: []string{}}, at("TALKING", call("6", "ACTIVE")), true},
		{"it only rings", Expect{Rule: RuleJoin, Known: []string{}}, at("TALKING", call("6", "ALERTING")), false},
		{"not in it", Expect{Rule: RuleJoin, Known: []string{}}, at("TALKING", call("6", "")), false},
		{"joined before", Expect{Rule: RuleJoin, Known: []string{"6"}}, at("TALKING", call("6", "ACTIVE")), false},
		{"joined, by the other party", Expect{Rule: RuleJoin, Target: "90001"}, at("TALKING", call("6", "ACTIVE")), true},
		{"joined somebody else", Expect{Rule: RuleJoin, Target: "90002"}, at("TALKING", call("6", "ACTIVE")), false},

		{"answered", on(RuleAnswer, "5"), at("TALKING", call("5", "ACTIVE")), true},
		{"answered and held", on(RuleAnswer, "5"), at("TALKING", call("5", "HELD")), true},
		{"rings", on(RuleAnswer, "5"), at("RESERVED", call("5", "ALERTING")), false},
		{"the call has gone", on(RuleAnswer, "5"), at("READY"), true},
		{"not in the call", on(RuleAnswer, "5"), at("READY", call("5", "")), false},
		{"held", on(RuleHold, "5"), at("HOLD", call("5", "HELD")), true},
		{"not held", on(RuleHold, "5"), at("TALKING", call("5", "ACTIVE")), false},
		{"retrieved", on(RuleRetrieve, "5"), at("TALKING", call("5", "ACTIVE")), true},
		{"still held", on(RuleRetrieve, "5"), at("HOLD", call("5", "HELD")), false},
		{"dropped", on(RuleDrop, "5"), at("READY", call("5", "DROPPED")), true},
		{"in wrap-up", on(RuleDrop, "5"), at("WORK", call("5", "WRAP_UP")), true},
		{"still there", on(RuleDrop, "5"), at("TALKING", call("5", "ACTIVE")), false},

		{"moved", Expect{Rule: RuleMove, Dialog: "5", Part: "HELD", Known: []string{"5"}}, at("TALKING", call("5", "ACTIVE")), true},
		{"not moved", Expect{Rule: RuleMove, Dialog: "5", Part: "HELD", Known: []string{"5"}}, at("TALKING", call("5", "HELD")), false},
		{"moved away", Expect{Rule: RuleMove, Dialog: "5", Known: []string{"5"}}, at("READY"), true},
		{"moved what was never there", Expect{Rule: RuleMove, Dialog: "5", Known: []string{}}, at("READY"), false},
		{"answered what was never there", Expect{Rule: RuleAnswer, Dialog: "5", Known: []string{"4"}}, at("READY"), false},
		{"the other of what was never there", Expect{Rule: RuleDropOther, Dialog: "5", Target: "2002", Known: []string{}}, at("READY"), false},
		{"without the agent", Expect{Rule: RuleMove, Dialog: "5", Part: "HELD", Known: []string{"5"}}, at("READY", call("5", "")), true},
		{"it is not known where it was", on(RuleMove, "5"), at("TALKING", call("5", "ACTIVE")), false},
		{"dropped, wherever it was", on(RuleMove, "5"), at("TALKING", call("5", "DROPPED")), true},
		{"in wrap-up, wherever it was", on(RuleMove, "5"), at("TALKING", call("5", "WRAP_UP")), true},

		{"three parties", on(RuleJoined, "5"), at("TALKING", third(call("5", "ACTIVE"), "2002", "ACTIVE")), true},
		{"a conference by its type", on(RuleJoined, "5"), at("TALKING", data(func(d *finesse.Dialog) { d.CallType = "CONFERENCE" })), true},
		{"two parties", on(RuleJoined, "5"), at("TALKING", call("5", "ACTIVE")), false},
		{"others' conference", on(RuleJoined, "5"), at("TALKING", third(third(call("5", ""), "2002", "ACTIVE"), "2003", "ACTIVE")), false},

		{"the label", Expect{Rule: RuleData, Dialog: "5", Label: "Sale"}, at("WORK", data(func(d *finesse.Dialog) { d.WrapUpReason = "Sale" })), true},
		{"another label", Expect{Rule: RuleData, Dialog: "5", Label: "Sale"}, at("WORK", data(func(d *finesse.Dialog) { d.WrapUpReason = "Other" })), false},
		{"the variables", Expect{Rule: RuleData, Dialog: "5", Variables: []finesse.Variable{{Name: "a", Value: "1"}}}, at("TALKING", data(func(d *finesse.Dialog) { d.Variables = []finesse.Variable{{Name: "b"}, {Name: "a", Value: "1"}} })), true},
		{"another value", Expect{Rule: RuleData, Dialog: "5", Variables: []finesse.Variable{{Name: "a", Value: "1"}}}, at("TALKING", data(func(d *finesse.Dialog) { d.Variables = []finesse.Variable{{Name: "a", Value: "2"}} })), false},
		{"the dialog has gone", Expect{Rule: RuleData, Dialog: "5"}, at("READY"), false},

		{"the other has left", Expect{Rule: RuleDropOther, Dialog: "5", Target: "2002"}, at("TALKING", call("5", "ACTIVE")), true},
		{"the other is dropped", Expect{Rule: RuleDropOther, Dialog: "5", Target: "2002"}, at("TALKING", third(call("5", "ACTIVE"), "2002", "DROPPED")), true},
		{"the other is in wrap-up", Expect{Rule: RuleDropOther, Dialog: "5", Target: "2002"}, at("TALKING", third(call("5", "ACTIVE"), "2002", "WRAP_UP")), true},
		{"the other is there", Expect{Rule: RuleDropOther, Dialog: "5", Target: "2002"}, at("TALKING", third(call("5", "ACTIVE"), "2002", "ACTIVE")), false},
		{"all have left", Expect{Rule: RuleDropOther, Dialog: "5", Target: "2002"}, at("READY"), true},

		{"nothing that could be read", on(RuleEvent, "5"), at("TALKING", call("5", "ACTIVE")), false},
		{"no rule", Expect{}, at("READY"), false},
	} {
		t.Run(tc.name, func(t *testing.T) { require.Equal(t, tc.want, tc.expect.Met(tc.now)) })
	}
}

func TestAsked(t *testing.T) {
	e := Expect{Rule: RuleMove, Dialog: "5"}.Asked(at("TALKING", call("4", "ACTIVE"), call("5", "HELD")))
	require.Equal(t, Expect{Rule: RuleMove, Dialog: "5", Was: "TALKING", Part: "HELD", Known: []string{"4", "5"}}, e)
	e = Expect{Rule: RuleCall}.Asked(at("READY"))
	require.Equal(t, Expect{Rule: RuleCall, Was: "READY", Known: []string{}}, e, "known to be none")
}

func entry(name string, e Expect) Entry {
	return Entry{What: name, Correlation: "c-" + name, RequestID: "r-" + name, Expect: e}
}

func names(es []Entry) (out []string) {
	for _, e := range es {
		out = append(out, e.What)
	}
	return out
}

func TestEvent(t *testing.T) {
	ready, notReady := Expect{Rule: RuleState, State: "READY"}, Expect{Rule: RuleState, State: "NOT_READY"}
	hold, callback := Expect{Rule: RuleHold, Dialog: "5"}, Expect{Rule: RuleEvent, Dialog: "5"}
	dropped := entry("drop", Expect{Rule: RuleDropOther, Dialog: "5", Target: "2002"})
	dropped.Answers = []protocol.Output{protocol.StatusBar{}}
	three := call("5", "ACTIVE")
	three.Participants = append(three.Participants, finesse.Participant{Address: "2002", State: "ACTIVE"})

	for _, tc := range []struct {
		name        string
		open        []Entry
		event       finesse.Notification
		now         Now
		told        bool
		correlation string
		settled     []string
	}{
		{"by the id", []Entry{entry("a", ready), entry("b", ready)}, userEvent("r-b"), at("READY"), true, "c-b", []string{"b", "a"}},
		{"by the id, whatever it tells", []Entry{entry("a", ready)}, userEvent("r-a"), at("TALKING"), true, "c-a", []string{"a"}},
		{"by the id, but it tells nothing", []Entry{entry("a", ready)}, userEvent("r-a"), at("TALKING"), false, "c-a", nil},
		{"by the id, and what it shows was told", []Entry{entry("a", ready)}, userEvent("r-a"), at("READY"), false, "c-a", []string{"a"}},
		{"by the id, an answer of its own that is not due", []Entry{dropped}, dialogEvent("r-drop", three), at("TALKING", three), true, "c-drop", nil},
		{"by the id, an answer of its own", []Entry{dropped}, dialogEvent("r-drop", call("5", "ACTIVE")), at("TALKING", call("5", "ACTIVE")), true, "c-drop", []string{"drop"}},
		{"the oldest that is shown", []Entry{entry("a", notReady), entry("b", ready), entry("c", ready)}, userEvent(""), at("READY"), true, "c-b", []string{"b", "a"}},
		{"an id of somebody else, and what was asked for", []Entry{entry("a", ready)}, userEvent("x"), at("READY"), true, "c-a", []string{"a"}},
		{"a state behind which another has come", []Entry{entry("a", ready), entry("call", hold), entry("b", notReady), entry("c", ready)}, userEvent(""), at("NOT_READY", call("5", "ACTIVE")), true, "c-b", []string{"b", "a"}},
		{"the same by the id", []Entry{entry("a", ready), entry("b", notReady)}, userEvent("r-b"), at("NOT_READY"), true, "c-b", []string{"b", "a"}},
		{"no news, behind one that is to come", []Entry{entry("a", ready), entry("b", notReady)}, userEvent(""), at("NOT_READY"), false, "", nil},
		{"no news, and nothing before it", []Entry{entry("call", hold), entry("b", notReady), entry("a", ready)}, userEvent(""), at("NOT_READY", call("5", "ACTIVE")), false, "c-b", []string{"b"}},
		{"of another kind", []Entry{entry("a", ready)}, dialogEvent("", call("5", "ACTIVE")), at("READY", call("5", "ACTIVE")), true, "", nil},
		{"of another dialog", []Entry{entry("a", hold)}, dialogEvent("", call("6", "HELD")), at("READY", call("5", "HELD"), call("6", "HELD")), true, "", nil},
		{"of the dialog", []Entry{entry("a", hold)}, dialogEvent("", call("5", "HELD")), at("READY", call("5", "HELD")), true, "c-a", []string{"a"}},
		{"of what the dialog became", []Entry{entry("a", hold)}, dialogEvent("", finesse.Dialog{ID: "9", SecondaryID: "5"}), at("READY"), true, "c-a", []string{"a"}},
		{"a callback by an event that says nothing else", []Entry{entry("a", callback)}, dialogEvent("", call("5", "ACTIVE")), at("TALKING", call("5", "ACTIVE")), false, "c-a", []string{"a"}},
		{"a callback by an event that says something else", []Entry{entry("a", callback)}, dialogEvent("", call("5", "HELD")), at("TALKING", call("5", "HELD")), true, "", nil},
		{"a callback, not by an event of another request", []Entry{entry("a", callback)}, dialogEvent("x", call("5", "ACTIVE")), at("TALKING", call("5", "ACTIVE")), false, "", nil},
		{"a call by a dialog that is new", []Entry{entry("a", Expect{Rule: RuleCall, Known: []string{"5"}})}, dialogEvent("", dialledCall("6", "9")), at("TALKING", dialledCall("6", "9")), true, "c-a", []string{"a"}},
		{"a call, not by a dialog that is known", []Entry{entry("a", Expect{Rule: RuleCall, Known: []string{"5"}})}, dialogEvent("", call("5", "ACTIVE")), at("TALKING", dialledCall("6", "9"), call("5", "ACTIVE")), true, "", nil},
		{"a conference by any dialog", []Entry{entry("a", Expect{Rule: RuleJoined, Dialog: "4"})}, dialogEvent("", three), at("TALKING", three), true, "c-a", []string{"a"}},
		{"a login stays", []Entry{entry("a", Expect{Rule: RuleLogin})}, userEvent(""), at("NOT_READY"), true, "", nil},
		{"a login by its id stays", []Entry{entry("a", Expect{Rule: RuleLogin})}, userEvent("r-a"), at("NOT_READY"), true, "c-a", nil},
		{"another agent's state is not the own", []Entry{entry("a", Expect{Rule: RuleMember, Member: "1002", State: "READY"})}, userEvent(""), at("READY"), true, "", nil},
		{"nothing is open", nil, userEvent("x"), at("READY"), true, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var l Ledger
			for _, e := range tc.open {
				require.Empty(t, l.Open(e))
			}
			correlation, settled := l.Event(tc.event, tc.now, tc.told)
			require.Equal(t, tc.correlation, correlation)
			require.Equal(t, tc.settled, names(settled))
			require.Equal(t, len(tc.open)-len(tc.settled), l.Len())
		})
	}
}

// TestRepeatedID: Finesse may repeat an id over several events; those behind the
// outcome carry the correlation, too.
func TestRepeatedID(t *testing.T) {
	var l Ledger
	l.Open(entry("a", Expect{Rule: RuleState, State: "READY"}))
	_, settled := l.Event(userEvent("r-a"), at("READY"), true)
	require.Len(t, settled, 1)
	correlation, settled := l.Event(dialogEvent("r-a", call("5", "ACTIVE")), at("READY"), true)
	require.Equal(t, "c-a", correlation)
	require.Empty(t, settled)
	for i := range maxRecent {
		name := fmt.Sprint(i)
		l.Open(entry(name, Expect{Rule: RuleState, State: "READY"}))
		l.Event(userEvent("r-"+name), at("READY"), true)
	}
	correlation, _ = l.Event(userEvent("r-a"), at("READY"), true)
	require.Empty(t, correlation, "not for ever")
	correlation, _ = l.Event(userEvent("r-0"), at("READY"), true)
	require.Equal(t, "c-0", correlation)
}

// TestLateEchoIsNobodyElses: an event that repeats the id of a settled request
// answers no other.
func TestLateEchoIsNobodyElses(t *testing.T) {
	var l Ledger
	l.Open(entry("a", Expect{Rule: RuleState, State: "READY"}))
	_, settled := l.Event(userEvent(""), at("READY"), true)
	require.Equal(t, []string{"a"}, names(settled))
	l.Open(entry("b", Expect{Rule: RuleState, State: "READY"}))
	correlation, settled := l.Event(userEvent("r-a"), at("READY"), false)
	require.Equal(t, "c-a", correlation)
	require.Empty(t, settled)
	require.Equal(t, 1, l.Len())
}

// TestNoEchoAfterAnotherOutcome: what was told as not confirmed has had its outcome.
func TestNoEchoAfterAnotherOutcome(t *testing.T) {
	var l Ledger
	l.Open(entry("a", Expect{Rule: RuleState, State: "READY"}))
	require.Len(t, l.Overdue(time.Now()), 1)
	correlation, _ := l.Event(userEvent("r-a"), at("READY"), true)
	require.Empty(t, correlation)
}

func TestRead(t *testing.T) {
	var l Ledger
	for _, e := range []Entry{
		entry("ready", Expect{Rule: RuleState, State: "READY"}), entry("login", Expect{Rule: RuleLogin}),
		entry("hold", Expect{Rule: RuleHold, Dialog: "5"}), entry("callback", Expect{Rule: RuleEvent, Dialog: "5"}),
		entry("again", Expect{Rule: RuleState, State: "READY"}),
	} {
		l.Open(e)
	}
	l.Open(entry("behind", Expect{Rule: RuleState, State: "NOT_READY"}))
	require.Equal(t, []string{"behind"}, names(l.Take(func(e Entry) bool { return e.What == "behind" })))
	require.Equal(t, []string{"ready", "again"}, names(l.Read(at("READY", call("5", "ACTIVE")))))
	require.Equal(t, 3, l.Len())
	require.Nil(t, l.Read(at("NOT_READY", call("5", "ACTIVE"))))
	e, ok := l.Find(RuleHold)
	require.True(t, ok)
	require.Equal(t, "hold", e.What)
	_, ok = l.Find(RuleState)
	require.False(t, ok)
	e, ok = l.Step("r-callback")
	require.True(t, ok)
	require.Equal(t, "callback", e.What)
	e, ok = l.Step("r-login") // the oldest
	require.True(t, ok)
	require.Equal(t, "login", e.What)
	e, ok = l.Find(RuleLogin)
	require.True(t, ok)
	require.Equal(t, "login", e.What)
	_, ok = l.Step("r-ready")
	require.False(t, ok)
	require.True(t, l.Any(func(e Entry) bool { return e.What == "login" }))
	require.False(t, l.Any(func(e Entry) bool { return e.What == "ready" }))
}

// TestReadInOrder: Finesse takes an agent's requests in order, so what was asked
// for before a state that is reached is over.
func TestReadInOrder(t *testing.T) {
	var l Ledger
	for _, e := range []Entry{
		entry("ready", Expect{Rule: RuleState, State: "READY"}), entry("hold", Expect{Rule: RuleHold, Dialog: "5"}),
		entry("not ready", Expect{Rule: RuleState, State: "NOT_READY"}), entry("out", Expect{Rule: RuleState, State: "LOGOUT"}),
	} {
		l.Open(e)
	}
	require.Equal(t, []string{"ready", "not ready"}, names(l.Read(at("NOT_READY", call("5", "ACTIVE")))))
	require.Equal(t, 2, l.Len(), "what is still to come, and what is of another kind")
}

// TestNote: what was seen of a request that has not worked is told with the error.
func TestNote(t *testing.T) {
	var l Ledger
	l.Open(entry("a", Expect{}))
	l.Open(entry("b", Expect{}))
	l.Note("r-b", protocol.StatusBar{Message: "still there"})
	l.Note("r-c", protocol.StatusBar{})
	all := l.Overdue(time.Now())
	require.Nil(t, all[0].Seen)
	require.Equal(t, protocol.StatusBar{Message: "still there"}, all[1].Seen)
}

func TestMember(t *testing.T) {
	var l Ledger
	l.Open(entry("own", Expect{Rule: RuleState, State: "READY"}))
	l.Open(entry("a", Expect{Rule: RuleMember, Member: "1002", State: "READY"}))
	_, ok := l.Member(finesse.User{ID: "1003", State: "READY"})
	require.False(t, ok)
	_, ok = l.Member(finesse.User{ID: "1002", State: "NOT_READY"})
	require.False(t, ok)
	e, ok := l.Member(finesse.User{ID: "1002", State: "TALKING", PendingState: "READY"})
	require.True(t, ok)
	require.Equal(t, "a", e.What)
	require.Equal(t, 1, l.Len())
}

func TestRefused(t *testing.T) {
	open := []Entry{
		entry("state", Expect{Rule: RuleState, State: "READY"}), entry("hold", Expect{Rule: RuleHold, Dialog: "5"}),
		entry("call", Expect{Rule: RuleCall}), entry("join", Expect{Rule: RuleJoin}),
	}
	for _, tc := range []struct{ name, id, source, want string }{
		{"by the id", "r-hold", "/finesse/api/User/1001", "hold"},
		{"an id of somebody else", "x", "/finesse/api/User/1001", ""},
		{"of the user", "", "/finesse/api/User/1001", "state"},
		{"of the dialog", "", "/finesse/api/Dialog/5", "hold"},
		{"of a dialog that is not there yet", "", "/finesse/api/Dialog/6", "call"},
		{"of the dialogs", "", "/finesse/api/User/1001/Dialogs", "call"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var l Ledger
			for _, e := range open {
				l.Open(e)
			}
			e, ok := l.Refused(tc.id, tc.source)
			require.Equal(t, tc.want != "", ok)
			require.Equal(t, tc.want, e.What)
		})
	}
	for r, want := range map[Rule]bool{RuleLogin: true, RuleMember: true, RuleCall: true, RuleHold: false, RuleData: false} {
		require.Equal(t, want, Expect{Rule: r}.Answerable("/finesse/api/User/1001"), r)
	}
}

func TestTimes(t *testing.T) {
	begin := time.Unix(1000, 0)
	sec := func(n int) time.Time { return begin.Add(time.Duration(n) * time.Second) }
	var l Ledger
	_, ok := l.Next()
	require.False(t, ok)
	_, ok = l.Deadline()
	require.False(t, ok)
	require.False(t, l.Due(begin))
	once, often := entry("once", Expect{}), entry("often", Expect{})
	once.Look, once.Deadline = sec(2), sec(5)
	often.Look, often.Again, often.Deadline = sec(1), time.Second, sec(6)
	l.Open(once)
	l.Open(often)
	next := func() time.Time { at, _ := l.Next(); return at }
	deadline := func() time.Time { at, _ := l.Deadline(); return at }
	require.Equal(t, sec(1), next())
	require.Equal(t, sec(5), deadline())
	require.False(t, l.Due(sec(0)))
	require.True(t, l.Due(sec(1)))
	require.Equal(t, sec(2), next())
	require.False(t, l.Due(sec(1)), "once each time")
	require.True(t, l.Due(sec(2)), "both")
	require.True(t, l.Due(sec(3)), "often")
	require.Equal(t, sec(4), next())
	require.True(t, l.Due(sec(20)))
	require.Empty(t, l.Overdue(sec(5).Add(-1)))
	require.Equal(t, []string{"once"}, names(l.Overdue(sec(5))))
	require.Equal(t, sec(6), next(), "a deadline comes before a later look")
	require.Equal(t, []string{"often"}, names(l.Overdue(sec(6))))
}

func TestBounded(t *testing.T) {
	var l Ledger
	for i := range maxOpen {
		require.Empty(t, l.Open(entry(fmt.Sprint(i), Expect{})))
	}
	require.Equal(t, []string{"0"}, names(l.Open(entry("more", Expect{}))))
	require.Equal(t, maxOpen, l.Len())
}

func TestConcerns(t *testing.T) {
	for _, tc := range []struct {
		name   string
		expect Expect
		dialog string
		want   bool
	}{
		{"a state", Expect{Rule: RuleState}, "5", false},
		{"a login", Expect{Rule: RuleLogin}, "5", false},
		{"another agent's state", Expect{Rule: RuleMember}, "5", false},
		{"its dialog", Expect{Rule: RuleHold, Dialog: "5"}, "5", true},
		{"another dialog", Expect{Rule: RuleHold, Dialog: "5"}, "6", false},
		{"a new dialog", Expect{Rule: RuleCall, Known: []string{"5"}}, "6", true},
		{"a known dialog", Expect{Rule: RuleCall, Known: []string{"5"}}, "5", false},
		{"a conference", Expect{Rule: RuleJoined, Dialog: "5"}, "6", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, tc.expect.Concerns(tc.dialog))
			require.Equal(t, tc.expect.Rule == RuleState || tc.expect.Rule == RuleLogin || tc.expect.Rule == RuleMember, tc.expect.OfState())
		})
	}
}

// TestEveryEntryIsSettledOnce: whatever events come, in whatever order.
func TestEveryEntryIsSettledOnce(t *testing.T) {
	states := []finesse.AgentState{"READY", "NOT_READY", "TALKING", "LOGOUT"}
	rapid.Check(t, func(t *rapid.T) {
		var l Ledger
		open, settled := map[string]bool{}, map[string]int{}
		note := func(es []Entry) {
			for _, e := range es {
				settled[e.What]++
			}
		}
		clock := time.Unix(1000, 0)
		for i := range rapid.IntRange(1, 200).Draw(t, "steps") {
			clock = clock.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond)
			st := rapid.SampledFrom(states).Draw(t, "state")
			now := at(st, call("5", rapid.SampledFrom([]string{"ACTIVE", "HELD", "ALERTING"}).Draw(t, "part")))
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0, 1:
				e := entry(fmt.Sprint(i), rapid.SampledFrom([]Expect{
					{Rule: RuleState, State: "READY"}, {Rule: RuleHold, Dialog: "5"}, {Rule: RuleCall}, {Rule: RuleEvent, Dialog: "5"},
				}).Draw(t, "expect").Asked(now))
				e.Look, e.Deadline = clock.Add(time.Second), clock.Add(5*time.Second)
				open[e.What] = true
				note(l.Open(e))
			case 2:
				_, es := l.Event(userEvent(fmt.Sprintf("r-%d", rapid.IntRange(0, 200).Draw(t, "id"))), now, rapid.Bool().Draw(t, "told"))
				note(es)
			case 3:
				_, es := l.Event(dialogEvent("", now.Dialogs...), now, rapid.Bool().Draw(t, "told"))
				note(es)
			case 4:
				note(l.Read(now))
			case 5:
				if e, ok := l.Refused("", "/finesse/api/User/1001"); ok {
					note([]Entry{e})
				}
			}
			note(l.Overdue(clock))
			if next, ok := l.Next(); ok && l.Due(clock) && !next.After(clock.Add(-time.Hour)) {
				t.Fatalf("a look is overdue by an hour")
			}
		}
		note(l.Overdue(clock.Add(time.Hour)))
		if l.Len() != 0 {
			t.Fatalf("%d are never settled", l.Len())
		}
		for name := range open {
			if settled[name] != 1 {
				t.Fatalf("%s was settled %d times", name, settled[name])
			}
		}
	})
}

// TestReasonIs: a reason that is told has to be the one that was asked for; one
// that is left out counts, unless it is all that was to change.
func TestReasonIs(t *testing.T) {
	lunch := &finesse.ReasonCode{ID: "102", Code: "12"}
	for name, tc := range map[string]struct {
		e    Expect
		u    finesse.User
		want bool
	}{
		"none asked for":             {Expect{State: "NOT_READY"}, finesse.User{Reason: lunch}, true},
		"by its id":                  {Expect{ReasonID: "102"}, finesse.User{ReasonCodeID: "102"}, true},
		"by its code":                {Expect{ReasonCode: "12"}, finesse.User{Reason: lunch}, true},
		"another, by id":             {Expect{State: "NOT_READY", Was: "READY", ReasonID: "7"}, finesse.User{ReasonCodeID: "102"}, false},
		"another, by code":           {Expect{State: "NOT_READY", Was: "READY", ReasonCode: "7"}, finesse.User{Reason: lunch}, false},
		"left out":                   {Expect{State: "NOT_READY", Was: "READY", ReasonID: "7"}, finesse.User{}, true},
		"left out as -1":             {Expect{State: "NOT_READY", Was: "READY", ReasonID: "7"}, finesse.User{ReasonCodeID: "-1"}, true},
		"left out, and all there is": {Expect{State: "NOT_READY", Was: "NOT_READY", ReasonID: "7"}, finesse.User{}, false},
		"left out, from who knows":   {Expect{State: "NOT_READY", ReasonID: "7"}, finesse.User{}, false},
	} {
		require.Equal(t, tc.want, tc.e.reasonIs(tc.u), name)
	}
}
