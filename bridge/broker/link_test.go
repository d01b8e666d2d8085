package broker_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

func TestNewRefusesNonsense(t *testing.T) {
	const good = "stomp://localhost:1"
	for name, cfg := range map[string]broker.Config{
		"no URL":           {},
		"empty URL":        {URLs: []string{""}},
		"other scheme":     {URLs: []string{"tcp://localhost:61616"}},
		"failover":         {URLs: []string{"failover:(stomp://a:1)"}},
		"no host":          {URLs: []string{"stomp://:61613"}},
		"credentials":      {URLs: []string{"stomp://user:hunter2@localhost:1"}},
		"options":          {URLs: []string{"stomp://localhost:1?x=y"}},
		"unparsable":       {URLs: []string{"stomp://hunter2:%zz"}},
		"second is bad":    {URLs: []string{good, "x"}},
		"negative time":    {URLs: []string{good}, Heartbeat: -1},
		"backoff":          {URLs: []string{good}, BackoffMin: 2, BackoffMax: 1},
		"negative buffer":  {URLs: []string{good}, SendBuffer: -1},
		"newline in login": {URLs: []string{good}, Password: secret.New("a\nhost:b")},
	} {
		_, err := broker.New(cfg)
		require.ErrorIs(t, err, broker.ErrConfig, name)
		require.NotContains(t, err.Error(), "hunter2")
	}
	for _, url := range []string{good, "stomp://localhost", "stomp+ssl://broker.example/", " stomp://[::1]:1 "} {
		_, err := broker.New(broker.Config{URLs: []string{url}})
		require.NoError(t, err, url)
	}
}

func TestSubscribeRefusesNonsense(t *testing.T) {
	b := startEmbedded(t)
	l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}})
	handle := func(*broker.Delivery) {}
	q := queue(t, "q")
	require.ErrorIs(t, l.Subscribe(broker.Subscription{From: q, Handle: handle}), broker.ErrConfig, "after Run")
	require.ErrorIs(t, l.Link.Run(t.Context()), broker.ErrConfig, "second Run")

	fresh, err := broker.New(broker.Config{URLs: []string{b.URL()}})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		s    broker.Subscription
		want error
	}{
		"from nowhere":   {broker.Subscription{Handle: handle}, broker.ErrDestination},
		"no handler":     {broker.Subscription{From: q}, broker.ErrConfig},
		"prefetch 20001": {broker.Subscription{From: q, Handle: handle, Prefetch: 20_001}, broker.ErrConfig},
		"prefetch -1":    {broker.Subscription{From: q, Handle: handle, Prefetch: -1}, broker.ErrConfig},
		"priority 128":   {broker.Subscription{From: q, Handle: handle, Priority: 128}, broker.ErrConfig},
		"NUL in a query": {broker.Subscription{From: q, Handle: handle, Selector: "a = '\x00'"}, broker.ErrConfig},
		"good":           {broker.Subscription{From: q, Handle: handle, Prefetch: 20_000, Priority: 127}, nil},
	} {
		require.ErrorIs(t, fresh.Subscribe(c.s), c.want, name)
	}
}

// freeAddr is an address of loopback on which nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	b, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	b.Close()
	return b.Addr()
}

func TestMessagesWaitForTheBroker(t *testing.T) {
	addr := freeAddr(t)
	var drops atomic.Int64
	l := brokertest.Launch(t, broker.Config{
		URLs: []string{"stomp://" + addr}, SendBuffer: 3, OnDrop: func(broker.Message, error) { drops.Add(1) },
	}, brokertest.Consume(queue(t, "q")))
	expired := make(chan error, 1)
	short := text(t, "q", "too late")
	short.TTL = 10 * time.Millisecond
	require.NoError(t, l.Publish(short, func(err error) { expired <- err }))
	for i := range 2 {
		require.NoError(t, l.Publish(text(t, "q", fmt.Sprint(i)), nil))
	}
	err := l.Publish(text(t, "q", "no room"), func(error) { t.Error("done called") })
	require.ErrorIs(t, err, broker.ErrBufferFull)
	require.Equal(t, errclass.Unavailable, errclass.Of(err))
	require.ErrorIs(t, wait.For(t, expired, "expiry, although nobody can be reached"), broker.ErrExpired)
	require.NoError(t, l.Publish(text(t, "q", "2"), nil), "room again")
	require.False(t, l.Up())
	require.EqualValues(t, 3, l.Stats().Waiting)
	require.EqualValues(t, 2, l.Stats().Dropped)
	require.EqualValues(t, 2, drops.Load())
	require.NotEmpty(t, l.Stats().LastError)

	b, err := embedded.Start(embedded.Config{Addr: addr})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	l.AwaitUp()
	for i := range 3 {
		d := l.Next()
		d.Ack()
		require.Equal(t, fmt.Sprint(i), string(d.Body))
	}
	s := l.Stats()
	require.Equal(t, "stomp://"+addr, s.URL)
	require.EqualValues(t, 3, s.Delivered)
	require.Zero(t, s.Reconnects)
}

// The end of the context sends what waits and what was acknowledged.
func TestDrain(t *testing.T) {
	b := startEmbedded(t)
	l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}}, brokertest.Consume(queue(t, "in")))
	require.NoError(t, l.Confirmed(text(t, "in", "command")))
	d := l.Next()
	var confirmed atomic.Int64
	for i := range 1000 {
		require.NoError(t, l.Publish(text(t, "out", fmt.Sprint(i)), func(err error) {
			if err == nil && confirmed.Add(1) == 1000 {
				d.Ack() // when the last answer is there
			}
		}))
	}
	l.Stop()
	require.EqualValues(t, 1000, confirmed.Load())
	err := l.Publish(text(t, "out", "x"), nil)
	require.ErrorIs(t, err, broker.ErrClosed)

	next := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}},
		brokertest.Consume(queue(t, "out")), brokertest.Consume(queue(t, "in")))
	for i := range 1000 {
		d := next.Next()
		d.Ack()
		require.Equal(t, fmt.Sprint(i), string(d.Body), "and not the command, which was acknowledged")
	}
	next.Silence(50 * time.Millisecond)
}

// Acknowledgements given right before the end still reach the broker.
func TestDrainSendsAcknowledgements(t *testing.T) {
	const n = 10
	for range 20 {
		var acked atomic.Int64
		s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
			switch {
			case f.Command == frame.ACK:
				acked.Add(1)
			case f.Command == frame.BEGIN && c.sub != "" && acked.Load() == 0:
				c.receipt(f)
				for i := range n {
					c.message(fmt.Sprint(i), "x")
				}
				return true
			}
			return false
		})
		l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}}, brokertest.Consume(queue(t, "in")))
		var all []*broker.Delivery
		for range n {
			all = append(all, l.Next())
		}
		for _, d := range all {
			d.Ack()
		}
		l.Stop()
		require.EqualValues(t, n, acked.Load())
	}
}

// An ERROR may have had another reason: a message is given up only when it
// provokes one again.
func TestRefusedOnceIsSentAgain(t *testing.T) {
	var refused atomic.Bool
	s := newFake(t, func(c *fakeConn, f *frame.Frame) bool {
		if f.Command == frame.SEND && !refused.Swap(true) {
			c.refuse("shutting down")
			return true
		}
		return false
	})
	l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}, ReceiptTimeout: time.Second})
	require.NoError(t, l.FragileConfirmed(text(t, "q", "x")))
	require.Zero(t, l.Stats().Dropped)
}

// What cannot be sent at the end is given up within bounds, and is told apart.
func TestDrainIsBounded(t *testing.T) {
	fates := make(chan error, 10)
	done := func(err error) { fates <- err }
	t.Run("broker away", func(t *testing.T) {
		l := brokertest.Launch(t, broker.Config{URLs: []string{"stomp://" + freeAddr(t)}})
		require.NoError(t, l.Publish(text(t, "q", "x"), done))
		start := time.Now()
		l.Stop()
		require.Less(t, time.Since(start), 4*time.Second)
		err := <-fates
		require.ErrorIs(t, err, broker.ErrClosed)
		require.Equal(t, errclass.Unavailable, errclass.Of(err))
	})
	t.Run("no receipt", func(t *testing.T) {
		s := newFake(t, func(_ *fakeConn, f *frame.Frame) bool { return f.Command == frame.SEND })
		l := brokertest.Run(t, broker.Config{URLs: []string{s.url()}})
		require.NoError(t, l.Publish(text(t, "q", "x"), done))
		start := time.Now()
		l.Stop()
		require.Less(t, time.Since(start), 4*time.Second)
		err := <-fates
		require.ErrorIs(t, err, broker.ErrUnconfirmed)
		require.Equal(t, errclass.Indeterminate, errclass.Of(err))
	})
}

// With PriorityBackup a link returns to its primary, and nothing is lost on
// the way; without, it stays.
func TestFailoverAndReturn(t *testing.T) {
	primary, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	t.Cleanup(primary.Close)
	backup := startEmbedded(t)
	launch := func(back bool) *brokertest.Harness {
		return brokertest.Run(t, broker.Config{
			URLs: []string{primary.URL(), backup.URL()}, PriorityBackup: back, ProbeInterval: 20 * time.Millisecond,
		}, brokertest.Consume(queue(t, fmt.Sprint("in", back))))
	}
	returns, stays := launch(true), launch(false)
	for _, l := range []*brokertest.Harness{returns, stays} {
		require.Equal(t, primary.URL(), l.Stats().URL)
	}
	for _, l := range []*brokertest.Harness{returns, stays} {
		require.Empty(t, l.Stats().LastError)
	}
	primary.Stop()
	var published []func(t *testing.T)
	for _, l := range []*brokertest.Harness{returns, stays} {
		require.ErrorIs(t, l.AwaitDown(), broker.ErrLost)
		l.AwaitUp()
		require.Equal(t, backup.URL(), l.Stats().URL)
		require.NotEmpty(t, l.Stats().LastError, "why it is not on the primary")
		published = append(published, publishOn(t, l))
	}
	require.NoError(t, primary.Restart())
	require.ErrorIs(t, returns.AwaitDown(), broker.ErrLost)
	returns.AwaitUp()
	require.Equal(t, primary.URL(), returns.Stats().URL)
	require.EqualValues(t, 2, returns.Stats().Reconnects)
	// By now the other would have returned as well, if it did.
	require.Equal(t, backup.URL(), stays.Stats().URL)
	require.EqualValues(t, 1, stays.Stats().Reconnects)
	for _, end := range published {
		end(t)
	}
}

// publishOn publishes without end, a hundred messages at a time. The function
// that it returns ends this, and fails the test if one was lost.
func publishOn(t *testing.T, l *brokertest.Harness) (end func(t *testing.T)) {
	ctx, cancel := context.WithCancel(t.Context())
	var publishing sync.WaitGroup
	var published, confirmed atomic.Int64
	underWay := make(chan struct{}, 100)
	publishing.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case underWay <- struct{}{}:
			}
			err := l.Publish(text(t, "out", "x"), func(err error) {
				<-underWay
				if err == nil {
					confirmed.Add(1)
				}
			})
			if err != nil {
				t.Errorf("publish: %v", err)
				return
			}
			published.Add(1)
		}
	})
	return func(t *testing.T) {
		t.Helper()
		cancel()
		publishing.Wait()
		require.Eventually(t, func() bool { return confirmed.Load() == published.Load() }, brokertest.Patience, time.Millisecond)
		require.Zero(t, l.Stats().Waiting)
	}
}

// A link that is renewed has new connections, its subscriptions live on and
// nothing is lost; what was asked while it was down is forgotten.
func TestRenew(t *testing.T) {
	b, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	in := brokertest.Consume(queue(t, "in"))
	got := make(chan string, 1000)
	in.Handle = func(d *broker.Delivery) { d.Ack(); got <- string(d.Body) }
	l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}}, in)
	missing := map[string]bool{}
	for n := range 300 {
		if n%100 == 50 {
			l.Renew()
			require.ErrorIs(t, l.AwaitDown(), broker.ErrLost)
		}
		missing[fmt.Sprint(n)] = true
		require.NoError(t, l.Publish(text(t, "in", fmt.Sprint(n)), nil))
		if n%100 == 60 {
			l.AwaitUp()
		}
	}
	for len(missing) > 0 { // what was on its way to the handler may come again
		delete(missing, wait.For(t, got, "delivery"))
	}
	require.EqualValues(t, 3, l.Stats().Reconnects)

	b.Stop()
	require.ErrorIs(t, l.AwaitDown(), broker.ErrLost)
	l.Renew()
	require.NoError(t, b.Restart())
	l.AwaitUp()
	require.NoError(t, l.Publish(text(t, "in", "last"), nil))
	require.Eventually(t, func() bool { return l.Stats().Waiting == 0 }, brokertest.Patience, time.Millisecond)
	require.Never(t, func() bool { return l.Stats().Reconnects != 4 }, 100*time.Millisecond, time.Millisecond)
}

// A delivery that waits for its handler is not handled when its connection has
// gone meanwhile: it comes again on the next one.
func TestStaleDeliveriesAreNotHandled(t *testing.T) {
	b := startEmbedded(t)
	hold, holding := make(chan struct{}), make(chan struct{}, 100)
	var mu sync.Mutex
	var handled []string
	l := brokertest.Run(t, broker.Config{URLs: []string{b.URL()}}, broker.Subscription{
		From: queue(t, "in"), Handle: func(d *broker.Delivery) {
			holding <- struct{}{}
			<-hold
			mu.Lock()
			defer mu.Unlock()
			handled = append(handled, fmt.Sprintf("%s %t", d.Body, d.Redelivered))
			d.Ack()
		},
	})
	for i := range 3 {
		m := text(t, "in", fmt.Sprint(i))
		m.Persistent = true
		require.NoError(t, l.Confirmed(m))
	}
	<-holding
	require.NoError(t, b.Restart())
	require.ErrorIs(t, l.AwaitDown(), broker.ErrLost)
	l.AwaitUp()
	close(hold)
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(handled) == 4
	}, brokertest.Patience, time.Millisecond)
	l.Stop()
	require.Equal(t, "0 false, 0 true, 1 true, 2 true", strings.Join(handled, ", "))
}
