package client

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/broker"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRun drives a stand-in connector over a real broker.
func TestRun(t *testing.T) {
	b := brokertest.ActiveMQ(t)
	connector := startStandIn(t, b.URL())
	sim := startSimulator(t)
	cfg := Config{
		BrokerURLs: []string{b.URL()}, Agent: "1001", Password: secret.New("canary-pw"), Extension: "2001",
		SimURL: sim.URL, Timeout: 5 * time.Second, Log: zerolog.Nop(),
	}

	t.Run("a script that holds", func(t *testing.T) {
		connector.reset()
		var out bytes.Buffer
		script := `
# {agent} starts
hello
expect O-004 IN_SERVICE corr=last type=O-004
connect
login
expect O-001 NOT_READY
expect O-009 "DialogID:55"
answer
expect O-008 {dialog} ACTIVE
raw Note#1001 a,  b, {dialog}
help
quit
ready
`
		require.NoError(t, Run(t.Context(), cfg, strings.NewReader(script), &out))
		want := []string{
			"Hello#agent-1001|", "Connect#1001|agent-1001,canary-pw", "Login#1001|canary-pw,2001",
			"AnswerCall#1001|55", "Note#1001|a,  b, 55",
		}
		require.Eventually(t, func() bool { return len(connector.commands()) == len(want) }, 5*time.Second, 5*time.Millisecond)
		require.Equal(t, want, connector.commands())
		text := out.String()
		require.NotContains(t, text, "canary-pw")
		require.Contains(t, text, "1001 starts\n")
		require.Contains(t, text, "agent-1001,[redacted]")
		require.Contains(t, text, "← O-004   system              type=O-004 corr=agent-1001-1")
		require.Contains(t, text, "force_logout")
		require.Less(t, strings.Index(text, "→ Hello#agent-1001"), strings.Index(text, "← O-004"))
	})

	t.Run("a missing output", func(t *testing.T) {
		var out bytes.Buffer
		err := Run(t.Context(), cfg, strings.NewReader("hello\n\nexpect O-005 OUT_OF_SERVICE within 300ms\nready\n"), &out)
		require.ErrorIs(t, err, ErrMissing)
		require.ErrorContains(t, err, "line 3: expect O-005 OUT_OF_SERVICE within 300ms")
		require.ErrorContains(t, err, "O-004 type=O-004 corr=agent-1001-1 System#IN_SERVICE")
		require.NotContains(t, out.String(), "MakeReady", "the script ends at the line that fails")
	})

	t.Run("an output counts once and only after the last command", func(t *testing.T) {
		twice := "hello\nexpect O-004\nexpect O-004 within 200ms\n"
		require.ErrorContains(t, Run(t.Context(), cfg, strings.NewReader(twice), io.Discard), "line 3: ")
		stale := "hello\nlogin\nexpect O-009\nstate\nexpect O-001 within 200ms\n"
		err := Run(t.Context(), cfg, strings.NewReader(stale), io.Discard)
		require.ErrorContains(t, err, "line 5: ")
		require.ErrorContains(t, err, "no other output")
	})

	t.Run("the format travels with every command", func(t *testing.T) {
		connector.reset()
		text := cfg
		text.Format = protocol.FormatDefault
		require.NoError(t, Run(t.Context(), text, strings.NewReader("hello\nexpect O-004\n"), io.Discard))
		require.Equal(t, []string{"DEFAULT"}, connector.formats())
	})

	t.Run("answers on a queue", func(t *testing.T) {
		queue := cfg
		queue.Destination = "queue://desk"
		script := "hello\nexpect O-004\nhello\nexpect O-004\n"
		require.NoError(t, Run(t.Context(), queue, strings.NewReader(script), io.Discard))
	})

	t.Run("the simulator", func(t *testing.T) {
		var out bytes.Buffer
		script := "login\nexpect O-009\nsim call 5551000 {extension}\nsim drop {dialog} 5551000\n"
		require.NoError(t, Run(t.Context(), cfg, strings.NewReader(script), &out))
		require.Equal(t, []string{
			`POST /sim/calls {"from":"5551000","to":"2001"}`,
			`POST /sim/calls/55/drop {"address":"5551000"}`,
		}, sim.requests())
		require.ErrorContains(t, Run(t.Context(), cfg, strings.NewReader("sim call 1 2\n"), io.Discard), "simulator: 400 Bad Request: no such caller")
		none := cfg
		none.SimURL = ""
		require.ErrorContains(t, Run(t.Context(), none, strings.NewReader("sim call 5551000 2\n"), io.Discard), "no simulator configured")
	})

	t.Run("at a prompt a mistake is reported and does not end the run", func(t *testing.T) {
		var out bytes.Buffer
		person := cfg
		person.Prompt = "> "
		require.NoError(t, Run(t.Context(), person, strings.NewReader("dance\nhello\nexpect O-004\nexpect O-005 within 10ms\nquit\nhello\n"), &out))
		require.Contains(t, out.String(), "line 1: dance: no such command")
		require.Contains(t, out.String(), "← O-004")
		require.Contains(t, out.String(), ErrMissing.Error())
		require.Equal(t, 5, strings.Count(out.String(), "> "), "quit ends it")
		require.NoError(t, Run(t.Context(), person, strings.NewReader(""), io.Discard), "so does the end of input")
	})

	t.Run("a context that ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		connector.reset()
		go func() {
			ended <- Run(ctx, cfg, strings.NewReader("hello\nexpect O-027 within 1h\n"), io.Discard)
		}()
		require.Eventually(t, func() bool { return len(connector.commands()) == 1 }, 5*time.Second, 5*time.Millisecond)
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestNoBroker(t *testing.T) {
	cfg := Config{BrokerURLs: []string{"stomp://127.0.0.1:1"}, Agent: "1001", Timeout: 200 * time.Millisecond, Log: zerolog.Nop()}
	err := Run(t.Context(), cfg, strings.NewReader("hello\n"), io.Discard)
	require.ErrorIs(t, err, errNoAnswer)
	cfg.Destination = "bad>name"
	require.ErrorIs(t, Run(t.Context(), cfg, strings.NewReader(""), io.Discard), broker.ErrDestination)
	cfg.Destination, cfg.Queue = "", "bad,name"
	require.ErrorIs(t, Run(t.Context(), cfg, strings.NewReader(""), io.Discard), broker.ErrDestination)
}

// standIn answers commands as a connector would: enough to test a client.
type standIn struct {
	t    *testing.T
	link *broker.Link

	mu       sync.Mutex
	received []*broker.Delivery
}

func startStandIn(t *testing.T, url string) *standIn {
	t.Helper()
	up := make(chan struct{})
	var once sync.Once
	link, err := broker.New(broker.Config{URLs: []string{url}, Log: zerolog.Nop(), OnUp: func() { once.Do(func() { close(up) }) }})
	require.NoError(t, err)
	s := &standIn{t: t, link: link}
	queue, err := broker.Queue("Connector1")
	require.NoError(t, err)
	require.NoError(t, link.Subscribe(broker.Subscription{From: queue, Handle: s.handle}))
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- link.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-ended) })
	<-up
	return s
}

func (s *standIn) handle(d *broker.Delivery) {
	s.mu.Lock()
	s.received = append(s.received, d)
	s.mu.Unlock()
	d.Ack()
	word, id, _ := strings.Cut(d.Type, "#")
	answers := map[string][][2]string{
		"Hello":      {{"O-004 system", "System#IN_SERVICE"}},
		"Login":      {{"O-001 agent_state", id + "#State#NOT_READY#-1"}, {"O-009 agent_call", id + "#NewInboundCall#555#ani=555#DialogID:55"}},
		"AnswerCall": {{"O-008 agent_call", `{"type":"InboundCall","dialogId":"` + string(d.Body) + `","state":"ACTIVE"}`}},
	}
	name := "agent-1001"
	if word == "Hello" {
		name = id
	}
	to, err := broker.ParseClientDestination(name)
	if err != nil {
		s.t.Error(err)
		return
	}
	for _, a := range answers[word] {
		code, category, _ := strings.Cut(a[0], " ")
		m := broker.Message{
			To: to, Body: a[1], Type: code, CorrelationID: d.CorrelationID,
			Properties: map[string]string{"gcCode": code, "gcCategory": category},
		}
		if err := s.link.Publish(m, nil); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *standIn) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = nil
}

func (s *standIn) commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, d := range s.received {
		all = append(all, d.Type+"|"+string(d.Body))
	}
	return all
}

func (s *standIn) formats() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, d := range s.received {
		all = append(all, d.Properties["gcFormat"])
	}
	return all
}

// simulator records what its control API is asked for.
type simulator struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

func startSimulator(t *testing.T) *simulator {
	t.Helper()
	s := &simulator{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var call map[string]string
		if json.Unmarshal(body, &call) != nil || call["from"] == "1" {
			http.Error(w, "no such caller", http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.Path+" "+string(body))
		s.mu.Unlock()
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(func() { http.DefaultClient.CloseIdleConnections(); s.Close() })
	return s
}

func (s *simulator) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}
