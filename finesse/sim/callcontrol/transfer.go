package callcontrol

import "slices"

// genericError is a refusal in words.
func genericError(message, data string) *Failure {
	return &Failure{Type: "Generic Error", Message: message, Data: data}
}

// consult holds the call and dials a second one that points to it.
func (e *Engine) consult(d *dialog, p *party, c Act) *Failure {
	if _, held := p.agent.in(Held, d); held != nil {
		return new(invalidAction(c.Action, c.Target))
	}
	e.move(p, Held)
	e.put(d)
	e.settle(p.agent)
	e.dial(p.agent, c.To, d.id, nil)
	return nil
}

// transfer joins the parties of the consult call into the held one, without
// the agent who asks. The target sees the consult end and the surviving call
// come, under its id.
func (e *Engine) transfer(d *dialog, p *party, _ Act) *Failure {
	a := p.agent
	consult, _ := a.in(Active, d)
	p.cause = "OTHER"
	e.move(p, Dropped)
	e.became(d, "TRANSFER")
	d.secondary = consult.id
	joined := e.merge(d, consult, p)
	e.remove(a, d)
	e.endMerged(consult, a)
	for _, q := range joined {
		if q.agent != nil {
			e.post(q.agent, d)
		}
	}
	d.drop(p)
	e.put(d)
	e.settleAll(a, joined)
	e.forgetUnseen(d)
	return nil
}

// conference joins the parties of the consult call into the held one and
// keeps the agent who asks, who controls it from now on.
func (e *Engine) conference(d *dialog, p *party, c Act) *Failure {
	if d.controller != "" && d.controller != p.address {
		if e.cfg.Flavor == CCX {
			return new(invalidState())
		}
		return genericError("ConferenceCallCommand: the agent is not the controller of the conference", "20999")
	}
	a := p.agent
	consult, _ := a.in(Active, d)
	d.controller = p.address
	e.became(d, "CONFERENCE")
	d.secondary = consult.id
	joined := e.merge(d, consult, p)
	e.move(p, Active)
	e.endMerged(consult, a)
	for _, q := range joined {
		if q.agent != nil {
			e.post(q.agent, d)
		}
	}
	e.put(d)
	e.settleAll(a, joined)
	return nil
}

// merge copies the consult's other parties into d.
func (e *Engine) merge(d, consult *dialog, p *party) []*party {
	var joined []*party
	for _, q := range consult.others(consult.of(p.agent)) {
		x := e.join(d, q.address, q.agent, q.state)
		x.incoming, x.routed, x.cause = q.incoming, q.routed, q.cause
		joined = append(joined, x)
	}
	return joined
}

// endMerged ends the consult for everybody in it, the asker first.
func (e *Engine) endMerged(consult *dialog, a *agent) {
	for _, q := range consult.parties {
		e.move(q, Dropped)
	}
	consult.state = Dropped
	e.remove(a, consult)
	for _, q := range slices.Clone(consult.parties) {
		if q.agent != nil && q.agent != a {
			e.remove(q.agent, consult)
		}
	}
}

func (e *Engine) settleAll(a *agent, joined []*party) {
	e.settle(a)
	for _, q := range joined {
		if q.agent != nil {
			e.settle(q.agent)
		}
	}
}

// forgetUnseen ends a call that only outsiders are left in.
func (e *Engine) forgetUnseen(d *dialog) {
	if !slices.ContainsFunc(d.parties, func(p *party) bool { return p.sees }) {
		delete(e.dialogs, d.id)
	}
}

// transferSST is the blind transfer: for a moment the target sees a consult,
// then the call itself, ringing, under the call's own id.
func (e *Engine) transferSST(d *dialog, p *party, c Act) *Failure {
	a, b := p.agent, e.byExt[c.To]
	if c.To == a.ext || d.at(c.To) != nil {
		return new(invalidAction(c.Action, c.Target))
	}
	rule := NumberRule{Behaviour: Rings}
	if b == nil {
		rule = e.numberRule(c.To)
	}
	if b != nil && b.busy() || rule.Behaviour == Busy {
		return &Failure{Type: "Call Operation Failure", Message: "CF_RESOURCE_BUSY", Data: "33"}
	}
	if rule.Behaviour == BadDestination {
		return &Failure{Type: "Call Operation Failure", Message: "CF_INVALID_DESTINATION", Data: "14"}
	}
	e.put(d)     // the request is taken ...
	e.reqBy = "" // ... and what follows carries no requestId
	e.move(p, Held)
	e.put(d)
	e.settle(a)
	var consult *dialog
	if b != nil {
		consult = e.newDialog(a.ext, c.To, inboundType(e.cfg.Flavor, true))
		consult.associated, consult.state = d.id, Alerting
		q := e.join(consult, b.ext, b, Alerting)
		q.incoming = true
		e.join(consult, a.ext, nil, Initiated)
		e.reveal(b, consult)
	}
	p.cause = "OTHER"
	e.move(p, Dropped)
	e.became(d, "TRANSFER")
	q := e.join(d, c.To, b, Alerting)
	q.incoming = true
	if b != nil {
		d.secondary = consult.id
		e.post(b, d)
		for _, x := range consult.parties {
			e.move(x, Dropped)
		}
		consult.state, consult.callType = Dropped, "TRANSFER"
		e.remove(b, consult)
	}
	e.remove(a, d)
	d.drop(p)
	e.put(d)
	e.settle(a)
	if b != nil {
		e.settle(b)
	}
	if rule.Behaviour == Answers {
		e.after(rule.After, farEndAnswers{d.id, c.To})
	}
	e.forgetUnseen(d)
	return nil
}
