package bridge

import (
	"time"

	"gcbridge/bridge/session"
	"gcbridge/protocol"
)

// systemWord is a command that the dispatcher serves before any session.
type systemWord struct {
	serve func(w *Worker, c command)
}

// systemWords is the table of them.
func systemWords() map[protocol.Word]systemWord {
	return map[protocol.Word]systemWord{
		protocol.Hello:   {serve: (*Worker).hello},
		protocol.Beat:    {serve: (*Worker).beat},
		protocol.Connect: {serve: (*Worker).connect},
	}
}

// hello binds a destination and answers the system state on it [C6].
func (w *Worker) hello(c command) {
	b, err := w.named(c, c.ID)
	if err != nil {
		w.reject(c, err.Error())
		return
	}
	w.agents.bind(b)
	w.answerSystem(c, b, protocol.System{Status: w.servers.Status()})
}

// beat answers the system state, or RECONNECT to a destination that is not
// known here [O-026] [C6].
func (w *Worker) beat(c command) {
	b, err := w.named(c, c.ID)
	if err != nil {
		w.reject(c, err.Error())
		return
	}
	known, ok := w.agents.destination(b.dest.String(), time.Now())
	if !ok {
		w.answerSystem(c, b, protocol.Reconnect{Destination: c.ID})
		return
	}
	w.answerSystem(c, known, protocol.System{Status: w.servers.Status()})
}

// answerSystem answers Hello and Beat. The answer is about now, so even a
// command over GC_COMMAND_MAX_AGE gets it [C6].
func (w *Worker) answerSystem(c command, b bound, o protocol.Output) {
	if s, ok := o.(protocol.System); ok && s.Status == protocol.NotReachable {
		o = protocol.System{Status: protocol.OutOfService} // [C7]
	}
	w.observe.count("answers_" + string(o.Code()))
	w.reply(b, o, c.from.CorrelationID, func() { w.decide(c.from.ID) })
}

// connect starts the agent's session, or hands his session the new binding.
func (w *Worker) connect(c command) {
	b, err := w.named(c, c.Arg(protocol.ParamDestination))
	if err != nil {
		w.badDestination(c, err)
		return
	}
	if w.tooOld(c) || w.servers.Current() == nil {
		w.toAgent(c)
		return
	}
	w.agents.bind(b)
	w.agents.expects(c.ID, b)
	s := w.newSession(c.ID)
	select {
	case <-s.Done(): // it ended a moment ago and is not forgotten yet
		w.agents.remove(s)
		s = w.newSession(c.ID)
	default:
	}
	w.offer(s, c, session.Binding{Destination: b.dest.String(), Dialect: b.dialect})
}

// badDestination answers a Connect whose destination or format cannot be used:
// on JMSReplyTo if there is one; it is rejected otherwise [C8].
func (w *Worker) badDestination(c command, err error) {
	if c.reply.dest.IsZero() {
		w.reject(c, err.Error())
		return
	}
	w.copyRejected(c, err.Error())
	o := protocol.Error{Addressee: protocol.Addressee{Agent: c.ID}, Err: protocol.ErrPleaseRetry}
	w.reply(c.reply, o, c.from.CorrelationID, func() { w.decide(c.from.ID) })
}
