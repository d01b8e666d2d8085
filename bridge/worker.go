// Package bridge is the worker: it takes client commands from the broker,
// hands each to its agent's session, and publishes what the sessions have to
// say. It wires the parts together and decides what needs no agent.
package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/admin"
	"gcbridge/bridge/broker"
	"gcbridge/bridge/config"
	"gcbridge/bridge/session"
	"gcbridge/protocol"
)

// Options are what a worker takes beside its configuration.
type Options struct {
	Log zerolog.Logger
	// Timing, if set, is called with every measured stretch, from any
	// goroutine; it must not block.
	Timing func(Stage, time.Duration)
	// Linger is how long a silent, logged-out agent's session is kept; 0 = 5 min.
	Linger time.Duration
}

// Worker is one node. Make it with [New], run it with [Worker.Run].
type Worker struct {
	cfg       config.Config
	dialect   protocol.Dialect
	log       zerolog.Logger
	link      *broker.Link
	servers   *servers
	pair      *pair // nil: this node runs alone
	deps      *commandDeps
	agents    *registry
	order     *order // of a node that runs alone
	newcomers *newcomers
	seen      *seen
	observe   *observer
	rejects   broker.Destination
	linger    time.Duration
	epoch     int64
	started   time.Time

	words map[protocol.Word]systemWord
	lossy lossy
	ready atomic.Bool // the first Finesse probe has been made
	// stopping: commands are left to the peer or the next start from now on
	stopping atomic.Bool
	spawn    func(s *session.Session)
	running  sync.WaitGroup
}

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
		agents: newRegistry(cfg.MaxAgents), order: newOrder(), newcomers: newNewcomers(), seen: newSeen(rememberedCommands), observe: newObserver(o.Timing),
		linger: o.Linger, epoch: time.Now().UnixMilli(), started: time.Now(), words: systemWords(),
	}
	if w.linger == 0 {
		w.linger = 5 * time.Minute
	}
	finesseTLS, err := finesseTLS(cfg)
	if err != nil {
		return nil, err
	}
	if w.servers, err = newServers(cfg, finesseTLS, w.observe, w.log); err != nil {
		return nil, err
	}
	w.servers.changed = w.finesseChanged
	if w.rejects, err = broker.Queue(cfg.RejectQueue); err != nil {
		return nil, fmt.Errorf("bridge: GC_REJECT_QUEUE: %w", err)
	}
	if w.deps, err = newCommandDeps(cfg); err != nil {
		return nil, err
	}
	if w.pair, err = newPair(w); err != nil {
		return nil, err
	}
	return w, w.newLink()
}

// newLink makes the broker link and its subscription to the command queue.
func (w *Worker) newLink() error {
	tlsConf, err := brokerTLS(w.cfg)
	if err != nil {
		return err
	}
	w.link, err = broker.New(broker.Config{
		URLs: w.cfg.BrokerURLs, User: w.cfg.BrokerUser, Password: w.cfg.BrokerPassword,
		PriorityBackup: w.cfg.BrokerPriorityBackup, TLS: tlsConf,
		Log:  w.log.With().Str("part", "broker").Logger(),
		OnUp: w.linkUp, OnDown: w.linkDown, OnDrop: w.dropped,
	})
	if err != nil {
		return err
	}
	queue, err := broker.Queue(w.cfg.CommandQueue)
	if err != nil {
		return fmt.Errorf("bridge: GC_COMMAND_QUEUE: %w", err)
	}
	commands := broker.Subscription{From: queue, Priority: w.cfg.ConsumerPriority, Handle: w.receive}
	if w.pair == nil {
		return w.link.Subscribe(commands)
	}
	// Of a pair the higher priority gets every command, and a node consumes
	// only when it has heard its peers.
	commands.Exclusive, commands.Gated = true, true
	return errors.Join(w.link.Subscribe(commands), w.pair.subscribe())
}

// Run serves until ctx ends, then lets the sessions go, sends what waits and
// returns. It may be called once.
func (w *Worker) Run(ctx context.Context) error {
	defer w.servers.close()
	defer w.deps.close()
	adminRun, err := w.listenAdmin(ctx)
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	sessions, stopSessions := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSessions()
	linkCtx, stopLink := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLink()
	w.spawn = func(s *session.Session) {
		w.running.Go(func() {
			defer w.agents.remove(s)
			s.Run(sessions)
		})
	}
	var parts, link sync.WaitGroup
	parts.Go(func() { fail(adminRun(ctx)) })
	parts.Go(func() {
		if err := w.publishStates(ctx); err != nil {
			fail(err)
		}
	})
	probed := make(chan struct{})
	parts.Go(func() { w.servers.run(ctx, func() { close(probed) }) })
	select {
	case <-probed:
		w.ready.Store(true)
		link.Go(func() { fail(w.link.Run(linkCtx)) })
	case <-ctx.Done():
	}
	if w.pair != nil {
		parts.Go(func() { w.pair.run(ctx) })
	}
	<-ctx.Done()
	w.ready.Store(false)
	w.stopping.Store(true)
	if w.pair != nil {
		w.pair.drain(linkCtx)
	}
	stopSessions()
	w.running.Wait() // sessions publish until they end, so the link goes last
	stopLink()
	link.Wait()
	parts.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// listenAdmin binds the admin address; the returned function serves it.
func (w *Worker) listenAdmin(ctx context.Context) (func(context.Context) error, error) {
	if w.cfg.AdminListen == "" {
		return func(ctx context.Context) error { <-ctx.Done(); return nil }, nil
	}
	a, err := admin.Listen(ctx, w.cfg.AdminListen, w.cfg.AdminToken, w, w.log)
	if err != nil {
		return nil, err
	}
	w.log.Info().Str("address", a.Addr()).Msg("admin endpoints")
	return a.Run, nil
}

// finesseChanged tells everybody bound about a change of the system state
// [E3], and every session that another server serves.
func (w *Worker) finesseChanged(st protocol.SystemStatus, moved bool) {
	for _, b := range w.agents.destinations() {
		w.publishSystem(b, protocol.System{Status: st}, "")
	}
	if moved || st == protocol.InService {
		for _, s := range w.agents.sessions() {
			s.ServerChanged()
		}
	}
}

// linkUp re-syncs the agents whose outputs were lost while the link was down (M8).
func (w *Worker) linkUp() {
	if w.pair != nil {
		w.pair.linkUp()
	}
	for _, agent := range w.lossy.take() {
		if s := w.agents.session(agent); s != nil {
			s.Resync()
		}
	}
}

func (w *Worker) linkDown(error) {
	if w.pair != nil {
		w.pair.linkDown()
	}
}

// newSession starts the session of an agent, or finds the one that is there.
func (w *Worker) newSession(agent string) *session.Session {
	s, added := w.agents.add(session.New(agent, w.sessionDeps()))
	if added {
		w.spawn(s)
	}
	return s
}

// sessionDeps is what every session needs.
func (w *Worker) sessionDeps() session.Deps {
	d := session.Deps{
		Node: w.cfg.NodeID, Epoch: w.epoch, Dialect: w.dialect, Servers: w.servers,
		Publish: w.publish, Bound: w.agents.belongs,
		Held: func(string, session.Holding) {}, Lost: func(string) {}, Yielded: func(string) {},
		Begin: w.order.begin, Overtaken: w.order.overtaken, Intended: func(string) bool { return false },
		Admit: w.agents.admit, Release: w.agents.release, Count: w.observe.count,
		CommandTimeout: w.commandTimeout(), LoginWait: 5 * w.cfg.FinesseTimeout / 3, Linger: w.linger,
		DefaultNotReadyReason: w.cfg.DefaultNotReadyReason, DefaultLogoutReason: w.cfg.DefaultLogoutReason,
		Log: w.log,
	}
	w.deps.give(&d)
	if w.pair != nil {
		d.Held, d.Lost, d.Yielded = w.pair.held, w.pair.lost, w.pair.yielded
		d.Begin, d.Intended, d.Overtaken = w.pair.begin, w.pair.intended, w.pair.overtaken
	}
	return d
}

// commandTimeout bounds one command: the longest has an XMPP login (10 s at
// most) or three requests.
func (w *Worker) commandTimeout() time.Duration { return 10*time.Second + w.cfg.FinesseTimeout }

// Paired reports whether the configuration makes this node one of a pair.
func (w *Worker) Paired() bool { return w.pair != nil }
