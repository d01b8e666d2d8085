package brokertest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
)

// defaultWindow is the prefetch of a subscription that names none.
const defaultWindow = 1000

// expectNumbers takes the next deliveries, which have to be these, in order.
func expectNumbers(t *testing.T, l *Harness, redelivered bool, want ...int) []*broker.Delivery {
	t.Helper()
	got := make([]*broker.Delivery, 0, len(want))
	for _, n := range want {
		d := l.Next()
		require.Equal(t, fmt.Sprint(n), string(d.Body))
		require.Equal(t, redelivered, d.Redelivered, n)
		got = append(got, d)
	}
	return got
}

// numbers are from, from+step, ... below end.
func numbers(from, end, step int) []int {
	var all []int
	for n := from; n < end; n += step {
		all = append(all, n)
	}
	return all
}

// window: a thousand deliveries come unacknowledged, one more only after an
// acknowledgement, of whichever; they may be acknowledged in any order, and what
// is left comes again, in order.
func window(t *testing.T, s *suite) {
	q := Queue(t)
	first := s.link(t, Consume(q))
	publishNumbers(t, first, q, defaultWindow+1)
	held := expectNumbers(t, first, false, numbers(0, defaultWindow, 1)...)
	first.Silence(settle)
	held[defaultWindow/2].Ack()
	held = append(held, expectNumbers(t, first, false, defaultWindow)...)
	for n := defaultWindow; n >= 0; n -= 2 {
		held[n].Ack()
	}
	first.Stop()
	require.Zero(t, first.Stats().Dropped)

	second := s.link(t, Consume(q))
	for _, d := range expectNumbers(t, second, true, numbers(1, defaultWindow, 2)...) {
		d.Ack()
	}
	second.Silence(settle)
}

// windowOfTheDead: what a consumer had not acknowledged when its connection was
// cut goes to the next one, in order, before what came later.
func windowOfTheDead(t *testing.T, s *suite) {
	q := Queue(t)
	p := Dial(t, s.shared.URL())
	p.Subscribe(q.String(), "activemq.prefetchSize", fmt.Sprint(defaultWindow), "activemq.priority", "100")
	l := s.link(t, Consume(q))
	publishNumbers(t, l, q, defaultWindow)
	held := make([]*frame.Frame, defaultWindow)
	for n := range held {
		held[n] = p.Expect(frame.MESSAGE)
		require.Equal(t, fmt.Sprint(n), string(held[n].Body))
	}
	require.NoError(t, l.Confirmed(broker.Message{To: q, Body: "later"})) // there is no room at p
	later := l.Next()
	require.Equal(t, "later", string(later.Body))
	for n := defaultWindow - 1; n >= 0; n -= 3 {
		p.Ack(held[n])
	}
	p.Send(q.String()+".other", "as the broker keeps the order, the acknowledgements are done")
	p.Close()
	var left []int
	for n := range defaultWindow {
		if (defaultWindow-1-n)%3 != 0 {
			left = append(left, n)
		}
	}
	for _, d := range expectNumbers(t, l, true, left...) {
		d.Ack()
	}
	later.Ack()
	l.Silence(settle)
}

// windowOfABacklog: a consumer that finds more than its window waiting gets it
// filled. ActiveMQ gives it a page (maxPageSize, 200), and another with each
// message or acknowledgement that comes afterwards.
func windowOfABacklog(t *testing.T, s *suite) {
	const backlog, after = 1500, 10
	q := Queue(t)
	publishNumbers(t, s.link(t), q, backlog)
	l := s.link(t, Consume(q))
	for n := range after {
		require.NoError(t, l.Confirmed(broker.Message{To: q, Body: fmt.Sprint(backlog + n)}))
	}
	held := expectNumbers(t, l, false, numbers(0, defaultWindow, 1)...)
	l.Silence(settle)
	for _, d := range held {
		d.Ack()
	}
	for _, d := range expectNumbers(t, l, false, numbers(defaultWindow, backlog+after, 1)...) {
		d.Ack()
	}
	l.Silence(settle)
}

// answersUnderLoad: with more than a thousand deliveries held, a handler still
// gets its receipts, acknowledgements from several goroutines in any order still
// get through, and the link ends in good order (trap 2).
func answersUnderLoad(t *testing.T, s *suite) {
	const hold, more = 1500, 1500
	q := Queue(t)
	answers, err := broker.Queue(q.String()[len("/queue/"):] + ".answers")
	require.NoError(t, err)
	held, handled := make(chan *broker.Delivery, hold), make(chan error, more)
	var l *Harness
	ready := make(chan struct{})
	sub := broker.Subscription{From: q, Prefetch: hold + 20, Handle: func(d *broker.Delivery) {
		<-ready
		if len(held) < hold {
			held <- d
			return
		}
		done := make(chan error, 1)
		err := l.Publish(broker.Message{To: answers, Body: string(d.Body)}, func(err error) { done <- err })
		if err == nil {
			err = <-done
		}
		d.Ack()
		handled <- err
	}}
	l = s.link(t, sub)
	close(ready)
	publishNumbers(t, l, q, hold+more)
	for range more {
		require.NoError(t, await(t, handled, "answer"))
	}
	close(held)
	var all []*broker.Delivery
	for d := range held {
		all = append(all, d)
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var acking sync.WaitGroup
	for part := range 4 {
		acking.Go(func() {
			for n := part; n < len(all); n += 4 {
				all[n].Ack()
			}
		})
	}
	acking.Wait()
	l.Stop()
	require.Zero(t, l.Stats().Reconnects)
	require.Zero(t, l.Stats().Dropped)

	next := s.link(t, Consume(q), Consume(answers))
	for n := range more {
		d := next.Next()
		require.Equal(t, answers, d.From, "all commands were acknowledged")
		require.Equal(t, fmt.Sprint(hold+n), string(d.Body))
		d.Ack()
	}
	next.Silence(settle)
}
