package session

import (
	"time"

	"gcbridge/protocol"
)

// provenance is where an output comes from.
type provenance struct {
	correlation string    // of the command that it answers [H3]
	caused      time.Time // when the stanza that caused it was read
	recovered   bool      // made by a re-sync [H1]
}

func (s *Session) addressee() protocol.Addressee {
	return protocol.Addressee{Agent: s.agent, FullName: s.view.User().FullName()}
}

func (s *Session) errorOutput(code protocol.ErrorCode) protocol.Output {
	return protocol.Error{Addressee: s.addressee(), Err: code}
}

// publish sends outputs to the agent's destination, in order.
func (s *Session) publish(outs []protocol.Output, p provenance) {
	for _, o := range outs {
		s.send(s.binding, o, p)
	}
}

// answer sends the answers of a command; it is decided when the broker has them.
func (s *Session) answer(r *Request, outs ...protocol.Output) {
	b := s.binding
	if r.Binding.Destination != "" {
		b = r.Binding
	}
	for _, o := range outs {
		e, ok := s.envelope(b, o, provenance{correlation: r.CorrelationID})
		if !ok {
			continue
		}
		r.hold()
		s.deps.Publish(e, func(error) { r.release() })
	}
}

func (s *Session) answerError(r *Request, code protocol.ErrorCode) {
	s.deps.Count("errors_" + string(code))
	s.answer(r, s.errorOutput(code))
}

func (s *Session) send(b Binding, o protocol.Output, p provenance) {
	if e, ok := s.envelope(b, o, p); ok {
		s.deps.Publish(e, nil)
	}
}

// envelope encodes o for b; ok is false where the dialect has no such message
// or nobody is bound.
func (s *Session) envelope(b Binding, o protocol.Output, p provenance) (Envelope, bool) {
	if b.Destination == "" {
		return Envelope{}, false
	}
	m, ok := protocol.Encode(o, b.Dialect)
	if !ok {
		return Envelope{}, false
	}
	return Envelope{
		Destination: b.Destination, Agent: s.agent, Message: m,
		CorrelationID: p.correlation, Recovered: p.recovered, Caused: p.caused,
	}, true
}
