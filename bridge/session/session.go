// Package session is one agent: who is bound to him, his Finesse connection,
// his state and calls, and the commands that act for him.
//
// A [Session] is an actor. One goroutine owns everything in it; commands,
// notifications, timers and the worker's signals reach that goroutine through
// bounded channels, so an agent's commands keep their order while agents run in
// parallel. What a notification means is decided by package translate, which
// is pure; what is left here is when to ask Finesse and whom to tell.
package session

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// mailboxSize bounds the commands that wait for one agent.
const mailboxSize = 64

// Session is one agent's actor. Make one with [New], run it with [Session.Run];
// Offer, Signal and Snapshot may be called from any goroutine.
type Session struct {
	deps  Deps
	agent string
	log   zerolog.Logger

	gate    sync.RWMutex // held by Offer; closed is set under it, so that no command slips in after the last look
	closed  bool
	mailbox chan *Request
	signals atomic.Uint32 // a bit for each signal that waits
	wake    chan struct{} // there are signals
	done    chan struct{}
	full    atomic.Uint64
	panics  atomic.Uint64
	snap    atomic.Pointer[Snapshot]
	state   atomic.Pointer[protocol.State]

	// owned by the Run goroutine
	table    map[protocol.Word]row
	binding  Binding
	link     link
	view     translate.View
	login    loginWait
	leaving  leaving
	failover failover
	outgoing bool // the client asked for LOGOUT
	reasons  reasonBook
	answers  correlations
	watch    watch
	awaits   awaits
	backlog  []finesse.Notification // read while something else was waited for
	idle     *time.Timer
	wantSync bool
	cause    translate.Cause // of the next re-sync
	seq      uint64
	ended    bool
	let      bool // another node has the agent now

	inherited *Holding // of a successor
	yield     yield
	told      *Holding // what the pair knows of this session, nil: nothing
}

// New makes the session of agent, not yet bound to a destination: the first
// command must be the Connect that caused it.
func New(agent string, deps Deps) *Session {
	s := &Session{
		deps:    deps,
		agent:   agent,
		log:     deps.Log.With().Str("agent", agent).Logger(),
		mailbox: make(chan *Request, mailboxSize),
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
		table:   handlers(),
		view:    translate.New(agent, deps.Dialect),
		answers: newCorrelations(),
		cause:   translate.AfterGap,
	}
	s.snap.Store(&Snapshot{Agent: agent, Phase: PhaseNew})
	return s
}

// Agent is the login id.
func (s *Session) Agent() string { return s.agent }

// Offer puts a command into the mailbox. It never blocks: false means that the
// mailbox is full or the session has ended, and the caller answers.
func (s *Session) Offer(r *Request) bool {
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.closed {
		return false
	}
	select {
	case s.mailbox <- r:
		return true
	default:
		s.full.Add(1)
		return false
	}
}

// Done is closed when Run has returned.
func (s *Session) Done() <-chan struct{} { return s.done }

// Run is the actor. It returns when ctx ends or when the agent is gone
// (let go, refused, or logged out and silent for [Deps.Linger]); commands still
// in the mailbox are then handed back.
func (s *Session) Run(ctx context.Context) {
	defer close(s.done)
	defer s.orphans()
	defer s.depart()
	s.idle = time.NewTimer(s.deps.Linger)
	defer s.idle.Stop()
	s.link.timer = stoppedTimer()
	s.login.timer = stoppedTimer()
	s.awaits.timer = stoppedTimer()
	s.yield.timer = stoppedTimer()
	if s.inherited != nil {
		s.contain(nil, func() { s.inherit(ctx) })
		s.follow(ctx)
	}
	for !s.ended && ctx.Err() == nil {
		s.step(ctx)
		s.follow(ctx)
	}
	if s.let {
		s.finish(ctx)
		s.discharge() // before he can come back
		s.deps.Yielded(s.agent)
		s.settle(ctx)
	}
}

// follow does what may be due after any step.
func (s *Session) follow(ctx context.Context) {
	if s.wantSync && s.link.up() && !s.login.waiting {
		s.contain(nil, func() { s.resync(ctx) })
	}
	s.tell()
	s.publishSnapshot()
}

// step waits for the next thing that happens, and serves it.
func (s *Session) step(ctx context.Context) {
	if len(s.backlog) > 0 {
		n := s.backlog[0]
		s.backlog = s.backlog[1:]
		s.contain(nil, func() { s.notice(ctx, n) })
		return
	}
	select {
	case <-ctx.Done():
	case r := <-s.commands():
		s.contain(r, func() { s.serve(ctx, r) })
	case <-s.yield.timer.C:
		s.deps.Count("hand_overs_unconfirmed")
		s.yielded()
	case n, ok := <-s.link.events():
		if !ok {
			s.contain(nil, func() { s.linkLost(s.link.err()) })
			return
		}
		s.contain(nil, func() { s.notice(ctx, n) })
	case <-s.link.timer.C:
		s.contain(nil, func() { s.relink(ctx) })
	case <-s.login.timer.C:
		s.contain(nil, func() { s.loginOverdue(ctx) })
	case <-s.awaits.timer.C:
		s.contain(nil, func() { s.awaitedOverdue(ctx) })
	case <-s.wake:
		s.obeyAll(ctx)
	case <-s.idle.C:
		s.contain(nil, s.lingerOver)
	}
}

// contain runs one step. A panic is logged, counted and answered, and the
// session re-syncs: one agent's defect must not take the others down.
func (s *Session) contain(r *Request, step func()) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		s.panics.Add(1)
		s.deps.Count("session_panics")
		s.log.Error().Str("panic", fmt.Sprint(p)).Bytes("panic_stack", debug.Stack()).Msg("a step panicked; the session re-syncs")
		s.wantSync = true
		if r != nil {
			s.answerError(r, protocol.ErrGenericError)
			r.release()
		}
	}()
	step()
}

// serve runs one command to its decision.
func (s *Session) serve(ctx context.Context, r *Request) {
	s.touch()
	if s.binding.Destination == "" && r.Binding.Destination == "" {
		r.unserved() // taken over from an original connector: nobody knows where he is
		return
	}
	if r.Refused != "" {
		s.answerError(r, r.Refused)
		r.release()
		return
	}
	// A command that has begun is finished even if the session has to stop:
	// cut in the middle, nobody would know what became of it.
	ctx = withReceived(context.WithoutCancel(ctx), r.Received)
	ctx, cancel := context.WithTimeout(ctx, s.deps.CommandTimeout)
	defer cancel()
	h, ok := s.rowOf(r)
	if !ok {
		s.answerError(r, protocol.ErrPleaseRetry)
		r.release()
		return
	}
	err := s.prepare(ctx, h)
	run := true
	if err == nil {
		run, err = s.begin(ctx, h, r)
	}
	if err == nil && run {
		s.log.Debug().Str("command", string(r.Command.Word)).Str("jms_message_id", r.MessageID).Msg("command begins")
		err = h.run(s, ctx, r)
	}
	if err != nil {
		code := s.codeFor(err, h)
		s.log.Info().Str("command", string(r.Command.Word)).Str("code", string(code)).Err(err).Msg("command refused")
		s.deps.Servers.Report(err)
		s.answerError(r, code)
	}
	r.release()
}

// rowOf finds how a command is served: one that names another agent comes
// from his supervisor's client [C15].
func (s *Session) rowOf(r *Request) (row, bool) {
	if r.Command.ID != s.agent {
		return forMember(r.Command.Word)
	}
	h, ok := s.table[r.Command.Word]
	return h, ok
}

// prepare brings about what a command needs, or refuses it before Finesse is
// asked for what cannot work.
func (s *Session) prepare(ctx context.Context, h row) error {
	if h.unbound {
		return nil
	}
	if s.link.refused != "" {
		return refuse(s.link.refused, errclass.Client, nil)
	}
	if h.needs == needUser || h.needs == needCalls {
		if err := s.know(ctx); err != nil {
			return err
		}
	}
	if h.needs == needCalls && s.view.User().Extension == "" {
		return refuse(protocol.ErrInvalidObjectState, errclass.Client, nil)
	}
	return nil
}

// touch restarts the clock after which a logged-out, silent agent is forgotten.
func (s *Session) touch() {
	s.idle.Reset(s.deps.Linger)
}

// lingerOver ends the session of an agent who is logged out and silent: his
// next command gets RE_LOGIN, which clients answer with Connect and Login.
func (s *Session) lingerOver() {
	if st := s.view.User().State; st == "" || st == finesse.StateLogout || s.link.refused != "" {
		s.log.Info().Msg("logged out and silent: session ends")
		s.ended = true
		return
	}
	s.touch()
}

// depart leaves Finesse.
func (s *Session) depart() {
	s.link.close(s.log)
	s.discharge()
}

// shut closes the mailbox: what is in it is all that there will be.
func (s *Session) shut() {
	s.gate.Lock()
	defer s.gate.Unlock()
	s.closed = true
}

// orphans closes the mailbox and gives back the commands that are in it.
func (s *Session) orphans() {
	s.shut()
	for {
		select {
		case r := <-s.mailbox:
			r.unserved()
		default:
			return
		}
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}
