// Package e2e plays whole stories: a real broker, the worker, the Finesse
// simulator, and clients that speak only the wire.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/test/brokertest"
	"gcbridge/test/observe"
	"gcbridge/test/wait"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(proving(m)) }

// patience bounds every wait for something that must come.
const (
	patience = 15 * time.Second
	tick     = 5 * time.Millisecond // of polls
)

// brokers are what the stories run on.
var brokers = []struct {
	name  string
	start func(t *testing.T) string
}{
	{"ActiveMQ", func(t *testing.T) string { t.Helper(); return brokertest.ActiveMQ(t).URL() }},
	{"embedded", func(t *testing.T) string {
		t.Helper()
		b, err := embedded.Start(embedded.Config{})
		require.NoError(t, err)
		t.Cleanup(b.Close)
		return b.URL()
	}},
}

// lab is a worker with a simulator behind it.
type lab struct {
	t      testing.TB
	broker string
	sim    *sim.Server
	worker *bridge.Worker
	cfg    config.Config
	logs   *logBuffer
	stop   context.CancelFunc // ends the worker before the test ends
}

// newLab starts a simulator and a worker on the broker; both end with the test.
func newLab(t testing.TB, brokerURL string, change func(*config.Config), simOpts ...sim.Option) *lab {
	t.Helper()
	simOpts = append(slices.Clone(simOpts), sim.WithEnvironment(os.Getenv))
	l := &lab{t: t, broker: brokerURL, sim: sim.Start(t, simOpts...), logs: &logBuffer{}}
	l.cfg = config.Default()
	l.cfg.NodeID, l.cfg.AdminListen, l.cfg.Timezone = "node-1", "", "UTC"
	l.cfg.BrokerURLs = []string{brokerURL}
	l.cfg.FinesseURLs = []string{l.sim.RESTURL()}
	l.cfg.XMPPAddrs, l.cfg.XMPPTLS = []string{l.sim.XMPPAddr()}, l.sim.XMPPTLS()
	l.cfg.FinesseHeartbeat = 100 * time.Millisecond
	l.cfg.MessageFormat = "DEFAULT"
	if change != nil {
		change(&l.cfg)
	}
	l.run(bridge.Options{Log: zerolog.New(l.logs).Level(zerolog.TraceLevel)})
	return l
}

// run runs the worker until the test ends and waits until it is ready.
func (l *lab) run(o bridge.Options) {
	l.t.Helper()
	var err error
	l.worker, err = bridge.New(l.cfg, o)
	require.NoError(l.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	done := make(chan error, 1)
	go func() { done <- l.worker.Run(ctx) }()
	l.t.Cleanup(func() {
		cancel()
		require.NoError(l.t, <-done)
	})
	require.Eventually(l.t, func() bool { return l.worker.Ready() == nil }, patience, tick, "worker ready")
}

// asked is every request to Finesse but the polls of SystemInfo.
func (l *lab) asked() []sim.Request {
	return slices.DeleteFunc(l.sim.Requests(), func(r sim.Request) bool { return strings.HasSuffix(r.Path, "/SystemInfo") })
}

// logBuffer keeps what the worker logs.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// phone is a STOMP client that sends whatever a test wants and collects what
// comes to the destinations it listens to.
type phone struct {
	t     testing.TB
	conn  *brokertest.Client
	mu    sync.Mutex
	got   []got
	corr  int
	story *observe.Story
}

// got is a received message.
type got struct {
	dest   string
	body   string
	header *frame.Header
}

func newPhone(t testing.TB, brokerURL string, listen ...string) *phone {
	t.Helper()
	p := &phone{t: t, story: wire.Story(t)}
	conn, err := brokertest.Connect(t.Context(), brokerURL, listen, p.received)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	p.conn = conn
	p.settle()
	return p
}

func (p *phone) received(dest string, m *stomp.Message) {
	p.story.Arrived(m.Header, string(m.Body))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, got{dest: dest, body: string(m.Body), header: m.Header})
}

// settle returns when the broker has handled everything sent before.
func (p *phone) settle() {
	p.t.Helper()
	require.NoError(p.t, p.conn.Settle())
}

// raw sends a command with the headers given as name, value pairs and returns
// its correlation id. A text body has no content-length.
func (p *phone) raw(text bool, jmsType, body string, headers ...string) string {
	p.t.Helper()
	p.corr++
	corr := fmt.Sprintf("c%d", p.corr)
	all := []string{"correlation-id", corr}
	if jmsType != "" {
		all = append(all, "type", jmsType)
	}
	p.story.Sent(jmsType, body, corr)
	require.NoError(p.t, p.conn.Send("/queue/Connector1", text, body, append(all, headers...)...))
	return corr
}

// do sends a well-formed text command.
func (p *phone) do(jmsType, body string, headers ...string) string {
	p.t.Helper()
	return p.raw(true, jmsType, body, headers...)
}

// expect waits for a message on dest that holds every part, takes it and
// returns it.
func (p *phone) expect(dest string, parts ...string) got {
	p.t.Helper()
	var found got
	ok := wait.Until(patience, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, g := range p.got {
			if g.dest == dest && holds(g.body, parts) {
				found = g
				p.got = append(p.got[:i], p.got[i+1:]...)
				return true
			}
		}
		return false
	})
	require.True(p.t, ok, "no message with %q on %s; there are:\n%s", parts, dest, p.describe())
	p.story.Took(p.t.Name(), found.header, found.body)
	return found
}

// answer waits for the message on dest that carries a correlation id.
func (p *phone) answer(dest, corr string, parts ...string) got {
	p.t.Helper()
	var found got
	ok := wait.Until(patience, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, g := range p.got {
			if g.dest == dest && g.header.Get("correlation-id") == corr && holds(g.body, parts) {
				found = g
				p.got = append(p.got[:i], p.got[i+1:]...)
				return true
			}
		}
		return false
	})
	require.True(p.t, ok, "no answer %s with %q on %s; there are:\n%s", corr, parts, dest, p.describe())
	p.story.Took(p.t.Name(), found.header, found.body)
	return found
}

func holds(body string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(body, part) {
			return false
		}
	}
	return true
}

func (p *phone) describe() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	for _, g := range p.got {
		fmt.Fprintf(&b, "  %s %.300q\n", g.dest, g.body)
	}
	return b.String()
}

// login connects agent to the topic dest and logs them in.
func (p *phone) login(dest, agent, extension string) {
	p.t.Helper()
	p.do("Connect#"+agent, strings.TrimPrefix(dest, "/topic/")+",pw"+agent)
	p.do("Login#"+agent, "pw"+agent+","+extension)
	p.expect(dest, agent+"#AgentInfo#")
	p.expect(dest, agent+"#State#NOT_READY#")
	p.expect(dest, agent+"#DialogStatus#")
}

func jsonOf(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
