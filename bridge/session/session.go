// Package session is one agent: who is bound to them, their Finesse connection,
// their state and calls, and the commands that act for them.
//
// A [Session] is an actor. One goroutine owns everything in it; commands,
// notifications, timers and the worker's signals reach that goroutine through
// bounded channels, so an agent's commands keep their order while agents run in
// parallel. What a notification means is decided by package translate, and which
// command it answers by package ledger; both are pure. What is left here is when
// to ask Finesse and whom to tell.
package session

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/session/presence"
	"gcbridge/bridge/session/signon"
	"gcbridge/bridge/translate"
	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// Session is one agent's actor. Make one with [New], run it with [Session.Run];
// Offer, the signals, Snapshot and State may be called from any goroutine.
type Session struct {
	deps  *Deps
	agent string
	log   zerolog.Logger
	inbox *inbox
	shown shown

	// owned by the Run goroutine
	client   client
	presence *presence.Presence[Server]
	view     translate.View
	asked    asked
	sync     syncing
	signing  signing
	teams    teams
	reasons  reasonBook
	tenure   tenure
	life     life
}

// life is how long a session goes on.
type life struct {
	ended   bool
	idle    *time.Timer
	silence *time.Timer            // for the next look at when the client was heard
	backlog []finesse.Notification // read while something else was waited for
}

// New makes the session of agent, not yet bound to a destination: the first
// command must be the Connect that caused it.
func New(agent string, deps *Deps) *Session {
	s := &Session{
		deps: deps, agent: agent, log: deps.Log.With().Str("agent", agent).Logger(),
		inbox: newInbox(), presence: presence.New[Server](), view: translate.New(agent, deps.Dialect),
	}
	s.signing.token = signon.New()
	s.asked.timer, s.sync.timer, s.tenure.timer, s.sync.routine.timer = stopped(), stopped(), stopped(), stopped()
	s.life.idle, s.life.silence = stopped(), stopped()
	s.sync.cause = translate.AfterGap
	s.shown.snapshot.Store(&Snapshot{Agent: agent, Phase: PhaseNew})
	return s
}

// stopped is a timer that does not run.
func stopped() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// Agent is the login id.
func (s *Session) Agent() string { return s.agent }

// next takes the notification that was read first.
func (l *life) next() (n finesse.Notification, ok bool) {
	if len(l.backlog) == 0 {
		return n, false
	}
	n, l.backlog = l.backlog[0], l.backlog[1:]
	return n, true
}

// What a session is made of. Each part has methods of its own; what ties them
// together is in the files of the families.

// client is the agent's client: where it listens, and why it is refused.
type client struct {
	wire.Binding
	refused protocol.ErrorCode // what commands are answered until the next Connect, "" = they are served
}

// path is the address for people, "" if there is none.
func (c client) path() string {
	if !c.Bound() {
		return ""
	}
	return c.To.String()
}

// shown is what others may read of a session at any time.
type shown struct {
	snapshot atomic.Pointer[Snapshot]
	state    atomic.Pointer[protocol.State]
	panics   atomic.Uint64
	proven   atomic.Bool // Finesse has accepted the agent's credentials
}

// asked is what Finesse was asked for.
type asked struct {
	ledger.Ledger
	timer *time.Timer // for the next look or deadline
	seq   uint64      // of the last request
}

// arm sets the timer for whatever comes next.
func (a *asked) arm() { a.set(a.Next()) }

// armDeadline sets the timer for the next deadline alone.
func (a *asked) armDeadline() { a.set(a.Deadline()) }

func (a *asked) set(t time.Time, ok bool) {
	if !ok {
		a.timer.Stop()
		return
	}
	a.timer.Reset(time.Until(t))
}

// All settles every entry.
func (a *asked) All() []ledger.Entry {
	return a.Take(func(ledger.Entry) bool { return true })
}

// Of settles the entries of one command.
func (a *asked) Of(r *Request) []ledger.Entry {
	return a.Take(func(e ledger.Entry) bool { return e.Ticket == r })
}

// For reports whether an entry of a command is open.
func (a *asked) For(r *Request) bool {
	return a.Any(func(e ledger.Entry) bool { return e.Ticket == r })
}

// syncing is the re-sync that is due after a gap (M8). A read that fails is tried
// again with a backoff of its own: the stream, which works, stays.
type syncing struct {
	due     bool
	waits   bool // for the timer, after a failure
	cause   translate.Cause
	attempt int
	timer   *time.Timer
	routine routine
	turn    <-chan struct{} // to come back after an outage; nil: not asked for
	drop    func()          // gives the turn up
}

// queue waits for a turn, and forgets one that was asked for before.
func (y *syncing) queue(turn <-chan struct{}, drop func()) {
	y.leave()
	y.turn, y.drop = turn, drop
}

// leave gives the turn up that was asked for.
func (y *syncing) leave() {
	if y.drop != nil {
		y.drop()
	}
	y.turn, y.drop = nil, nil
}

// want makes a re-sync due.
func (y *syncing) want() { y.due = true }

// again makes a re-sync due after the next delay.
func (y *syncing) again() {
	y.due, y.waits = true, true
	y.timer.Reset(presence.Delay(y.attempt, rand.Float64()))
	y.attempt++
}

// done notes that the agent was read and told.
func (y *syncing) done() {
	y.due, y.waits, y.attempt, y.cause = false, false, 0, translate.AfterGap
	y.timer.Stop()
	y.leave()
}

// soon forgets the wait: something has changed since the last failure.
func (y *syncing) soon() {
	y.due, y.waits, y.attempt = true, false, 0
	y.timer.Stop()
}

// signing is what belongs to signing the agent in and out.
type signing struct {
	admitted bool // the agent counts against GC_MAX_AGENTS
	outgoing bool // the client asked for LOGOUT
	leaving  leaving
	failover failover
	token    *signon.Renewal // of an SSO user
}

// failover is the time after a gap in which Finesse may log an agent out whom
// nobody wanted to leave: the server that lost them says so late, or the one that
// took over does not know them yet (finesse-api 1.10, 5). Such a LOGOUT has no
// reason code; clients are not told, and the agent is signed in again, once.
// A LOGOUT with a code (255: the agent was away for more than 60 s) is the truth.
type failover struct {
	at    time.Time // of the last gap
	tried bool      // the agent was signed in again after it
}

// teams are those whose members' states a supervisor is told.
type teams struct {
	roster translate.Roster
	stream Stream // where the subscriptions are
	lost   bool   // outputs were lost: every member's state is due again
}
