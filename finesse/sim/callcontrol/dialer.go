package callcontrol

import (
	"fmt"
	"slices"
)

// DialMode is how the dialer brings a contact to an agent.
type DialMode string

// The modes. A callback is a personal one: the agent promised it.
const (
	Preview     DialMode = "preview"
	Progressive DialMode = "progressive"
	Predictive  DialMode = "predictive"
	Callback    DialMode = "callback"
)

// Outbound gives a contact of the dialer to a READY agent. Errors are a
// *Refusal, or say that Number or Mode is wrong.
type Outbound struct {
	Agent, Number string
	Mode          DialMode
	Campaign      string
	Variables     []Variable // over the BA variables
}

// dialerCall is what only the dialer's calls have.
type dialerCall struct {
	mode                         DialMode
	classification               string
	callbackTime, callbackNumber string
}

// dialerPort is the line that reservations come from.
const dialerPort = "8801"

// dialRule is a row per mode and flavour: call type and BAStatus of the
// preview, "" if there is none, and of the customer's call.
type dialRule struct {
	mode                       DialMode
	flavor                     Flavor
	previewType, previewStatus string
	callType, status           string
}

func dialRules() []dialRule {
	return []dialRule{
		{Preview, CCE, "OUTBOUND_PREVIEW", "PREVIEW_OUTBOUND_RESERVATION", "OUTBOUND", "PREVIEW_OUTBOUND"},
		{Preview, CCX, "OUTBOUND_DIRECT_PREVIEW", "DIRECT_PREVIEW_OUTBOUND_RESERVATION", "OUTBOUND_DIRECT_PREVIEW", "DIRECT_PREVIEW_OUTBOUND"},
		{Callback, CCE, "OUTBOUND_CALLBACK_PREVIEW", "PERSONAL_CALLBACK_RESERVATION", "OUTBOUND", "PERSONAL_CALLBACK"},
		{Callback, CCX, "OUTBOUND_DIRECT_PREVIEW", "DIRECT_PREVIEW_OUTBOUND_RESERVATION", "OUTBOUND_DIRECT_PREVIEW", "DIRECT_PREVIEW_OUTBOUND"},
		{Progressive, CCE, "", "", "OUTBOUND", "PROGRESSIVE_OUTBOUND"},
		{Progressive, CCX, "", "", "OUTBOUND", "PROGRESSIVE_OUTBOUND"},
		{Predictive, CCE, "", "", "OUTBOUND", "PREDICTIVE_OUTBOUND"},
		{Predictive, CCX, "", "", "OUTBOUND", "PREDICTIVE_OUTBOUND"},
	}
}

func (e *Engine) dialRule(m DialMode) (dialRule, bool) {
	rules := dialRules()
	i := slices.IndexFunc(rules, func(r dialRule) bool { return r.mode == m && r.flavor == e.cfg.Flavor })
	if i < 0 {
		return dialRule{}, false
	}
	return rules[i], true
}

// baVariables are the dialer's variables of a call.
func (e *Engine) baVariables(c Outbound, status string) []Variable {
	vars := []Variable{
		{"BACampaign", c.Campaign},
		{"BAAccountNumber", ""},
		{"BAResponse", ""},
		{"BAStatus", status},
		{"BADialedListID", ""},
		{"BATimeZone", ""},
		{"BABuddyName", ""},
	}
	if e.cfg.Flavor == CCX {
		vars = append(vars, Variable{"BACustomerNumber", c.Number})
	}
	return append(vars, c.Variables...)
}

func (c Outbound) apply(e *Engine) error {
	a, ok := e.agents[c.Agent]
	if !ok {
		return notFound("no agent %s", c.Agent)
	}
	r, ok := e.dialRule(c.Mode)
	switch {
	case !ok:
		return fmt.Errorf("%q is no dialling mode", c.Mode)
	case c.Number == "" || c.Number == a.ext:
		return fmt.Errorf("%q cannot be dialled for agent %s", c.Number, c.Agent)
	case a.shown != Ready || a.busy():
		return refuse("agent %s is not READY", c.Agent)
	}
	a.shown, a.since = Reserved, e.now // seen in passing
	e.userEvent(a)
	if r.previewType != "" {
		e.preview(a, r, c)
		return nil
	}
	e.connectCustomer(a, r, c)
	return nil
}

// preview shows the contact: a call from the dialer's port that the agent
// takes, or not.
func (e *Engine) preview(a *agent, r dialRule, c Outbound) {
	d := e.newDialog(dialerPort, a.ext, r.previewType)
	d.kind, d.dialer.mode, d.dialed, d.state = reservation, c.Mode, c.Number, Alerting
	d.setVariables(e.baVariables(c, r.previewStatus))
	p := e.join(d, a.ext, a, Alerting)
	e.join(d, dialerPort, nil, Initiated)
	p.routed, p.reserves = true, ReservedPreview
	e.reveal(a, d)
	for _, q := range d.parties {
		e.move(q, Active)
	}
	d.state = Active
	e.put(d)
}

// connectCustomer rings the agent for a customer who has answered. The first
// notification is poor: neither the dialled number nor the variables are in
// it, and the call type is that of a direct call.
func (e *Engine) connectCustomer(a *agent, r dialRule, c Outbound) {
	d := e.newDialog(dialerPort, a.ext, "OTHER_IN")
	d.dialed, d.dnis, d.state = "", "", Alerting
	p := e.join(d, a.ext, a, Alerting)
	port := e.join(d, dialerPort, nil, Initiated)
	p.routed, p.reserves = true, ReservedOutbound
	e.reveal(a, d)
	d.kind, d.dialer.mode, d.callType = outbound, c.Mode, r.callType
	d.from, d.to, d.dialed, d.dnis = a.ext, c.Number, c.Number, c.Number
	d.setVariables(e.baVariables(c, r.status))
	d.drop(port)
	e.join(d, c.Number, nil, Initiated)
	e.put(d)
	e.limitRinging(d, p)
}

// accept dials the previewed contact from the agent's phone.
func (e *Engine) accept(d *dialog, p *party, _ Act) *Failure {
	a := p.agent
	r, _ := e.dialRule(d.dialer.mode)
	d.state = Accepted
	e.move(p, Accepted)
	e.put(d)
	e.endReservation(d)
	x := e.newDialog(a.ext, d.dialed, r.callType)
	x.kind, x.dialer.mode, x.vars = outbound, d.dialer.mode, slices.Clone(d.vars)
	x.setVariables([]Variable{{"BAStatus", r.status}})
	q := e.join(x, a.ext, a, Initiating)
	q.routed = true
	e.reveal(a, x)
	x.state = Initiated
	e.move(q, Initiated)
	e.put(x)
	e.reach(x, q, x.to, e.byExt[x.to])
	return nil
}

// release gives a contact back: rejected, closed, or withdrawn by the dialer.
func (e *Engine) release(d *dialog) {
	a := d.parties[0].agent
	e.endReservation(d)
	e.settle(a)
}

// endReservation leaves the agent's state as it is.
func (e *Engine) endReservation(d *dialog) {
	for _, p := range d.parties {
		e.move(p, Dropped)
	}
	d.state = Dropped
	e.remove(d.parties[0].agent, d)
}

// hidesCustomer: on CCX nobody but the agent is in a campaign call until the
// customer answers.
func (e *Engine) hidesCustomer(d *dialog) bool { return d.kind == outbound && e.cfg.Flavor == CCX }

// became changes the call type of a call that was transferred or made a
// conference. It is no longer the dialer's; CCX also says so in BAStatus.
func (e *Engine) became(d *dialog, callType string) {
	d.callType = callType
	for _, p := range d.parties {
		if p.agent != nil {
			e.tally(p.agent) // an internal call may now be one of a customer
		}
	}
	if d.kind != outbound {
		return
	}
	if e.cfg.Flavor == CCX && !wasPreviewed(d, nil) {
		d.setVariables([]Variable{{"BAStatus", statusAfter[callType]}})
	}
	d.kind = ordinary
}

var statusAfter = map[string]string{"TRANSFER": "TRANSFERRED", "CONFERENCE": "CONFERENCED"}

// mayClose: a personal callback can only be accepted or rejected.
func mayClose(d *dialog, p *party) bool { return p.agent != nil && d.dialer.mode != Callback }

func wasPreviewed(d *dialog, _ *party) bool {
	return d.dialer.mode == Preview || d.dialer.mode == Callback
}

func hasCallback(d *dialog, _ *party) bool {
	return d.dialer.callbackTime != "" || d.dialer.callbackNumber != ""
}

// The parameters of the dialer's actions.
const (
	ParamCallbackTime   = "callbackTime"
	ParamCallbackNumber = "callbackNumber"
	ParamClassification = "outboundClassification"
)

// scheduleCallback makes or changes the callback; what is not given stays.
func (e *Engine) scheduleCallback(d *dialog, _ *party, c Act) *Failure {
	if at := c.Params[ParamCallbackTime]; at != "" {
		d.dialer.callbackTime = at
	}
	if n := c.Params[ParamCallbackNumber]; n != "" {
		d.dialer.callbackNumber = n
	}
	e.put(d)
	return nil
}

func (e *Engine) cancelCallback(d *dialog, _ *party, _ Act) *Failure {
	d.dialer.callbackTime, d.dialer.callbackNumber = "", ""
	e.put(d)
	return nil
}

func (e *Engine) reclassify(d *dialog, _ *party, c Act) *Failure {
	d.dialer.classification = c.Params[ParamClassification]
	e.put(d)
	return nil
}
