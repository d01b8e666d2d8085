package e2e

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/config"
	"gcbridge/connectorsync"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
)

// mouth is a node of a pair that says what a test makes it say, and hears.
type mouth struct {
	t     *testing.T
	node  string
	boot  connectorsync.Millis
	seq   uint64
	link  *brokertest.Harness
	topic broker.Destination
	codec *connectorsync.Codec
}

func newMouth(t *testing.T, url, node string, cfg config.Config) *mouth {
	t.Helper()
	m := &mouth{t: t, node: node, boot: connectorsync.MillisOf(time.Now())}
	var err error
	m.codec, err = connectorsync.NewCodec(cfg.SyncKey, cfg.SyncPlaintext)
	require.NoError(t, err)
	m.topic, err = broker.Topic(cfg.SyncTopic)
	require.NoError(t, err)
	m.link = brokertest.Run(t, broker.Config{URLs: []string{url}},
		broker.Subscription{From: m.topic, AutoAck: true, Selector: "gcNode <> '" + node + "'"})
	return m
}

func (m *mouth) say(bodies ...connectorsync.Body) {
	m.t.Helper()
	for _, b := range bodies {
		m.seq++
		h := connectorsync.Header{Node: m.node, Boot: m.boot, Seq: m.seq, At: connectorsync.MillisOf(time.Now())}
		body, err := m.codec.Encode(connectorsync.Message{Header: h, Body: b}, rand.Reader)
		require.NoError(m.t, err)
		require.NoError(m.t, m.link.Publish(broker.Message{To: m.topic, Body: body, Properties: map[string]string{"gcNode": m.node}}, nil))
	}
}

// asked waits for a node to ask for what this one knows.
func (m *mouth) asked() {
	m.t.Helper()
	for {
		d := m.link.Next()
		got, err := m.codec.Decode(string(d.Body), d.Properties["gcNode"])
		require.NoError(m.t, err)
		if _, ok := got.Body.(connectorsync.SyncRequest); ok {
			return
		}
	}
}

// TestAnswerBreaksOff: a node that has just started and hears its peer break off
// in the middle of its answer connects anew before it believes it dead. It takes
// no agent and serves nobody before it has heard all.
func TestAnswerBreaksOff(t *testing.T) {
	url := brokers[0].start(t)
	cfg := config.Default()
	paired(&cfg)
	peer := newMouth(t, url, "node-2", cfg)
	l := newLab(t, url, func(c *config.Config) { paired(c); c.Failback, c.SyncTimeout = false, 3*time.Second })
	beat := connectorsync.Heartbeat{Priority: 100, Role: connectorsync.RoleServing, Agents: 2, Version: connectorsync.Version}
	held := func(agent string) connectorsync.Body {
		return connectorsync.AgentContext{Agent: agent, SubscriptionTime: peer.boot, Context: connectorsync.Context{
			Password: secret.New("pw" + agent), Destination: "/topic/A", LoggedIn: true,
		}}
	}
	peer.asked()
	peer.say(beat, held("1001"))
	require.Eventually(t, func() bool { return l.worker.Snapshot().Pair.Replicas == 1 }, patience, tick)
	p := newPhone(t, l.broker, own)
	p.do("GetState#1002", "") // an agent of whom nothing has been heard
	require.Eventually(t, func() bool { return l.worker.Snapshot().Broker.Reconnects == 1 }, patience, tick)
	st := l.worker.Snapshot()
	require.EqualValues(t, 1, st.Counters["links_renewed"])
	require.False(t, st.Pair.Ready)
	require.Zero(t, st.Counters["commands"])
	peer.say(beat, held("1001"), held("1002"), connectorsync.SyncDone{To: "node-1"})
	require.Eventually(t, func() bool {
		st := l.worker.Snapshot()
		return st.Pair.Ready && st.Pair.Replicas+st.Pair.Held == 2 && st.Counters["commands"] == 1
	}, patience, tick)
	st = l.worker.Snapshot()
	require.Zero(t, st.Counters["peers_lost"])
	require.Zero(t, st.Counters["commands_rejected"])
	require.Zero(t, st.Counters["take_overs_owner_lost"])
	require.Eventually(t, func() bool { return l.worker.Snapshot().Counters["take_overs_demand"] == 1 }, patience, tick, "the command finds its agent")
}
