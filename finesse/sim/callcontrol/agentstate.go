package callcontrol

import "slices"

// SetState is an agent's, or a supervisor's, request on a User object.
type SetState struct {
	Agent     string
	State     State
	Extension string // Login
	ReasonID  string // database id, "" for none
	// Forced: a supervisor asks for another agent.
	Forced                   bool
	MobileMode, MobileNumber string
}

// verdict is what becomes of a state request.
type verdict int

const (
	change     verdict = iota // at once
	pend                      // when the calls are over
	leaveWrap                 // ends wrap-up
	refuseIt                  // Invalid State 22
	refuseMode                // 265
	refuseBusy                // 33
	refuseHard                // Internal Server Error
)

// stateRule is a row of the transition table: from any of these states, to
// any of those, on each flavour. The first matching row counts; what matches
// none is refused. onCall rows hold while a call does not show in the state.
type stateRule struct {
	from, to []State
	onCall   bool
	cce, ccx verdict
}

var stateRules = []stateRule{
	{from: []State{NotReady, Ready}, to: []State{Logout}, onCall: true, cce: refuseIt, ccx: refuseBusy},
	{from: []State{NotReady}, to: []State{Ready}, onCall: true, cce: pend, ccx: refuseBusy},
	{from: []State{NotReady, Ready}, to: []State{Ready, NotReady}, cce: change, ccx: change},
	{from: []State{NotReady}, to: []State{Logout}, cce: change, ccx: change},
	{from: []State{Ready}, to: []State{Logout}, cce: refuseIt, ccx: change},
	{from: []State{Work, WorkReady}, to: []State{Ready, NotReady}, cce: leaveWrap, ccx: leaveWrap},
	{from: []State{Talking, Hold, Reserved}, to: []State{Ready}, cce: pend, ccx: refuseMode},
	{from: []State{Talking, Hold, Reserved}, to: []State{NotReady}, cce: pend, ccx: pend},
	{from: []State{ReservedOutbound, ReservedPreview}, to: []State{Ready, NotReady}, cce: pend, ccx: refuseHard},
	{from: []State{ReservedOutbound, ReservedPreview}, to: []State{Logout}, cce: refuseIt, ccx: refuseHard},
}

// forcedRules are the rows for supervisors: NOT_READY only out of READY and
// wrap-up, LOGOUT from anywhere, after the call if there is one.
var forcedRules = []stateRule{
	{from: []State{Ready}, to: []State{NotReady}, cce: change, ccx: change},
	{from: []State{Work, WorkReady}, to: []State{Ready, NotReady}, cce: leaveWrap, ccx: leaveWrap},
	{from: []State{NotReady}, to: []State{Ready}, onCall: true, cce: pend, ccx: refuseBusy},
	{from: []State{NotReady, Ready}, to: []State{Ready}, cce: change, ccx: change},
	{from: []State{NotReady, Ready}, to: []State{Logout}, onCall: true, cce: pend, ccx: pend},
	{from: []State{NotReady, Ready}, to: []State{Logout}, cce: change, ccx: change},
	{from: []State{Work, WorkReady}, to: []State{Logout}, cce: leaveWrap, ccx: leaveWrap},
	{from: []State{Talking, Hold, Reserved, ReservedOutbound, ReservedPreview}, to: []State{Logout}, cce: pend, ccx: pend},
}

func judge(rules []stateRule, f Flavor, from, to State, onCall bool) verdict {
	for _, r := range rules {
		if slices.Contains(r.from, from) && slices.Contains(r.to, to) && (!r.onCall || onCall) {
			if f == CCX {
				return r.ccx
			}
			return r.cce
		}
	}
	return refuseIt
}

func (c SetState) apply(e *Engine) error {
	a, ok := e.agents[c.Agent]
	if !ok {
		return notFound("no agent %s", c.Agent)
	}
	if !e.begin(a, true, "") {
		return nil
	}
	if f := c.run(e, a); f != nil {
		f.OnUser = true
		e.fail(a, *f)
	}
	return nil
}

func (c SetState) run(e *Engine, a *agent) *Failure {
	if c.State == Login {
		return e.signIn(a, c)
	}
	if !a.signedIn() {
		f := notSignedIn(e.cfg.Flavor)
		return &f
	}
	if (c.State == Work || c.State == WorkReady) && !c.Forced {
		return e.askForWrapUp(a, c.State)
	}
	want, f := e.wanted(c)
	if f != nil {
		return f
	}
	rules := stateRules
	if c.Forced {
		rules = forcedRules
	}
	switch judge(rules, e.cfg.Flavor, a.shown, c.State, len(a.live()) > 0) {
	case change:
		e.setBase(a, *want)
	case pend:
		if e.cfg.Flavor == CCX && a.pending != nil && a.pending.state == want.state && !c.Forced {
			return new(invalidWorkMode())
		}
		a.pending = want
		e.userEvent(a)
	case leaveWrap:
		if a.profile.WrapUpIncoming == WrapUpRequiredData && a.wrap.wrapUpReason == "" && len(a.wrap.wrapUpItems) == 0 && !c.Forced {
			return new(wrapUpDataRequired())
		}
		a.pending = want
		e.endWrapUp(a)
	case refuseMode:
		return new(invalidWorkMode())
	case refuseBusy:
		return new(resourceBusy())
	case refuseHard:
		return new(internalError())
	default:
		return new(invalidState())
	}
	return nil
}

// wanted is the base that c asks for, its reason included.
func (e *Engine) wanted(c SetState) (*base, *Failure) {
	want := &base{state: c.State, reasonID: noReason}
	if c.State == Ready {
		return want, nil
	}
	switch {
	case c.Forced:
		want.setReason(e.forcedReason(c.State))
	case c.ReasonID != "":
		r, ok := e.reasons[c.ReasonID]
		if !ok || r.Category != c.State {
			return nil, &Failure{Type: "Invalid State", Message: "CF_INVALID_AGENT_REASON_CODE", Data: "266"}
		}
		want.setReason(r)
	case e.cfg.ReasonRequired && e.hasReasons(c.State):
		return nil, new(reasonRequired())
	}
	return want, nil
}

func (b *base) setReason(r *Reason) { b.reason, b.reasonID = r, r.ID }

func (e *Engine) hasReasons(category State) bool {
	for _, r := range e.reasons {
		if r.Category == category && !r.System {
			return true
		}
	}
	return false
}

// setBase changes the state at once and always tells, so that an agent
// who asks for the present state gets an event, too.
func (e *Engine) setBase(a *agent, want base) {
	if want.state == Logout {
		e.signOut(a, want)
		return
	}
	n := len(e.out)
	a.base, a.restore = want, nil
	e.settle(a)
	if len(e.out) == n {
		a.since = e.now
		e.userEvent(a)
	}
}

func (e *Engine) signIn(a *agent, c SetState) *Failure {
	if !e.devices[c.Extension] {
		return new(invalidDevice(e.cfg.Flavor))
	}
	if a.signedIn() {
		if a.ext != c.Extension {
			return new(alreadySignedOn())
		}
		e.userEvent(a) // re-authenticated; the state stays
		return nil
	}
	if e.byExt[c.Extension] != nil {
		return new(extensionInUse())
	}
	if c.MobileMode != "" && !a.profile.MobileAgent {
		return &Failure{Type: "Mode Not Allowed", Message: "CF_GENERIC_OPERATION_REJECTION", Data: "71"}
	}
	a.ext, a.mobileMode, a.mobileNumber = c.Extension, c.MobileMode, c.MobileNumber
	e.byExt[a.ext] = a
	e.setBase(a, base{state: NotReady, reasonID: noReason})
	return nil
}

func (e *Engine) signOut(a *agent, want base) {
	delete(e.byExt, a.ext)
	a.ext, a.mobileMode, a.mobileNumber = "", "", ""
	a.base, a.shown, a.pending, a.restore = want, Logout, nil, nil
	a.since = e.now
	e.userEvent(a)
}
