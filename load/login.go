package load

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gcbridge/protocol"
)

// loginReady connects all agents at once and logs them in; each who is told so is
// made ready. The time of an agent is from their Connect until they are ready.
func loginReady(ctx context.Context, p *player) error {
	const whole, login, ready = "login and ready", "login", "ready"
	p.begin(LoginReady, len(p.cfg.Agents), whole, login, ready)
	defer p.end(ctx)
	toReady := map[string]string{} // correlation id of MakeReady by agent
	p.locked(func() {
		p.hear = func(e event) {
			m := p.fleet.byID[e.Agent]
			switch {
			case e.Code == codeInfo && p.book.Arrived(login+" "+e.Agent, e.At):
				corr := p.do(ready, ready+" "+e.Agent, m, protocol.MakeReady, "")
				toReady[e.Agent] = corr
				p.book.Expect(whole, whole+" "+e.Agent, e.At, corr)
			case e.Code == codeState && e.State == stateReady && e.Corr == toReady[e.Agent]:
				p.book.Arrived(ready+" "+e.Agent, e.At)
				p.book.Arrived(whole+" "+e.Agent, e.At)
			}
		}
	})
	for _, m := range p.fleet.members {
		p.locked(func() {
			now, connect := time.Now(), p.fleet.corr()
			p.book.Expect(login, login+" "+m.ID, now, connect)
			p.connect(m, connect)
			p.book.Expect(whole, whole+" "+m.ID, now, connect, p.do(login, login+" "+m.ID, m, protocol.Login, m.Password.Reveal()+","+m.Extension))
		})
	}
	return p.settle(ctx, nil)
}

// connect binds an agent to their destination.
func (p *player) connect(m *member, corr string) {
	p.fleet.send(m, protocol.Connect, m.destination+","+m.Password.Reveal(), corr)
}

// rehearse logs the first agent in and out before anybody else is tried: a wrong
// password, or a Finesse that is not the one it was taken for, costs one attempt
// and not one for each agent.
func rehearse(ctx context.Context, p *player) error {
	const in, out = "login", "logout"
	m := p.fleet.members[0]
	p.begin("rehearsal", 1, out, in)
	p.locked(func() {
		p.hear = func(e event) {
			switch {
			case e.Code == codeInfo && e.Agent == m.ID:
				p.book.Arrived(in, e.At)
			case e.Code == codeState && e.Agent == m.ID && e.State == stateLogout:
				p.book.Arrived(out, e.At)
			}
		}
		corr := p.fleet.corr()
		p.book.Expect(in, in, time.Now(), corr)
		p.connect(m, corr)
		p.do(in, in, m, protocol.Login, m.Password.Reveal()+","+m.Extension)
	})
	err := p.settle(ctx, nil)
	inside := false
	p.locked(func() { inside = p.book.Errors() == 0 && p.book.Open() == 0 })
	if err == nil && inside {
		if p.cfg.Known != nil {
			err = p.cfg.Known(ctx, m.ID)
		}
		p.locked(func() { p.do(out, out, m, protocol.Logout, "") })
		err = errors.Join(err, p.settle(ctx, nil))
	}
	r := p.close()
	if err == nil && !r.Clean() {
		err = fmt.Errorf("the first agent, %s, does not come in and out, so nobody else was tried: %s: %w", m.ID, strings.Join(r.Faults, "; "), ErrMissing)
	}
	return err
}

// The states of an agent that a load asks for, or waits for.
const (
	stateReady    = "READY"
	stateNotReady = "NOT_READY"
	stateLogout   = "LOGOUT"
)

// leaveTime is how long the end of a load takes at most.
const leaveTime = 10 * time.Second

// leave logs out who is logged in, so that the load leaves nobody behind. It does
// so even if ctx has ended, and is content with what it can do in [leaveTime].
func (p *player) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTime)
	defer cancel()
	p.begin("leave", len(p.in), "logout")
	p.locked(func() {
		p.hear = func(e event) {
			if e.Code == codeState && e.State == stateLogout {
				p.book.Arrived(e.Agent, e.At)
			}
		}
		for _, m := range p.fleet.members {
			if p.in[m.ID] {
				p.fleet.send(m, protocol.MakeNotReady, "", p.fleet.corr())
				p.do("logout", m.ID, m, protocol.Logout, "")
			}
		}
	})
	if err := p.settle(ctx, nil); err != nil {
		p.cfg.Log.Warn().Err(err).Msg("not all agents are logged out")
	}
	p.close()
}
