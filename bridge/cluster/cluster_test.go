package cluster_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/cluster"
	"gcbridge/bridge/session"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/connectorsync"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type address string

func (a address) String() string { return string(a) }

// node is this node among fakes: it is its own bus, sessions and book.
type node struct {
	t     *testing.T
	pair  *cluster.Pair
	codec *connectorsync.Codec
	tel   *telemetry.Telemetry
	able  bool

	mu      sync.Mutex
	told    []connectorsync.Message
	lose    error    // what messages are confirmed with
	silent  bool     // messages are not confirmed
	gate    []string // "open", "shut"
	waits   bool     // the last Shut waited for what is on its way
	renewed int
	taken   map[string]session.Holding
	letGo   []string
	alone   bool // LetGo finds no session
	handed  []string
	retired []string
	bound   []wire.Binding

	seq uint64 // of the peer
}

func (n *node) Tell(body string, sent func(error)) {
	m, err := n.codec.Decode(body, "n1")
	require.NoError(n.t, err)
	n.mu.Lock()
	n.told = append(n.told, m)
	n.mu.Unlock()
	if sent != nil && !n.silent {
		sent(n.lose)
	}
}

func (n *node) note(what string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.gate) == 0 || n.gate[len(n.gate)-1] != what {
		n.gate = append(n.gate, what)
	}
}
func (n *node) Open() { n.note("open") }
func (n *node) Shut(ctx context.Context) {
	n.note("shut")
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waits = ctx.Err() == nil
}
func (n *node) Renew() { n.renewed++ }

func (n *node) TakeOver(agent string, h session.Holding) { n.taken[agent] = h }
func (n *node) LetGo(agent string) bool                  { n.letGo = append(n.letGo, agent); return !n.alone }
func (n *node) Handed(agent string, busy bool) {
	if busy {
		agent += " busy"
	}
	n.handed = append(n.handed, agent)
}
func (n *node) Retire(agent string) { n.retired = append(n.retired, agent) }
func (n *node) Bind(b wire.Binding) { n.bound = append(n.bound, b) }

func (n *node) count(name string) uint64 { return n.tel.Counts()[name] }

// bodies takes what was told.
func (n *node) bodies() (out []connectorsync.Body) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range n.told {
		out = append(out, m.Body)
	}
	n.told = nil
	return out
}

func (n *node) gates() []string {
	synctest.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string{}, n.gate...)
}

var key = secret.New(strings.Repeat("5a", 32))

// inPair runs test with a node in a synctest bubble. Its link is down.
func inPair(t *testing.T, test func(t *testing.T, n *node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newNode(t, nil, zerolog.Nop())) })
}

// newNode makes a node; memory may be nil.
func newNode(t *testing.T, memory cluster.Store, log zerolog.Logger) *node {
	t.Helper()
	d, err := protocol.NewDialect(protocol.Edition44, protocol.FormatDefault, "", time.UTC)
	require.NoError(t, err)
	n := &node{t: t, able: true, tel: telemetry.New(nil), taken: map[string]session.Holding{}}
	n.codec, err = connectorsync.NewCodec(key, false)
	require.NoError(t, err)
	n.pair, err = cluster.NewPair(cluster.PairConfig{
		State: connectorsync.Config{Node: "n1", Boot: connectorsync.MillisOf(time.Now()), Priority: 100, Timeout: 3 * time.Second, Failback: true},
		Key:   key, Dialect: d, Serving: func() bool { n.mu.Lock(); defer n.mu.Unlock(); return n.able },
		Stored: func(path string) (wire.Address, error) {
			if path == "" {
				return nil, errors.New("none")
			}
			return address(path), nil
		},
		Bus: n, Memory: memory, Sessions: n, Book: n, Telemetry: n.tel, Log: log,
	})
	require.NoError(t, err)
	return n
}

// hears gives the node a message of a peer.
func (n *node) hears(b connectorsync.Body) {
	n.t.Helper()
	n.seq++
	body, err := n.codec.Encode(connectorsync.Message{
		Header: connectorsync.Header{Node: "n2", Boot: 1, Seq: n.seq, At: connectorsync.MillisOf(time.Now())}, Body: b,
	}, rand.Reader)
	require.NoError(n.t, err)
	n.pair.Hear(body, "n2")
}

// meets lets the node know a peer that holds agent 1001.
func (n *node) meets(priority int) {
	n.t.Helper()
	n.pair.LinkUp()
	n.hears(connectorsync.Heartbeat{Priority: priority, Version: connectorsync.Version})
	n.hears(connectorsync.AgentContext{Agent: "1001", SubscriptionTime: connectorsync.MillisOf(time.Now()), Context: connectorsync.Context{
		Destination: "/topic/A", Format: "JSON", Password: secret.New("pw"), Extension: "2001", LoggedIn: true, Leaving: true, Teams: []string{"7"}, Bearer: true,
		Token: connectorsync.Token{Refresh: secret.New("r"), Password: secret.New("p"), Shown: secret.New("s"), Issued: 1000, Expires: 301_000},
	}})
	n.hears(connectorsync.SyncDone{To: "n1"})
}

func request(word, id string) *session.Request {
	c, _ := protocol.ParseCommand(word+"#1001", []byte("9"))
	return &session.Request{Command: c, MessageID: id}
}

func TestAlone(t *testing.T) {
	a := cluster.NewAlone()
	require.False(t, a.Overtaken("ID:a:1:1:1:1", "1001"))
	require.NoError(t, a.Begin(t.Context(), request("MakeReady", "ID:a:1:1:1:2")))
	require.True(t, a.Overtaken("ID:a:1:1:1:1", "1001"), "[C24]")
	require.False(t, a.Overtaken("ID:a:1:1:1:2", "1001"), "delivered again")
	require.False(t, a.Overtaken("ID:a:1:1:1:1", "1002"))
	require.False(t, a.Intended("ID:a:1:1:1:2"))
	elsewhere, at := a.Locate("1001")
	require.False(t, elsewhere)
	require.Empty(t, at)
	require.False(t, a.Fetch("1001"))
	require.False(t, a.Settling())
	require.Nil(t, a.Status())
	require.Nil(t, a.Memory())
	a.Held("1001", session.Holding{})
	a.Lost("1001")
	a.Yielded("1001")
	a.Hear("", "")
	a.LinkUp()
	a.LinkDown()
}

// TestAloneDrains: a node that stops waits for the commands that it has.
func TestAloneDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		cluster.NewAlone().Drain(t.Context(), func() bool { return time.Since(began) >= time.Second })
		require.InDelta(t, time.Second, time.Since(began), float64(20*time.Millisecond))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		cluster.NewAlone().Drain(ctx, func() bool { return false })
		require.Error(t, ctx.Err())
		run, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		began = time.Now()
		cluster.NewAlone().Run(run)
		require.Equal(t, time.Hour, time.Since(began), "time passes until the node stops")
	})
}

func TestNewPairChecks(t *testing.T) {
	_, err := cluster.NewPair(cluster.PairConfig{Key: secret.New("short")})
	require.ErrorContains(t, err, "GC_SYNC_KEY")
	_, err = cluster.NewPair(cluster.PairConfig{Key: key})
	require.ErrorContains(t, err, "node id")
}

func TestFetch(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		n.meets(127)
		elsewhere, at := n.pair.Locate("1001")
		require.True(t, elsewhere)
		require.Equal(t, "/topic/A", at)
		require.False(t, n.pair.Fetch("1002"), "nobody has them")
		require.True(t, n.pair.Fetch("1001"))
		h := n.taken["1001"]
		require.Equal(t, "pw", h.Password.Reveal())
		require.True(t, h.Bearer && h.LoggedIn && h.Leaving && h.Yields)
		require.True(t, h.Token.Equal(session.Grant{
			Access: secret.New("pw"), Refresh: secret.New("r"), Password: secret.New("p"), Shown: secret.New("s"),
			Issued: time.UnixMilli(1000), Expires: time.UnixMilli(301_000),
		}), "the new node can renew the token")
		require.Equal(t, "2001", h.Extension)
		require.Equal(t, []string{"7"}, h.Teams)
		require.Equal(t, address("/topic/A"), h.Binding.To)
		require.Equal(t, protocol.FormatJSON, h.Binding.Dialect.Format, "[D3]")
		require.Equal(t, []wire.Binding{h.Binding}, n.bound)
		require.EqualValues(t, 1, n.count("take_overs_demand"))
	})
}

// TestTakeOverFromAnOriginal: only its O-025 was heard, so nobody knows where the
// client listens.
func TestTakeOverFromAnOriginal(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		n.pair.LinkUp()
		n.hears(connectorsync.Heartbeat{Priority: 127, Version: connectorsync.Version})
		n.hears(connectorsync.AgentState{Agent: "1001", Password: secret.New("pw"), Extension: "2001", SubscriptionTime: connectorsync.MillisOf(time.Now())})
		require.True(t, n.pair.Fetch("1001"))
		require.False(t, n.taken["1001"].Binding.Bound())
		require.Empty(t, n.bound)
	})
}

func TestAgentsAreTold(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		n.meets(127)
		n.bodies()
		h := session.Holding{
			Password: secret.New("pw"), Extension: "2002", Binding: wire.Binding{To: address("/topic/B")}, LoggedIn: true, Leaving: true, Teams: []string{"7"}, Bearer: true,
			Token: session.Grant{
				Access: secret.New("pw"), Refresh: secret.New("r"), Password: secret.New("p"), Shown: secret.New("s"),
				Issued: time.UnixMilli(1000), Expires: time.UnixMilli(301_000),
			},
		}
		h.Binding.Dialect.Format = protocol.FormatJSON
		n.pair.Held("1002", h)
		c, ok := n.bodies()[0].(connectorsync.AgentContext)
		require.True(t, ok)
		require.Equal(t, "1002", c.Agent)
		require.Equal(t, connectorsync.Context{
			Password: c.Context.Password, Bearer: true, Extension: "2002", Destination: "/topic/B", Format: "JSON", LoggedIn: true, Leaving: true, Teams: []string{"7"},
			Token: connectorsync.Token{Refresh: secret.New("r"), Password: secret.New("p"), Shown: secret.New("s"), Issued: 1000, Expires: 301_000},
		}, c.Context)
		require.Equal(t, "pw", c.Context.Password.Reveal())
		require.Equal(t, 1, n.pair.Status().Held)
		n.pair.Lost("1002")
		require.Zero(t, n.pair.Status().Held)
		require.IsType(t, connectorsync.AgentGone{}, n.bodies()[0])
	})
}

// TestLetGo: who wins an agent is told when the session here has finished, or at
// once if there is none.
func TestLetGo(t *testing.T) {
	for name, alone := range map[string]bool{"with a session": false, "without one": true} {
		t.Run(name, func(t *testing.T) {
			inPair(t, func(t *testing.T, n *node) {
				n.alone = alone
				n.meets(127)
				n.pair.Held("1002", session.Holding{Binding: wire.Binding{To: address("/topic/B")}})
				n.bodies()
				time.Sleep(time.Second)
				n.hears(connectorsync.AgentContext{Agent: "1002", SubscriptionTime: connectorsync.MillisOf(time.Now()), Context: connectorsync.Context{Destination: "/topic/B"}})
				require.Equal(t, []string{"1002"}, n.letGo)
				require.EqualValues(t, 1, n.count("let_go"))
				yielded := func() bool {
					for _, b := range n.bodies() {
						if y, ok := b.(connectorsync.Yielded); ok && y.Agent == "1002" && y.To == "n2" && !y.Busy {
							return true
						}
					}
					return false
				}
				require.Equal(t, alone, yielded())
				if !alone {
					n.pair.Yielded("1002")
					require.Equal(t, []string{"1002"}, n.retired)
					require.True(t, yielded())
				}
			})
		})
	}
}

func TestOrder(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		n.meets(127)
		require.NoError(t, n.pair.Begin(t.Context(), request("MakeReady", "ID:a:1:1:1:2")))
		require.True(t, n.pair.Overtaken("ID:a:1:1:1:1", "1001"))
		require.False(t, n.pair.Overtaken("ID:a:1:1:1:3", "1001"))
	})
}

func TestIntent(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		call := request("MakeCall", "ID:a:1:1:1:2")
		require.ErrorContains(t, n.pair.Begin(t.Context(), call), "could not be secured", "the link is down")
		n.meets(127)
		require.NoError(t, n.pair.Begin(t.Context(), call))
		require.True(t, n.pair.Intended("ID:a:1:1:1:2"))
		require.False(t, n.pair.Intended("ID:a:1:1:1:3"))
		n.lose = errors.New("no room")
		require.ErrorContains(t, n.pair.Begin(t.Context(), request("MakeCall", "ID:a:1:1:1:4")), "no room")
		require.Positive(t, n.count("sync_lost"))
		n.silent = true
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, n.pair.Begin(ctx, request("MakeCall", "ID:a:1:1:1:5")), context.DeadlineExceeded)
	})
}

// TestGate: commands are taken when the peers have been heard, and not while only
// a peer has a Finesse, nor when the link has gone.
func TestGate(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); n.pair.Run(ctx) }()
		time.Sleep(time.Second)
		require.Empty(t, n.gates(), "nobody has been heard")
		require.False(t, n.pair.Settling())
		n.meets(127)
		time.Sleep(time.Second)
		require.Equal(t, []string{"open"}, n.gates())
		require.True(t, n.pair.Settling())
		beat := func() { n.hears(connectorsync.Heartbeat{Priority: 127, Version: connectorsync.Version}) }
		for range 5 {
			time.Sleep(time.Second)
			beat()
		}
		require.False(t, n.pair.Settling(), "not for long")
		n.mu.Lock()
		n.able = false
		n.mu.Unlock()
		time.Sleep(time.Second)
		require.Equal(t, []string{"open", "shut"}, n.gates())
		require.False(t, n.pair.Settling())
		n.mu.Lock()
		n.able = true
		n.mu.Unlock()
		beat()
		time.Sleep(time.Second)
		require.Equal(t, []string{"open", "shut", "open"}, n.gates())
		require.True(t, n.pair.Settling(), "commands come anew")
		cancel()
		<-ended
		n.pair.LinkDown()
		require.Equal(t, []string{"open", "shut", "open", "shut"}, n.gates())
		require.False(t, n.pair.Settling())
	})
}

func TestPeersAreMissed(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); n.pair.Run(ctx) }()
		n.meets(127)
		time.Sleep(10 * time.Second)
		require.EqualValues(t, 1, n.count("peers_lost"))
		synctest.Wait()
		require.Contains(t, n.taken, "1001", "its agents are taken over")
		require.EqualValues(t, 1, n.count("take_overs_owner_lost"))
		cancel()
		<-ended
	})
}

func TestDrain(t *testing.T) {
	t.Run("nobody is there", func(t *testing.T) {
		inPair(t, func(t *testing.T, n *node) {
			n.pair.LinkUp()
			n.pair.Held("1002", session.Holding{})
			began := time.Now()
			n.pair.Drain(t.Context(), func() bool { return time.Since(began) > time.Second })
			require.Less(t, time.Since(began), 2*time.Second, "it waits for its commands, not for a peer")
			require.Equal(t, []string{"shut"}, n.gates())
		})
	})
	t.Run("a peer takes over", func(t *testing.T) {
		inPair(t, func(t *testing.T, n *node) {
			n.meets(127)
			n.pair.Held("1002", session.Holding{})
			drained := make(chan struct{})
			go func() { defer close(drained); n.pair.Drain(t.Context(), func() bool { return true }) }()
			time.Sleep(time.Second)
			select {
			case <-drained:
				t.Fatal("the agent is still here")
			default:
			}
			roles := map[connectorsync.Role]bool{}
			for _, b := range n.bodies() {
				if beat, ok := b.(connectorsync.Heartbeat); ok {
					roles[beat.Role] = true
				}
			}
			require.True(t, roles[connectorsync.RoleDraining], "the peers are told to come for its agents")
			require.Equal(t, []string{"shut"}, n.gates())
			require.True(t, n.waits)
			n.hears(connectorsync.AgentContext{Agent: "1002", SubscriptionTime: connectorsync.MillisOf(time.Now()), Context: connectorsync.Context{}})
			n.pair.Yielded("1002")
			<-drained
			bodies := n.bodies()
			beat, ok := bodies[len(bodies)-1].(connectorsync.Heartbeat)
			require.True(t, ok)
			require.Equal(t, connectorsync.RoleLeft, beat.Role)
		})
	})
}

// A node that drains waits for the agents that it still has and for those that
// are on their way alike.
func TestDrainWaitsForAll(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		n.meets(127)
		n.pair.Held("1002", session.Holding{})
		n.pair.Held("1003", session.Holding{})
		drained := make(chan struct{})
		go func() { defer close(drained); n.pair.Drain(t.Context(), func() bool { return true }) }()
		takes := func(agent string) {
			n.hears(connectorsync.AgentContext{Agent: agent, SubscriptionTime: connectorsync.MillisOf(time.Now()), Context: connectorsync.Context{}})
		}
		left := func() bool {
			time.Sleep(time.Second)
			select {
			case <-drained:
				return true
			default:
				return false
			}
		}
		time.Sleep(time.Second)
		takes("1002")
		require.False(t, left(), "one is on the way, the other is here")
		n.pair.Yielded("1002")
		require.False(t, left(), "one is here")
		takes("1003")
		require.False(t, left(), "it is on the way")
		n.pair.Yielded("1003")
		require.True(t, left())
	})
}

func TestWhatCannotBeReadIsCounted(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		n.pair.LinkUp()
		n.pair.Hear("nonsense", "n2")
		total := uint64(0)
		for name, c := range n.tel.Counts() {
			if strings.HasPrefix(name, "sync_refused_") {
				total += c
			}
		}
		require.EqualValues(t, 1, total)
		n.meets(127)
		n.seq--
		n.hears(connectorsync.SyncDone{To: "n1"})
		for name, c := range n.tel.Counts() {
			if strings.HasPrefix(name, "sync_ignored_") {
				total += c
			}
		}
		require.EqualValues(t, 2, total, "a message that came before")
	})
}
