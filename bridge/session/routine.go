package session

import (
	"context"
	"math/rand/v2"
	"time"

	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// routine is the slow reading of an agent although nothing happened: it heals what
// an event should have told that was lost, or came out of order, or went to another
// XMPP resource of the agent.
type routine struct {
	every   time.Duration // 0: only what is asked for by soon
	timer   *time.Timer
	near    bool // the next read is sooner than the interval
	doubt   bool // the last read has shown what no event has told yet
	missed  int  // reads in a row that showed something, without an event of the agent between
	other   string
	suspect string // why somebody else is believed to get the events; "": nobody is
}

const (
	// orderGrace is when an agent is read of whom an event came out of order: those
	// that are under way have come by then.
	orderGrace = 250 * time.Millisecond
	// doubtTime is how long an event may be behind a read.
	doubtTime = time.Second
	// suspectLook is when a command is looked after whose event may not come.
	suspectLook = 250 * time.Millisecond
	// missedEvents is how many missed events in a row make another resource suspected.
	missedEvents = 2
)

// begin starts the routine at any point of the interval, so that many agents are
// spread over it.
func (r *routine) begin(every time.Duration) {
	if r.every = every; every > 0 {
		r.timer.Reset(time.Duration(rand.Float64() * float64(every)))
	}
}

// later makes the next read due in an interval, with a tenth of it as jitter either way.
func (r *routine) later() {
	r.near = false
	if r.every > 0 {
		r.timer.Reset(time.Duration((0.9 + 0.2*rand.Float64()) * float64(r.every)))
	}
}

// soon makes the next read due earlier.
func (r *routine) soon(d time.Duration) {
	if !r.near {
		r.near = true
		r.timer.Reset(d)
	}
}

// readRoutinely reads the agent. What it shows is told if no event has told it a moment
// later: events come behind reads.
func (s *Session) readRoutinely(ctx context.Context) {
	doubt := s.sync.routine.doubt
	s.sync.routine.doubt = false
	s.sync.routine.later()
	if !s.presence.Up() || s.sync.due || s.loginOpen() || s.client.refused != "" {
		return // that is read anyhow
	}
	s.deps.Telemetry.Count(telemetry.Rereads)
	ctx, cancel := context.WithTimeout(ctx, s.deps.Options.CommandTimeout)
	defer cancel()
	was := s.view.User()
	u, ds, err := s.read(ctx)
	if err != nil {
		s.deps.Finesse.Report(err)
		s.log.Debug().Err(err).Msg("the routine reading of the agent failed; the next is in an interval")
		return
	}
	view, outs := s.view.Resync(u, ds, translate.OnLook)
	switch {
	case len(outs) == 0:
		s.view = view
		return
	case !doubt:
		s.sync.routine.doubt = true
		s.sync.routine.soon(doubtTime)
		return
	}
	if s.spurious(was, u) && s.signInAgain(ctx) {
		return
	}
	s.heal(view, outs)
	s.changed(ctx, was)
}

// heal tells what no event has told.
func (s *Session) heal(view translate.View, outs []protocol.Output) {
	s.deps.Telemetry.Count(telemetry.Healed)
	s.log.Warn().Int("outputs", len(outs)).Msg("a read has shown what no event told")
	s.view = view
	s.eventMissed()
	s.tellTruth(outs, s.asked.Read(s.now()), reread)
}

// eventMissed notes that a read has shown what an event should have told.
func (s *Session) eventMissed() {
	if s.sync.routine.missed++; s.sync.routine.missed >= missedEvents {
		s.suspected("the agent's events do not come, although reads show changes")
	}
}

// eventCame notes that an event of the agent came here.
func (s *Session) eventCame(n finesse.Notification) {
	if n.User == nil && len(n.Dialogs) == 0 {
		return
	}
	s.sync.routine.missed = 0
	if s.sync.routine.suspect != "" && s.sync.routine.other == "" {
		s.log.Info().Msg("the agent's events come again")
		s.sync.routine.suspect = ""
	}
}

// otherResource notes the presence of another program that is connected as the agent.
func (s *Session) otherResource(o finesse.OtherResource) {
	switch {
	case o.Up:
		s.sync.routine.other = o.Name
		s.suspected("another program is connected as the agent, as resource " + o.Name)
		s.sync.routine.soon(doubtTime)
	case o.Name == s.sync.routine.other:
		s.log.Info().Str("resource", o.Name).Msg("the other program that was connected as the agent is gone")
		s.sync.routine.forget()
		s.sync.routine.soon(doubtTime)
	}
}

// forget is what a new stream begins with: the server tells of other resources again.
func (r *routine) forget() { r.other, r.suspect, r.missed = "", "", 0 }

func (s *Session) suspected(why string) {
	if s.sync.routine.suspect != "" {
		return
	}
	s.sync.routine.suspect = why
	s.deps.Telemetry.Count(telemetry.EventsStolen)
	s.log.Warn().Str("why", why).Msg("another XMPP resource may take the agent's events (the Finesse desktop?); commands are read soon after they were accepted")
}
