package connectorsync

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Mark is a command of an agent that has begun, the newest of its producer.
type Mark struct {
	Agent     string `json:"agent"`
	MessageID string `json:"id"`
	At        Millis `json:"at"` // when it began
}

// Order knows the newest command of each agent that has begun. A broker keeps
// no order across a failure: what a dead node or another broker had may come
// after what was sent later. JMS orders the messages of one producer, and so
// does an Order; of two producers it says nothing. One goroutine owns it.
type Order struct{ newest bounded[Mark] }

// NewOrder makes an Order that remembers so many agents.
func NewOrder(limit int) *Order { return &Order{newBounded[Mark](limit)} }

// Begun notes that a command has begun; news reports whether it was not known.
// Commands whose JMSMessageID holds no sequence number are not noted.
func (o *Order) Begun(m Mark) (news bool) {
	producer, seq, ok := sequence(m.MessageID)
	if !ok {
		return false
	}
	if have, known := o.newest.get(m.Agent); known {
		p, s, _ := sequence(have.MessageID)
		if p == producer && seq <= s || p != producer && m.At < have.At {
			return false
		}
	}
	o.newest.put(m.Agent, m)
	return true
}

// Overtaken reports whether a later command of the same producer for the agent
// has begun.
func (o *Order) Overtaken(messageID, agent string) bool {
	have, known := o.newest.get(agent)
	if !known {
		return false
	}
	producer, seq, ok := sequence(messageID)
	p, s, _ := sequence(have.MessageID)
	return ok && p == producer && seq < s
}

// sequence reads a JMSMessageID of ActiveMQ, <producer>:<sequence number>:
//
//	ID:crm-41231-1568724000000-3:1:1:1:17
//
// The producer is client, connection, session and producer; over STOMP the
// client is the broker. It is the same at every broker of a network.
func sequence(messageID string) (producer string, seq uint64, ok bool) {
	i := strings.LastIndexByte(messageID, ':')
	if i < 0 || !strings.HasPrefix(messageID, "ID:") || i < len("ID:") {
		return "", 0, false
	}
	seq, err := strconv.ParseUint(messageID[i+1:], 10, 64)
	return messageID[:i], seq, err == nil
}

// since are the newest commands that began at a time or later.
func (o *Order) since(t time.Time) []Mark {
	var list []Mark
	for _, agent := range o.newest.order {
		if m, _ := o.newest.get(agent); !m.At.Time().Before(t) {
			list = append(list, m)
		}
	}
	return list
}

// Begin notes that a command begins, and lets the others know. For one that
// must not run twice there is [State.Intend].
func (s *State) Begin(messageID, agent string, now time.Time) []Effect {
	if m := (Mark{agent, messageID, MillisOf(now)}); s.order.Begun(m) {
		s.send(Progress{List: []Mark{m}}, now)
	}
	return s.out.done()
}

// Overtaken reports whether a later command of the same producer for the agent
// has begun, on any node.
func (s *State) Overtaken(messageID, agent string) bool { return s.order.Overtaken(messageID, agent) }

func (b Progress) apply(s *State, _ Header, _ time.Time) {
	for _, m := range b.List {
		s.order.Begun(m)
	}
}

// sendOrder sends what has begun lately, on any node: the one that asks may have
// been restarted.
func (s *State) sendOrder(now time.Time) {
	for part := range slices.Chunk(s.order.since(now.Add(-s.cfg.IntentTTL)), listedPerMessage) {
		s.send(Progress{List: part}, now)
	}
}
