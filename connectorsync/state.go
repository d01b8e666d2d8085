package connectorsync

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"
)

// Config is what a node needs to know to be one of a pair. Only Node and Boot
// have no default.
type Config struct {
	Node     string // GC_NODE_ID, unique among the nodes
	Boot     Millis // when this process started
	Priority int    // GC_CONSUMER_PRIORITY
	Failback bool   // GC_FAILBACK

	Timeout   time.Duration // GC_SYNC_TIMEOUT: silence that means death; 3 s
	Heartbeat time.Duration // between heartbeats; Timeout/3
	Interval  time.Duration // GC_SYNC_INTERVAL: between two announcements of an agent; 10 s
	Freshness time.Duration // a message older, or further ahead, than this is refused; 30 s
	IntentTTL time.Duration // how long an intent is remembered; 10 min

	// Memory: there is a memory; see [Remember] and [State.Recall].
	Memory bool

	MaxAgents  int // replicas, and ended agents remembered; 50,000
	MaxIntents int // 20,000
	MaxPeers   int // 64
}

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, 3*time.Second)
	c.Heartbeat = cmp.Or(c.Heartbeat, c.Timeout/3)
	c.Interval = cmp.Or(c.Interval, 10*time.Second)
	c.Freshness = cmp.Or(c.Freshness, 30*time.Second)
	c.IntentTTL = cmp.Or(c.IntentTTL, 10*time.Minute)
	c.MaxAgents = cmp.Or(c.MaxAgents, 50_000)
	c.MaxIntents = cmp.Or(c.MaxIntents, 20_000)
	c.MaxPeers = cmp.Or(c.MaxPeers, 64)
	return c
}

func (c Config) check() error {
	switch {
	case !isName(c.Node):
		return fmt.Errorf("connectorsync: %q is no node id: 1 to %d bytes without '#' and control characters", c.Node, maxName)
	case !isTime(c.Boot):
		return errors.New("connectorsync: the start of the node is not known")
	case c.Heartbeat <= 0 || c.Timeout < 2*c.Heartbeat:
		return fmt.Errorf("connectorsync: a time-out of %s is too short for heartbeats every %s", c.Timeout, c.Heartbeat)
	case c.Interval <= 0 || c.Freshness < c.Timeout || c.IntentTTL <= 0 || min(c.MaxAgents, c.MaxIntents, c.MaxPeers) <= 0:
		return errors.New("connectorsync: a time or bound is too small")
	}
	return nil
}

// State is what a node knows of its peers, of the agents of all of them, and of
// commands that must not run twice. It is a reducer: every method is given the
// time and returns what has to be done. One goroutine owns a State.
type State struct {
	cfg      Config
	stage    stage
	unable   bool // no Finesse serves this node
	lastBeat time.Time

	link    link
	peers   peers
	agents  agents
	intents intents
	order   *Order
	recall  recall
	out     outgoing
}

// stage is how far this node has got between its start and its end.
type stage int

const (
	working stage = iota
	draining
	left
)

// New makes the state of a node that has just started; its broker link is down.
func New(cfg Config) (*State, error) {
	cfg = cfg.withDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &State{
		cfg: cfg, peers: peers{limit: cfg.MaxPeers, byNode: map[string]*peer{}}, agents: newAgents(cfg.MaxAgents),
		intents: intents{newBounded[Intent](cfg.MaxIntents), cfg.IntentTTL}, order: NewOrder(cfg.MaxAgents),
		recall: recall{on: cfg.Memory}, out: outgoing{node: cfg.Node, boot: cfg.Boot},
	}, nil
}

// send emits a message. While the link is down nothing is sent: it would be too
// old, or sent a second time, when the link is back.
func (s *State) send(b Body, now time.Time) {
	if s.link.up && s.stage != left {
		s.out.message(b, now)
	}
}

// beat sends a heartbeat now.
func (s *State) beat(now time.Time) {
	s.lastBeat = now
	s.send(Heartbeat{
		Priority: s.cfg.Priority, Role: s.role(), Unable: s.unable, Agents: len(s.agents.own), Version: Version,
	}, now)
}

func (s *State) role() Role {
	switch {
	case s.stage == left:
		return RoleLeft
	case s.stage == draining:
		return RoleDraining
	case len(s.agents.own) == 0 && !s.best():
		return RoleStandby
	}
	return RoleServing
}

// announce says that this node holds an agent, in both forms [O-025].
func (s *State) announce(agent string, now time.Time) {
	h := s.agents.own[agent]
	h.sent = now
	s.send(AgentContext{Agent: agent, SubscriptionTime: h.at, Context: h.context}, now)
	s.send(AgentState{Agent: agent, Password: h.context.Password, Extension: h.context.Extension, SubscriptionTime: h.at}, now)
}

// spread is the time between two announcements of an agent: up to a quarter
// below the interval, so that those sent together spread out.
func (s *State) spread(agent string) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(agent))
	return s.cfg.Interval - s.cfg.Interval/4*time.Duration(h.Sum32()%256)/256
}

func inOrder[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
