package gateway

import (
	"errors"

	"gcbridge/bridge/session"
	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

// read parses a command.
func (g *Gateway) read(c *wire.Command) *call {
	cmd, err := protocol.ParseCommand(c.Type, c.Body)
	k := &call{Command: c, cmd: cmd}
	errors.As(err, &k.bad)
	if c.Neither && (k.bad == nil || k.bad.Err != "") { // what its body seems to say is nothing
		k.bad = &protocol.ParseError{Err: protocol.ErrPleaseRetry, Reject: true, Reason: "neither a text nor a bytes message"}
	}
	if e := g.Log.Debug(); e.Enabled() {
		e.Str("command", wire.Printable(cmd.RawWord, 64)).Str("id", wire.Printable(cmd.ID, 64)).Str("jms_message_id", c.MessageID).
			Bool("redelivered", c.Redelivered).Msg("command received")
	}
	switch {
	case cmd.Word == protocol.Connect:
		k.to, k.toErr = g.named(c, cmd.Arg(protocol.ParamDestination))
	case cmd.Row != nil && cmd.Row.ByDestination:
		k.to, k.toErr = g.named(c, cmd.ID)
	}
	if k.to.Bound() && k.toErr == nil {
		g.Book.Named(c.MessageID, k.to)
	}
	return k
}

// formatProperty lets a client choose the format of its own destination [D3].
const formatProperty = "gcFormat"

// named is the destination that Hello, Beat or Connect names, in the format
// that the client asks for, else in the one it asked for there before [C27] [D3] [H5].
func (g *Gateway) named(c *wire.Command, name string) (wire.Binding, error) {
	to, err := g.Addresses.Named(name)
	if err != nil {
		return wire.Binding{}, err
	}
	b := wire.Binding{To: to, Dialect: g.Dialect}
	if format := c.Properties[formatProperty]; format != "" {
		b.Dialect, err = g.Dialect.WithFormat(protocol.Format(format))
	} else if known, ok := g.Book.At(to); ok {
		b.Dialect = known.Dialect
	}
	return b, err
}

// facts gathers what is known of a command now.
func (g *Gateway) facts(c *call) Facts {
	f := Facts{
		Word: c.cmd.Word, Nameless: c.cmd.ID == "", Unusable: c.toErr != nil,
		Expired: expired(c), TooOld: g.MaxAge > 0 && c.age.TooOld,
		Serving: g.Finesse.Serving(), HasReplyTo: c.ReplyTo != nil, Waited: c.waited,
	}
	if row := c.cmd.Row; row != nil {
		f.ByDestination, f.Once, f.Asks = row.ByDestination, row.Once, session.Asks(row.Word)
	}
	if c.bad != nil {
		f.Bad, f.BadReject, f.BadCode = true, c.bad.Reject, c.bad.Err
		_, f.Answerable = g.answerTo(c)
	}
	if f.Nameless || f.ByDestination {
		return f
	}
	f.Behind = !c.waited && g.waiting.has(c.cmd.ID)
	if g.Agents.Find(c.cmd.ID) != nil {
		f.Place = Here
		return f
	}
	if elsewhere, _ := g.Cluster.Locate(c.cmd.ID); elsewhere {
		f.Place = Elsewhere
		f.Overtaken = g.Cluster.Overtaken(c.MessageID, c.cmd.ID)
	}
	f.Settling = g.Cluster.Settling()
	f.Supervisor = c.bad == nil && g.supervisor(c) != nil
	return f
}

// supervisorProperty names the supervisor whose client sends a state command
// for a member of their team [C15].
const supervisorProperty = "gcSupervisor"

// supervisor is the session of the supervisor who sent a state command that names
// an agent who is not connected here: the one of the property, else the one bound
// to JMSReplyTo. nil: there is none [C15].
func (g *Gateway) supervisor(c *call) *session.Session {
	if !session.Forces(c.cmd.Word) {
		return nil
	}
	var s *session.Session
	if id := c.Properties[supervisorProperty]; id != "" {
		s = g.Agents.Find(id)
	} else if c.ReplyTo != nil {
		s = g.Agents.SupervisorAt(c.ReplyTo)
	}
	if s == nil || !s.Snapshot().Supervisor {
		return nil
	}
	return s
}

// answerTo is where a command that reached no session is answered: on the agent's
// destination, else on JMSReplyTo, else on the destination last known for the
// agent [C5], else on the only one that its producer has named.
func (g *Gateway) answerTo(c *call) (wire.Binding, bool) {
	if c.cmd.Word == protocol.Connect && c.toErr == nil {
		return c.to, true
	}
	last, known := g.Book.LastKnown(c.cmd.ID)
	if !known {
		_, path := g.Cluster.Locate(c.cmd.ID)
		if to, err := g.Addresses.Stored(path); err == nil {
			last, known = wire.Binding{To: to, Dialect: g.Dialect}, true
		}
	}
	if known && g.Agents.Find(c.cmd.ID) != nil {
		return last, true
	}
	if c.ReplyTo != nil {
		return wire.Binding{To: c.ReplyTo, Dialect: g.Dialect}, true
	}
	if !known { // after a restart no more may be known of the client
		return g.Book.Only(c.MessageID)
	}
	return last, known
}
