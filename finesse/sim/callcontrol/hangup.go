package callcontrol

import "slices"

func (c HangUp) apply(e *Engine) error {
	d, ok := e.dialogs[c.Dialog]
	if !ok {
		return notFound("no dialog %s", c.Dialog)
	}
	p := d.at(c.Address)
	if c.Address == "" {
		p = d.outside()
	}
	if p == nil {
		return notFound("%q is no party of dialog %s", c.Address, c.Dialog)
	}
	if !p.live() {
		return refuse("%s has left dialog %s", p.address, c.Dialog)
	}
	e.leave(d, p)
	return nil
}

// outside is the first live party beyond the contact centre, else the first
// live one.
func (d *dialog) outside() *party {
	var first *party
	for _, p := range d.parties {
		if !p.live() {
			continue
		}
		if p.agent == nil {
			return p
		}
		if first == nil {
			first = p
		}
	}
	return first
}

func (c ringTimeout) apply(e *Engine) error {
	d := e.dialogs[c.dialog]
	if d == nil {
		return nil
	}
	if p := d.at(c.address); p != nil && p.state == Alerting {
		a := p.agent
		if a.pending == nil {
			a.base = e.system(NotReady, sysNoAnswer)
		}
		if d.waitsIn != nil {
			e.requeue(d, p)
			return nil
		}
		e.leave(d, p)
	}
	return nil
}

// leave takes p out of the call and ends the call when too few are left.
func (e *Engine) leave(d *dialog, p *party) {
	rest := d.others(p)
	agentLeft := slices.ContainsFunc(rest, func(q *party) bool { return q.agent != nil && q.state != Alerting })
	switch {
	case d.kind == monitoring:
		e.endMonitor(d)
	case d.kind == reservation:
		e.release(d)
	case !d.answered():
		e.abandon(d)
	case len(rest) >= 2 && agentLeft:
		e.goOn(d, p)
	default:
		e.clear(d, p)
	}
}

// abandon ends a call that nobody answered. An agent whose phone rang gets
// the DELETE alone, with the dialog's and the caller's states as they were.
func (e *Engine) abandon(d *dialog) {
	d.leaveQueue()
	for _, q := range slices.Clone(d.parties) {
		if q.agent != nil && q.state == Alerting {
			e.move(q, Dropped)
			e.remove(q.agent, d)
			e.settle(q.agent)
		}
	}
	for _, q := range slices.Clone(d.parties) {
		if q.agent == nil || !q.live() {
			e.move(q, Dropped)
			continue
		}
		undialled := q.state == Initiating
		e.move(q, Dropped)
		if !undialled {
			for _, x := range d.parties {
				e.move(x, Dropped)
			}
			d.state = Dropped
			e.put(d)
		}
		e.settle(q.agent)
		e.remove(q.agent, d)
	}
	delete(e.dialogs, d.id)
}

// goOn lets p leave while the others stay: a conference gets smaller.
func (e *Engine) goOn(d *dialog, p *party) {
	ringing := p.state == Alerting
	e.depart(d, p)
	if !ringing {
		e.put(d)
	}
	if a := p.agent; a != nil {
		e.settle(a)
		if p.state == WrapUp {
			return
		}
		e.remove(a, d)
	}
	d.drop(p)
	e.put(d)
}

// clear ends a connected call: p first, then everybody.
func (e *Engine) clear(d *dialog, first *party) {
	e.depart(d, first)
	e.put(d)
	rest := d.others(first)
	for _, q := range rest {
		if q.state == Alerting && q.agent != nil { // a transfer target that never answered
			e.move(q, Dropped)
			e.remove(q.agent, d)
			e.settle(q.agent)
			continue
		}
		e.depart(d, q)
	}
	d.closeIfEmpty()
	if len(rest) > 0 {
		e.put(d)
	}
	for _, q := range slices.Clone(d.parties) {
		if q.agent == nil || !q.sees {
			continue
		}
		e.settle(q.agent)
		if q.state == Dropped {
			e.remove(q.agent, d)
		}
	}
}
