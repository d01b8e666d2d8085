// Package bridge is the worker: it wires the parts together and says in which
// order they start and stop. docs/architecture.md draws them.
package bridge

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/admin"
	"gcbridge/bridge/agentstates"
	"gcbridge/bridge/cluster"
	"gcbridge/bridge/config"
	"gcbridge/bridge/gateway"
	"gcbridge/bridge/outbox"
	"gcbridge/bridge/recorder"
	"gcbridge/bridge/session"
	"gcbridge/bridge/stomp"
	"gcbridge/bridge/telemetry"
	"gcbridge/finesse/pool"
	"gcbridge/protocol"
)

// Options are what a worker takes beside its configuration.
type Options struct {
	Log zerolog.Logger
	// Timing, if set, is called with every measured stretch, from any
	// goroutine; it must not block.
	Timing func(telemetry.Stage, time.Duration)
	// Linger is how long a silent, logged-out agent's session is kept; 0 = 5 min.
	Linger time.Duration
}

// Worker is one node. Make it with [New], run it with [Worker.Run].
type Worker struct {
	cfg       config.Config
	dialect   protocol.Dialect
	log       zerolog.Logger
	epoch     int64
	started   time.Time
	telemetry *telemetry.Telemetry

	finesse   *pool.Pool
	recorder  *recorder.Recorder
	book      *gateway.Book
	deps      *session.Deps
	agents    *session.Agents
	transport *stomp.Transport
	out       *outbox.Outbox
	cluster   cluster.Membership
	pair      *cluster.Pair // the same, if it is one
	memory    *stomp.Memory // nil: nothing outlives the nodes
	gateway   *gateway.Gateway
	states    agentstates.Publisher

	ready atomic.Bool // the first Finesse probe has been made
}

// drainTime bounds how long a leaving node waits for its commands and its peers.
const drainTime = 5 * time.Second

// Run serves until ctx ends, then leaves the cluster, lets the sessions go, sends
// what waits and returns. It may be called once.
func (w *Worker) Run(ctx context.Context) error {
	defer w.finesse.Close()
	defer w.recorder.Close()
	adminRun, err := w.listenAdmin(ctx)
	if err != nil {
		return err
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	sessions, stopSessions := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSessions()
	link, stopLink := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLink()

	var parts, last sync.WaitGroup
	w.agents.Start(sessions)
	parts.Go(func() { fail(adminRun(ctx)) })
	parts.Go(func() { w.states.Run(ctx) })
	probed := make(chan struct{})
	parts.Go(func() { w.finesse.Run(ctx, func() { close(probed) }) })
	select {
	case <-probed:
		w.ready.Store(true)
		last.Go(func() { fail(w.transport.Run(link)) })
		if w.memory != nil {
			last.Go(func() { fail(w.memory.Run(link)) })
		}
	case <-ctx.Done():
	}
	parts.Go(func() { w.cluster.Run(ctx) })

	<-ctx.Done()
	w.ready.Store(false)
	w.gateway.Stop()
	w.drain(link)
	stopSessions()
	w.agents.Wait() // sessions publish until they end, so the transport goes last
	stopLink()
	last.Wait()
	parts.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func (w *Worker) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	w.cluster.Drain(ctx, func() bool { return w.gateway.Running() == 0 })
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
	w.gateway.Announce(st)
	if !moved && st != protocol.InService {
		return
	}
	w.deps.Trust.Restart()
	for _, s := range w.agents.All() {
		s.ServerChanged()
	}
}

// linkUp re-syncs the agents whose outputs were lost while the link was down (M8).
func (w *Worker) linkUp() {
	w.book.Listening(true)
	w.cluster.LinkUp()
	for _, agent := range w.out.TakeLost() {
		if s := w.agents.Find(agent); s != nil {
			s.Resync()
		}
	}
}

func (w *Worker) linkDown(error) {
	w.book.Listening(false)
	w.cluster.LinkDown()
}

// Paired reports whether the configuration makes this node one of a pair.
func (w *Worker) Paired() bool { return w.cfg.Paired() }
