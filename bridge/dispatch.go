package bridge

import (
	"errors"
	"time"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/session"
	"gcbridge/protocol"
)

// command is a delivery on its way through the dispatcher.
type command struct {
	protocol.Command
	from     *broker.Delivery
	parseErr *protocol.ParseError // nil: the command is well formed
	format   protocol.Format      // of property gcFormat, "" = none [D3]
	reply    bound                // JMSReplyTo, zero if there is none
	waited   bool                 // for a peer to tell of its agent, once
}

// formatProperty lets a client choose the format of its own destination [D3].
const formatProperty = "gcFormat"

// receive takes a delivery off the command queue. It is called in order on one
// goroutine and does not block.
func (w *Worker) receive(d *broker.Delivery) {
	if w.stopping.Load() {
		return // not acknowledged: the peer, or the next start, gets it
	}
	w.observe.count("commands")
	if !w.seen.start(d.ID, d.Ack) {
		w.observe.count("commands_redelivered")
		return
	}
	c := w.read(d)
	if e := w.log.Debug(); e.Enabled() {
		e.Str("command", printable(c.RawWord, 64)).Str("id", printable(c.ID, 64)).Str("jms_message_id", d.ID).
			Bool("redelivered", d.Redelivered).Msg("command received")
	}
	switch {
	case !d.Expires.IsZero() && d.Received.After(d.Expires): // [C4]
		w.observe.count("commands_expired")
		w.log.Info().Str("command", c.RawWord).Str("id", c.ID).Msg("expired command dropped")
		w.decide(d.ID)
	case c.parseErr != nil && c.ID == "":
		w.reject(c, c.parseErr.Reason)
	default:
		w.route(c)
	}
}

// decide acknowledges a command whose outcome is decided.
func (w *Worker) decide(messageID string) {
	w.log.Debug().Str("jms_message_id", messageID).Msg("command decided")
	w.seen.decide(messageID)
}

// read parses what a delivery holds.
func (w *Worker) read(d *broker.Delivery) command {
	cmd, err := protocol.ParseCommand(d.Type, d.Body)
	c := command{Command: cmd, from: d}
	errors.As(err, &c.parseErr)
	c.format = protocol.Format(d.Properties[formatProperty])
	if to, err := broker.ParseReplyTo(d.ReplyTo); err == nil && d.ReplyTo != "" {
		c.reply = bound{dest: to, dialect: w.dialect, fragile: true}
	}
	return c
}

// tooOld reports that a command waited longer than GC_COMMAND_MAX_AGE [C4].
func (w *Worker) tooOld(c command) bool {
	return w.cfg.CommandMaxAge > 0 && !c.from.Timestamp.IsZero() && c.from.Received.Sub(c.from.Timestamp) > w.cfg.CommandMaxAge
}

// route hands a command that names somebody to whoever serves it.
func (w *Worker) route(c command) {
	if h, ok := w.words[c.Word]; ok && c.parseErr == nil {
		h.serve(w, c)
		return
	}
	switch {
	case c.parseErr != nil && c.Row != nil && c.Row.ByDestination:
		w.reject(c, c.parseErr.Reason)
		return
	case c.parseErr != nil && c.parseErr.Reject:
		if _, ok := w.answerTo(c); !ok {
			w.reject(c, c.parseErr.Reason)
			return
		}
		w.copyRejected(c, c.parseErr.Reason)
	}
	w.toAgent(c)
}

// toAgent serves a command in its turn, behind those of the agent that wait.
func (w *Worker) toAgent(c command) {
	if !w.newcomers.behind(c) {
		w.toSession(c)
	}
}

// toSession finds the agent's session, or says why there is none.
func (w *Worker) toSession(c command) {
	s := w.agents.session(c.ID)
	late := s == nil && w.tooLate(c)
	if s == nil && !late && w.pair != nil && w.servers.Current() != nil && w.pair.demand(c.ID) {
		s = w.agents.session(c.ID)
	}
	answer := func(code protocol.ErrorCode) {
		w.refuse(c, protocol.Error{Addressee: protocol.Addressee{Agent: c.ID}, Err: code})
	}
	switch {
	case c.parseErr != nil && c.parseErr.Err == "":
		w.reject(c, c.parseErr.Reason)
	case w.tooOld(c):
		w.observe.count("commands_too_old")
		answer(protocol.ErrPleaseRetry)
	case w.servers.Current() == nil: // [C7]
		answer(protocol.ErrFinesseUnavailable)
	case c.parseErr != nil && c.Word == protocol.Connect:
		answer(c.parseErr.Err)
	case s == nil && c.parseErr == nil && w.toSupervisor(c): // [C15]
	case late:
		w.observe.count("commands_overtaken")
		answer(protocol.ErrPleaseRetry)
	case s == nil && w.awaitNewcomer(c):
	case s == nil: // [C5]
		w.refuse(c, protocol.ReLogin{Addressee: protocol.Addressee{Agent: c.ID}})
	default:
		w.offer(s, c, session.Binding{})
	}
}

// tooLate reports that a command would fetch its agent from another node only to
// be refused by his session here, because a later one of the same producer has
// begun. What must not run twice is left to the session, which looks for its call
// first.
func (w *Worker) tooLate(c command) bool {
	return w.pair != nil && c.parseErr == nil && !c.Row.Once &&
		w.pair.late(&session.Request{Command: c.Command, MessageID: c.from.ID}) && !session.Asks(c.Word)
}

// supervisorProperty names the supervisor whose client sends a state command
// for a member of his team [C15].
const supervisorProperty = "gcSupervisor"

// toSupervisor hands a state command that names an agent who is not connected
// here to the session of the supervisor who sent it: the one of the property,
// else the one bound to JMSReplyTo. false: there is none.
func (w *Worker) toSupervisor(c command) bool {
	if !session.Forces(c.Word) {
		return false
	}
	var s *session.Session
	if id := c.from.Properties[supervisorProperty]; id != "" {
		s = w.agents.session(id)
	} else if !c.reply.dest.IsZero() {
		s = w.agents.supervisorAt(c.reply.dest.String())
	}
	if s == nil || !s.Snapshot().Supervisor {
		return false
	}
	w.offer(s, c, session.Binding{})
	return true
}

// offer puts a command into a session's mailbox; a full one refuses it.
func (w *Worker) offer(s *session.Session, c command, b session.Binding) {
	r := &session.Request{
		Command: c.Command, CorrelationID: c.from.CorrelationID, Binding: b, Received: c.from.Received,
		MessageID: c.from.ID, Redelivered: c.from.Redelivered,
		Decided: func() { w.decide(c.from.ID) }, Unserved: func() { w.unserved(c) },
	}
	if c.parseErr != nil {
		r.Refused = c.parseErr.Err
	}
	if s.Offer(r) {
		return
	}
	w.observe.count("commands_refused_full")
	w.refuse(c, protocol.Error{Addressee: protocol.Addressee{Agent: c.ID}, Err: protocol.ErrPleaseRetry})
}

// unserved takes back a command that its session did not serve because it
// ended, or knew no destination: the agent is unknown by now [C5].
func (w *Worker) unserved(c command) {
	if w.stopping.Load() {
		return // not acknowledged, as in receive
	}
	w.refuse(c, protocol.ReLogin{Addressee: protocol.Addressee{Agent: c.ID}})
}

// refuse answers a command that reached no session: on the agent's
// destination, else on JMSReplyTo, else on the destination last known for him
// [C5]; a command with none of them is rejected [C8].
func (w *Worker) refuse(c command, o protocol.Output) {
	b, ok := w.answerTo(c)
	if !ok {
		reason := "no destination to answer to"
		if c.parseErr != nil {
			reason = c.parseErr.Reason + "; " + reason
		}
		w.reject(c, reason)
		return
	}
	w.observe.count("answers_" + string(o.Code()))
	w.reply(b, o, c.from.CorrelationID, func() { w.decide(c.from.ID) })
}

// answerTo is where a command that reached no session is answered.
func (w *Worker) answerTo(c command) (bound, bool) {
	if c.Word == protocol.Connect {
		if b, err := w.named(c, c.Arg(protocol.ParamDestination)); err == nil {
			return b, true
		}
	}
	last, known := w.agents.lastKnown(c.ID)
	if !known && w.pair != nil {
		if dest, err := broker.ParseReplyTo(w.pair.lastKnown(c.ID)); err == nil {
			last, known = bound{dest: dest, dialect: w.dialect}, true
		}
	}
	if known && w.agents.session(c.ID) != nil {
		return last, true
	}
	if !c.reply.dest.IsZero() {
		return c.reply, true
	}
	return last, known
}

// named is the destination that Hello, Beat or Connect names, in the format
// that the client asks for [D3] [H5].
func (w *Worker) named(c command, name string) (bound, error) {
	dest, err := broker.ParseClientDestination(name)
	if err != nil {
		return bound{}, err
	}
	b := bound{dest: dest, dialect: w.dialect, seen: time.Now()}
	if c.format == "" {
		return b, nil
	}
	b.dialect, err = w.dialect.WithFormat(c.format)
	return b, err
}
