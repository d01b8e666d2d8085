package cluster_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/cluster"
	"gcbridge/bridge/session"
	"gcbridge/connectorsync"
	"gcbridge/protocol/secret"
)

// store is a queue that a test reads for the node.
type store struct {
	t     *testing.T
	codec *connectorsync.Codec
	seals *connectorsync.Codec // what the test delivers
	since time.Time            // of the subscription

	mu      sync.Mutex
	kept    []connectorsync.Message
	fails   error
	silent  bool // nothing is confirmed
	pending []func(error)
	acked   map[string]bool // by what the test calls a message
}

func (s *store) Keep(body string, kept func(error)) {
	m, err := s.codec.DecodeKept(body)
	require.NoError(s.t, err)
	s.mu.Lock()
	s.kept = append(s.kept, m)
	fails, silent := s.fails, s.silent
	if silent {
		s.pending = append(s.pending, kept)
	}
	s.mu.Unlock()
	if !silent {
		kept(fails)
	}
}

func (*store) Down() error { return errors.New("connection refused") }

func (s *store) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// confirm gives the confirmations that are due.
func (s *store) confirm() {
	s.mu.Lock()
	pending := s.pending
	s.pending, s.silent = nil, false
	s.mu.Unlock()
	for _, kept := range pending {
		kept(nil)
	}
}

// take takes what was written.
func (s *store) take() (marks int, others []connectorsync.Body) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.kept {
		if m.Body.Kind() == connectorsync.KindKeptMark {
			marks++
		} else {
			others = append(others, m.Body)
		}
	}
	s.kept = nil
	return marks, others
}

// remembering runs test with a node that has a memory, and runs. Neither of its
// links is up.
func remembering(t *testing.T, test func(t *testing.T, n *node, s *store, log *logged)) {
	t.Helper()
	codec, err := connectorsync.NewCodec(key, false)
	require.NoError(t, err)
	s := &store{t: t, codec: codec, seals: codec, acked: map[string]bool{}}
	log := &logged{}
	synctest.Test(t, func(t *testing.T) {
		n := newNode(t, s, zerolog.New(log).Level(zerolog.InfoLevel))
		s.t, s.since = t, time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); n.pair.Run(ctx) }()
		test(t, n, s, log)
		cancel()
		<-ended
	})
}

// deliver gives the node a message of a node that died.
func (s *store) deliver(n *node, name string, seq uint64, b connectorsync.Body) {
	s.t.Helper()
	h := connectorsync.Header{Node: "n9", Boot: 1, Seq: seq, At: connectorsync.MillisOf(time.Now())}
	s.message(n, name, connectorsync.Message{Header: h, Body: b})
}

func (s *store) message(n *node, name string, m connectorsync.Message) {
	s.t.Helper()
	body, err := s.seals.Encode(m, rand.Reader)
	require.NoError(s.t, err)
	n.pair.Recall(body, s.since, func() { s.set(func() { s.acked[name] = true }) })
}

// done is what was acknowledged.
func (s *store) done() map[string]bool {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.acked)
}

// logged is what a node has logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// mark lets the last mark of the node come back.
func (s *store) mark(n *node) {
	s.t.Helper()
	synctest.Wait()
	s.mu.Lock()
	last := s.kept[len(s.kept)-1]
	s.mu.Unlock()
	require.Equal(s.t, connectorsync.KindKeptMark, last.Body.Kind())
	s.message(n, "mark", last)
}

func kept(agent string) connectorsync.Kept {
	return connectorsync.Kept{Agent: agent, SubscriptionTime: connectorsync.MillisOf(time.Now()), Context: connectorsync.Context{
		Destination: "/topic/A", Password: secret.New("pw"), LoggedIn: true,
	}}
}

// TestRecall: a node that starts reads what was kept before it takes commands, and
// takes the agents over.
func TestRecall(t *testing.T) {
	remembering(t, func(t *testing.T, n *node, s *store, log *logged) {
		require.Equal(t, &cluster.MemoryStatus{}, n.pair.Memory())
		n.pair.LinkUp()
		n.pair.MemoryUp()
		marks, others := s.take()
		require.Equal(t, 1, marks)
		require.Empty(t, others)
		s.deliver(n, "1001", 1, kept("1001"))
		s.deliver(n, "1002", 2, kept("1002"))
		s.deliver(n, "1001 again", 3, kept("1001"))
		s.deliver(n, "1002 gone", 4, connectorsync.KeptGone{Agent: "1002", SubscriptionTime: connectorsync.MillisOf(time.Now()), Destination: "/topic/B"})
		s.deliver(n, "intent", 5, connectorsync.KeptIntent{Intent: connectorsync.Intent{MessageID: "ID:a:1:1:1:2", Agent: "1001", Word: "MakeCall", Node: "n9", At: connectorsync.MillisOf(time.Now())}})
		time.Sleep(4 * time.Second)
		require.Empty(t, n.gates(), "the end has not come")
		require.Empty(t, n.taken)
		elsewhere, _ := n.pair.Locate("1001")
		require.False(t, elsewhere)
		require.EqualValues(t, 1, n.count("memory_read"), "the intent")
		s.mark(n)
		require.Equal(t, map[string]bool{"1001": true, "1002": true, "mark": true}, s.done(), "what counts is held")
		require.Equal(t, &cluster.MemoryStatus{Connected: true, Keeps: true, MemoryStatus: connectorsync.MemoryStatus{Reader: true, Agents: 1, Gone: 1, Intents: 1}}, n.pair.Memory())
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, []string{"open"}, n.gates())
		require.Len(t, n.taken, 1)
		require.Equal(t, "pw", n.taken["1001"].Password.Reveal())
		require.Equal(t, address("/topic/A"), n.taken["1001"].Binding.To)
		_, at := n.pair.Locate("1002")
		require.Equal(t, "/topic/B", at, "where RE_LOGIN goes")
		require.True(t, n.pair.Intended("ID:a:1:1:1:2"))
		require.EqualValues(t, 3, n.count("memory_read"))
		require.Equal(t, 1, strings.Count(log.String(), "has read what was kept"))
		s.take()
		time.Sleep(time.Minute)
		marks, _ = s.take()
		require.Zero(t, marks, "no more of them")
		time.Sleep(time.Hour)
		done := s.done()
		require.True(t, done["1001 again"] && done["1002 gone"] && done["intent"], "they have grown old")
	})
}

// TestMarks: they are sent until one comes back, one at a time, and only while there is
// something to read for this node.
func TestMarks(t *testing.T) {
	remembering(t, func(t *testing.T, n *node, s *store, _ *logged) {
		time.Sleep(time.Second)
		marks, _ := s.take()
		require.Zero(t, marks, "the link is down")
		n.pair.MemoryUp()
		time.Sleep(time.Second)
		marks, _ = s.take()
		require.InDelta(t, 20, marks, 2)
		s.set(func() { s.silent = true })
		time.Sleep(time.Second)
		marks, _ = s.take()
		require.Equal(t, 1, marks, "the one before has not arrived")
		s.confirm()
		n.meets(127) // whose memory has been read
		time.Sleep(time.Second)
		s.take()
		time.Sleep(time.Second)
		marks, _ = s.take()
		require.Zero(t, marks, "the peer reads")
		s.deliver(n, "1", 1, kept("1002"))
		time.Sleep(time.Second)
		marks, _ = s.take()
		require.InDelta(t, 20, marks, 2, "now this node does")
		n.pair.MemoryDown(errors.New("gone"))
		require.Zero(t, n.pair.Memory().MemoryStatus, "all of it comes again")
		time.Sleep(time.Second)
		marks, _ = s.take()
		require.Zero(t, marks)
	})
}

// TestWhatIsKept: what happens is written as it happens, and all of it when the link
// comes up.
func TestWhatIsKept(t *testing.T) {
	remembering(t, func(t *testing.T, n *node, s *store, _ *logged) {
		n.meets(127)
		n.pair.Held("1002", session.Holding{Password: secret.New("pw")})
		_, others := s.take()
		require.Len(t, others, 1)
		k, ok := others[0].(connectorsync.Kept)
		require.True(t, ok)
		require.Equal(t, "1002", k.Agent)
		require.Equal(t, "pw", k.Password.Reveal())
		n.pair.MemoryUp()
		_, others = s.take()
		require.Len(t, others, 1)
		require.IsType(t, connectorsync.Kept{}, others[0])
		n.pair.Lost("1002")
		_, others = s.take()
		require.Len(t, others, 1)
		require.IsType(t, connectorsync.KeptGone{}, others[0])
		require.Positive(t, n.count("memory_written"))
	})
}

// TestIntentIsKept: a call waits for the memory, but not for one that does not work.
func TestIntentIsKept(t *testing.T) {
	begin := func(t *testing.T, n *node, id string) time.Duration {
		t.Helper()
		from := time.Now()
		require.NoError(t, n.pair.Begin(t.Context(), request("MakeCall", id)))
		return time.Since(from)
	}
	remembering(t, func(t *testing.T, n *node, s *store, log *logged) {
		n.meets(127)
		n.pair.MemoryUp()
		require.Zero(t, begin(t, n, "ID:a:1:1:1:1"))
		s.set(func() { s.silent = true })
		go func() { time.Sleep(500 * time.Millisecond); s.confirm() }()
		require.Equal(t, 500*time.Millisecond, begin(t, n, "ID:a:1:1:1:2"), "until it is kept")
		s.set(func() { s.silent = true })
		require.Equal(t, time.Second, begin(t, n, "ID:a:1:1:1:3"), "not for ever")
		require.EqualValues(t, 1, n.count("memory_late"))
		require.False(t, n.pair.Memory().Keeps)
		require.Zero(t, begin(t, n, "ID:a:1:1:1:4"), "it is known not to work")
		require.Equal(t, 1, strings.Count(log.String(), "not kept beyond the death"))
		s.confirm()
		require.True(t, n.pair.Memory().Keeps)
		require.Equal(t, 1, strings.Count(log.String(), "it keeps again"))
		s.set(func() { s.fails = errors.New("no room") })
		require.Zero(t, begin(t, n, "ID:a:1:1:1:5"))
		require.EqualValues(t, 1, n.count("memory_lost"))
		require.Equal(t, 1, strings.Count(log.String(), "not kept beyond the death"), "one warning for a memory that comes and goes")
		s.set(func() { s.fails = nil })
		require.Zero(t, begin(t, n, "ID:a:1:1:1:6"))
		time.Sleep(time.Minute)
		s.set(func() { s.silent = true })
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		require.NoError(t, n.pair.Begin(ctx, request("MakeCall", "ID:a:1:1:1:7")), "the peers know")
		require.Error(t, ctx.Err())
		s.set(func() { s.silent, s.fails = false, errors.New("no room") })
		begin(t, n, "ID:a:1:1:1:8")
		require.Equal(t, 2, strings.Count(log.String(), "not kept beyond the death"), "it is news again")
	})
}

// TestMemoryThatIsNotReached: the node begins without, and says so once.
func TestMemoryThatIsNotReached(t *testing.T) {
	remembering(t, func(t *testing.T, n *node, _ *store, log *logged) {
		n.pair.LinkUp()
		time.Sleep(5900 * time.Millisecond)
		require.Empty(t, n.gates())
		require.NotContains(t, log.String(), "warn")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"open"}, n.gates())
		require.Equal(t, 1, strings.Count(log.String(), `"level":"warn"`))
		require.Contains(t, log.String(), "connection refused")
		require.Equal(t, &cluster.MemoryStatus{}, n.pair.Memory())
	})
}

// TestStrangeMemories: what another key sealed is held, said once and counted; it does
// not keep the node from reading the rest.
func TestStrangeMemories(t *testing.T) {
	remembering(t, func(t *testing.T, n *node, s *store, log *logged) {
		n.pair.LinkUp()
		n.pair.MemoryUp()
		s.seals = newCodec(t, strings.Repeat("6b", 32))
		s.deliver(n, "first", 1, kept("1001"))
		s.deliver(n, "second", 2, kept("1002"))
		s.seals = s.codec
		time.Sleep(100 * time.Millisecond)
		s.mark(n)
		time.Sleep(4 * time.Second)
		require.Equal(t, []string{"open"}, n.gates())
		require.Empty(t, n.taken)
		require.Equal(t, 2, n.pair.Memory().Strange)
		require.EqualValues(t, 2, n.count("memory_refused_forged"))
		require.Equal(t, 1, strings.Count(log.String(), "GC_SYNC_KEY"))
		require.Equal(t, map[string]bool{"mark": true}, s.done())
		time.Sleep(time.Hour)
		require.Equal(t, map[string]bool{"mark": true, "first": true, "second": true}, s.done())
	})
}

// TestANewSubscription: everything comes again, and what the last one brought is void.
func TestANewSubscription(t *testing.T) {
	remembering(t, func(t *testing.T, n *node, s *store, _ *logged) {
		n.pair.LinkUp()
		n.pair.MemoryUp()
		s.deliver(n, "old", 1, kept("1001"))
		s.since = s.since.Add(time.Second) // before it is said that the link is up
		s.deliver(n, "new", 2, kept("1002"))
		require.Equal(t, 1, n.pair.Memory().Agents)
		s.deliver(n, "newer", 3, kept("1001"))
		require.Empty(t, s.done(), "the connection that brought it has gone")
		s.deliver(n, "newest", 4, kept("1001"))
		require.Equal(t, map[string]bool{"newer": true}, s.done())
		require.Equal(t, 2, n.pair.Memory().Agents)
		s.deliver(n, "again", 4, kept("1001"))
		require.EqualValues(t, 1, n.count("memory_refused_replayed"))
		require.True(t, s.done()["again"])
	})
}

func newCodec(t *testing.T, key string) *connectorsync.Codec {
	t.Helper()
	c, err := connectorsync.NewCodec(secret.New(key), false)
	require.NoError(t, err)
	return c
}
