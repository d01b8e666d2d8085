package callcontrol

import (
	"slices"
	"time"
)

// noReason is the reasonCodeId of an agent without a reason.
const noReason = "-1"

// base is the state that an agent has, or will have again, without calls.
type base struct {
	state    State
	reasonID string
	reason   *Reason
}

// reached is where a pending state leads: wrap-up is on the way to another.
func (b base) reached() base {
	switch b.state {
	case Work:
		b.state = NotReady
	case WorkReady:
		b.state = Ready
	}
	return b
}

// agent is the moving part of a [Profile].
type agent struct {
	profile Profile
	ext     string
	base    base
	restore *base // what base was before a call changed it
	pending *base // asked for during a call
	shown   State // what clients see: base, or what the agent's calls make of it
	since   time.Time
	calls   []*dialog // that the agent sees, oldest first
	queues  []*queue
	tally   tally   // how the agent's queues count the agent
	wrap    *dialog // in wrap-up
	absent  int     // counts presence changes; an old timer's count is stale

	mobileMode, mobileNumber string
}

func (a *agent) signedIn() bool { return a.base.state != Logout }

func (a *agent) snapshot() *User {
	u := &User{
		ID: a.profile.ID, Extension: a.ext, State: a.shown, ReasonID: a.base.reasonID, Since: a.since,
		MobileMode: a.mobileMode, MobileNumber: a.mobileNumber,
	}
	if a.pending != nil {
		u.Pending = a.pending.state
	}
	if a.shown == NotReady || a.shown == Logout {
		u.Reason = a.base.reason
	}
	return u
}

// live are the agent's participants in calls that are not over for the agent;
// where somebody only listens to the agent does not count.
func (a *agent) live() []*party {
	var out []*party
	for _, d := range a.calls {
		if p := d.of(a); p.live() && !p.passive {
			out = append(out, p)
		}
	}
	return out
}

// onlyDirect reports that the agent has calls and no queue sent any of them.
func (a *agent) onlyDirect() bool {
	live := a.live()
	return a.wrap == nil && len(live) > 0 && !slices.ContainsFunc(live, func(p *party) bool { return p.routed })
}

// busy reports a call or wrap-up.
func (a *agent) busy() bool { return a.wrap != nil || len(a.live()) > 0 }

// in returns the first live participant of a in state s, other than in d.
func (a *agent) in(s CallState, d *dialog) (*dialog, *party) {
	for _, x := range a.calls {
		if p := x.of(a); x != d && p.state == s && !p.passive {
			return x, p
		}
	}
	return nil, nil
}

// dialog is the moving part of a [Dialog].
type dialog struct {
	id, secondary, associated string
	from, to, dnis, dialed    string
	queueNumber, queueName    string
	state                     CallState
	callType, wrapUpReason    string
	controller                string // extension of who made the conference
	wrapUpItems               []string
	vars                      []Variable
	parties                   []*party

	kind      kind
	watched   *dialog // monitoring: the call that is listened to
	monitor   *dialog // the monitoring of this call
	waitsIn   *queue
	waitsFrom time.Time
	dialer    dialerCall
}

// kind tells the calls apart in which an agent may do different things.
type kind int

const (
	ordinary    kind = iota
	outbound         // the dialer's call to a customer
	reservation      // a contact that the agent previews
	monitoring       // a supervisor listens
)

// party is the moving part of a [Party].
type party struct {
	address        string
	agent          *agent // nil outside
	state          CallState
	cause          string
	start, changed time.Time
	incoming       bool
	routed         bool // the call came to the agent from a queue
	sees           bool // has got the POST and not yet the DELETE
	passive        bool // is listened to and may do nothing
	// reserves is the state that the party puts its agent in, for the dialer.
	reserves State
}

// live reports whether the party is still in the call.
func (p *party) live() bool { return p.state != Dropped && p.state != WrapUp }

// spoke reports whether the party is connected.
func (p *party) spoke() bool { return p.state == Active || p.state == Held }

func (e *Engine) join(d *dialog, address string, a *agent, s CallState) *party {
	p := &party{address: address, agent: a, state: s, start: e.now, changed: e.now}
	d.parties = append(d.parties, p)
	return p
}

func (e *Engine) move(p *party, s CallState) { p.state, p.changed = s, e.now }

func (d *dialog) of(a *agent) *party {
	for _, p := range d.parties {
		if p.agent == a {
			return p
		}
	}
	return nil
}

func (d *dialog) at(address string) *party {
	for _, p := range d.parties {
		if p.address == address {
			return p
		}
	}
	return nil
}

// others are the live participants beside p.
func (d *dialog) others(p *party) []*party {
	var out []*party
	for _, q := range d.parties {
		if q != p && q.live() {
			out = append(out, q)
		}
	}
	return out
}

// answered reports whether anybody beside the first party is or was connected.
func (d *dialog) answered() bool {
	return slices.ContainsFunc(d.parties, func(p *party) bool { return p.spoke() || p.state == WrapUp })
}

func (d *dialog) drop(p *party) {
	d.parties = slices.DeleteFunc(d.parties, func(q *party) bool { return q == p })
}

func (e *Engine) snapshot(d *dialog) *Dialog {
	s := &Dialog{
		ID: d.id, SecondaryID: d.secondary, AssociatedID: d.associated, From: d.from, To: d.to,
		State: d.state, CallType: d.callType, DNIS: d.dnis, DialedNumber: d.dialed,
		QueueNumber: d.queueNumber, QueueName: d.queueName, WrapUpReason: d.wrapUpReason,
		WrapUpItems: slices.Clone(d.wrapUpItems), Variables: slices.Clone(d.vars), Controller: d.controller,
		Classification: d.dialer.classification, CallbackTime: d.dialer.callbackTime, CallbackNumber: d.dialer.callbackNumber,
		Parties: make([]Party, 0, len(d.parties)),
	}
	for _, p := range d.parties {
		x := Party{
			Address: p.address, State: p.state, Cause: p.cause,
			Actions: e.allowed(d, p), Start: p.start, Changed: p.changed,
		}
		if p.agent != nil {
			x.Agent = p.agent.profile.ID
		}
		s.Parties = append(s.Parties, x)
	}
	return s
}

// settle shows what base and calls make of a now, with an event if that is
// news. When the last call is over the pending state takes effect.
func (e *Engine) settle(a *agent) {
	e.endMonitors(a)
	defer e.tally(a)
	before, reason := a.shown, a.base.reasonID
	hadPending := a.pending != nil
	if a.signedIn() && !a.busy() {
		switch {
		case a.pending != nil && a.pending.state == Logout:
			e.signOut(a, *a.pending)
			return
		case a.pending != nil:
			a.base = a.pending.reached()
		case a.restore != nil:
			a.base = *a.restore
		}
		a.pending, a.restore = nil, nil
	}
	if e.cfg.Flavor == CCX && a.base.state == Ready && a.onlyDirect() {
		e.offReady(a)
	}
	a.shown = stateOf(e.cfg.Flavor, a)
	if a.shown != before || a.base.reasonID != reason {
		a.since = e.now
	} else if hadPending == (a.pending != nil) {
		return
	}
	e.userEvent(a)
}

// stateOf derives the visible state from base and calls.
func stateOf(f Flavor, a *agent) State {
	var connected, held, ringing, dialling bool
	var reserved State
	for _, p := range a.live() {
		if p.reserves != "" {
			reserved = p.reserves
			continue
		}
		if f == CCX && !p.routed {
			continue // calls that no queue sent do not show
		}
		switch p.state {
		case Active:
			connected = true
		case Held:
			held = true
		case Alerting:
			ringing = true
		default:
			dialling = true
		}
	}
	switch {
	case connected || dialling:
		return Talking
	case held && f == CCX:
		return Talking
	case held:
		return Hold
	case a.wrap != nil:
		return wrapUpState(f, a)
	case reserved != "":
		return reserved
	case ringing && a.base.state == Ready:
		return Reserved
	}
	return a.base.state
}

// wrapUpState tells where wrap-up leads: WORK to NOT_READY, WORK_READY to
// READY; CCX knows WORK only.
func wrapUpState(f Flavor, a *agent) State {
	next := a.base.state
	if a.pending != nil {
		next = a.pending.state
	}
	if f == CCE && (next == Ready || next == WorkReady) {
		return WorkReady
	}
	return Work
}
