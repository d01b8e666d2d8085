package connectorsync

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"gcbridge/protocol/secret"
)

var testKey = secret.New(base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")))

// counting is a source of nonces that never repeat and can be foretold.
type counting struct{ n uint64 }

func (c *counting) Read(p []byte) (int, error) {
	clear(p)
	c.n++
	binary.BigEndian.PutUint64(p[len(p)-8:], c.n)
	return len(p), nil
}

// simNode is a worker of the simulation: it carries out effects and nothing else.
type simNode struct {
	id       string
	priority int
	state    *State
	alive    bool
	leaving  bool
	linked   bool
	skew     time.Duration
	held     map[string]Context // presence is up
	starting map[string]Context // a take-over is on its way
}

type packet struct {
	to   *simNode
	from string
	body string
}

// sim is 2 or 3 nodes, a topic that loses, doubles and reorders, and Finesse.
type sim struct {
	t        *rapid.T
	now      time.Time
	codec    *Codec
	nonces   *counting
	failback bool
	nodes    []*simNode
	wire     []packet
	everUp   map[[2]string]bool // node, agent: its presence was up once
	bereft   map[string]bool    // a holder of the agent was killed, or ended the session
	gone     map[string]bool    // the agent logged out once
}

func newSim(t *rapid.T) *sim {
	s := &sim{
		t: t, now: time.UnixMilli(1_568_724_000_000), nonces: &counting{},
		failback: rapid.Bool().Draw(t, "failback"),
		everUp:   map[[2]string]bool{}, bereft: map[string]bool{}, gone: map[string]bool{},
	}
	mode := rapid.SampledFrom([]string{"key", "key", "plain", "both"}).Draw(t, "mode")
	key := testKey
	if mode == "plain" {
		key = secret.Secret{}
	}
	var err error
	s.codec, err = NewCodec(key, mode != "key")
	require.NoError(t, err)
	for i := range rapid.IntRange(2, 3).Draw(t, "nodes") {
		n := &simNode{id: fmt.Sprintf("gc-%d", i), priority: rapid.SampledFrom([]int{127, 100, 50}).Draw(t, "priority")}
		s.nodes = append(s.nodes, n)
		s.start(n)
	}
	return s
}

func (s *sim) at(n *simNode) time.Time { return s.now.Add(n.skew) }

func (s *sim) start(n *simNode) {
	s.now = s.now.Add(time.Millisecond)
	n.skew = time.Duration(rapid.IntRange(-1000, 1000).Draw(s.t, "skew")) * time.Millisecond
	for n.state != nil && n.state.cfg.Boot == MillisOf(s.at(n)) { // no process starts twice in a millisecond
		s.now = s.now.Add(time.Millisecond)
	}
	st, err := New(Config{Node: n.id, Boot: MillisOf(s.at(n)), Priority: n.priority, Failback: s.failback})
	require.NoError(s.t, err)
	n.state, n.alive, n.linked, n.leaving = st, true, true, false
	n.held, n.starting = map[string]Context{}, map[string]Context{}
	s.perform(n, st.LinkUp(s.at(n)))
}

func (s *sim) kill(n *simNode) {
	for a := range n.held {
		s.bereft[a] = true
	}
	n.alive = false
	n.held, n.starting = nil, nil
	s.wire = slices.DeleteFunc(s.wire, func(p packet) bool { return p.to == n })
}

func (s *sim) perform(n *simNode, effects []Effect) {
	for _, e := range effects {
		switch e := e.(type) {
		case Send:
			require.True(s.t, n.linked, "a node sends while its link is down")
			body, err := s.codec.Encode(e.Message, s.nonces)
			require.NoError(s.t, err)
			for _, to := range s.nodes {
				if to != n && to.alive && to.linked {
					s.wire = append(s.wire, packet{to, n.id, body})
				}
			}
		case TakeOver:
			require.NotContains(s.t, n.held, e.Agent, "a node takes what it holds")
			require.NotContains(s.t, n.starting, e.Agent, "a node takes twice")
			require.False(s.t, n.leaving, "a draining node takes")
			n.starting[e.Agent] = e.Context
		case Renew:
			s.link(n, false)
			s.link(n, true)
		case LetGo:
			s.requireWinner(n, e)
			delete(n.held, e.Agent)
			s.perform(n, n.state.Yielded(e.Agent, s.at(n)))
		}
	}
	if !maps.EqualFunc(n.held, n.state.agents.own, func(Context, *holding) bool { return true }) {
		s.t.Fatalf("%s holds %v, its state says %v", n.id, inOrder(n.held), inOrder(n.state.agents.own))
	}
}

// requireWinner: an agent is let go only for a node whose presence was up. If
// nothing but hand-overs happened to it, somebody's presence is up now.
func (s *sim) requireWinner(n *simNode, e LetGo) {
	require.Contains(s.t, n.held, e.Agent)
	require.True(s.t, s.everUp[[2]string{e.Winner, e.Agent}], "%s let %s go for %s, which never had it", n.id, e.Agent, e.Winner)
	if s.bereft[e.Agent] {
		return
	}
	up := slices.ContainsFunc(s.nodes, func(o *simNode) bool { _, ok := o.held[e.Agent]; return ok && o != n })
	require.True(s.t, up, "%s let %s go and nobody has it", n.id, e.Agent)
}

func (s *sim) taken(n *simNode, agent string, c Context) {
	delete(n.starting, agent)
	n.held[agent] = c
	s.everUp[[2]string{n.id, agent}] = true
	s.perform(n, n.state.Taken(agent, c, s.at(n)))
}

func (s *sim) deliver(p packet) {
	if !p.to.alive || !p.to.linked {
		return
	}
	m, err := s.codec.Decode(p.body, p.from)
	if err != nil {
		var r *RefusedError
		require.ErrorAs(s.t, err, &r)
		require.Equal(s.t, ReasonRedundant, r.Reason)
		return
	}
	s.perform(p.to, p.to.state.Apply(m, s.at(p.to)))
}

func (s *sim) pass(d time.Duration) {
	for step := 250 * time.Millisecond; d > 0; d -= step {
		s.now = s.now.Add(min(d, step))
		for _, n := range s.nodes {
			if n.alive {
				s.perform(n, n.state.Tick(s.at(n)))
			}
		}
	}
}

func (s *sim) link(n *simNode, up bool) {
	if n.linked == up {
		return
	}
	n.linked = up
	if up {
		s.perform(n, n.state.LinkUp(s.at(n)))
		return
	}
	n.state.LinkDown()
	s.wire = slices.DeleteFunc(s.wire, func(p packet) bool { return p.to == n })
}

func (s *sim) node() *simNode { return s.nodes[rapid.IntRange(0, len(s.nodes)-1).Draw(s.t, "node")] }

func (s *sim) agent() string {
	return rapid.SampledFrom([]string{"1001", "1002", "1003"}).Draw(s.t, "agent")
}

func (s *sim) actions() map[string]func(*rapid.T) {
	living := func(f func(n *simNode)) func(*rapid.T) {
		return func(*rapid.T) {
			if n := s.node(); n.alive {
				f(n)
			}
		}
	}
	onWire := func(f func(i int)) func(*rapid.T) {
		return func(*rapid.T) {
			if len(s.wire) > 0 {
				f(rapid.IntRange(0, len(s.wire)-1).Draw(s.t, "packet"))
			}
		}
	}
	remove := func(i int) packet {
		p := s.wire[i]
		s.wire = slices.Delete(s.wire, i, i+1)
		return p
	}
	pass := func(*rapid.T) { s.pass(time.Duration(rapid.IntRange(50, 4000).Draw(s.t, "ms")) * time.Millisecond) }
	return map[string]func(*rapid.T){
		"connect": living(func(n *simNode) {
			a := s.agent()
			if n.held[a].Destination == "" {
				s.taken(n, a, Context{Password: secret.New("pw"), Extension: "2001", Destination: "/topic/" + a, LoggedIn: true})
			}
		}),
		"change": living(func(n *simNode) {
			a := s.agent()
			if c, ok := n.held[a]; ok {
				c.Teams = append(slices.Clone(c.Teams), "5")
				n.held[a] = c
				s.perform(n, n.state.Changed(a, c, s.at(n)))
			}
		}),
		"gone": living(func(n *simNode) {
			a := s.agent()
			if _, ok := n.held[a]; ok {
				delete(n.held, a)
				s.bereft[a], s.gone[a] = true, true
				s.perform(n, n.state.Gone(a, s.at(n)))
			}
		}),
		"demand": living(func(n *simNode) {
			e, _ := n.state.Demand(s.agent(), s.at(n))
			s.perform(n, e)
		}),
		"finish":  living(s.finish),
		"kill":    living(s.kill),
		"start":   func(*rapid.T) { s.startDead(s.node()) },
		"restart": living(func(n *simNode) { s.kill(n); s.start(n) }),
		"drain": living(func(n *simNode) {
			n.leaving = true
			n.starting = map[string]Context{} // a worker that stops starts nothing more
			s.perform(n, n.state.Drain(s.at(n)))
		}),
		"leave": living(func(n *simNode) {
			if n.leaving {
				s.perform(n, n.state.Leave(s.at(n)))
				s.kill(n)
			}
		}),
		"cut":         living(func(n *simNode) { s.link(n, false) }),
		"heal":        living(func(n *simNode) { s.link(n, true) }),
		"able":        living(func(n *simNode) { s.perform(n, n.state.Able(rapid.Bool().Draw(s.t, "able"), s.at(n))) }),
		"lose":        onWire(func(i int) { remove(i) }),
		"double":      onWire(func(i int) { s.deliver(s.wire[i]) }),
		"reorder":     onWire(func(i int) { s.deliver(remove(i)) }),
		"deliver":     onWire(func(int) { s.drainWire() }),
		"deliver too": onWire(func(int) { s.drainWire() }),
		"pass":        pass,
		"pass too":    pass,
	}
}

func (s *sim) startDead(n *simNode) {
	if !n.alive {
		s.start(n)
	}
}

func (s *sim) finish(n *simNode) {
	for _, a := range inOrder(n.starting) {
		s.taken(n, a, n.starting[a])
	}
}

func (s *sim) drainWire() {
	for range 100_000 {
		if len(s.wire) == 0 {
			return
		}
		p := s.wire[0]
		s.wire = s.wire[1:]
		s.deliver(p)
	}
	s.t.Fatalf("the nodes do not stop talking")
}

// known are the agents that a living node holds, takes or could take. There
// is nobody to take them while all that live are leaving.
func (s *sim) known() map[string]bool {
	k := map[string]bool{}
	if !slices.ContainsFunc(s.nodes, func(n *simNode) bool { return n.alive && !n.leaving }) {
		return k
	}
	for _, n := range s.nodes {
		if n.alive {
			for a := range n.held {
				k[a] = true
			}
			for a := range n.state.agents.replicas {
				k[a] = true
			}
		}
	}
	return k
}

// TestAnyHistoryEndsWithOneOwner: whatever was lost, doubled, reordered, killed
// and cut off, after a quiet time each agent that a living node knows of is
// held by exactly one, and everybody agrees who that is.
func TestAnyHistoryEndsWithOneOwner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSim(t)
		t.Repeat(s.actions())
		for _, n := range s.nodes {
			if n.alive {
				s.link(n, true)
				s.perform(n, n.state.Able(true, s.at(n)))
			}
		}
		known := s.known()
		for range 90 * 4 {
			s.pass(250 * time.Millisecond)
			s.drainWire()
			for _, n := range s.nodes {
				if n.alive {
					s.finish(n)
				}
			}
		}
		s.drainWire()
		s.requireOneOwner(known)
	})
}

func (s *sim) requireOneOwner(known map[string]bool) {
	owners := map[string][]*simNode{}
	for _, n := range s.nodes {
		for a := range n.held {
			owners[a] = append(owners[a], n)
		}
	}
	for a, o := range owners {
		require.Len(s.t, o, 1, "agent %s", a)
		for _, n := range s.nodes {
			if n.alive && n != o[0] {
				require.Contains(s.t, n.state.agents.replicas, a, "%s does not know agent %s", n.id, a)
				r := n.state.agents.replicas[a]
				require.Equal(s.t, o[0].id, r.node)
				require.True(s.t, r.complete)
				require.True(s.t, r.context.equal(o[0].held[a]), "the replica is not the context")
			}
		}
		if s.failback && !o[0].leaving {
			for _, n := range s.nodes {
				require.False(s.t, n.alive && !n.leaving && n.priority > o[0].priority, "%s of higher priority does not hold agent %s", n.id, a)
			}
		}
	}
	for a := range known {
		if !s.gone[a] {
			require.Len(s.t, owners[a], 1, "agent %s was lost", a)
		}
	}
}
