package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gostomp "github.com/go-stomp/stomp/v3"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/bridge/config"
	"gcbridge/bridge/wire"
	"gcbridge/connectorsync"
	"gcbridge/finesse"
	"gcbridge/finesse/sim"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func configured(change ...func(*config.Config)) config.Config {
	cfg := config.Default()
	cfg.NodeID, cfg.AdminListen, cfg.MessageFormat = "n1", "", "DEFAULT"
	for _, f := range change {
		f(&cfg)
	}
	return cfg
}

func paired(c *config.Config) { c.SyncKey = secret.New(strings.Repeat("5a", 32)) }

func TestNewChecks(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"node":      {func(c *config.Config) { c.NodeID = "" }, "no node id"},
		"edition":   {func(c *config.Config) { c.Edition = "5" }, "GC_EDITION"},
		"finesse":   {func(c *config.Config) { c.FinesseCAFile = "missing.pem" }, "GC_FINESSE_CA_FILE"},
		"broker CA": {func(c *config.Config) { c.BrokerCAFile = "missing.pem" }, "GC_BROKER_CA_FILE"},
		"reject":    {func(c *config.Config) { c.RejectQueue = "a,b" }, "GC_REJECT_QUEUE"},
		"key":       {func(c *config.Config) { paired(c); c.SyncKey = secret.New("short") }, "GC_SYNC_KEY"},
		"topic":     {func(c *config.Config) { paired(c); c.SyncTopic = "a>" }, "GC_SYNC_TOPIC"},
	} {
		_, err := New(configured(tc.change), Options{Log: zerolog.Nop()})
		require.ErrorContains(t, err, tc.want, name)
	}
}

func TestBeforeRun(t *testing.T) {
	for _, pair := range []bool{false, true} {
		change := func(*config.Config) {}
		if pair {
			change = paired
		}
		w, err := New(configured(change), Options{Log: zerolog.Nop()})
		require.NoError(t, err)
		require.Equal(t, pair, w.Paired())
		st := w.Snapshot()
		require.Equal(t, pair, st.Paired)
		require.Equal(t, pair, st.Pair != nil)
		require.Equal(t, protocol.OutOfService, st.System)
		require.Len(t, st.Finesse, 1)
		require.NoError(t, w.Alive(), "it starts")
		err = w.Ready()
		require.ErrorContains(t, err, "starting or stopping")
		require.ErrorContains(t, err, "broker: not connected")
		require.ErrorContains(t, err, "finesse: OUT_OF_SERVICE")
		w.finesse.Close()
	}
}

// TestRefusingNodeIsNotReady: nor does it serve while a peer can.
func TestRefusingNodeIsNotReady(t *testing.T) {
	l := run(t)
	require.True(t, l.w.serving())
	now := time.Now().Add(time.Minute)
	for i := range 30 {
		l.w.gateway.Receive(&wire.Command{
			Source: nobody{}, Type: "Hello#A", MessageID: fmt.Sprintf("ID:crm-1-2-3:1:1:1:%d", i),
			Received: now, Sent: now.Add(-time.Duration(40*(i%8)) * time.Second),
		})
	}
	require.ErrorContains(t, l.w.Ready(), "clocks: most commands are refused as too old")
	require.False(t, l.w.serving())
}

// nobody is a message that is not on any queue.
type nobody struct{}

func (nobody) Ack()                             {}
func (nobody) Reject(string, bool, func(error)) {}

// lab is a worker with a broker, a Finesse and a client at topic A.
type lab struct {
	t      *testing.T
	w      *Worker
	sim    *sim.Server
	client *brokertest.Client
	got    chan *gostomp.Message
	stop   func() error
}

func run(t *testing.T, change ...func(*config.Config)) *lab {
	t.Helper()
	b, err := embedded.Start(embedded.Config{Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	f := sim.Start(t)
	l := &lab{t: t, sim: f, got: make(chan *gostomp.Message, 64)}
	l.w, err = New(configured(append([]func(*config.Config){func(c *config.Config) {
		c.BrokerURLs, c.FinesseURLs, c.XMPPAddrs, c.XMPPTLS = []string{b.URL()}, []string{f.RESTURL()}, []string{f.XMPPAddr()}, f.XMPPTLS()
	}}, change...)...), Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.w.Run(ctx) }()
	l.stop = func() error { cancel(); err := <-ended; ended <- err; return err }
	t.Cleanup(func() { _ = l.stop() })
	l.client, err = brokertest.Connect(t.Context(), b.URL(), []string{"/topic/A", "/topic/AgentStates"}, func(_ string, m *gostomp.Message) { l.got <- m })
	require.NoError(t, err)
	t.Cleanup(l.client.Close)
	require.NoError(t, l.client.Settle())
	require.True(t, wait.Until(wait.Patience, func() bool { return l.w.Ready() == nil }))
	return l
}

func (l *lab) send(jmsType, body string) {
	l.t.Helper()
	require.NoError(l.t, l.client.Send("/queue/Connector1", true, body, "type", jmsType, "correlation-id", jmsType))
}

// expect waits for messages that begin like that, in order, and returns the last.
func (l *lab) expect(texts ...string) (m *gostomp.Message) {
	l.t.Helper()
	for _, text := range texts {
		m = wait.For(l.t, l.got, text)
		require.True(l.t, strings.HasPrefix(string(m.Body), text), "%s, want %s", m.Body, text)
	}
	return m
}

func (l *lab) login() {
	l.t.Helper()
	l.send("Connect#1001", "A,"+l.sim.Password("1001"))
	l.send("Login#1001", l.sim.Password("1001")+","+l.sim.Extension("1001"))
	m := l.expect("1001#AgentInfo#", "1001#State#NOT_READY#", "1001#DialogStatus#")
	require.Equal(l.t, "Login#1001", m.Header.Get("correlation-id"))
}

func TestWorker(t *testing.T) {
	l := run(t)
	require.NoError(t, l.w.Alive())
	l.send("Hello#A", "")
	l.expect("System#IN_SERVICE")
	l.login()
	l.send("MakeReady#1001", "")
	require.Equal(t, "MakeReady#1001", l.expect("1001#State#READY#").Header.Get("correlation-id"))
	st := l.w.Snapshot()
	require.Equal(t, "1001", st.Agents[0].Agent)
	require.Equal(t, 1, st.Bound)
	require.EqualValues(t, 4, st.Counters["commands"])
	require.Equal(t, protocol.InService, st.System)
	require.True(t, st.Broker.Up)
	require.NoError(t, l.stop())
	require.ErrorContains(t, l.w.Ready(), "starting or stopping")
	require.NoError(t, l.w.Alive(), "it stops")
}

// TestLostOutputIsMadeGood: an agent who missed an output is read again when the
// link is up, and told where they stand (M8).
func TestLostOutputIsMadeGood(t *testing.T) {
	l := run(t)
	l.login()
	l.w.out.Send(wire.Output{To: elsewhere("x"), Agent: "1001"})
	l.w.out.Send(wire.Output{To: elsewhere("x"), Agent: "4711"}) // who is not here
	l.w.linkUp()
	m := l.expect("1001#DialogStatus#", "1001#State#NOT_READY#")
	require.Equal(t, "true", m.Header.Get("gcRecovered"))
	require.EqualValues(t, 2, l.w.Snapshot().Counters["outputs_lost"])
}

type elsewhere string

func (e elsewhere) String() string { return string(e) }

func TestFinesseChanges(t *testing.T) {
	l := run(t)
	l.send("Hello#A", "")
	l.expect("System#IN_SERVICE")
	l.login()
	l.w.finesseChanged(protocol.NotReachable, false)
	l.expect("System#NOT_REACHABLE")
	l.send("GetState#1001", "")
	require.Equal(t, "GetState#1001", l.expect("1001#State#NOT_READY#").Header.Get("correlation-id"), "nothing was to be read before")
	l.w.finesseChanged(protocol.InService, false)
	l.expect("System#IN_SERVICE", "1001#DialogStatus#", "1001#State#NOT_READY#")
	l.w.finesseChanged(protocol.OutOfService, true)
	l.expect("System#OUT_OF_SERVICE", "1001#DialogStatus#", "1001#State#NOT_READY#")
}

func TestAgentStates(t *testing.T) {
	l := run(t, func(c *config.Config) { c.AgentStatesInterval = 50 * time.Millisecond })
	l.send("Connect#1001", "A,"+l.sim.Password("1001"))
	l.send("Login#1001", l.sim.Password("1001")+","+l.sim.Extension("1001"))
	l.expect("1001#AgentInfo#", "1001#State#NOT_READY#", "1001#DialogStatus#", "1001#State#NOT_READY#")
}

func TestPairOfOne(t *testing.T) {
	w, err := New(configured(paired), Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	defer w.finesse.Close()
	w.cluster.Hear("nonsense", "n2")
	w.linkUp()
	w.linkDown(errors.New("cut"))
	require.NotEmpty(t, w.Snapshot().Counters)
	require.Same(t, w.cluster, w.deps.Cluster)
}

// TestPair: a node of a pair tells its peers that it lives, hears them, and takes
// leave of them. Alone, it takes commands when it has waited for them.
func TestPair(t *testing.T) {
	said := make(chan string, 256)
	l := run(t, paired, func(c *config.Config) { c.SyncTimeout = time.Second })
	peer, err := brokertest.Connect(t.Context(), l.w.cfg.BrokerURLs[0], []string{"/topic/ConnectorSync"}, func(_ string, m *gostomp.Message) { said <- string(m.Body) })
	require.NoError(t, err)
	t.Cleanup(peer.Close)
	require.NoError(t, peer.Settle())
	codec, err := connectorsync.NewCodec(l.w.cfg.SyncKey, false)
	require.NoError(t, err)
	beats := func(role func(connectorsync.Role) bool) {
		t.Helper()
		for {
			m, err := codec.Decode(wait.For(t, said, "a heartbeat"), "n1")
			if beat, ok := m.Body.(connectorsync.Heartbeat); err == nil && ok && role(beat.Role) {
				return
			}
		}
	}
	beats(func(r connectorsync.Role) bool { return r != connectorsync.RoleLeft })
	require.NoError(t, l.client.Send("/topic/ConnectorSync", false, "nonsense", "gcNode", "n2"))
	require.True(t, wait.Until(wait.Patience, func() bool {
		for name, n := range l.w.Snapshot().Counters {
			if strings.HasPrefix(name, "sync_refused_") && n == 1 {
				return true
			}
		}
		return false
	}), "it listens")
	l.send("Hello#A", "")
	l.expect("System#IN_SERVICE")
	began := time.Now()
	require.NoError(t, l.stop())
	require.Less(t, time.Since(began), drainTime, "nothing is under way, and no peer is there")
	beats(func(r connectorsync.Role) bool { return r == connectorsync.RoleLeft })
}

// TestPartThatFails: a node does not go on without one of its parts.
func TestPartThatFails(t *testing.T) {
	w, err := New(configured(), Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, w.transport.Run(ended))
	require.ErrorIs(t, w.Run(t.Context()), broker.ErrConfig, "it runs once only")
	require.ErrorContains(t, w.Ready(), "starting or stopping")
}

// TestSettings: what is configured is what sessions go by.
func TestSettings(t *testing.T) {
	w, err := New(configured(func(c *config.Config) {
		c.FinesseTimeout, c.OutcomeTimeout = 2*time.Second, 7*time.Second
		c.DefaultNotReadyReason, c.DefaultLogoutReason = "12", "13"
		c.SupervisorNotReadyReason, c.SupervisorLogoutReason = "14", "15"
		c.ReadyAfterLogin, c.InactivityLogout = true, time.Minute
		c.FinesseAdminUser, c.FinesseAdminPassword = "admin", secret.New("x")
		c.SendControls, c.IncludeLoggedOutAgents, c.MaxAgents = true, true, 1
	}), Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	defer w.finesse.Close()
	got := w.deps.Options
	require.Greater(t, got.CommandTimeout, 10*time.Second, "a login over XMPP may take that long")
	require.Equal(t, 7*time.Second, got.OutcomeTimeout)
	require.Equal(t, 5*time.Minute, got.Linger)
	require.Equal(t, "12", got.DefaultNotReadyReason, "[C16]")
	require.Equal(t, "13", got.DefaultLogoutReason, "[C16]")
	require.Equal(t, "14", got.SupervisorNotReadyReason, "[C15]")
	require.Equal(t, "15", got.SupervisorLogoutReason, "[C15]")
	require.True(t, got.ReadyAfterLogin)
	require.Equal(t, time.Minute, got.InactivityLogout)
	require.Equal(t, "admin", got.Admin.User, "[C21]")
	require.Equal(t, "x", got.Admin.Password.Reveal())
	require.True(t, got.SendControls, "[C22]")
	require.True(t, got.ListLoggedOut)
	require.Nil(t, got.Decipher, "passwords come in clear")
	require.True(t, w.deps.Places.Admit("1001"))
	require.False(t, w.deps.Places.Admit("1002"), "[C20]")
	w2, err := New(configured(), Options{Log: zerolog.Nop(), Linger: time.Second})
	require.NoError(t, err)
	defer w2.finesse.Close()
	require.Equal(t, time.Second, w2.deps.Options.Linger)
}

func TestAdminAddressInUse(t *testing.T) {
	w, err := New(configured(func(c *config.Config) { c.AdminListen = "127.0.0.1:99999" }), Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	require.Error(t, w.Run(t.Context()))
}

// TestNoStreamIsNil: also to who compares it, an interface, with nil.
func TestNoStreamIsNil(t *testing.T) {
	l := run(t)
	st, err := servers{l.w.finesse}.Current().Connect(t.Context(), finesse.Credentials{User: "1001", Password: secret.New("wrong")})
	require.ErrorIs(t, err, finesse.ErrAuth)
	require.True(t, st == nil)
}

// TestPulse: a worker that is up and whose watch over Finesse stands still is not alive.
func TestPulse(t *testing.T) {
	w, err := New(configured(func(c *config.Config) { c.FinesseHeartbeat, c.FinesseTimeout = time.Millisecond, time.Millisecond }), Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	defer w.finesse.Close()
	require.True(t, wait.Until(wait.Patience, func() bool { return w.finesse.Alive() != nil }), "nobody watches")
	require.NoError(t, w.Alive(), "it starts")
	w.ready.Store(true)
	require.Error(t, w.Alive())
}
