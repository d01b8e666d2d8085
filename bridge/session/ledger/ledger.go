// Package ledger is what an agent's session has asked of Finesse and not yet
// told the outcome of. A 202 only says that a request is queued (finesse-api
// 1.4), events are lost, and the requestId that they should repeat is often
// empty (1.3). So each accepted request has an entry that says whom it is for,
// what will show that it worked, and when that is overdue. An event settles the
// entry whose requestId it repeats, else the oldest one that it shows to have
// worked [C25]; a read settles every one that it shows. Pure: time and facts
// come from the caller.
package ledger

import (
	"slices"
	"strings"
	"time"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// Ticket is the command of an entry; it is held until its outcome is with the broker.
type Ticket interface {
	// Hold asks for one more Release before the command is decided.
	Hold()
	Release()
}

// Entry is a request that Finesse has accepted.
type Entry struct {
	What        string // for people: the command's word
	Correlation string // of the command, "" = none [H3]
	RequestID   string
	Expect      Expect
	// Answers are what the outcome is told by; nil: by what the agent's view
	// makes of the event, or of the read, that shows it.
	Answers  []protocol.Output
	Seen     protocol.Output // what a look has shown instead, nil: nothing; see [Ledger.Note]
	Ticket   Ticket          // nil: nobody waits for it
	Look     time.Time       // when Finesse is read for it, if nothing has shown it by then
	Again    time.Duration   // between looks after the first; 0: one look
	Deadline time.Time       // when the client is told that it is not confirmed
}

// Limits of a ledger.
const (
	maxOpen   = 64 // a session's mailbox
	maxRecent = 32
)

// Ledger is one agent's entries, oldest first. The zero Ledger is empty; one
// goroutine owns it.
type Ledger struct {
	open   []Entry
	recent []recent // settled, oldest first
}

// recent is a requestId that further events may repeat (finesse-api 1.3). They
// carry the correlation, if an event has settled it; they answer nothing else.
type recent struct{ requestID, correlation string }

// Open adds an entry. The ledger is bounded: what is returned was pushed out, and
// its client has to be told that it is not confirmed.
func (l *Ledger) Open(e Entry) (pushedOut []Entry) {
	l.open = append(l.open, e)
	if len(l.open) > maxOpen {
		pushedOut = l.take(0)
	}
	return pushedOut
}

// Len is how many entries are open.
func (l *Ledger) Len() int { return len(l.open) }

// Find is the oldest open entry of a rule.
func (l *Ledger) Find(r Rule) (Entry, bool) {
	if i := slices.IndexFunc(l.open, func(e Entry) bool { return e.Expect.Rule == r }); i >= 0 {
		return l.open[i], true
	}
	return Entry{}, false
}

// Step is the open entry of one request.
func (l *Ledger) Step(requestID string) (e Entry, ok bool) {
	if i := l.index(requestID); i >= 0 {
		return l.open[i], true
	}
	return Entry{}, false
}

// Any reports whether there is an open entry that which picks.
func (l *Ledger) Any(which func(Entry) bool) bool { return slices.ContainsFunc(l.open, which) }

// Note keeps what a look has shown of a request that has not worked yet.
func (l *Ledger) Note(requestID string, seen protocol.Output) {
	for i, e := range l.open {
		if e.RequestID == requestID {
			l.open[i].Seen = seen
		}
	}
}

// Event looks at an event of the agent's own state or dialogs. now is how the
// agent stands after it; told reports that the client is told something because
// of it. correlation is what that is an answer to, "" for nothing; settled are
// the entries that are over, the one that is answered first. A login stays open
// until [Ledger.Take]: its outcome is more than an event.
func (l *Ledger) Event(n finesse.Notification, now Now, told bool) (correlation string, settled []Entry) {
	if i := l.index(n.RequestID); i >= 0 {
		e := l.open[i]
		over := e.Expect.shownBy(n, now) || told && e.Answers == nil
		if over && e.Expect.Rule != RuleLogin {
			settled = l.settle(i)
			l.carry(e)
		}
		return e.Correlation, settled
	}
	for _, r := range l.recent {
		if n.RequestID != "" && r.requestID == n.RequestID {
			return r.correlation, nil
		}
	}
	for i, e := range l.open {
		if e.Expect.Rule != RuleLogin && e.Expect.shownBy(n, now) && l.tells(i, told, n.RequestID) {
			settled = l.settle(i)
			l.carry(e)
			return e.Correlation, settled
		}
	}
	return "", nil
}

// tells reports whether an event may be about the entry in place i, which it
// shows. One with news, or of another request, is not about what no dialog shows;
// one without news shows no state that is behind another.
func (l *Ledger) tells(i int, told bool, requestID string) bool {
	switch l.open[i].Expect.Rule {
	case RuleEvent:
		return !told && requestID == ""
	case RuleState:
		return told || !slices.ContainsFunc(l.open[:i], isState)
	}
	return true
}

// Read settles every entry that is met as the agent stands, after Finesse was read.
func (l *Ledger) Read(now Now) (settled []Entry) {
	last := -1 // state that is met
	for i, e := range l.open {
		if isState(e) && e.Expect.Met(now) {
			last = i
		}
	}
	i := -1
	return l.Take(func(e Entry) bool {
		i++
		return isState(e) && i <= last || e.Expect.Rule != RuleLogin && e.Expect.Met(now)
	})
}

func isState(e Entry) bool { return e.Expect.Rule == RuleState }

// settle takes the entry in place i. Finesse takes an agent's requests in order,
// so if it is a state, those that were asked for before are over, too, although no
// event has shown them.
func (l *Ledger) settle(i int) []Entry {
	settled := l.take(i)
	if !isState(settled[0]) {
		return settled
	}
	n := -1
	return append(settled, l.Take(func(e Entry) bool { n++; return n < i && isState(e) })...)
}

// index is the place of the entry of a request, -1 if it has none.
func (l *Ledger) index(requestID string) int {
	if requestID == "" {
		return -1
	}
	return slices.IndexFunc(l.open, func(e Entry) bool { return e.RequestID == requestID })
}

// Member settles the entry that the state of another agent shows to have worked.
func (l *Ledger) Member(u finesse.User) (e Entry, ok bool) {
	for i, e := range l.open {
		if e.Expect.Rule == RuleMember && e.Expect.Member == u.ID && stateReached(e.Expect, Now{User: u}) {
			l.take(i)
			return e, true
		}
	}
	return Entry{}, false
}

// Refused settles the entry that an asynchronous error is about: the one whose
// requestId it repeats, else the oldest one of what source names.
func (l *Ledger) Refused(requestID, source string) (e Entry, ok bool) {
	i := l.index(requestID)
	if i < 0 && requestID == "" {
		i = slices.IndexFunc(l.open, func(e Entry) bool { return e.Expect.Answerable(source) })
	}
	if i < 0 {
		return Entry{}, false
	}
	e = l.open[i]
	l.take(i)
	return e, true
}

// Answerable reports whether an error with this source (/finesse/api/User/{id},
// .../Dialogs, /finesse/api/Dialog/{id}) may be about the request.
func (e Expect) Answerable(source string) bool {
	_, dialog, isDialog := strings.Cut(source, "/Dialog/")
	calls := e.Rule == RuleCall || e.Rule == RuleJoin
	switch {
	case isDialog:
		return e.Dialog == dialog || calls
	case strings.HasSuffix(source, "/Dialogs"):
		return calls
	}
	return e.Rule == RuleState || e.Rule == RuleLogin || e.Rule == RuleMember || calls
}

// Due reports whether Finesse should be read at t, and counts that as done: the
// entries that wanted it want the next look later, or none.
func (l *Ledger) Due(t time.Time) bool {
	due := false
	for i, e := range l.open {
		if e.Look.IsZero() || e.Look.After(t) {
			continue
		}
		due = true
		l.open[i].Look = time.Time{}
		if e.Again > 0 {
			l.open[i].Look = t.Add(e.Again)
		}
	}
	return due
}

// Overdue settles the entries whose deadline has come.
func (l *Ledger) Overdue(t time.Time) []Entry {
	return l.Take(func(e Entry) bool { return !e.Deadline.After(t) })
}

// Next is when there is something due or overdue; ok is false if there is nothing.
func (l *Ledger) Next() (t time.Time, ok bool) {
	for _, e := range l.open {
		at := e.Deadline
		if !e.Look.IsZero() && e.Look.Before(at) {
			at = e.Look
		}
		if !ok || at.Before(t) {
			t, ok = at, true
		}
	}
	return t, ok
}

// Deadline is the first deadline; ok is false if there is none.
func (l *Ledger) Deadline() (t time.Time, ok bool) {
	for _, e := range l.open {
		if !ok || e.Deadline.Before(t) {
			t, ok = e.Deadline, true
		}
	}
	return t, ok
}

// Take settles the entries that which picks.
func (l *Ledger) Take(which func(Entry) bool) (taken []Entry) {
	kept := l.open[:0:0]
	for _, e := range l.open {
		if which(e) {
			taken = append(taken, e)
			l.remember(e)
			continue
		}
		kept = append(kept, e)
	}
	if taken != nil {
		l.open = kept
	}
	return taken
}

// take settles the entry in place i.
func (l *Ledger) take(i int) []Entry {
	e := l.open[i]
	l.open = slices.Delete(l.open, i, i+1)
	l.remember(e)
	return []Entry{e}
}

// carry lets further events that repeat the id of a settled entry carry its
// correlation, too.
func (l *Ledger) carry(e Entry) {
	for i, r := range l.recent {
		if r.requestID == e.RequestID {
			l.recent[i].correlation = e.Correlation
		}
	}
}

func (l *Ledger) remember(e Entry) {
	if len(l.recent) == maxRecent {
		l.recent = slices.Delete(l.recent, 0, 1)
	}
	l.recent = append(l.recent, recent{requestID: e.RequestID})
}
