package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/session"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/connectorsync"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// Bus is how the nodes hear each other, and how a node begins and ceases to take
// commands. Its methods may be called from any goroutine.
type Bus interface {
	// Tell publishes on the topic of the nodes. sent (may be nil) is called once,
	// with nil when the broker has it.
	Tell(body string, sent func(error))
	// Open lets commands come; Shut lets none come any more, and waits while ctx
	// lasts for those that are on their way.
	Open()
	Shut(ctx context.Context)
	// Renew makes the connections to the broker anew.
	Renew()
}

// Sessions carries out what the cluster decides. Its methods do not block.
type Sessions interface {
	// TakeOver starts the successor of an agent's session on another node.
	TakeOver(agent string, h session.Holding)
	// LetGo ends an agent's session; false: there is none.
	LetGo(agent string) bool
	// Handed says that the node which had an agent has finished, or is at it.
	Handed(agent string, busy bool)
	// Retire forgets the session of an agent who was let go.
	Retire(agent string)
}

// PairConfig is what a [Pair] needs to know.
type PairConfig struct {
	State     connectorsync.Config
	Key       secret.Secret // GC_SYNC_KEY
	Plaintext bool          // GC_SYNC_PLAINTEXT
	Dialect   protocol.Dialect
	// Stored reads an address that another node told.
	Stored func(path string) (wire.Address, error)
	// Serving reports whether a Finesse serves this node.
	Serving   func() bool
	Bus       Bus
	Memory    Store // nil: nothing outlives the nodes
	Sessions  Sessions
	Book      Destinations
	Telemetry *telemetry.Telemetry
	Log       zerolog.Logger
}

// Destinations knows where clients listen.
type Destinations interface {
	// Bind notes an address that a client has on another node.
	Bind(b wire.Binding)
}

// Pair is the membership of a node in a pair, active-passive or active-active.
// Make it with [NewPair].
type Pair struct {
	cfg    PairConfig
	codec  *connectorsync.Codec
	opened atomic.Int64 // when commands began to come, Unix nanoseconds; 0: they do not

	mu     sync.Mutex // held while the state is used and its effects are carried out
	state  *connectorsync.State
	memory *memory // nil: there is none
}

// NewPair checks the configuration; the link is down.
func NewPair(cfg PairConfig) (*Pair, error) {
	codec, err := connectorsync.NewCodec(cfg.Key, cfg.Plaintext)
	if err != nil {
		return nil, fmt.Errorf("cluster: GC_SYNC_KEY: %w", err)
	}
	cfg.State.Memory = cfg.Memory != nil
	state, err := connectorsync.New(cfg.State)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	return &Pair{cfg: cfg, codec: codec, state: state, memory: newMemory(cfg)}, nil
}

// Hear implements [Membership].
func (p *Pair) Hear(body, from string) {
	m, err := p.codec.Decode(body, from)
	if err != nil {
		p.cfg.Telemetry.CountBy(telemetry.SyncRefused, string(refusalReason(err)))
		p.cfg.Log.Debug().Err(err).Msg("message of the pair refused")
		return
	}
	p.cfg.Log.Debug().Str("kind", string(m.Body.Kind())).Str("from", m.Node).Uint64("seq", m.Seq).Int64("sent", int64(m.At)).Msg("message of the pair")
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Apply(m, now) })
}

// refusalReason is why a message was refused, for the counters.
func refusalReason(err error) connectorsync.Reason {
	var r *connectorsync.RefusedError
	if errors.As(err, &r) {
		return r.Reason
	}
	return "unreadable"
}

// do lets f change the state and carries out what follows, in order.
func (p *Pair) do(f func(s *connectorsync.State, now time.Time) []connectorsync.Effect) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range f(p.state, time.Now()) {
		p.carryOut(e, nil)
	}
}

// read looks at the state without changing it.
func read[T any](p *Pair, f func(s *connectorsync.State, now time.Time) T) T {
	p.mu.Lock()
	defer p.mu.Unlock()
	return f(p.state, time.Now())
}

// Run implements [Membership]. It keeps the gate, too: commands are taken when
// the peers have been heard, and not while only a peer has a Finesse.
func (p *Pair) Run(ctx context.Context) {
	var work sync.WaitGroup
	defer work.Wait()
	if p.memory != nil {
		work.Go(func() { p.runMemory(ctx) })
	}
	tick := time.NewTicker(p.cfg.State.Timeout / 12)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.cfg.Telemetry.Contain(p.cfg.Log, "cluster", func() { p.tick(ctx) }, nil)
		}
	}
}

func (p *Pair) tick(ctx context.Context) {
	able := p.cfg.Serving()
	var open bool
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
		out := append(s.Able(able, now), s.Tick(now)...)
		if open = s.Ready(now) && (able || !otherIsAble(s.Status(now))); open {
			p.opening(now)
			p.cfg.Bus.Open()
		}
		return out
	})
	if !open && !able {
		p.opened.Store(0)
		p.cfg.Bus.Shut(ctx)
	}
}

// opening notes when commands began to come.
func (p *Pair) opening(now time.Time) { p.opened.CompareAndSwap(0, now.UnixNano()) }

// settlingTime is how long after that agents may still be on their way here.
const settlingTime = 5 * time.Second

// Settling implements [Membership].
func (p *Pair) Settling() bool {
	at := p.opened.Load()
	return at != 0 && time.Since(time.Unix(0, at)) < settlingTime
}

// otherIsAble reports whether a living peer has a Finesse.
func otherIsAble(st connectorsync.Status) bool {
	for _, peer := range st.Peers {
		if peer.Up && !peer.Unable {
			return true
		}
	}
	return false
}

// LinkUp implements [Membership].
func (p *Pair) LinkUp() {
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
		s.LinkDown()
		return s.LinkUp(now)
	})
}

// LinkDown implements [Membership]. It shuts the gate, too, without waiting for a
// consumer that is gone: on the next broker this node might be the first, and must
// not take commands that are a better peer's.
func (p *Pair) LinkDown() {
	p.opened.Store(0)
	now, cancel := context.WithCancel(context.Background())
	cancel()
	p.do(func(s *connectorsync.State, _ time.Time) []connectorsync.Effect {
		s.LinkDown()
		p.cfg.Bus.Shut(now)
		return nil
	})
}

// Status implements [Membership].
func (p *Pair) Status() *connectorsync.Status {
	st := read(p, (*connectorsync.State).Status)
	return &st
}

// Drain implements [Membership]: no more commands, then what is under way is
// finished, then the peers take over one by one. Without a peer it does not wait
// for one.
func (p *Pair) Drain(ctx context.Context, idle func() bool) {
	pass := func() { p.do((*connectorsync.State).Tick) }
	until(ctx, idle, pass)
	p.cfg.Bus.Shut(ctx)
	p.do((*connectorsync.State).Drain)
	until(ctx, func() bool { st := p.Status(); return st.Held+st.Yielding == 0 || !otherIsAble(*st) }, pass)
	p.do((*connectorsync.State).Leave)
}
