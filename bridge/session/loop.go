package session

import (
	"context"
	"fmt"
	"math/bits"
	"runtime/debug"

	"gcbridge/bridge/telemetry"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// Run is the actor. It returns when ctx ends or when the agent is gone
// (let go, refused, or logged out and silent for [Options.Linger]); commands
// still in the mailbox are then handed back.
func (s *Session) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(finesse.WithAgent(ctx, s.agent))
	defer close(s.inbox.done)
	defer s.deps.Trust.proven(s) // or gone
	defer s.returnQueued()
	defer s.disconnect()
	defer cancel()
	s.touch()
	s.sync.routine.begin(s.deps.Options.ResyncInterval)
	if s.tenure.inherited != nil {
		s.contain(nil, func() { s.inherit(ctx) })
		s.follow(ctx)
	}
	for !s.life.ended && ctx.Err() == nil {
		s.step(ctx)
		s.follow(ctx)
	}
	switch {
	case s.tenure.released:
		s.finish(ctx)
		s.discharge() // before the agent can come back
		s.deps.Cluster.Yielded(s.agent)
		s.settle(ctx)
	case ctx.Err() == nil:
		s.unconfirmed(s.asked.All())
		s.lose()
	}
	// A node that stops leaves what is open to the node that gets the commands again.
}

// lose tells the other nodes, and those that come after all of them, that the agent
// has gone: nobody is to serve them again before their next Connect.
func (s *Session) lose() {
	if s.tenure.told != nil {
		s.tenure.told = nil
		s.deps.Cluster.Lost(s.agent)
	}
}

// follow does what may be due after any step.
func (s *Session) follow(ctx context.Context) {
	if s.sync.due && !s.sync.waits && s.presence.Up() && !s.loginOpen() {
		s.contain(nil, func() { s.resync(ctx) })
	}
	s.tell()
	s.asked.arm()
	s.show()
}

// step waits for the next thing that happens, and serves it.
func (s *Session) step(ctx context.Context) {
	if n, ok := s.life.next(); ok {
		s.contain(nil, func() { s.notice(ctx, n) })
		return
	}
	select {
	case <-ctx.Done():
	case r := <-s.commands():
		s.contain(r, func() { s.serve(ctx, r) })
	case n, ok := <-s.presence.Events():
		if !ok {
			s.contain(nil, s.streamLost)
			return
		}
		s.contain(nil, func() { s.notice(ctx, n) })
	case <-s.inbox.wake:
		s.handleSignals(ctx)
	case <-s.asked.timer.C:
		s.contain(nil, func() { s.lookAfter(ctx) })
	case <-s.presence.Retry():
		s.contain(nil, func() { s.redial(ctx) })
	case d := <-s.presence.Dialled():
		s.contain(nil, func() { s.dialled(d) })
	case <-s.sync.turn:
		s.contain(nil, func() { s.comeBack(ctx) })
	case <-s.sync.timer.C:
		s.sync.waits = false // follow does the rest
	case <-s.sync.routine.timer.C:
		s.contain(nil, func() { s.readRoutinely(ctx) })
	case <-s.signing.token.Due():
		s.contain(nil, func() { s.renewToken(ctx) })
	case a := <-s.signing.token.Answers():
		s.contain(nil, func() { s.tokenRenewed(ctx, a) })
	case <-s.tenure.timer.C:
		s.deps.Telemetry.Count(telemetry.HandOversUnconfirmed)
		s.handOver()
	case <-s.life.silence.C:
		s.contain(nil, func() { s.clientSilent(ctx) })
	case <-s.life.idle.C:
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
		s.shown.panics.Add(1)
		s.deps.Telemetry.Count(telemetry.SessionPanics)
		s.log.Error().Str("panic", fmt.Sprint(p)).Bytes("panic_stack", debug.Stack()).Msg("a step panicked; the session re-syncs")
		s.sync.want()
		if r != nil {
			for _, e := range s.asked.Of(r) { // the error is the outcome
				e.Ticket.Release()
			}
			s.answerError(r, protocol.ErrGenericError)
			r.Release()
		}
	}()
	step()
}

// touch restarts the clock after which a logged-out, silent agent is forgotten.
func (s *Session) touch() {
	s.life.idle.Reset(s.deps.Options.Linger)
}

// lingerOver ends the session of an agent who is logged out and silent: their
// next command gets RE_LOGIN, which clients answer with Connect and Login.
func (s *Session) lingerOver() {
	if st := s.view.User().State; st == "" || st == finesse.StateLogout || s.client.refused != "" {
		s.log.Info().Msg("logged out and silent: session ends")
		s.life.ended = true
		return
	}
	s.touch()
}

// disconnect leaves Finesse.
func (s *Session) disconnect() {
	s.sync.leave()
	s.signing.token.Drop()
	s.signing.token.Wait()
	if err := s.presence.Close(); err != nil {
		s.log.Debug().Err(err).Msg("closing the notification stream")
	}
	s.discharge()
}

// handleSignals obeys the signals that wait, in the order in which they are declared.
func (s *Session) handleSignals(ctx context.Context) {
	for set := s.inbox.signals.Swap(0); set != 0; set &= set - 1 {
		s.contain(nil, func() { signalHandlers[signal(bits.TrailingZeros32(set))](s, ctx) })
	}
}

// signalHandlers is what each signal makes a session do.
var signalHandlers = map[signal]func(*Session, context.Context){
	sigResync:  (*Session).outputsLost,
	sigServer:  (*Session).serverChanged,
	sigLetGo:   (*Session).letGo,
	sigHanding: func(s *Session, _ context.Context) { s.tenure.busy() },
	sigHanded:  func(s *Session, _ context.Context) { s.handOver() },
	sigForget:  func(s *Session, _ context.Context) { s.forgotten() },
}

// returnQueued closes the mailbox and gives back the commands that are in it.
func (s *Session) returnQueued() {
	s.inbox.close()
	for r := s.inbox.take(); r != nil; r = s.inbox.take() {
		r.unserved()
	}
}
