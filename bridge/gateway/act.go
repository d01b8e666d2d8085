package gateway

import (
	"slices"

	"gcbridge/bridge/session"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

// act carries a verdict out.
type act func(g *Gateway, c *call, v Verdict)

// acts is how each action is carried out.
func acts() map[Action]act {
	return map[Action]act{
		Drop:       (*Gateway).drop,
		Reject:     func(g *Gateway, c *call, _ Verdict) { g.reject(c, c.reason()) },
		Refuse:     func(g *Gateway, c *call, v Verdict) { g.refuse(c, c.errorOutput(v.Code)) },
		ReLogin:    func(g *Gateway, c *call, _ Verdict) { g.refuse(c, c.reLogin()) },
		RefuseName: (*Gateway).refuseName,
		Hello:      (*Gateway).hello,
		Beat:       (*Gateway).beat,
		Connect:    (*Gateway).connect,
		Offer:      func(g *Gateway, c *call, _ Verdict) { g.offer(g.Agents.Find(c.cmd.ID), c, wire.Binding{}) },
		OfferOther: func(g *Gateway, c *call, _ Verdict) { g.offer(g.supervisor(c), c, wire.Binding{}) },
		Fetch:      (*Gateway).fetch,
		Wait:       func(g *Gateway, c *call, _ Verdict) { g.waitBehind(c) },
		Await:      func(g *Gateway, c *call, _ Verdict) { g.await(c) },
	}
}

func (g *Gateway) carryOut(c *call, v Verdict) {
	if v.Counted {
		g.Telemetry.Count(v.Counts)
	}
	if v.Copy {
		g.copyRejected(c, c.reason())
	}
	g.acts[v.Do](g, c, v)
}

func (g *Gateway) drop(c *call, _ Verdict) {
	g.Log.Info().Str("command", c.cmd.RawWord).Str("id", c.cmd.ID).Msg("expired command dropped")
	g.decided(c.Command)
}

// hello binds a destination and answers the system state on it [C6].
func (g *Gateway) hello(c *call, _ Verdict) {
	g.Book.Bind(c.to)
	g.Book.Seen(c.to.To)
	g.answerSystem(c, c.to, protocol.System{Status: g.Finesse.Status()})
}

// beat answers the system state, or RECONNECT to a destination that is not
// known here [O-026] [C6].
func (g *Gateway) beat(c *call, _ Verdict) {
	known, ok := g.Book.Seen(c.to.To)
	if !ok {
		g.answerSystem(c, c.to, protocol.Reconnect{Destination: c.cmd.ID})
		return
	}
	g.answerSystem(c, known, protocol.System{Status: g.Finesse.Status()})
}

// answerSystem answers Hello and Beat. The answer is about now, so even a
// command over GC_COMMAND_MAX_AGE gets it [C6].
func (g *Gateway) answerSystem(c *call, b wire.Binding, o protocol.Output) {
	if s, ok := o.(protocol.System); ok && s.Status == protocol.NotReachable {
		o = protocol.System{Status: protocol.OutOfService} // [C7]
	}
	g.reply(c, b, o)
}

// connect starts the agent's session, or hands it the new binding.
func (g *Gateway) connect(c *call, _ Verdict) {
	g.Book.Bind(c.to)
	g.Book.Expect(c.cmd.ID, c.to)
	s := g.Agents.Connect(c.cmd.ID)
	if s == nil {
		g.refuse(c, c.errorOutput(protocol.ErrPleaseRetry))
		return
	}
	g.offer(s, c, c.to)
}

// refuseName answers a Connect whose destination or format cannot be used.
func (g *Gateway) refuseName(c *call, _ Verdict) {
	g.reply(c, wire.Binding{To: c.ReplyTo, Dialect: g.Dialect}, c.errorOutput(protocol.ErrPleaseRetry))
}

// fetch moves the agent here and gives their session the command.
func (g *Gateway) fetch(c *call, _ Verdict) {
	if !g.Cluster.Fetch(c.cmd.ID) {
		f := g.facts(c)
		if f.Place == Elsewhere { // nobody has the agent any more
			f.Place = Nowhere
		}
		g.carryOut(c, Decide(f))
		return
	}
	g.offer(g.Agents.Find(c.cmd.ID), c, wire.Binding{})
}

// offer puts a command into a session's mailbox; one that is full, or has just
// closed, refuses it.
func (g *Gateway) offer(s *session.Session, c *call, b wire.Binding) {
	if s == nil { // it has just ended
		g.unserved(c)
		return
	}
	r := &session.Request{
		Command: c.cmd, CorrelationID: c.CorrelationID, Binding: b, Received: c.Received,
		MessageID: c.MessageID, Redelivered: c.Redelivered,
		Decided: func() { g.decided(c.Command) }, Unserved: func() { g.unserved(c) },
	}
	if c.bad != nil {
		r.Refused = c.bad.Err
	}
	if s.Offer(r) {
		return
	}
	g.Telemetry.Count(telemetry.CommandsRefusedFull)
	g.refuse(c, c.errorOutput(protocol.ErrPleaseRetry))
}

// unserved takes back a command that its session did not serve because it
// ended, or knew no destination: the agent is unknown by now [C5].
func (g *Gateway) unserved(c *call) {
	if g.stopping.Load() {
		return // not acknowledged, as in receive
	}
	g.refuse(c, c.reLogin())
}

func (c *call) addressee() protocol.Addressee { return protocol.Addressee{Agent: c.cmd.ID} }

func (c *call) errorOutput(code protocol.ErrorCode) protocol.Output {
	return protocol.Error{Addressee: c.addressee(), Err: code}
}

func (c *call) reLogin() protocol.Output { return protocol.ReLogin{Addressee: c.addressee()} }

// refuse answers a command that reached no session; one that cannot be answered
// is rejected [C8].
func (g *Gateway) refuse(c *call, o protocol.Output) {
	b, ok := g.answerTo(c)
	if !ok {
		reason := "no destination to answer to"
		if c.bad != nil {
			reason = c.bad.Reason + "; " + reason
		}
		g.reject(c, reason)
		return
	}
	g.reply(c, b, o)
}

// reply sends the answer of a command to b; the command is decided when the
// broker has it, or it is lost.
func (g *Gateway) reply(c *call, b wire.Binding, o protocol.Output) {
	g.Telemetry.CountBy(telemetry.Answers, string(o.Code()))
	e, ok := protocol.Encode(o, b.Dialect)
	if !ok {
		g.decided(c.Command)
		return
	}
	g.Out.Send(wire.Output{
		To: b.To, Agent: o.AgentID(), Message: e, CorrelationID: c.CorrelationID,
		Confirm: func(err error) {
			if err != nil {
				g.Telemetry.Count(telemetry.RepliesLost)
				g.Log.Warn().Err(err).Stringer("destination", b.To).Str("code", string(e.Code)).Msg("reply lost")
			}
			g.decided(c.Command)
		},
	})
}

// Announce tells every client a change of the system state [E3].
func (g *Gateway) Announce(st protocol.SystemStatus) {
	for _, b := range g.Book.All() {
		if e, ok := protocol.Encode(protocol.System{Status: st}, b.Dialect); ok {
			g.Out.Send(wire.Output{To: b.To, Message: e})
		}
	}
}

// reason is why a command is not served, for people.
func (c *call) reason() string {
	switch {
	case c.bad != nil:
		return c.bad.Reason
	case c.toErr != nil:
		return c.toErr.Error()
	}
	return "no destination to answer to"
}

// reject gives up a command that cannot be answered: counted, logged without
// its body, copied to the reject queue, acknowledged [C8].
func (g *Gateway) reject(c *call, reason string) {
	g.Telemetry.Count(telemetry.CommandsRejected)
	g.Log.Warn().Str("word", wire.Printable(c.cmd.RawWord, 64)).Str("id", wire.Printable(c.cmd.ID, 64)).
		Str("jms_message_id", wire.Printable(c.MessageID, 128)).Int("bytes", len(c.Body)).Str("reason", reason).Msg("command rejected")
	c.Reject(reason, copyable(c.cmd.Row), func(err error) {
		g.rejectLost(err)
		g.decided(c.Command)
	})
}

// copyRejected copies a command that was answered to the reject queue too [C8].
func (g *Gateway) copyRejected(c *call, reason string) {
	g.Telemetry.Count(telemetry.CommandsCopied)
	c.Reject(reason, copyable(c.cmd.Row), g.rejectLost)
}

func (g *Gateway) rejectLost(err error) {
	if err != nil {
		g.Telemetry.Count(telemetry.RejectsLost)
	}
}

// copyable reports whether the body of a command of this row cannot hold a
// secret: a misspelt Login carries a password just the same.
func copyable(row *protocol.CommandRow) bool {
	return row != nil && !slices.ContainsFunc(row.Params, func(p protocol.Param) bool { return p.Kind == protocol.KindSecret })
}
