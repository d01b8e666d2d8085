package load

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/test/wait"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// standIn answers commands as a worker does, but for what spoil changes.
type standIn struct {
	t    *testing.T
	url  string
	link *broker.Link
	// spoil says how often an answer is sent, instead of once.
	spoil func(word, agent, answer string) int

	mu    sync.Mutex
	where map[string]broker.Destination
	got   []string
}

func startStandIn(t *testing.T, spoil func(word, agent, answer string) int) *standIn {
	t.Helper()
	b, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	s := &standIn{t: t, url: b.URL(), spoil: spoil, where: map[string]broker.Destination{}}
	up := make(chan struct{})
	var once sync.Once
	s.link, err = broker.New(broker.Config{URLs: []string{b.URL()}, OnUp: func() { once.Do(func() { close(up) }) }})
	require.NoError(t, err)
	queue, err := broker.Queue("Connector1")
	require.NoError(t, err)
	require.NoError(t, s.link.Subscribe(broker.Subscription{From: queue, Handle: s.received}))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.link.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	wait.Closed(t, up, "the broker")
	return s
}

// answers are what the worker says to a word, by code.
func answers(word, agent string) [][2]string {
	state := func(s string) [2]string { return [2]string{"O-001", agent + "#State#" + s + "#"} }
	switch word {
	case "Login":
		return [][2]string{{"O-011", agent + "#AgentInfo#"}, state("NOT_READY")}
	case "MakeReady":
		return [][2]string{state("READY")}
	case "MakeNotReady":
		return [][2]string{state("NOT_READY")}
	case "Logout":
		return [][2]string{state("LOGOUT")}
	}
	return nil
}

func (s *standIn) received(d *broker.Delivery) {
	d.Ack()
	word, agent, _ := strings.Cut(d.Type, "#")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, d.Type)
	if word == "Connect" {
		name, _, _ := strings.Cut(string(d.Body), ",")
		to, err := broker.ParseClientDestination(name)
		if err != nil {
			s.t.Errorf("%v", err)
			return
		}
		s.where[agent] = to
	}
	for _, a := range answers(word, agent) {
		times := 1
		if s.spoil != nil {
			times = s.spoil(word, agent, a[0])
		}
		for range times {
			s.say(agent, a[0], a[1], d.CorrelationID)
		}
		if times < 0 {
			s.say(agent, "O-002", agent+"#Error#PLEASE_RETRY", d.CorrelationID)
		}
	}
}

// say sends an output; the caller holds mu.
func (s *standIn) say(agent, code, body, corr string) {
	err := s.link.Publish(broker.Message{
		To: s.where[agent], Type: code, Body: body, CorrelationID: corr,
		Properties: map[string]string{"gcCode": code, "gcAgent": agent, "gcNode": "stand-in"},
	}, nil)
	if err != nil {
		s.t.Errorf("%v", err)
	}
}

// words are the commands for an agent so far.
func (s *standIn) words(agent string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var words []string
	for _, g := range s.got {
		if word, ok := strings.CutSuffix(g, "#"+agent); ok {
			words = append(words, word)
		}
	}
	return fmt.Sprint(words)
}
