package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"gcbridge/bridge/session"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/connectorsync"
	"gcbridge/protocol"
)

// carryOut does what an effect says; sent is told when the broker has a message.
// The caller holds the lock.
func (p *Pair) carryOut(e connectorsync.Effect, sent func(error)) {
	switch e := e.(type) {
	case connectorsync.Send:
		p.send(e.Message, sent)
	case connectorsync.TakeOver:
		p.takeOver(e)
	case connectorsync.LetGo:
		p.letGo(e)
	case connectorsync.Handed:
		p.cfg.Sessions.Handed(e.Agent, e.Busy)
	case connectorsync.PeerUp:
		p.cfg.Log.Info().Str("peer", e.Node).Bool("restarted", e.Restarted).Msg("peer is up")
	case connectorsync.PeerDown:
		p.cfg.Telemetry.Count(telemetry.PeersLost)
		p.cfg.Log.Warn().Str("peer", e.Node).Str("why", string(e.Why)).Msg("peer is down")
	case connectorsync.Renew:
		p.cfg.Telemetry.Count(telemetry.LinksRenewed)
		p.cfg.Log.Warn().Str("peer", e.Node).Msg("peer broke off in the middle of its answer, connecting anew")
		p.cfg.Bus.Renew()
	case connectorsync.Remember:
		p.remember(e.Body, sent)
	case connectorsync.Ignored:
		p.cfg.Telemetry.CountBy(telemetry.SyncIgnored, string(e.Reason))
		p.cfg.Log.Debug().Str("kind", string(e.Kind)).Str("from", e.Node).Str("reason", string(e.Reason)).Msg("message of the pair ignored")
	}
}

func (p *Pair) send(m connectorsync.Message, sent func(error)) {
	done := func(err error) {
		if err != nil {
			p.cfg.Telemetry.Count(telemetry.SyncLost)
			p.cfg.Log.Debug().Err(err).Msg("message to the pair lost")
		}
		if sent != nil {
			sent(err)
		}
	}
	body, err := p.codec.Encode(m, rand.Reader)
	if err != nil {
		done(err)
		return
	}
	p.cfg.Bus.Tell(body, done)
}

func (p *Pair) takeOver(e connectorsync.TakeOver) {
	p.cfg.Telemetry.CountBy(telemetry.TakeOvers, string(e.Why))
	p.cfg.Log.Info().Str("agent", e.Agent).Str("from", e.From).Str("why", string(e.Why)).Msg("taking an agent over")
	p.cfg.Sessions.TakeOver(e.Agent, p.holding(e))
}

// holding is what another node told of an agent.
func (p *Pair) holding(e connectorsync.TakeOver) session.Holding {
	h := session.Holding{
		Password: e.Context.Password, Bearer: e.Context.Bearer, Token: grant(e.Context), Extension: e.Context.Extension,
		Teams: e.Context.Teams, LoggedIn: e.Context.LoggedIn, Leaving: e.Context.Leaving, Yields: e.Yields,
	}
	to, err := p.cfg.Stored(e.Context.Destination)
	if err != nil || !e.Complete {
		return h
	}
	h.Binding = wire.Binding{To: to, Dialect: p.cfg.Dialect}
	if d, err := p.cfg.Dialect.WithFormat(protocol.Format(e.Context.Format)); err == nil {
		h.Binding.Dialect = d
	}
	p.cfg.Book.Bind(h.Binding)
	return h
}

// token is what the other nodes are told of an access token.
func token(g session.Grant) connectorsync.Token {
	t := connectorsync.Token{Refresh: g.Refresh, Password: g.Password, Shown: g.Shown}
	if g.Known() {
		t.Issued, t.Expires = connectorsync.MillisOf(g.Issued), connectorsync.MillisOf(g.Expires)
	}
	return t
}

// grant is what another node told of an access token.
func grant(c connectorsync.Context) session.Grant {
	if !c.Bearer {
		return session.Grant{}
	}
	g := session.Grant{Access: c.Password, Refresh: c.Token.Refresh, Password: c.Token.Password, Shown: c.Token.Shown}
	if c.Token.Expires > 0 {
		g.Issued, g.Expires = c.Token.Issued.Time(), c.Token.Expires.Time()
	}
	return g
}

func (p *Pair) letGo(e connectorsync.LetGo) {
	p.cfg.Telemetry.Count(telemetry.LetGo)
	if p.cfg.Sessions.LetGo(e.Agent) {
		return
	}
	for _, e := range p.state.Yielded(e.Agent, time.Now()) {
		p.carryOut(e, nil)
	}
}

// Held implements [session.Membership].
func (p *Pair) Held(agent string, h session.Holding) {
	c := connectorsync.Context{
		Password: h.Password, Bearer: h.Bearer, Token: token(h.Token), Extension: h.Extension, Leaving: h.Leaving,
		Format: string(h.Binding.Dialect.Format), Teams: h.Teams, LoggedIn: h.LoggedIn,
	}
	if h.Binding.Bound() {
		c.Destination = h.Binding.To.String()
	}
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Taken(agent, c, now) })
}

// Lost implements [session.Membership].
func (p *Pair) Lost(agent string) {
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Gone(agent, now) })
}

// Yielded implements [session.Membership].
func (p *Pair) Yielded(agent string) {
	p.cfg.Sessions.Retire(agent)
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect { return s.Yielded(agent, now) })
}

// Locate implements [Membership].
func (p *Pair) Locate(agent string) (elsewhere bool, address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.Elsewhere(agent), p.state.Destination(agent)
}

// Fetch implements [Membership].
func (p *Pair) Fetch(agent string) (known bool) {
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
		var out []connectorsync.Effect
		out, known = s.Demand(agent, now)
		return out
	})
	return known
}

// Overtaken implements [session.Membership].
func (p *Pair) Overtaken(messageID, agent string) bool {
	return read(p, func(s *connectorsync.State, _ time.Time) bool { return s.Overtaken(messageID, agent) })
}

// Intended implements [session.Membership].
func (p *Pair) Intended(messageID string) bool {
	return read(p, func(s *connectorsync.State, now time.Time) bool {
		_, ok := s.Intended(messageID, now)
		return ok
	})
}

// errNotSecured: the intent of a command did not reach the broker.
var errNotSecured = errors.New("cluster: the command could not be secured against running twice")

// Begin implements [session.Membership].
func (p *Pair) Begin(ctx context.Context, r *session.Request) error {
	if r.Command.Row.Once {
		return p.intend(ctx, r)
	}
	p.do(func(s *connectorsync.State, now time.Time) []connectorsync.Effect {
		return s.Begin(r.MessageID, r.Command.ID, now)
	})
	return nil
}

// intend makes the intent of a command known, and returns when the broker has it,
// for the other nodes and in the memory. Without the memory it goes on.
func (p *Pair) intend(ctx context.Context, r *session.Request) error {
	sent, kept := make(chan error, 1), make(chan error, 1)
	begun := time.Now()
	p.mu.Lock()
	effects := p.state.Intend(r.MessageID, r.Command.ID, string(r.Command.Word), begun)
	waits := false
	for _, e := range effects {
		to := sent
		if _, ok := e.(connectorsync.Remember); ok {
			to, waits = kept, p.memory.health.works()
		}
		p.carryOut(e, func(err error) { to <- err })
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
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errNotSecured, ctx.Err())
	}
	if waits {
		p.memory.await(ctx, kept, begun.Add(keptWithin))
	}
	return nil
}
