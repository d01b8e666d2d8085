package connectorsync

import "time"

// outgoing collects the effects of the method that is running, and numbers the
// messages of this node.
type outgoing struct {
	node    string
	boot    Millis
	seq     uint64
	effects []Effect
}

func (o *outgoing) emit(e Effect) { o.effects = append(o.effects, e) }

// message gives a message its header and emits it.
func (o *outgoing) message(b Body, now time.Time) {
	o.seq++
	o.emit(Send{Message{Header{o.node, o.boot, o.seq, MillisOf(now)}, b}})
}

// done hands out the effects.
func (o *outgoing) done() []Effect {
	out := o.effects
	o.effects = nil
	return out
}

// nameKind completes the Ignored effects that do not say of which kind yet.
func (o *outgoing) nameKind(k Kind) {
	for n, e := range o.effects {
		if ignored, ok := e.(Ignored); ok && ignored.Kind == "" {
			ignored.Kind = k
			o.effects[n] = ignored
		}
	}
}
