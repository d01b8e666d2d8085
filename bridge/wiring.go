package bridge

import (
	"context"
	"errors"
	"time"

	"gcbridge/bridge/agentstates"
	"gcbridge/bridge/broker"
	"gcbridge/bridge/cluster"
	"gcbridge/bridge/config"
	"gcbridge/bridge/gateway"
	"gcbridge/bridge/outbox"
	"gcbridge/bridge/recorder"
	"gcbridge/bridge/session"
	"gcbridge/bridge/stomp"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/connectorsync"
	"gcbridge/finesse"
	"gcbridge/finesse/pool"
	"gcbridge/protocol"
)

// New checks the configuration and wires a worker; nothing is contacted yet.
func New(cfg config.Config, o Options) (*Worker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.NodeID == "" {
		return nil, errors.New("bridge: no node id")
	}
	dialect, err := cfg.Dialect()
	if err != nil {
		return nil, err
	}
	w := &Worker{
		cfg: cfg, dialect: dialect, log: o.Log.With().Str("node", cfg.NodeID).Logger(),
		epoch: time.Now().UnixMilli(), started: time.Now(), telemetry: telemetry.New(o.Timing),
		recorder: recorder.New(cfg),
	}
	w.book = gateway.NewBook(w.telemetry)
	for _, wire := range []func(Options) error{w.newFinesse, w.newTransport, w.newAgents, w.newCluster, w.newGateway, w.newStates} {
		if err := wire(o); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *Worker) newFinesse(Options) error {
	tlsConf, err := w.cfg.FinesseTLS()
	if err != nil {
		return err
	}
	w.finesse, err = pool.New(pool.Config{
		URLs: w.cfg.FinesseURLs, XMPPAddrs: w.cfg.XMPPAddrs, Timeout: w.cfg.FinesseTimeout, Heartbeat: w.cfg.FinesseHeartbeat,
		MaxRequests: w.cfg.FinesseMaxRequests, ReturnRate: w.cfg.FinesseReturnRate,
		TLS: tlsConf, TokenURL: w.cfg.SSOTokenURL, XMPPTLSMode: w.cfg.XMPPTLS, XMPPTransport: w.cfg.XMPPTransport, Resource: "gcbridge-" + w.cfg.NodeID, PingEvery: w.cfg.XMPPPing,
		Log: w.log.With().Str("part", "finesse").Logger(), OnSent: w.requestSent, Changed: w.finesseChanged,
		OnRepaired: func() { w.telemetry.Count(telemetry.PayloadsRepaired) },
	})
	return err
}

// requestSent times the way of a command to its first request.
func (w *Worker) requestSent(ctx context.Context, at time.Time) {
	if t, ok := session.ReceivedAt(ctx); ok {
		w.telemetry.Time(telemetry.CommandToRequest, at.Sub(t))
	}
}

// A node of a pair that hangs is missed by its peer after GC_SYNC_TIMEOUT, and the
// broker gives its commands to the peer after one to four beats, a third of that
// each; a busy machine makes shorter ones late. From a stall that long it comes back
// with new connections.
const (
	leastBeat  = time.Second
	leastStall = 2 * time.Second
)

func (w *Worker) newTransport(Options) error {
	tlsConf, err := w.cfg.BrokerTLS()
	if err != nil {
		return err
	}
	link := broker.Config{
		URLs: w.cfg.BrokerURLs, User: w.cfg.BrokerUser, Password: w.cfg.BrokerPassword,
		PriorityBackup: w.cfg.BrokerPriorityBackup, TLS: tlsConf,
		Stall: max(w.cfg.SyncTimeout, leastStall),
		Log:   w.log.With().Str("part", "broker").Logger(),
		OnUp:  w.linkUp, OnDown: w.linkDown,
	}
	cfg := stomp.Config{
		Link: link,
		Node: w.cfg.NodeID, Rejects: w.cfg.RejectQueue, Topics: []string{w.cfg.SyncTopic, agentstates.Topic},
		Commands:  stomp.Commands{Queue: w.cfg.CommandQueue, Priority: w.cfg.ConsumerPriority, Prefetch: w.cfg.CommandPrefetch},
		Outputs:   stomp.Outputs{JMSType: protocol.JMSTypeMode(w.cfg.OutputJMSType), TTL: w.cfg.OutputTTL, Persistent: w.cfg.OutputPersistent},
		Receive:   func(c *wire.Command) { w.gateway.Receive(c) },
		Telemetry: w.telemetry, Log: w.log,
	}
	if w.cfg.Paired() {
		cfg.Link.GatedBeat = max(w.cfg.SyncTimeout/3, leastBeat)
		cfg.Sync = &stomp.Sync{
			Topic: w.cfg.SyncTopic, TTL: w.cfg.OutputTTL, Original: w.cfg.SyncPlaintext, Hear: func(body, from string) { w.cluster.Hear(body, from) },
			Clock: func(stamped, received time.Time) { w.gateway.BrokerClock(stamped, received) },
		}
	}
	if w.transport, err = stomp.New(cfg); err != nil {
		return err
	}
	if w.cfg.Remembers() {
		if w.memory, err = w.newMemory(link); err != nil {
			return err
		}
	}
	w.out = outbox.New(w.transport, w.telemetry, w.log)
	return nil
}

// newMemory makes the queue of the memory, on a link of its own. The broker misses a
// reader that hangs as soon as a consumer of commands.
func (w *Worker) newMemory(link broker.Config) (*stomp.Memory, error) {
	link.Heartbeat = max(w.cfg.SyncTimeout/3, leastBeat)
	link.Log = w.log.With().Str("part", "memory").Logger()
	link.OnUp = func() { w.pair.MemoryUp() }
	link.OnDown = func(err error) { w.pair.MemoryDown(err) }
	return stomp.NewMemory(stomp.MemoryConfig{
		Link: link, Commands: w.cfg.CommandQueue,
		Read: func(body string, since time.Time, ack func()) {
			w.telemetry.Contain(w.log, "memory", func() { w.pair.Recall(body, since, ack) }, nil)
		},
	})
}

func (w *Worker) newAgents(o Options) error {
	if o.Linger == 0 {
		o.Linger = 5 * time.Minute
	}
	options := session.Options{
		// The longest command has an XMPP login (10 s at most) or three requests.
		CommandTimeout: 10*time.Second + w.cfg.FinesseTimeout, OutcomeTimeout: w.cfg.OutcomeTimeout, ResyncInterval: w.cfg.ResyncInterval, Linger: o.Linger,
		DefaultNotReadyReason: w.cfg.DefaultNotReadyReason, DefaultLogoutReason: w.cfg.DefaultLogoutReason,
		SupervisorNotReadyReason: w.cfg.SupervisorNotReadyReason, SupervisorLogoutReason: w.cfg.SupervisorLogoutReason,
		ReadyAfterLogin: w.cfg.ReadyAfterLogin, InactivityLogout: w.cfg.InactivityLogout,
		Admin:        finesse.Credentials{User: w.cfg.FinesseAdminUser, Password: w.cfg.FinesseAdminPassword},
		TokenService: w.cfg.SSOTokenURL != "",
		SendControls: w.cfg.SendControls, ListLoggedOut: w.cfg.IncludeLoggedOutAgents,
	}
	cipher, err := w.cfg.PasswordDecipherer()
	if err != nil {
		return err
	}
	if cipher != nil {
		options.Decipher = cipher.Decipher
	}
	w.deps = &session.Deps{ // Cluster follows

		Node: w.cfg.NodeID, Epoch: w.epoch, Dialect: w.dialect, Options: options,
		Finesse: servers{w.finesse}, Out: w.out, Book: w.book, Recorder: w.recorder,
		Places: session.NewPlaces(w.cfg.MaxAgents), Trust: session.NewTrust(w.telemetry),
		Telemetry: w.telemetry, Log: w.log,
	}
	w.agents = session.NewAgents(w.deps)
	return nil
}

func (w *Worker) newCluster(Options) error {
	w.cluster = cluster.NewAlone()
	if w.cfg.Paired() {
		pair, err := w.newPair()
		if err != nil {
			return err
		}
		w.cluster, w.pair = pair, pair
	}
	w.deps.Cluster = w.cluster
	return nil
}

func (w *Worker) newPair() (*cluster.Pair, error) {
	bus, err := w.transport.Bus()
	if err != nil {
		return nil, err
	}
	cfg := cluster.PairConfig{
		State: connectorsync.Config{
			Node: w.cfg.NodeID, Boot: connectorsync.Millis(w.epoch), Priority: w.cfg.ConsumerPriority, Failback: w.cfg.Failback,
			Timeout: w.cfg.SyncTimeout, Heartbeat: w.cfg.SyncTimeout / 3, Interval: w.cfg.SyncInterval,
		},
		Key: w.cfg.SyncKey, Plaintext: w.cfg.SyncPlaintext, Dialect: w.dialect,
		Stored: w.transport.Stored, Serving: w.serving,
		Bus: bus, Sessions: w.agents, Book: w.book, Telemetry: w.telemetry, Log: w.log,
	}
	if w.memory != nil { // a nil *stomp.Memory in the interface would not be nil
		cfg.Memory = w.memory
	}
	return cluster.NewPair(cfg)
}

// serving reports whether this node can serve commands: a Finesse serves it, and
// it does not refuse most of them.
func (w *Worker) serving() bool { return servers{w.finesse}.Serving() && !w.gateway.Refusing() }

func (w *Worker) newGateway(Options) error {
	w.gateway = gateway.New(gateway.Config{
		Dialect: w.dialect, MaxAge: w.cfg.CommandMaxAge, Prefetch: w.cfg.CommandPrefetch,
		Agents: w.agents, Cluster: w.cluster, Finesse: servers{w.finesse}, Addresses: w.transport,
		Out: w.out, Book: w.book, Telemetry: w.telemetry, Log: w.log,
	})
	return nil
}

func (w *Worker) newStates(Options) error {
	to, err := w.transport.Topic(agentstates.Topic)
	w.states = agentstates.Publisher{
		To: wire.Binding{To: to, Dialect: w.dialect}, Every: w.cfg.AgentStatesInterval,
		States: w.agentStates, Up: w.transport.Up, Send: w.transport.Send, Telemetry: w.telemetry,
	}
	return err
}

// agentStates are those of all agents who have a session here.
func (w *Worker) agentStates() []protocol.State {
	var all []protocol.State
	for _, s := range w.agents.All() {
		if st, ok := s.State(); ok {
			all = append(all, st)
		}
	}
	return all
}

// servers is the pool as sessions and the gateway see it.
type servers struct{ *pool.Pool }

// Current implements [session.Servers].
func (s servers) Current() session.Server {
	srv := s.Pool.Current()
	if srv == nil {
		return nil
	}
	return server{srv}
}

// Serving reports whether a server serves.
func (s servers) Serving() bool { return s.Pool.Current() != nil }

// server is one Finesse as sessions see it.
type server struct{ *pool.Server }

// Connect implements [session.Server].
func (s server) Connect(ctx context.Context, cred finesse.Credentials) (session.Stream, error) {
	st, err := s.Server.Connect(ctx, cred)
	if err != nil {
		return nil, err // not st: a nil *Stream in the interface would not be nil
	}
	return st, nil
}
