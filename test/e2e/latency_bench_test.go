package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge"
	"gcbridge/bridge/broker"
	"gcbridge/bridge/config"
	"gcbridge/bridge/telemetry"
	"gcbridge/finesse/sim"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// ratePerSecond is the load of BenchmarkLatency.
const ratePerSecond = 100

// BenchmarkLatency sends state commands of 50 agents at a fixed rate through a
// stock ActiveMQ (Nagle on) and reports, in milliseconds: from a command read
// to its REST request written, from an XMPP stanza read to the broker's receipt
// of its output, and for a client from sending the command to its output. An
// iteration is one command; -benchtime 3000x runs for 30 s.
func BenchmarkLatency(b *testing.B) {
	amq := brokertest.ActiveMQ(b, brokertest.Stock())
	times := &timings{}
	l := startTimed(b, amq.URL(), times)
	c := newPacer(b, l.broker)
	const agents = 50
	for i := range agents {
		c.send(fmt.Sprintf("Connect#%d", 100001+i), fmt.Sprintf("bench,pw%d", 100001+i), "")
		c.send(fmt.Sprintf("Login#%d", 100001+i), fmt.Sprintf("pw%d,%d", 100001+i, 500001+i), fmt.Sprint("login", i))
		c.await(fmt.Sprint("login", i))
	}
	words := []string{"MakeReady", "MakeNotReady"}
	tick := time.NewTicker(time.Second / ratePerSecond)
	defer tick.Stop()
	load := func(name string, n int) {
		for i := range n {
			<-tick.C
			c.send(fmt.Sprintf("%s#%d", words[i/agents%2], 100001+i%agents), "", fmt.Sprint(name, i))
		}
		for i := range n {
			times.add("client", c.await(fmt.Sprint(name, i)))
		}
	}
	load("warm", 500) // the broker's JIT too
	times.reset()
	b.ResetTimer()
	load("timed", b.N)
	b.StopTimer()
	for _, st := range []string{string(telemetry.CommandToRequest), string(telemetry.EventToPublish), "client"} {
		ds := times.of(st)
		require.GreaterOrEqual(b, len(ds), b.N, "every command was timed")
		b.ReportMetric(millis(percentile(ds, 50)), st+"-p50-ms")
		b.ReportMetric(millis(percentile(ds, 99)), st+"-p99-ms")
	}
}

// startTimed is newLab with the worker's own timing switched on.
func startTimed(t testing.TB, brokerURL string, times *timings, change ...func(*config.Config)) *lab {
	t.Helper()
	l := &lab{t: t, broker: brokerURL, sim: sim.Start(t, sim.WithScale(200)), logs: &logBuffer{}}
	l.cfg = config.Default()
	l.cfg.NodeID, l.cfg.AdminListen, l.cfg.MessageFormat = "node-1", "", "DEFAULT"
	l.cfg.BrokerURLs, l.cfg.FinesseURLs = []string{brokerURL}, []string{l.sim.RESTURL()}
	l.cfg.XMPPAddrs, l.cfg.XMPPTLS = []string{l.sim.XMPPAddr()}, l.sim.XMPPTLS()
	for _, f := range change {
		f(&l.cfg)
	}
	l.run(bridge.Options{Log: zerolog.Nop(), Timing: func(s telemetry.Stage, d time.Duration) { times.add(string(s), d) }})
	return l
}

// pacer is a client that does not wait: it notes when each command went out
// and when the first output that answers it came.
type pacer struct {
	b     testing.TB
	link  *broker.Link
	queue broker.Destination
	mu    sync.Mutex
	sent  map[string]time.Time
	took  map[string]time.Duration
}

func newPacer(b testing.TB, url string) *pacer {
	b.Helper()
	c := &pacer{b: b, sent: map[string]time.Time{}, took: map[string]time.Duration{}}
	up := make(chan struct{})
	var once sync.Once
	var err error
	c.link, err = broker.New(broker.Config{URLs: []string{url}, OnUp: func() { once.Do(func() { close(up) }) }})
	require.NoError(b, err)
	c.queue, err = broker.Queue("Connector1")
	require.NoError(b, err)
	own, err := broker.Topic("bench")
	require.NoError(b, err)
	require.NoError(b, c.link.Subscribe(broker.Subscription{From: own, AutoAck: true, Handle: c.received}))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.link.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		require.NoError(b, <-done)
	})
	<-up
	return c
}

func (c *pacer) received(d *broker.Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.sent[d.CorrelationID]; ok {
		c.took[d.CorrelationID] = d.Received.Sub(t)
		delete(c.sent, d.CorrelationID)
	}
}

func (c *pacer) send(jmsType, body, corr string) {
	c.mu.Lock()
	c.sent[corr] = time.Now()
	c.mu.Unlock()
	require.NoError(c.b, c.link.Publish(broker.Message{To: c.queue, Type: jmsType, Body: body, CorrelationID: corr}, nil))
}

// await waits for the output that answers corr and says how long it took.
func (c *pacer) await(corr string) time.Duration {
	c.b.Helper()
	var d time.Duration
	ok := wait.Until(patience, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		var ok bool
		d, ok = c.took[corr]
		return ok
	})
	require.True(c.b, ok, "no output answers %s", corr)
	return d
}

// timings collects durations by name.
type timings struct {
	mu sync.Mutex
	m  map[string][]time.Duration
}

func (t *timings) add(name string, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.m == nil {
		t.m = map[string][]time.Duration{}
	}
	t.m[name] = append(t.m[name], d)
}

func (t *timings) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.m = nil
}

func (t *timings) of(name string) []time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.m[name])
}

func percentile(ds []time.Duration, p int) time.Duration {
	slices.Sort(ds)
	return ds[min(len(ds)*p/100, len(ds)-1)]
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkMakeCall reports, in milliseconds, from a command read to its REST request
// written for calls, whose intent has to be with the broker first: of a node alone, of
// one of a pair, and of one with a memory, on a stock ActiveMQ. An iteration is
// one call; -benchtime 600x runs for 12 s.
func BenchmarkMakeCall(b *testing.B) {
	const agents, rate = 50, 50
	for name, change := range map[string]func(*config.Config){
		"1 alone":  func(*config.Config) {},
		"2 paired": func(c *config.Config) { paired(c); c.Memory = "off" },
		"3 memory": paired,
	} {
		b.Run(name, func(b *testing.B) {
			amq := brokertest.ActiveMQ(b, brokertest.Stock())
			times := &timings{}
			l := startTimed(b, amq.URL(), times, change)
			c := newPacer(b, l.broker)
			for i := range agents {
				c.send(fmt.Sprintf("Connect#%d", 100001+i), fmt.Sprintf("bench,pw%d", 100001+i), "")
				c.send(fmt.Sprintf("Login#%d", 100001+i), fmt.Sprintf("pw%d,%d", 100001+i, 500001+i), fmt.Sprint("login", i))
				c.await(fmt.Sprint("login", i))
			}
			tick := time.NewTicker(time.Second / rate)
			defer tick.Stop()
			load := func(name string, n int) {
				for i := range n {
					<-tick.C
					c.send(fmt.Sprintf("MakeCall#%d", 100001+i%agents), "90001", fmt.Sprint(name, i))
				}
				for i := range n {
					c.await(fmt.Sprint(name, i))
				}
			}
			load("warm", 250)
			times.reset()
			b.ResetTimer()
			load("timed", b.N)
			b.StopTimer()
			ds := times.of(string(telemetry.CommandToRequest))
			require.GreaterOrEqual(b, len(ds), b.N, "every call was timed")
			for _, p := range []int{50, 90, 99} {
				b.ReportMetric(millis(percentile(ds, p)), fmt.Sprintf("p%d-ms", p))
			}
			b.ReportMetric(float64(l.worker.Snapshot().Counters["memory_written"]), "kept")
			b.ReportMetric(float64(l.worker.Snapshot().Counters["memory_late"]), "late")
		})
	}
}
