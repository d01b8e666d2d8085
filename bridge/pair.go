package bridge

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/session"
	"gcbridge/connectorsync"
	"gcbridge/protocol"
)

// pair is this node's part in a pair: it feeds the state of connectorsync with
// what happens here and carries out what follows. Its methods may be called
// from any goroutine and do not block.
type pair struct {
	w     *Worker
	codec *connectorsync.Codec
	topic broker.Destination
	beat  time.Duration

	opened atomic.Int64 // when the gate was opened, Unix nanoseconds; 0: it is shut

	mu    sync.Mutex // held while the state is used and its effects are carried out
	state *connectorsync.State
}

// newPair is nil where the configuration asks for none: with neither key nor
// plaintext, or with no topic, a node runs alone.
func newPair(w *Worker) (*pair, error) {
	c := w.cfg
	if c.SyncTopic == "" || (c.SyncKey.IsZero() && !c.SyncPlaintext) {
		return nil, nil //nolint:nilnil // no pair is no error
	}
	p := &pair{w: w, beat: c.SyncTimeout / 3}
	var err error
	if p.codec, err = connectorsync.NewCodec(c.SyncKey, c.SyncPlaintext); err != nil {
		return nil, fmt.Errorf("bridge: GC_SYNC_KEY: %w", err)
	}
	if p.topic, err = broker.Topic(c.SyncTopic); err != nil {
		return nil, fmt.Errorf("bridge: GC_SYNC_TOPIC: %w", err)
	}
	p.state, err = connectorsync.New(connectorsync.Config{
		Node: c.NodeID, Boot: connectorsync.Millis(w.epoch), Priority: c.ConsumerPriority, Failback: c.Failback,
		Timeout: c.SyncTimeout, Heartbeat: p.beat, Interval: c.SyncInterval,
	})
	return p, err
}

// subscribe makes the link hear the topic; the broker filters our own messages.
// Only an original connector sends without gcNode.
func (p *pair) subscribe() error {
	selector := "gcNode <> '" + p.w.cfg.NodeID + "'"
	if p.w.cfg.SyncPlaintext {
		selector = "gcNode IS NULL OR " + selector
	}
	return p.w.link.Subscribe(broker.Subscription{From: p.topic, AutoAck: true, Handle: p.receive, Selector: selector})
}

// receive takes in a message of the topic.
func (p *pair) receive(d *broker.Delivery) {
	m, err := p.codec.Decode(string(d.Body), d.Properties["gcNode"])
	if err != nil {
		p.w.observe.count("sync_refused_" + string(refusalReason(err)))
		p.w.log.Debug().Err(err).Msg("message of the pair refused")
		return
	}
	p.w.log.Debug().Str("kind", string(m.Body.Kind())).Str("from", m.Node).Uint64("seq", m.Seq).Int64("sent", int64(m.At)).Msg("message of the pair")
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
func (p *pair) do(f func(s *connectorsync.State, now time.Time) []connectorsync.Effect) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range f(p.state, time.Now()) {
		p.carryOut(e, nil)
	}
}

// carryOut does what an effect says; sent is told when the broker has a message.
func (p *pair) carryOut(e connectorsync.Effect, sent func(error)) {
	switch e := e.(type) {
	case connectorsync.Send:
		p.send(e.Message, sent)
	case connectorsync.TakeOver:
		p.w.observe.count("take_overs_" + string(e.Why))
		p.w.log.Info().Str("agent", e.Agent).Str("from", e.From).Str("why", string(e.Why)).Msg("taking an agent over")
		p.w.takeOver(e)
	case connectorsync.LetGo:
		p.w.observe.count("let_go")
		if s := p.w.agents.session(e.Agent); s != nil {
			s.LetGo()
			return
		}
		for _, e := range p.state.Yielded(e.Agent, time.Now()) {
			p.carryOut(e, nil)
		}
	case connectorsync.Handed:
		if s := p.w.agents.session(e.Agent); s != nil {
			s.Handed(e.Busy)
		}
	case connectorsync.PeerUp:
		p.w.log.Info().Str("peer", e.Node).Bool("restarted", e.Restarted).Msg("peer is up")
	case connectorsync.PeerDown:
		p.w.observe.count("peers_lost")
		p.w.log.Warn().Str("peer", e.Node).Str("why", string(e.Why)).Msg("peer is down")
	case connectorsync.Renew:
		p.w.observe.count("links_renewed")
		p.w.log.Warn().Str("peer", e.Node).Msg("peer broke off in the middle of its answer, connecting anew")
		p.w.link.Renew()
	case connectorsync.Ignored:
		p.w.observe.count("sync_ignored_" + string(e.Reason))
		p.w.log.Debug().Str("kind", string(e.Kind)).Str("from", e.Node).Str("reason", string(e.Reason)).Msg("message of the pair ignored")
	}
}

func (p *pair) send(m connectorsync.Message, sent func(error)) {
	body, err := p.codec.Encode(m, rand.Reader)
	if err == nil {
		err = p.w.link.Publish(broker.Message{
			To: p.topic, Body: body, TTL: p.w.cfg.OutputTTL, Properties: map[string]string{"gcNode": p.w.cfg.NodeID},
		}, sent)
	}
	if err != nil {
		p.w.observe.count("sync_lost")
		p.w.log.Warn().Err(err).Msg("message to the pair lost")
		if sent != nil {
			sent(err)
		}
	}
}

// run lets time pass and keeps the gate: commands are consumed when the peers
// have been heard, and not while only a peer has a Finesse.
func (p *pair) run(ctx context.Context) {
	tick := time.NewTicker(p.beat / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		able := p.w.servers.Current() != nil
		var open bool
		p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
			out := append(s.Able(able, now), s.Tick(now)...)
			if open = s.Ready(now) && (able || !otherIsAble(s.Status(now))); open {
				p.opening(now)
				p.w.link.Open()
			}
			return out
		})
		if !open && !able {
			p.opened.Store(0)
			p.w.link.Shut(ctx)
		}
	}
}

// opening notes when the gate began to be open.
func (p *pair) opening(now time.Time) { p.opened.CompareAndSwap(0, now.UnixNano()) }

// justOpened reports whether this node began to consume a moment ago.
func (p *pair) justOpened() bool {
	at := p.opened.Load()
	return at != 0 && time.Since(time.Unix(0, at)) < newcomerTime
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

func (p *pair) linkUp() {
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
		s.LinkDown()
		return s.LinkUp(now)
	})
}

// linkDown also shuts the gate, without waiting for a consumer that is gone: on
// the next broker this node might be the first, and must not take commands that
// are a better peer's.
func (p *pair) linkDown() {
	p.opened.Store(0)
	now, cancel := context.WithCancel(context.Background())
	cancel()
	p.do(func(s *connectorsync.State, _ time.Time) []connectorsync.Effect {
		s.LinkDown()
		p.w.link.Shut(now)
		return nil
	})
}

// held implements session.Deps.Held.
func (p *pair) held(agent string, h session.Holding) {
	c := connectorsync.Context{
		Password: h.Password, Bearer: h.Bearer, Extension: h.Extension, Destination: h.Binding.Destination, Leaving: h.Leaving,
		Format: string(h.Binding.Dialect.Format), Teams: h.Teams, LoggedIn: h.LoggedIn,
	}
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Taken(agent, c, now) })
}

// lost implements session.Deps.Lost.
func (p *pair) lost(agent string) {
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Gone(agent, now) })
}

// demand moves an agent of another node here because a command for him came
// here; known is false if no node has him.
func (p *pair) demand(agent string) (known bool) {
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
		var out []connectorsync.Effect
		out, known = s.Demand(agent, now)
		return out
	})
	return known
}

// late reports that another node has the agent of r, and that a later command of
// the same producer has begun.
func (p *pair) late(r *session.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Elsewhere(r.Command.ID) && p.state.Overtaken(r.MessageID, r.Command.ID)
}

// yielded implements session.Deps.Yielded. The session may go on for a moment, but
// takes no more commands: others may come to serve the agent here.
func (p *pair) yielded(agent string) {
	if s := p.w.agents.session(agent); s != nil {
		p.w.agents.remove(s)
	}
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Yielded(agent, now) })
}

// lastKnown is the destination an agent had on any node [C5].
func (p *pair) lastKnown(agent string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Destination(agent)
}

// errNotSecured: the intent of a command did not reach the broker.
var errNotSecured = errors.New("bridge: the command could not be secured against running twice")

// begin implements session.Deps.Begin.
func (p *pair) begin(ctx context.Context, r *session.Request) error {
	if r.Command.Row.Once {
		return p.intend(ctx, r)
	}
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
		return s.Begin(r.MessageID, r.Command.ID, now)
	})
	return nil
}

// overtaken implements session.Deps.Overtaken.
func (p *pair) overtaken(r *session.Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Overtaken(r.MessageID, r.Command.ID)
}

// intend makes the intent of a command known, and returns when the broker has it.
func (p *pair) intend(ctx context.Context, r *session.Request) error {
	sent := make(chan error, 1)
	p.mu.Lock()
	effects := p.state.Intend(r.MessageID, r.Command.ID, string(r.Command.Word), time.Now())
	for _, e := range effects {
		p.carryOut(e, func(err error) { sent <- err })
	}
	p.mu.Unlock()
	if len(effects) == 0 {
		return errNotSecured // the link is down: the broker will deliver the command again
	}
	select {
	case err := <-sent:
		if err != nil {
			return fmt.Errorf("%w: %w", errNotSecured, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errNotSecured, ctx.Err())
	}
}

// intended implements session.Deps.Intended.
func (p *pair) intended(messageID string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.state.Intended(messageID, time.Now())
	return ok
}

// status is the pair as of now.
func (p *pair) status() connectorsync.Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Status(time.Now())
}

// drainTime bounds how long a leaving node waits for its peers to take its agents.
const drainTime = 5 * time.Second

// drain hands the agents to the peers: no more commands, then what is under way
// is finished, then the peers take over one by one. Without a peer it returns
// at once.
func (p *pair) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	p.until(ctx, func() bool { return p.w.seen.running() == 0 })
	p.w.link.Shut(ctx)
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Drain(now) })
	p.until(ctx, func() bool { st := p.status(); return st.Held+st.Yielding == 0 || !otherIsAble(st) })
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Leave(now) })
}

// until polls cond while ctx lasts, letting the state's time pass.
func (p *pair) until(ctx context.Context, cond func() bool) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.do((*connectorsync.State).Tick)
		}
	}
}

// takeOver starts the successor of an agent's session on another node.
func (w *Worker) takeOver(e connectorsync.TakeOver) {
	h := session.Holding{
		Password: e.Context.Password, Bearer: e.Context.Bearer, Extension: e.Context.Extension,
		Teams: e.Context.Teams, LoggedIn: e.Context.LoggedIn, Leaving: e.Context.Leaving, Yields: e.Yields,
	}
	if dest, err := broker.ParseReplyTo(e.Context.Destination); err == nil && e.Complete {
		b := bound{dest: dest, dialect: w.dialect, seen: time.Now()}
		if d, err := w.dialect.WithFormat(protocol.Format(e.Context.Format)); err == nil {
			b.dialect = d
		}
		w.agents.bind(b)
		h.Binding = session.Binding{Destination: dest.String(), Dialect: b.dialect}
	}
	s := session.Successor(e.Agent, w.sessionDeps(), h)
	if old, added := w.agents.add(s); !added {
		// What is left of an earlier session here makes way.
		old.LetGo()
		w.running.Go(func() {
			<-old.Done()
			w.agents.remove(old)
			if _, added := w.agents.add(s); added {
				w.spawn(s)
			}
		})
		return
	}
	w.spawn(s)
}
