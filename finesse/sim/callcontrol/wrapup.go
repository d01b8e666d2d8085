package callcontrol

// wrapUpOver ends a wrap-up by its timer.
type wrapUpOver struct{ agent, dialog string }

func (c wrapUpOver) apply(e *Engine) error {
	if a := e.agents[c.agent]; a.wrap != nil && a.wrap.id == c.dialog {
		e.endWrapUp(a)
	}
	return nil
}

// wrapsUp reports whether a wraps up when p leaves its call.
func (e *Engine) wrapsUp(p *party) bool {
	a := p.agent
	if a == nil || !p.spoke() || len(a.live()) > 1 || a.pending != nil && a.pending.state == Logout {
		return false
	}
	rule := a.profile.WrapUpOutgoing
	if p.incoming {
		rule = a.profile.WrapUpIncoming
		if !p.routed {
			return false
		}
	}
	switch rule {
	case WrapUpRequired, WrapUpRequiredData:
		return true
	case WrapUpOptional:
		return a.pending != nil && (a.pending.state == Work || a.pending.state == WorkReady)
	}
	return false
}

// askForWrapUp is a request for WORK or WORK_READY. Nobody can be put there
// directly; during a call of CCE with optional wrap-up it is noted for later.
func (e *Engine) askForWrapUp(a *agent, s State) *Failure {
	onCall := a.shown == Talking || a.shown == Hold
	if e.cfg.Flavor != CCE || !onCall || a.profile.WrapUpIncoming != WrapUpOptional {
		return new(invalidState())
	}
	a.pending = &base{state: s, reasonID: noReason}
	e.userEvent(a)
	return nil
}

// depart moves p out of its call, into wrap-up if that is due.
func (e *Engine) depart(d *dialog, p *party) {
	if !e.wrapsUp(p) {
		e.move(p, Dropped)
		return
	}
	e.move(p, WrapUp)
	a := p.agent
	a.wrap = d
	if a.profile.WrapUpTime > 0 {
		e.after(a.profile.WrapUpTime, wrapUpOver{a.profile.ID, d.id})
	}
}

// endWrapUp shows the next state and takes the dialog away.
func (e *Engine) endWrapUp(a *agent) {
	d := a.wrap
	a.wrap = nil
	p := d.of(a)
	e.move(p, Dropped)
	d.closeIfEmpty()
	e.settle(a)
	e.remove(a, d)
	if len(d.others(p)) > 0 {
		d.drop(p)
		e.put(d)
	}
}

// closeIfEmpty drops the dialog when no party is left in it or in wrap-up.
func (d *dialog) closeIfEmpty() {
	for _, p := range d.parties {
		if p.state != Dropped {
			return
		}
	}
	d.state = Dropped
}
