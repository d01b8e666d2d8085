package callcontrol

// PresenceLost says that an agent's last XMPP session went away. If it does not come
// back within the grace the agent is forced out.
type PresenceLost struct{ Agent string }

// PresenceBack says that an agent is connected again.
type PresenceBack struct{ Agent string }

type presenceGone struct {
	agent  string
	absent int
}

func (c PresenceLost) apply(e *Engine) error {
	if a, ok := e.agents[c.Agent]; ok {
		a.absent++
		e.after(e.cfg.PresenceGrace, presenceGone{c.Agent, a.absent})
	}
	return nil
}

func (c PresenceBack) apply(e *Engine) error {
	if a, ok := e.agents[c.Agent]; ok {
		a.absent++
	}
	return nil
}

// apply forces the agent out. CCX: out, after the call if there is one. CCE
// with LOAD: out, even of a call. CCE without: NOT_READY, after the call.
func (c presenceGone) apply(e *Engine) error {
	a := e.agents[c.agent]
	if a.absent != c.absent || !a.signedIn() {
		return nil
	}
	want := e.system(Logout, sysLostLogout)
	if e.cfg.Flavor == CCE && !e.cfg.LogoutOnDisconnect {
		want = e.system(NotReady, sysLostNotReady)
	}
	if e.cfg.Flavor == CCE && e.cfg.LogoutOnDisconnect {
		for _, p := range a.live() {
			d := e.dialogOf(p)
			e.leave(d, p)
		}
	}
	switch {
	case len(a.live()) > 0:
		a.pending = &want
		e.userEvent(a)
	case a.wrap != nil:
		a.pending = &want
		e.endWrapUp(a)
	default:
		e.setBase(a, want)
	}
	return nil
}

func (e *Engine) dialogOf(p *party) *dialog {
	for _, d := range p.agent.calls {
		if d.of(p.agent) == p {
			return d
		}
	}
	return nil
}
