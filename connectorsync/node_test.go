package connectorsync

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

var start = time.UnixMilli(1_568_724_000_000)

// clock is a node under test and its time.
type clock struct {
	*State
	now time.Time
}

func newNode(t *testing.T, cfg Config) *clock {
	t.Helper()
	if cfg.Node == "" {
		cfg.Node = "gc-1"
	}
	cfg.Boot = MillisOf(start)
	st, err := New(cfg)
	require.NoError(t, err)
	return &clock{st, start}
}

// holds reports whether the node holds an agent.
func (c *clock) holds(agent string) bool { return c.agents.own[agent] != nil }

// pass ticks for d and returns all effects but heartbeats.
func (c *clock) pass(d time.Duration) (out []Effect) {
	for end := c.now.Add(d); c.now.Before(end); {
		c.now = c.now.Add(250 * time.Millisecond)
		out = append(out, withoutBeats(c.Tick(c.now))...)
	}
	return out
}

func withoutBeats(in []Effect) (out []Effect) {
	for _, e := range in {
		if s, ok := e.(Send); ok && s.Message.Body.Kind() == KindHeartbeat {
			continue
		}
		out = append(out, e)
	}
	return out
}

// online is a node that has been on line long enough to decide.
func online(t *testing.T, cfg Config) *clock {
	c := newNode(t, cfg)
	c.LinkUp(c.now)
	c.pass(4 * time.Second)
	return c
}

// other is a peer that only sends.
type other struct {
	node     string
	boot     Millis
	priority int
	seq      uint64
}

func (o *other) say(c *clock, b Body) []Effect { return withoutBeats(c.Apply(o.message(c, b), c.now)) }

func (o *other) message(c *clock, b Body) Message {
	o.seq++
	return Message{Header{o.node, o.boot, o.seq, MillisOf(c.now)}, b}
}

func (o *other) beat(c *clock, agents int) []Effect {
	return o.say(c, Heartbeat{Priority: o.priority, Role: RoleServing, Agents: agents, Version: Version})
}

// live passes time in which the others are heard.
func live(c *clock, d time.Duration, agents int, others ...*other) (out []Effect) {
	for range int(d / time.Second) {
		for _, o := range others {
			out = append(out, o.beat(c, agents)...)
		}
		out = append(out, c.pass(time.Second)...)
	}
	return out
}

func peerNode(node string, priority int) *other {
	return &other{node: node, boot: MillisOf(start), priority: priority}
}

func held(agent string, at time.Time) AgentContext {
	return AgentContext{Agent: agent, SubscriptionTime: MillisOf(at), Context: contextOf(agent)}
}

func contextOf(agent string) Context {
	return Context{Password: secret.New("pw"), Extension: "2001", Destination: "/topic/" + agent, LoggedIn: true}
}

func only[E Effect](effects []Effect) (out []E) {
	for _, e := range effects {
		if x, ok := e.(E); ok {
			out = append(out, x)
		}
	}
	return out
}

func sent[B Body](effects []Effect) (out []B) {
	for _, s := range only[Send](effects) {
		if b, ok := s.Message.Body.(B); ok {
			out = append(out, b)
		}
	}
	return out
}

// takeOver is the effect in the company of another node.
func takeOver(agent, from string, why Why) []TakeOver {
	return []TakeOver{{Agent: agent, Context: contextOf(agent), Complete: true, From: from, Yields: true, Why: why}}
}
