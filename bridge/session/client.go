package session

import (
	"time"

	"gcbridge/bridge/session/ledger"
	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

// provenance is where an output comes from.
type provenance struct {
	correlation string        // of the command that it answers [H3]
	caused      time.Time     // when the event that caused it was read
	recovered   bool          // made by a re-sync [H1]
	ticket      ledger.Ticket // held until the broker has the output; nil: none
}

func (s *Session) addressee() protocol.Addressee {
	return protocol.Addressee{Agent: s.agent, FullName: s.view.User().FullName()}
}

func (s *Session) errorOutput(code protocol.ErrorCode) protocol.Output {
	return protocol.Error{Addressee: s.addressee(), Err: code}
}

// publish sends outputs to the agent's client, in order.
func (s *Session) publish(outs []protocol.Output, p provenance) {
	for _, o := range outs {
		s.send(s.client.Binding, o, p)
	}
}

// answer sends the answers of a command; it is decided when the broker has them.
func (s *Session) answer(r *Request, outs ...protocol.Output) {
	b := s.client.Binding
	if r.Binding.Bound() {
		b = r.Binding
	}
	for _, o := range outs {
		s.send(b, o, provenance{correlation: r.CorrelationID, ticket: r})
	}
}

func (s *Session) answerError(r *Request, code protocol.ErrorCode) { s.answerErrorWith(r, code, "") }

// answerErrorWith is answerError with words of its own for people, where the
// dialect has them; "" = those of the code.
func (s *Session) answerErrorWith(r *Request, code protocol.ErrorCode, message string) {
	s.countError(code)
	s.answer(r, protocol.Error{Addressee: s.addressee(), Err: code, Message: message})
}

// send encodes o for b. Where the dialect has no such message, or nobody is
// bound, there is nothing to send.
func (s *Session) send(b wire.Binding, o protocol.Output, p provenance) {
	if !b.Bound() {
		return
	}
	m, ok := protocol.Encode(o, b.Dialect)
	if !ok {
		return
	}
	out := wire.Output{
		To: b.To, Agent: s.agent, Message: m,
		CorrelationID: p.correlation, Recovered: p.recovered, Caused: p.caused,
	}
	if p.ticket != nil {
		p.ticket.Hold()
		out.Confirm = func(error) { p.ticket.Release() }
	}
	s.deps.Out.Send(out)
}

func (s *Session) bind(b wire.Binding) {
	s.client.Binding = b
	s.deps.Book.Belongs(s.agent, b, s.shown.proven.Load())
	s.awaitClient()
}
