package embedded

import (
	"slices"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

// Bounds of what a session may have open.
const (
	maxTransactions = 100
	maxTransaction  = 10_000 // frames
	maxSubs         = 1000
)

// defaultPrefetch is ActiveMQ's.
const defaultPrefetch = 1000

// commands is what a client may say after CONNECT. A receipt follows success.
var commands = map[string]func(*session, *frame.Frame) error{
	frame.SEND:        (*session).inTransaction,
	frame.ACK:         (*session).inTransaction,
	frame.NACK:        (*session).inTransaction,
	frame.SUBSCRIBE:   (*session).subscribe,
	frame.UNSUBSCRIBE: (*session).unsubscribe,
	frame.BEGIN:       (*session).begin,
	frame.COMMIT:      (*session).commit,
	frame.ABORT:       (*session).abort,
	frame.DISCONNECT:  func(*session, *frame.Frame) error { return errBye },
}

// inTransaction does SEND, ACK and NACK now, or at the COMMIT of theirs.
func (s *session) inTransaction(f *frame.Frame) error {
	name, ok := f.Header.Contains(frame.Transaction)
	if !ok {
		return s.broker.perform(s, []*frame.Frame{f})
	}
	tx, ok := s.txs[name]
	if !ok {
		return refuse("no transaction %.80q", name)
	}
	if len(tx) >= maxTransaction {
		return refuse("transaction %.80q is too long", name)
	}
	s.txs[name] = append(tx, f)
	return nil
}

func (s *session) begin(f *frame.Frame) error {
	name := f.Header.Get(frame.Transaction)
	if _, open := s.txs[name]; open || name == "" || len(s.txs) >= maxTransactions {
		return refuse("BEGIN of transaction %.80q", name)
	}
	s.txs[name] = nil
	return nil
}

func (s *session) commit(f *frame.Frame) error {
	name := f.Header.Get(frame.Transaction)
	tx, ok := s.txs[name]
	if !ok {
		return refuse("no transaction %.80q", name)
	}
	delete(s.txs, name)
	return s.broker.perform(s, tx)
}

func (s *session) abort(f *frame.Frame) error {
	name := f.Header.Get(frame.Transaction)
	if _, ok := s.txs[name]; !ok {
		return refuse("no transaction %.80q", name)
	}
	delete(s.txs, name)
	return nil
}

// unsupported are headers of SUBSCRIBE that ask for what is not here.
var unsupported = []string{"browser", "activemq.subscriptionName", "durable-subscription-name"}

func (s *session) subscribe(f *frame.Frame) error {
	h := f.Header
	for _, name := range unsupported {
		if v := h.Get(name); v != "" && v != "false" {
			return refuse("the embedded broker has no %s", name)
		}
	}
	dest, err := s.canonical(h.Get(frame.Destination))
	if err != nil {
		return err
	}
	if owner, temp := tempOwner(dest); temp && owner != s.id {
		return refuse("cannot consume from another connection's temporary destination")
	}
	sel, err := parseSelector(h.Get("selector"))
	if err != nil {
		return err
	}
	sub := &subscription{
		session: s, id: h.Get(frame.Id), dest: dest, selector: sel, unacked: newDeliveries(),
		exclusive: h.Get("activemq.exclusive") == "true",
		priority:  int(number(h.Get("activemq.priority"), 0)),
		prefetch:  int(number(h.Get("activemq.prefetchSize"), defaultPrefetch)),
	}
	switch h.Get(frame.Ack) {
	case "", frame.AckAuto:
		sub.auto = true
	case frame.AckClient:
		sub.block = true
	case frame.AckClientIndividual:
	default:
		return refuse("ack mode %.40q", h.Get(frame.Ack))
	}
	key := sub.id
	if key == "" {
		if s.version != v10 {
			return refuse("SUBSCRIBE without id")
		}
		key = dest
	}
	return s.broker.attach(sub, key)
}

func (s *session) unsubscribe(f *frame.Frame) error {
	key := f.Header.Get(frame.Id)
	if key == "" {
		var err error
		if key, err = s.canonical(f.Header.Get(frame.Destination)); err != nil {
			return err
		}
	}
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	sub, ok := s.subs[key]
	if !ok {
		return refuse("no subscription %.80q", key)
	}
	delete(s.subs, key)
	s.broker.detach(sub)
	sub.queue.dispatch(time.Now())
	return nil
}

// acknowledged finds what an ACK or NACK covers, and takes it. It needs the
// broker's lock.
func (s *session) acknowledged(f *frame.Frame) (*subscription, []*message, error) {
	h := f.Header
	id := h.Get(frame.MessageId)
	if s.version == v12 {
		id = h.Get(frame.Id)
	}
	only, named := h.Contains(frame.Subscription)
	for key, sub := range s.subs {
		if named && s.version != v12 && key != only {
			continue
		}
		if covered := sub.unacked.take(id, sub.block); len(covered) > 0 {
			return sub, covered, nil
		}
	}
	return nil, nil, refuse("Unexpected %s received for message-id [%.80s]", f.Command, id)
}

// perform does SENDs, ACKs and NACKs, all or, when memory is short, none.
func (b *Broker) perform(s *session, frames []*frame.Frame) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	dests := make([]string, len(frames))
	need := make(map[string]int)
	for n, f := range frames {
		if f.Command != frame.SEND {
			continue
		}
		dest, err := b.target(s, f)
		if err != nil {
			return err
		}
		dests[n] = dest
		if !isTopic(dest) {
			need[dest] += len(f.Body) + overhead
		}
	}
	for dest, bytes := range need {
		if err := b.queue(dest).room(bytes, now); err != nil {
			return err
		}
	}
	var touched []*queue
	for n, f := range frames {
		if f.Command == frame.SEND {
			touched = append(touched, b.publish(s, f, dests[n], now)...)
			continue
		}
		sub, done, err := s.acknowledged(f)
		if err != nil {
			return err
		}
		for _, m := range done {
			sub.queue.forget(m)
			if f.Command == frame.NACK && m.persistent {
				touched = append(touched, b.deadLetter(m))
			}
		}
		touched = append(touched, sub.queue)
	}
	for n, q := range touched {
		if !slices.Contains(touched[:n], q) {
			q.dispatch(now)
		}
	}
	return nil
}
