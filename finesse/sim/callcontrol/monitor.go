package callcontrol

import "slices"

// SilentMonitor is a supervisor's request to listen to the agent at To. The
// caller of Apply has checked the right to do so.
type SilentMonitor struct{ Agent, To string }

// Barge is a supervisor's request to join the call that they listen to in the
// dialog Monitor.
type Barge struct{ Agent, To, Monitor string }

const (
	monitorType = "SUPERVISOR_MONITOR"
	bargeType   = "BARGE_IN_CONSULT"
	bargeCause  = "SUPERVISOR_BARGE_IN"
)

// monitorRule is a row of who cannot be listened to: the error type of each
// flavour for an agent in these states without a call in which they speak.
type monitorRule struct {
	states   []State
	cce, ccx string
}

func monitorRules() []monitorRule {
	return []monitorRule{
		{states: []State{Hold, NotReady}, cce: "13145", ccx: "88049"},
		{cce: "Invalid State", ccx: "88049"}, // all others
	}
}

func cannotMonitor(f Flavor, s State) *Failure {
	x := invalidState()
	for _, r := range monitorRules() {
		if r.states != nil && !slices.Contains(r.states, s) {
			continue
		}
		x.Type = r.cce
		if f == CCX {
			x.Type = r.ccx
		}
		break
	}
	return &x
}

func (c SilentMonitor) apply(e *Engine) error {
	s, ok := e.agents[c.Agent]
	if !ok {
		return notFound("no agent %s", c.Agent)
	}
	if !e.begin(s, false, "") {
		return nil
	}
	if f := c.run(e, s); f != nil {
		e.fail(s, *f)
	}
	return nil
}

func (c SilentMonitor) run(e *Engine, s *agent) *Failure {
	a := e.byExt[c.To]
	if a == nil || a == s {
		return &Failure{Type: "Invalid Destination", Message: "CF_INVALID_CALLED_DEVICE", Data: "6"}
	}
	if s.busy() || s.shown != NotReady {
		return new(invalidState())
	}
	d, p := a.in(Active, nil)
	switch {
	case p == nil:
		return cannotMonitor(e.cfg.Flavor, a.shown)
	case d.kind == monitoring, d.kind == reservation:
		return new(invalidState())
	case d.monitor != nil: // one listener at a time
		return new(resourceBusy())
	}
	e.listen(s, a, d)
	return nil
}

// listen makes the monitor dialog: the supervisor dials, the agent's phone
// answers by itself and the agent is shown a call in which nothing is allowed.
func (e *Engine) listen(s, a *agent, d *dialog) {
	m := e.newDialog(s.ext, a.ext, monitorType)
	m.kind, m.watched, m.associated, d.monitor = monitoring, d, d.id, m
	if d.associated == "" {
		d.associated = m.id
	}
	p := e.join(m, s.ext, s, Initiating)
	e.reveal(s, m)
	m.state = Initiated
	e.move(p, Initiated)
	e.put(m)
	q := e.join(m, a.ext, a, Alerting)
	q.passive = true
	m.state = Alerting
	e.put(m)
	e.post(a, m)
	e.connect(m, q)
	e.put(m)
}

// endMonitors ends the listening to calls that a is no longer in.
func (e *Engine) endMonitors(a *agent) {
	for _, m := range slices.Clone(a.calls) {
		if m.kind != monitoring || !m.of(a).passive {
			continue
		}
		if p := m.watched.of(a); p == nil || !p.spoke() {
			e.endMonitor(m)
		}
	}
}

func (e *Engine) endMonitor(m *dialog) {
	s := m.parties[0].agent // who dialled
	e.hangUpMonitor(m)
	e.settle(s)
}

// hangUpMonitor leaves the supervisor's state as it is.
func (e *Engine) hangUpMonitor(m *dialog) {
	if m.watched.associated == m.id {
		m.watched.associated = ""
	}
	m.watched.monitor = nil
	for _, p := range m.parties {
		e.move(p, Dropped)
	}
	m.state = Dropped
	e.put(m)
	for _, p := range slices.Clone(m.parties) {
		e.remove(p.agent, m)
	}
}

func (c Barge) apply(e *Engine) error {
	s, ok := e.agents[c.Agent]
	if !ok {
		return notFound("no agent %s", c.Agent)
	}
	if !e.begin(s, false, "") {
		return nil
	}
	if f := e.CheckBarge(c); f != nil {
		e.fail(s, *f)
		return nil
	}
	e.barge(e.dialogs[c.Monitor], s, e.byExt[c.To])
	return nil
}

// CheckBarge is why c is impossible now, nil if it is not. Finesse checks
// this before it takes the request, and once more when its turn comes.
func (e *Engine) CheckBarge(c Barge) *Failure {
	s, m := e.agents[c.Agent], e.dialogs[c.Monitor]
	if m == nil || m.kind != monitoring || m.parties[0].agent != s || m.state != Active {
		return new(invalidState()) // no monitoring to barge from
	}
	a, d := e.byExt[c.To], m.watched
	if a == nil || m.of(a) == nil || a == s || d.of(a) == nil || d.of(a).state != Active {
		return &Failure{Type: "Invalid Destination", Message: "The agent is not active in the monitored call", Data: c.To}
	}
	if d.controller != "" && d.controller != a.ext || len(a.live()) > 1 {
		return &Failure{Type: "20999", Message: "The agent is not the conference controller or has a consult call", Data: c.To}
	}
	if n := e.cfg.MaxConference; n > 0 && len(d.others(nil)) >= n {
		return &Failure{Type: "20700", Message: "The conference has as many parties as it may", Data: c.To}
	}
	return nil
}

// barge makes s a party of the call that s listened to: the monitoring ends,
// the agent's call is held, a consult to s answers by itself and is merged.
func (e *Engine) barge(m *dialog, s, a *agent) {
	d := m.watched
	p := d.of(a)
	e.hangUpMonitor(m)
	e.move(p, Held)
	e.put(d)
	e.settle(a)
	c := e.newDialog(a.ext, s.ext, bargeType)
	c.associated = d.id
	q := e.join(c, a.ext, a, Initiating)
	e.reveal(a, c)
	c.state = Initiated
	e.move(q, Initiated)
	e.put(c)
	x := e.join(c, s.ext, s, Alerting)
	x.incoming, x.cause = true, bargeCause
	x.routed = e.cfg.Flavor == CCX && p.routed // so that the supervisor shows TALKING as the agent does
	c.state = Alerting
	e.put(c)
	e.post(s, c)
	e.connect(c, x)
	e.put(c)
	_ = e.conference(d, p, Act{}) // its one refusal was ruled out by CheckBarge
}
