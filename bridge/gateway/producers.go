package gateway

import (
	"strings"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"gcbridge/bridge/gateway/clocks"
	"gcbridge/bridge/wire"
)

// maxProducers are remembered, and as many connections; used longest ago goes first.
const maxProducers = 4_000

// producers knows which destination each producer, and each connection, has named: who
// named one in Hello, Beat or Connect listens there, and can be told there about an
// agent of whom nothing is known. The book's lock guards it.
type producers struct {
	named [2]*simplelru.LRU[string, wire.Binding] // by producer, by connection; not bound: more than one
}

func newProducers() (p producers) {
	for i := range p.named {
		p.named[i], _ = simplelru.NewLRU[string, wire.Binding](maxProducers, nil) // it fails for sizes below 1
	}
	return p
}

// names notes that the producer of a message named a destination.
func (p producers) names(messageID string, b wire.Binding) {
	for i, name := range producerOf(messageID) {
		if old, known := p.named[i].Get(name); known && old.To != b.To {
			p.named[i].Add(name, wire.Binding{})
		} else if name != "" {
			p.named[i].Add(name, b)
		}
	}
}

// only is the destination that the producer of a message has named, if it has named
// exactly one. One that has named none may be as new as its message: its connection
// speaks for it.
func (p producers) only(messageID string) (wire.Binding, bool) {
	for i, name := range producerOf(messageID) {
		if b, known := p.named[i].Get(name); known {
			return b, b.Bound()
		}
	}
	return wire.Binding{}, false
}

// producerOf reads a JMSMessageID of ActiveMQ: its producer, which is all up to the
// last colon, and its connection; "" where it names none.
func producerOf(messageID string) [2]string {
	connection, _ := clocks.Producer(messageID)
	if connection == "" {
		return [2]string{}
	}
	return [2]string{messageID[:strings.LastIndexByte(messageID, ':')], connection}
}
