package brokertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
)

// settle is how long the suite watches for what must not happen.
const settle = 150 * time.Millisecond

func publishNumbers(t *testing.T, l *Harness, q broker.Destination, n int) {
	t.Helper()
	for i := range n - 1 {
		require.NoError(t, l.Publish(broker.Message{To: q, Body: fmt.Sprint(i)}, nil))
	}
	require.NoError(t, l.Confirmed(broker.Message{To: q, Body: fmt.Sprint(n - 1)}))
}

// redelivery: what was not acknowledged comes again, in order, marked, and
// under the same id.
func redelivery(t *testing.T, s *suite) {
	q := Queue(t)
	first := s.link(t, Consume(q))
	publishNumbers(t, first, q, 5)
	var old []*broker.Delivery
	for range 5 {
		d := first.Next()
		require.False(t, d.Redelivered)
		old = append(old, d)
	}
	old[1].Ack()
	first.Stop()
	old[0].Ack() // too late: it belongs to a connection that has gone

	second := s.link(t, Consume(q))
	for _, want := range []int{0, 2, 3, 4} {
		d := second.Next()
		require.Equal(t, fmt.Sprint(want), string(d.Body))
		require.Equal(t, old[want].ID, d.ID)
		require.True(t, d.Redelivered)
		d.Ack()
	}
	second.Silence(settle)
}

// ackTwice: a broker answers a second ACK with ERROR and closes, so the link
// never sends one.
func ackTwice(t *testing.T, s *suite) {
	q := Queue(t)
	l := s.link(t, Consume(q))
	publishNumbers(t, l, q, 3)
	for range 3 {
		d := l.Next()
		d.Ack()
		d.Ack()
	}
	require.NoError(t, l.Confirmed(broker.Message{To: q, Body: "after"}))
	d := l.Next()
	d.Ack()
	require.Equal(t, "after", string(d.Body))
	require.Zero(t, l.Stats().Reconnects)
	l.Stop()

	p := Dial(t, s.shared.URL())
	p.Subscribe(q.String())
	p.Write(frame.SEND, []byte("x"), frame.Destination, q.String())
	m := p.Expect(frame.MESSAGE)
	p.Ack(m)
	p.Ack(m)
	p.Expect(frame.ERROR) // ActiveMQ leaves the connection open after it
}

// consumerPriority: as long as the consumer of the higher priority has room,
// it gets everything. Not more messages than its prefetch, because its
// acknowledgements may come late, and what it has no room for is the other's.
func consumerPriority(t *testing.T, s *suite) {
	q := Queue(t)
	low, high := Consume(q), Consume(q)
	high.Priority, high.Prefetch = 100, 10
	l := s.link(t, low)
	h := s.link(t, high)
	for i := range high.Prefetch {
		require.NoError(t, l.Confirmed(broker.Message{To: q, Body: fmt.Sprint(i)}))
		d := h.Next()
		require.Equal(t, fmt.Sprint(i), string(d.Body))
		d.Ack()
	}
	h.Stop()
	require.NoError(t, l.Confirmed(broker.Message{To: q, Body: "left"}))
	d := l.Next()
	d.Ack()
	require.Equal(t, "left", string(d.Body))
}

func prefetch(t *testing.T, s *suite) {
	q := Queue(t)
	sub := Consume(q)
	sub.Prefetch = 3
	l := s.link(t, sub)
	publishNumbers(t, l, q, 6)
	var held []*broker.Delivery
	for range 3 {
		held = append(held, l.Next())
	}
	l.Silence(settle)
	held[2].Ack()
	require.Equal(t, "3", string(l.Next().Body))
	l.Silence(settle)
}

func selectors(t *testing.T, s *suite) {
	topic := Topic(t)
	sub := Consume(topic)
	sub.AutoAck, sub.Selector = true, "gcNode <> 'me' AND gcKind = 'it''s'"
	l := s.link(t, sub)
	for n, p := range []map[string]string{
		{"gcNode": "me", "gcKind": "it's"},
		{"gcNode": "you", "gcKind": "its"},
		{"gcKind": "it's"}, // unknown is not true
		{"gcNode": "you", "gcKind": "it's"},
	} {
		require.NoError(t, l.Confirmed(broker.Message{To: topic, Body: fmt.Sprint(n), Properties: p}))
	}
	require.Equal(t, "3", string(l.Next().Body))
	l.Silence(settle)

	p := Dial(t, s.shared.URL())
	p.Write(frame.SUBSCRIBE, nil, frame.Destination, topic.String(), frame.Id, "1", "selector", "this is ((no selector")
	p.Expect(frame.ERROR) // ActiveMQ leaves the connection open after it
}

func topics(t *testing.T, s *suite) {
	topic := Topic(t)
	sub := Consume(topic)
	sub.AutoAck = true
	a := s.link(t, sub)
	require.NoError(t, a.Confirmed(broker.Message{To: topic, Body: "early"}))
	b := s.link(t, sub)
	publishNumbers(t, a, topic, 300)
	require.Equal(t, "early", string(a.Next().Body))
	for _, l := range []*Harness{a, b} {
		for i := range 300 {
			d := l.Next()
			require.Equal(t, fmt.Sprint(i), string(d.Body))
			require.Equal(t, topic, d.From)
			d.Ack() // harmless
		}
	}
	require.Zero(t, a.Stats().Reconnects)
}
