package broker_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/brokertest"
)

// The benchmarks run against ActiveMQ as it is shipped: Nagle's algorithm on.

var benchBody = strings.Repeat("x", 300)

// benchLink runs a link on b until the benchmark ends.
func benchLink(b *testing.B, url string, subs ...broker.Subscription) *broker.Link {
	b.Helper()
	up := make(chan struct{}, 10)
	l, err := broker.New(broker.Config{URLs: []string{url}, SendBuffer: 1 << 20, OnUp: func() { up <- struct{}{} }})
	require.NoError(b, err)
	for _, s := range subs {
		require.NoError(b, l.Subscribe(s))
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx) }()
	b.Cleanup(func() { cancel(); require.NoError(b, <-ended) })
	<-up
	return l
}

// publishAll publishes n messages and waits until all are confirmed.
func publishAll(b *testing.B, l *broker.Link, m broker.Message, n int) {
	b.Helper()
	confirmed := make(chan error, n)
	for range n {
		require.NoError(b, l.Publish(m, func(err error) { confirmed <- err }))
	}
	for range n {
		require.NoError(b, <-confirmed)
	}
}

func benchQueue(b *testing.B) broker.Destination {
	b.Helper()
	q, err := broker.Queue(strings.ReplaceAll(b.Name(), "/", "."))
	require.NoError(b, err)
	return q
}

// BenchmarkPublish is how many messages a second are confirmed.
func BenchmarkPublish(b *testing.B) {
	amq := brokertest.ActiveMQ(b, brokertest.Stock())
	for _, persistent := range []bool{false, true} {
		b.Run(map[bool]string{false: "non-persistent", true: "persistent"}[persistent], func(b *testing.B) {
			q := benchQueue(b)
			l := benchLink(b, amq.URL())
			drain := benchLink(b, amq.URL(), broker.Subscription{From: q, Handle: func(d *broker.Delivery) { d.Ack() }})
			m := broker.Message{To: q, Body: benchBody, Persistent: persistent}
			publishAll(b, l, m, 1000)
			b.ResetTimer()
			publishAll(b, l, m, b.N)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
			require.True(b, drain.Up())
		})
	}
}

// BenchmarkConsume is how many waiting messages a second are delivered and
// acknowledged.
func BenchmarkConsume(b *testing.B) {
	amq := brokertest.ActiveMQ(b, brokertest.Stock())
	q := benchQueue(b)
	publishAll(b, benchLink(b, amq.URL()), broker.Message{To: q, Body: benchBody}, b.N)
	got := make(chan struct{}, b.N)
	b.ResetTimer()
	benchLink(b, amq.URL(), broker.Subscription{From: q, Handle: func(d *broker.Delivery) { d.Ack(); got <- struct{}{} }})
	for range b.N {
		<-got
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkRoundTrip is the time from publishing a command to its delivery,
// plus that from publishing the answer to the client's receiving it, at a
// steady rate.
func BenchmarkRoundTrip(b *testing.B) {
	amq := brokertest.ActiveMQ(b, brokertest.Stock())
	for _, rate := range []int{100, 1000} {
		b.Run(map[int]string{100: "100 a second", 1000: "1000 a second"}[rate], func(b *testing.B) {
			in, err := broker.Queue("in." + b.Name())
			require.NoError(b, err)
			out, err := broker.Topic("out." + b.Name())
			require.NoError(b, err)
			back := make(chan time.Duration, b.N+1000)
			client := benchLink(b, amq.URL(), broker.Subscription{From: out, AutoAck: true, Handle: func(d *broker.Delivery) {
				sent, err := time.Parse(time.RFC3339Nano, d.Type)
				if err != nil {
					b.Error(err)
				}
				back <- time.Since(sent)
			}})
			var worker *broker.Link
			ready := make(chan struct{})
			worker = benchLink(b, amq.URL(), broker.Subscription{From: in, Handle: func(d *broker.Delivery) {
				<-ready
				if err := worker.Publish(broker.Message{To: out, Body: benchBody, Type: d.Type}, nil); err != nil {
					b.Error(err)
				}
				d.Ack()
			}})
			close(ready)
			run := func(n int) []time.Duration {
				tick := time.NewTicker(time.Second / time.Duration(rate))
				defer tick.Stop()
				for range n {
					<-tick.C
					require.NoError(b, client.Publish(broker.Message{To: in, Body: benchBody, Type: time.Now().Format(time.RFC3339Nano)}, nil))
				}
				var all []time.Duration
				for range n {
					all = append(all, <-back)
				}
				slices.Sort(all)
				return all
			}
			run(200)
			b.ResetTimer()
			all := run(b.N)
			b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
