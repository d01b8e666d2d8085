package brokertest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
)

// keepingWindow is the window of a consumer that acknowledges nothing.
const keepingWindow = 20_000

// exclusive is a consumer that is served alone.
func exclusive(q broker.Destination, priority int) broker.Subscription {
	s := Consume(q)
	s.Exclusive, s.Priority, s.Prefetch = true, priority, keepingWindow
	return s
}

// exclusiveEquals: of exclusive consumers of one priority the first is served, as
// long as it lives; then the second gets what the first had not acknowledged and
// everything after it, and the first, when it is back, nothing.
func exclusiveEquals(t *testing.T, s *suite) {
	const n = 20
	q := Queue(t)
	out := s.link(t)
	first, second := s.link(t, exclusive(q, 0)), s.link(t, exclusive(q, 0))
	third := s.link(t, exclusive(q, 0))
	publishNumbers(t, out, q, n)
	for _, d := range expectNumbers(t, first, false, numbers(0, n, 1)...)[:n/2] {
		d.Ack()
	}
	first.Stop()
	expectNumbers(t, second, true, numbers(n/2, n, 1)...)
	first = s.link(t, exclusive(q, 0))
	publishNumbers(t, out, q, n)
	expectNumbers(t, second, false, numbers(0, n, 1)...)
	first.Silence(settle)
	third.Silence(settle)
	second.Stop()
	expectNumbers(t, third, true, append(numbers(n/2, n, 1), numbers(0, n, 1)...)...)
	first.Silence(settle)
}

// exclusiveHigher: an exclusive consumer of a higher priority that comes later gets
// everything from now on, also when its window is full; what the first has not
// acknowledged stays there until it goes. One of a lower priority waits.
func exclusiveHigher(t *testing.T, s *suite) {
	const n, few = 20, 5
	q := Queue(t)
	out, low := s.link(t), s.link(t, exclusive(q, 10))
	equal := s.link(t, exclusive(q, 10))
	publishNumbers(t, out, q, n)
	expectNumbers(t, low, false, numbers(0, n, 1)...)
	sub := exclusive(q, 20)
	sub.Prefetch = few
	high, lowest := s.link(t, sub), s.link(t, exclusive(q, 5))
	publishNumbers(t, out, q, n)
	expectNumbers(t, high, false, numbers(0, few, 1)...)
	high.Silence(settle)
	for _, l := range []*Harness{low, equal, lowest} {
		l.Silence(settle)
	}
	high.Stop()
	expectNumbers(t, low, true, numbers(0, few, 1)...)
	expectNumbers(t, low, false, numbers(few, n, 1)...)
	low.Stop()
	expectNumbers(t, equal, true, append(numbers(0, n, 1), numbers(0, n, 1)...)...)
	lowest.Silence(settle)
}

// exclusiveTopmost: 127, the highest priority, is special in ActiveMQ: of exclusive
// consumers that have it the newest is served.
func exclusiveTopmost(t *testing.T, s *suite) {
	const n = 5
	q := Queue(t)
	out, first := s.link(t), s.link(t, exclusive(q, 127))
	publishNumbers(t, out, q, n)
	expectNumbers(t, first, false, numbers(0, n, 1)...)
	second, third := s.link(t, exclusive(q, 127)), s.link(t, exclusive(q, 127))
	publishNumbers(t, out, q, n)
	expectNumbers(t, third, false, numbers(0, n, 1)...)
	third.Stop()
	expectNumbers(t, first, true, numbers(0, n, 1)...)
	second.Silence(settle)
}

// exclusiveBeside: consumers that are not exclusive get nothing beside one that is,
// whatever their priority, and keep what they had. When it goes they share again.
func exclusiveBeside(t *testing.T, s *suite) {
	const n = 5
	q := Queue(t)
	sub := Consume(q)
	sub.Priority, sub.Prefetch = 127, n
	out, plain := s.link(t), s.link(t, sub)
	publishNumbers(t, out, q, n)
	expectNumbers(t, plain, false, numbers(0, n, 1)...)
	sole := s.link(t, exclusive(q, 0))
	other, another := s.link(t, sub), s.link(t, sub)
	publishNumbers(t, out, q, n)
	expectNumbers(t, sole, false, numbers(0, n, 1)...)
	plain.Silence(settle)
	plain.Stop()
	expectNumbers(t, sole, true, numbers(0, n, 1)...)
	other.Silence(settle)
	another.Silence(settle)
	sole.Stop()
	got := map[string]int{}
	for range n { // each has room for so many
		for _, l := range []*Harness{other, another} {
			d := l.Next()
			require.True(t, d.Redelivered)
			got[string(d.Body)]++
		}
	}
	for k := range n {
		require.Equal(t, 2, got[fmt.Sprint(k)]) // in order of delivery, or of sending
	}
}

// keptQueue: messages that are never acknowledged come again, all and in order, to
// every consumer that follows: after a cut connection, after a broker that was
// stopped, and after one that was killed. A persistent message that is sent behind
// them comes behind them. ActiveMQ does not give them all by itself: what makes it
// read on is a message to the same queue, an acknowledgement of it or another
// consumer, so the mark is repeated until it comes back.
func keptQueue(t *testing.T, s *suite) {
	const n = 1000
	i := s.start(t, Setup{})
	q := Queue(t)
	out := Run(t, config(i, Setup{}))
	kept := make([]string, 0, n+1)
	for k := range n {
		kept = append(kept, fmt.Sprintf("kept %d", k))
		require.NoError(t, out.Publish(broker.Message{To: q, Body: kept[k], Persistent: true}, nil))
	}
	require.NoError(t, out.Confirmed(broker.Message{To: q, Body: "last", Persistent: true}))
	kept = append(kept, "last")
	out.Stop()

	for _, life := range []struct {
		name string
		end  func()
	}{
		{"first", func() {}},
		{"cut", func() {}},
		{"stopped", func() { i.Stop(); i.Restart() }},
		{"killed", func() { i.Kill(); i.Restart() }},
	} {
		life.end()
		reader, writer := Dial(t, i.URL()), Dial(t, i.URL())
		reader.Write(frame.SUBSCRIBE, nil, frame.Destination, q.String(), frame.Id, "1", frame.Ack, frame.AckClientIndividual,
			"activemq.prefetchSize", fmt.Sprint(keepingWindow), "activemq.exclusive", "true")
		var got []string
		var marks []*frame.Frame
		for k := 0; len(marks) == 0; k++ {
			require.Less(t, k, n, "%s: the mark does not come back; %d messages came", life.name, len(got))
			writer.Send(q.String(), fmt.Sprintf("mark of the %s", life.name), "persistent", "true")
			for f, err := reader.Read(settle); err == nil; f, err = reader.Read(settle) {
				if strings.HasPrefix(string(f.Body), "mark") {
					marks = append(marks, f)
					continue
				}
				require.Empty(t, marks, "%s: %q was overtaken", life.name, f.Body)
				got = append(got, string(f.Body))
			}
		}
		require.Equal(t, kept, got, life.name)
		for _, f := range marks {
			reader.Ack(f)
		}
		reader.Write(frame.DISCONNECT, nil, frame.Receipt, "bye") // the acknowledgements are done
		reader.Expect(frame.RECEIPT)
		reader.Close()
		writer.Close()
	}
}
