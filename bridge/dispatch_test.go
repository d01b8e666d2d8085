package bridge

import (
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/config"
	"gcbridge/bridge/session"
	"gcbridge/connectorsync"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// offline is a worker whose link and watch do not run: what it publishes
// waits in the link's buffer.
func offline(t *testing.T, change ...func(*config.Config)) *Worker {
	t.Helper()
	cfg := config.Default()
	cfg.NodeID, cfg.AdminListen, cfg.MessageFormat = "n1", "", "DEFAULT"
	for _, f := range change {
		f(&cfg)
	}
	w, err := New(cfg, Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(w.servers.close)
	return w
}

func paired(c *config.Config) { c.SyncKey = secret.New(strings.Repeat("5a", 32)) }

// delivery is a command as the link hands it over; acks counts its acknowledgements.
func delivery(id, jmsType, body string, acks *int) *broker.Delivery {
	return &broker.Delivery{
		ID: id, Type: jmsType, Body: []byte(body), Received: time.Now(), Timestamp: time.Now(),
		Properties: map[string]string{}, AckFunc: func() { *acks++ },
	}
}

func TestExpiredCommandIsDroppedAndCounted(t *testing.T) {
	w, acks := offline(t), 0
	d := delivery("m1", "Hello#A", "", &acks)
	d.Expires = d.Received.Add(-time.Millisecond)
	w.receive(d)
	require.Equal(t, 1, acks, "[C4]")
	require.EqualValues(t, 1, w.Snapshot().Counters["commands_expired"])
	require.Zero(t, w.Snapshot().Bound, "Hello was not executed")
}

func TestCommandsAreLeftToOthersWhileStopping(t *testing.T) {
	w, acks := offline(t), 0
	w.stopping.Store(true)
	w.receive(delivery("m1", "Hello#A", "", &acks))
	require.Zero(t, acks)
	require.Zero(t, w.Snapshot().Bound)
}

func TestRedeliveredCommandRunsOnce(t *testing.T) {
	w, acks := offline(t), 0
	for range 3 {
		w.receive(delivery("m1", "Hello#A", "", &acks))
	}
	require.EqualValues(t, 1, w.Snapshot().Counters["answers_O-005"])
	require.EqualValues(t, 2, w.Snapshot().Counters["commands_redelivered"])
	require.Zero(t, acks, "the broker does not have the answer yet")
}

func TestFormatOfADestination(t *testing.T) {
	w, acks := offline(t), 0
	d := delivery("m1", "Hello#A", "", &acks)
	d.Properties["gcFormat"] = "JSON"
	w.receive(d)
	b, ok := w.agents.destination("/topic/A", time.Now())
	require.True(t, ok)
	require.Equal(t, protocol.FormatJSON, b.dialect.Format, "[D3]")
}

// TestExpectedDestination: a command right behind a Connect may be refused
// before the session has bound its agent.
func TestExpectedDestination(t *testing.T) {
	g := newRegistry(0)
	first, second := named(t, "A"), named(t, "B")
	g.expects("1001", first)
	b, ok := g.lastKnown("1001")
	require.True(t, ok)
	require.Equal(t, first, b)
	g.expects("1001", second)
	b, _ = g.lastKnown("1001")
	require.Equal(t, first, b, "what is known is not guessed")
	g.bind(second)
	g.belongs("1001", session.Binding{Destination: second.dest.String()})
	b, _ = g.lastKnown("1001")
	require.Equal(t, second.dest, b.dest)
}

func named(t *testing.T, topic string) bound {
	t.Helper()
	dest, err := broker.ParseClientDestination(topic)
	require.NoError(t, err)
	return bound{dest: dest}
}

func TestRegistryIsBounded(t *testing.T) {
	m := map[string]bound{}
	for i, name := range []string{"a", "b", "c", "d"} {
		makeRoom(m, 3)
		m[name] = bound{seen: time.Unix(int64(i), 0)}
	}
	require.Len(t, m, 3)
	require.NotContains(t, m, "a", "the one seen longest ago went")
}

func TestOrderOfANodeAlone(t *testing.T) {
	o := newOrder()
	of := func(agent, id string) *session.Request {
		return &session.Request{Command: protocol.Command{ID: agent}, MessageID: id}
	}
	require.False(t, o.overtaken(of("1001", "ID:a:1:1:1:1")))
	require.NoError(t, o.begin(t.Context(), of("1001", "ID:a:1:1:1:2")))
	require.True(t, o.overtaken(of("1001", "ID:a:1:1:1:1")))
	require.False(t, o.overtaken(of("1001", "ID:a:1:1:1:2")), "delivered again")
	require.False(t, o.overtaken(of("1002", "ID:a:1:1:1:1")))
}

// TestCommandsWaitBehindEarlierOnes: while a command waits for its agent, the
// agent's later ones wait behind it, and they go on in order.
func TestCommandsWaitBehindEarlierOnes(t *testing.T) {
	n, served := newNewcomers(), []string{}
	of := func(agent, id string) command {
		return command{Command: protocol.Command{ID: agent}, from: &broker.Delivery{ID: id}}
	}
	require.False(t, n.behind(of("1001", "m1")), "nobody waits")
	n.begin(of("1001", "m1"))
	require.True(t, n.behind(of("1001", "m2")))
	require.False(t, n.behind(of("1002", "m3")), "another agent")
	n.end("1001", func(c command) {
		require.True(t, c.waited)
		served = append(served, c.from.ID)
	})
	require.Equal(t, []string{"m1", "m2"}, served)
	require.False(t, n.behind(of("1001", "m4")))
}

// TestNewcomerIsAwaited: when commands have just moved here, the agent of one
// may be on his way.
func TestNewcomerIsAwaited(t *testing.T) {
	w, acks := offline(t, paired), 0
	w.servers.current = 0
	ask := func(id string) {
		d := delivery(id, "GetState#4711", "", &acks)
		d.ReplyTo = "/queue/replies"
		w.receive(d)
	}
	answered := func() bool { return w.Snapshot().Counters["answers_O-007"] == 1 }
	ask("m1")
	require.True(t, answered(), "long after it began to consume a node answers at once")
	w.pair.opening(time.Now())
	ask("m2")
	require.EqualValues(t, 1, w.Snapshot().Counters["commands_awaiting_newcomers"])
	require.True(t, answered(), "not yet")
	require.Eventually(t, func() bool { return w.Snapshot().Counters["answers_O-007"] == 2 }, 10*time.Second, time.Millisecond)
}

// TestLateCommandFetchesNobody: a command that would be refused behind a later one
// does not move its agent from the node that has him.
func TestLateCommandFetchesNobody(t *testing.T) {
	now := connectorsync.MillisOf(time.Now())
	peer := connectorsync.Header{Node: "n2", Boot: now, At: now}
	for _, tc := range []struct {
		name, id, text string
		counted        string // of the three that could be
	}{
		{"behind a later one", "ID:crm:1:1:1:4", "MakeReady#1001", "commands_overtaken"},
		{"in its turn", "ID:crm:1:1:1:6", "MakeReady#1001", "take_overs_demand"},
		{"of somebody else", "ID:web:1:1:1:1", "MakeReady#1001", "take_overs_demand"},
		{"only asks", "ID:crm:1:1:1:4", "GetState#1001", "take_overs_demand"},
		{"its call may be there", "ID:crm:1:1:1:4", "MakeCall#1001", "take_overs_demand"},
		{"of an agent whom nobody has", "ID:crm:1:1:1:4", "MakeReady#1002", "answers_O-007"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, acks := offline(t, paired), 0
			w.servers.current = 0
			w.spawn = func(*session.Session) {}
			w.pair.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.LinkUp(now) })
			h := peer
			for _, b := range []connectorsync.Body{
				connectorsync.Heartbeat{Priority: 127, Version: connectorsync.Version},
				connectorsync.AgentContext{Agent: "1001", SubscriptionTime: now, Context: connectorsync.Context{Destination: "/topic/A"}},
				connectorsync.Progress{List: []connectorsync.Mark{
					{Agent: "1001", MessageID: "ID:crm:1:1:1:5", At: now}, {Agent: "1002", MessageID: "ID:crm:1:1:1:5", At: now},
				}},
				connectorsync.SyncDone{To: "n1"},
			} {
				h.Seq++
				m := connectorsync.Message{Header: h, Body: b}
				w.pair.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Apply(m, now) })
			}
			d := delivery(tc.id, tc.text, "90001", &acks)
			d.ReplyTo = "/queue/replies"
			w.receive(d)
			for _, name := range []string{"commands_overtaken", "take_overs_demand", "answers_O-007"} {
				require.Equal(t, name == tc.counted, w.Snapshot().Counters[name] == 1, name)
			}
		})
	}
}
