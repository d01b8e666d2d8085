package callcontrol

import "path"

// Inbound is a caller from outside, or an agent's phone, dialling an agent or,
// from outside, a queue, which gives the call to the agent who is READY for
// longest or lets it wait.
// From the extension of a signed-in agent it is that agent's own call. A
// READY agent gets it as a routed call, any other as a direct one. Errors are
// a *Refusal.
type Inbound struct {
	From, To               string // To: extension or id of a signed-in agent, or a queue's number
	Variables              []Variable
	CallType               string // "": by flavour and routing
	Dialed                 string // "": To
	QueueNumber, QueueName string
}

// HangUp lets the party at Address leave a dialog, as if the phone was put
// down. Errors are a *Refusal.
type HangUp struct{ Dialog, Address string }

// MakeCall is the request of a signed-in agent.
type MakeCall struct {
	Agent, To string
	Variables []Variable
}

type (
	farEndAnswers struct{ dialog, address string }
	ringTimeout   struct{ dialog, address string }
)

func (c Inbound) apply(e *Engine) error {
	to := e.byExt[c.To]
	if a, ok := e.agents[c.To]; to == nil && ok && a.signedIn() {
		to = a
	}
	if from := e.byExt[c.From]; from != nil {
		if from.busy() {
			return refuse("agent %s is busy", from.profile.ID)
		}
		if to == from {
			return refuse("%s calls itself", c.From)
		}
		dest := c.To
		if to != nil {
			dest = to.ext
		}
		e.offHook(from)
		e.dial(from, dest, "", c.Variables)
		return nil
	}
	q := e.queueAt(c.To)
	switch {
	case c.From == "":
		return refuse("a call needs a from")
	case to == nil && q != nil:
		e.enqueue(q, c)
		return nil
	case to == nil:
		return notFound("nobody is signed in at %s", c.To)
	case to.busy():
		return refuse("agent %s is busy", to.profile.ID)
	}
	routed := to.shown == Ready
	kind := c.CallType
	if kind == "" {
		kind = inboundType(e.cfg.Flavor, routed)
	}
	d := e.newDialog(c.From, to.ext, kind)
	if c.Dialed != "" {
		d.to, d.dialed = c.Dialed, c.Dialed
	}
	d.queueNumber, d.queueName = c.QueueNumber, c.QueueName
	d.setVariables(c.Variables)
	d.state = Alerting
	p := e.join(d, to.ext, to, Alerting)
	e.join(d, c.From, nil, Initiated)
	p.incoming, p.routed = true, routed
	e.reveal(p.agent, d)
	if routed {
		e.limitRinging(d, p)
	}
	return nil
}

func (e *Engine) limitRinging(d *dialog, p *party) {
	if e.cfg.RingTimeout > 0 {
		e.after(e.cfg.RingTimeout, ringTimeout{d.id, p.address})
	}
}

func inboundType(f Flavor, routed bool) string {
	switch {
	case !routed:
		return "OTHER_IN"
	case f == CCX:
		return "ACD_IN"
	}
	return "PREROUTE_ACD_IN"
}

// offReady makes a READY agent NOT_READY for the length of a call.
func (e *Engine) offReady(a *agent) {
	was := a.base
	a.restore = &was
	a.base = e.system(NotReady, sysCallFromReady)
}

// offHook prepares an agent's own call: from READY the agent goes NOT_READY first.
func (e *Engine) offHook(a *agent) {
	if a.base.state == Ready && !a.busy() {
		was := a.base
		a.base = e.system(NotReady, sysCallFromReady)
		e.settle(a)
		a.restore = &was
	}
}

func (c MakeCall) apply(e *Engine) error {
	a, ok := e.agents[c.Agent]
	if !ok {
		return notFound("no agent %s", c.Agent)
	}
	if !e.begin(a, false, "") {
		return nil
	}
	for _, p := range a.live() {
		if p.state != Held {
			e.fail(a, invalidState())
			return nil
		}
	}
	switch {
	case !a.signedIn(), a.wrap != nil:
		e.fail(a, invalidState())
		return nil
	case e.cfg.Flavor == CCX && a.shown == Ready:
		e.fail(a, invalidState())
		return nil
	}
	e.offHook(a)
	e.dial(a, c.To, "", c.Variables)
	return nil
}

// dial makes a's call to number, up to the ringing.
func (e *Engine) dial(a *agent, to, associated string, vars []Variable) {
	b := e.byExt[to]
	d := e.newDialog(a.ext, to, e.outgoingType(b, associated != ""))
	d.associated = associated
	d.setVariables(vars)
	p := e.join(d, a.ext, a, Initiating)
	e.reveal(a, d) // off-hook shows before the dialog does
	d.state = Initiated
	e.move(p, Initiated)
	e.put(d)
	e.reach(d, p, to, b)
}

func (e *Engine) outgoingType(to *agent, consult bool) string {
	switch {
	case consult && e.cfg.Flavor == CCX:
		return "CONSULT"
	case to != nil:
		return "AGENT_INSIDE"
	}
	return "OUT"
}

// reach rings the other end of p's call, or fails it.
func (e *Engine) reach(d *dialog, p *party, to string, b *agent) {
	if b != nil {
		if b.busy() {
			e.failCall(d, p, "BUSY")
			return
		}
		q := e.join(d, b.ext, b, Alerting)
		q.incoming = true
		d.state = Alerting
		e.put(d)
		e.reveal(b, d)
		return
	}
	rule := e.numberRule(to)
	switch rule.Behaviour {
	case Busy:
		e.failCall(d, p, "BUSY")
		return
	case BadDestination:
		e.failCall(d, p, "BAD_DESTINATION")
		return
	case Answers:
		e.after(rule.After, farEndAnswers{d.id, to})
	}
	if !e.hidesCustomer(d) {
		e.join(d, to, nil, Alerting)
	}
	d.state = Alerting
	e.put(d)
}

// numberRule is the behaviour of a number without an agent: a known phone
// that nobody sits at, and a queue, ring.
func (e *Engine) numberRule(to string) NumberRule {
	if e.devices[to] || e.queueAt(to) != nil {
		return NumberRule{Behaviour: Rings}
	}
	for _, r := range e.cfg.Numbers {
		if ok, err := path.Match(r.Pattern, to); err == nil && ok {
			return r
		}
	}
	return NumberRule{Behaviour: Answers}
}

func (e *Engine) failCall(d *dialog, p *party, cause string) {
	d.state, p.cause = Failed, cause
	e.move(p, Failed)
	e.put(d)
}

func (c farEndAnswers) apply(e *Engine) error {
	if d := e.dialogs[c.dialog]; d != nil {
		p := d.at(c.address)
		if p == nil && d.state == Alerting && e.hidesCustomer(d) {
			p = e.join(d, c.address, nil, Alerting)
		}
		if p != nil && p.state == Alerting {
			e.connect(d, p)
			e.put(d)
		}
	}
	return nil
}

// connect makes p and those who wait for it ACTIVE.
func (e *Engine) connect(d *dialog, p *party) {
	e.move(p, Active)
	p.reserves = ""
	for _, q := range d.parties {
		if q.state == Initiated || q.state == Initiating {
			e.move(q, Active)
		}
	}
	d.state = Active
}

// answer connects the ringing agent; another active call is held first.
func (e *Engine) answer(d *dialog, p *party) {
	e.holdOthers(p.agent, d)
	e.connect(d, p)
	e.settle(p.agent)
	e.put(d)
}

// holdOthers makes the agent's phone free for d: an active call is held, one that is
// still being dialled is given up, as a phone does.
func (e *Engine) holdOthers(a *agent, d *dialog) {
	for _, s := range []CallState{Initiating, Initiated, Failed} {
		if x, q := a.in(s, d); q != nil {
			e.leave(x, q)
		}
	}
	if x, q := a.in(Active, d); q != nil {
		e.move(q, Held)
		e.put(x)
	}
}

func (e *Engine) hold(d *dialog, p *party) {
	e.move(p, Held)
	e.put(d)
	e.settle(p.agent)
}

func (e *Engine) retrieve(d *dialog, p *party) {
	e.holdOthers(p.agent, d)
	e.move(p, Active)
	e.put(d)
	e.settle(p.agent)
}
