package brokertest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/protocol/errclass"
)

// askWithTemp sends a command with a temporary reply queue and returns what the
// link sees of it.
func askWithTemp(t *testing.T, p *Peer, l *Harness, q broker.Destination) broker.Destination {
	t.Helper()
	p.Subscribe("/temp-queue/answers")
	p.Send(q.String(), "question", "reply-to", "/temp-queue/answers")
	d := l.Next()
	d.Ack()
	to, err := broker.ParseReplyTo(d.ReplyTo)
	require.NoError(t, err)
	return to
}

func tempReply(t *testing.T, s *suite) {
	q := Queue(t)
	l := s.link(t, Consume(q))
	p := Dial(t, s.shared.URL())
	to := askWithTemp(t, p, l, q)
	require.NoError(t, l.FragileConfirmed(broker.Message{To: to, Body: "answer", Type: "O-001", CorrelationID: "c"}))
	f := p.Expect(frame.MESSAGE)
	require.Equal(t, "answer", string(f.Body))
	require.Equal(t, "O-001", f.Header.Get("type"))
	require.Equal(t, "c", f.Header.Get("correlation-id"))
	require.Equal(t, "s:/temp-queue/answers", f.Header.Get(frame.Subscription))
}

// deadTempReply: an answer to a client that has gone is lost, and nothing else.
func deadTempReply(t *testing.T, s *suite) {
	q := Queue(t)
	var r recorder
	cfg := config(s.shared, Setup{})
	cfg.OnDrop = r.drop
	l := Run(t, cfg, Consume(q))
	p := Dial(t, s.shared.URL())
	to := askWithTemp(t, p, l, q)
	p.Close()
	var err error
	require.Eventually(t, func() bool { // the broker has to notice that it has gone
		err = l.FragileConfirmed(broker.Message{To: to, Body: "answer"})
		return err != nil
	}, Patience, settle)
	require.ErrorIs(t, err, broker.ErrRefused)
	require.Equal(t, errclass.Client, errclass.Of(err))
	require.Len(t, r.dropped(), 1)
	require.Equal(t, uint64(1), l.Stats().Dropped)

	require.NoError(t, l.FragileConfirmed(broker.Message{To: q, Body: "next"}))
	d := l.Next()
	d.Ack()
	require.Equal(t, "next", string(d.Body))
	require.True(t, l.Up())
	require.Zero(t, l.Stats().Reconnects, "only the fragile connection may be replaced")
}

// fullQueue: a message that the broker has no room for is dropped; all else goes on.
func fullQueue(t *testing.T, s *suite) {
	i := s.start(t, Setup{SmallQueues: true})
	q := Queue(t)
	other, err := broker.Queue("other")
	require.NoError(t, err)
	l := Run(t, config(i, Setup{}), Consume(other))
	body := strings.Repeat("x", 100<<10)
	for n := 0; err == nil; n++ {
		require.Less(t, n, 100, "the limit is about 1 MB")
		err = l.Confirmed(broker.Message{To: q, Body: body})
	}
	require.ErrorIs(t, err, broker.ErrRefused)
	require.NoError(t, l.Confirmed(broker.Message{To: other, Body: "goes on"}))
	d := l.Next()
	d.Ack()
	require.Equal(t, "goes on", string(d.Body))
	require.Zero(t, l.Stats().Reconnects)
}

// tenThousand: persistent messages while the broker goes away at one third and
// at one half of them. None is lost, and the order is kept: a number appears
// for the first time only right after its predecessor did. Repetitions are
// allowed and start over at a number that was seen.
func tenThousand(t *testing.T, s *suite) {
	const n = 10_000
	i := s.start(t, Setup{})
	q := Queue(t)
	in := Run(t, config(i, Setup{}), Consume(q))
	out := Run(t, config(i, Setup{}))

	var confirmed atomic.Int64
	third, half, all := make(chan struct{}), make(chan struct{}), make(chan struct{})
	marks := map[int64]chan struct{}{n / 3: third, n / 2: half, n: all}
	go func() {
		for k := range n {
			err := out.Publish(broker.Message{To: q, Body: fmt.Sprint(k), Persistent: true}, func(err error) {
				if err != nil {
					t.Errorf("message dropped: %v", err)
				}
				if mark := marks[confirmed.Add(1)]; mark != nil {
					close(mark)
				}
			})
			if err != nil {
				t.Errorf("message refused: %v", err)
			}
		}
	}()
	received := make(chan error, 1)
	repeated := 0
	go func() {
		next := 0
		for next < n {
			d := <-in.Got
			var k int
			if _, err := fmt.Sscan(string(d.Body), &k); err != nil || k > next {
				received <- fmt.Errorf("got %q where %d was due: %w", d.Body, next, errors.Join(err, errGap))
				return
			}
			d.Ack()
			if k == next {
				next++
			} else {
				repeated++
			}
		}
		received <- nil
	}()
	await(t, third, "third of the confirmations")
	i.Kill()
	i.Restart()
	await(t, half, "half of the confirmations")
	i.Stop()
	i.Restart()
	await(t, all, "all confirmations")
	require.NoError(t, await(t, received, "all messages"))
	require.GreaterOrEqual(t, out.Stats().Reconnects, uint64(2))
	t.Logf("%d messages, %d repeated", n, repeated)
}

var errGap = errors.New("a message is missing")
