package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// Holding is what another node must know to go on with this agent.
type Holding struct {
	Password  secret.Secret
	Bearer    bool // the password is an SSO access token
	Extension string
	Binding   Binding  // zero: only an original connector's O-025 was seen
	Teams     []string // whose members' states he has asked for
	LoggedIn  bool
	Leaving   bool // a force_logout waits for the last call to end [C16]
	// Yields: another node may have commands of the agent, and finishes them; see
	// [Session.Handed]. It is no part of what is told on.
	Yields bool
}

func (h Holding) equal(o Holding) bool {
	return h.Password.Equal(o.Password) && h.Bearer == o.Bearer && h.Extension == o.Extension && h.Binding.Destination == o.Binding.Destination &&
		h.Binding.Dialect.Format == o.Binding.Dialect.Format && slices.Equal(h.Teams, o.Teams) && h.LoggedIn == o.LoggedIn && h.Leaving == o.Leaving
}

// Successor makes the session of an agent whom another node held: it connects
// him with what that node knew, and tells his client where he stands (M8).
func Successor(agent string, deps Deps, h Holding) *Session {
	s := New(agent, deps)
	s.inherited = &h
	return s
}

// inherit is the first step of a successor. Whatever fails for want of a server
// is tried again like a lost stream.
func (s *Session) inherit(ctx context.Context) {
	h := s.inherited
	if h.Binding.Destination != "" {
		s.bind(h.Binding)
		s.view = s.view.ForClient(h.Binding.Dialect)
	}
	s.gap()
	s.cause, s.wantSync = translate.TakeOver, true
	for _, team := range h.Teams { // the re-sync subscribes and reads them
		s.watch.roster, _ = s.watch.roster.With(finesse.Team{ID: team})
	}
	s.link.cred = finesse.Credentials{User: s.agent, Password: h.Password, Bearer: h.Bearer}
	if h.LoggedIn {
		s.admit()
	}
	s.leaving.active = h.Leaving
	if h.Yields {
		s.yield.waits = true
		s.yield.timer.Reset(presenceTime)
	}
	s.relink(ctx)
}

// yield is the time in which the commands of an agent who was taken over wait
// for another node to finish those that it has for him.
type yield struct {
	waits bool
	timer *time.Timer
}

// The bounds of the wait. The other node learns of the take-over when the
// presence is up; it answers at once, if it lives and has the agent.
const (
	presenceTime = 2 * time.Second        // for the presence
	answerTime   = 250 * time.Millisecond // from then on, for the answer
	handOverTime = 5 * time.Second        // from then on, for the end of what it is at
)

// Handed says that the node which had the agent has finished his commands, or
// is at it.
func (s *Session) Handed(busy bool) {
	if busy {
		s.signal(sigHanding)
		return
	}
	s.signal(sigHanded)
}

// yielded lets the commands begin.
func (s *Session) yielded() {
	s.yield.waits = false
	s.yield.timer.Stop()
	s.ended = s.ended || s.let
}

// commands is the mailbox, while commands may begin.
func (s *Session) commands() <-chan *Request {
	if s.yield.waits {
		return nil
	}
	return s.mailbox
}

// LetGo ends the session without a word to client or Finesse: another node has
// the agent now and its presence is up.
func (s *Session) LetGo() { s.signal(sigLetGo) }

// tell lets the pair know what this session holds, when that has changed. It
// holds the agent from the first time that his stream was up.
func (s *Session) tell() {
	if s.link.refused != "" || !s.link.up() || s.wantSync {
		return
	}
	u := s.view.User()
	h := Holding{
		Password: s.link.cred.Password, Bearer: s.link.cred.Bearer, Leaving: s.leaving.active, Extension: u.Extension, Binding: s.binding, Teams: s.watch.roster.Teams(), LoggedIn: loggedIn(u),
	}
	if s.told == nil && s.yield.waits {
		s.yield.timer.Reset(answerTime)
	}
	if s.told == nil || !s.told.equal(h) {
		s.told = &h
		s.deps.Held(s.agent, h)
	}
}

// settleAfter is how long a redelivered command waits for what the node that
// had it first may still have said on another way.
const settleAfter = 250 * time.Millisecond

// errOvertaken: a later command has begun.
var errOvertaken = errors.New("session: overtaken by a later command")

// begin decides whether a command may run, and makes known that it does. One
// that a later one has overtaken may not: order is kept, and the client told
// PLEASE_RETRY. Nor may one that must not run twice and that some node was about
// to run before: the agent is re-synced.
func (s *Session) begin(ctx context.Context, h row, r *Request) (run bool, err error) {
	if h.asks {
		return true, nil
	}
	if r.Command.Row.Once {
		if r.Redelivered {
			select {
			case <-ctx.Done():
			case <-time.After(settleAfter):
			}
		}
		if s.deps.Intended(r.MessageID) {
			return false, s.repeated(ctx, r)
		}
	}
	if s.deps.Overtaken(r) {
		s.deps.Count("commands_overtaken")
		return false, refuse(protocol.ErrPleaseRetry, errclass.Unavailable, errOvertaken)
	}
	if err := s.deps.Begin(ctx, r); err != nil {
		return false, refuse(protocol.ErrPleaseRetry, errclass.Unavailable, err)
	}
	return true, nil
}

// repeated serves a command that may have run already: the agent is re-synced,
// and told PLEASE_RETRY if the effect is not there.
func (s *Session) repeated(ctx context.Context, r *Request) error {
	s.deps.Count("commands_not_repeated")
	s.log.Warn().Str("command", string(r.Command.Word)).Msg("delivered again after it may have run: not run again")
	u, ds, err := s.read(ctx)
	if err != nil {
		return err
	}
	was := s.view.User()
	var outs []protocol.Output
	s.view, outs = s.view.Resync(u, ds, translate.AfterGap)
	s.publish(outs, provenance{recovered: true})
	s.changed(ctx, was)
	if !landed(r.Command, s.view.Dialogs()) {
		return refuse(protocol.ErrPleaseRetry, errclass.Indeterminate, nil)
	}
	return nil
}

// landed reports whether the effect of a command is to be seen in the agent's
// dialogs. For a command that makes no call of its own it cannot be told.
func landed(c protocol.Command, ds []finesse.Dialog) bool {
	number := c.Arg(protocol.ParamNumber)
	return number != "" && slices.ContainsFunc(ds, func(d finesse.Dialog) bool { return d.To == number || d.DialedNumber == number })
}
