package callcontrol

import (
	"slices"
	"strings"
)

// Act is an agent's request on a dialog.
type Act struct {
	Agent  string // who asks
	Dialog string
	Action string // requestedAction
	Target string // targetMediaAddress
	To     string // toAddress
	Params map[string]string
	// Of UPDATE_CALL_DATA.
	WrapUpReason *string
	WrapUpItems  []string // CCX
	Variables    []Variable
}

// actionRule is a row of the participant and action table (2.5): in which
// participant states an action is allowed, and what it does. Listed is false
// for what is allowed without being announced among the actions.
type actionRule struct {
	name   string
	in     []CallState
	on     []kind // nil: ordinary and outbound
	listed bool
	// when narrows the announcement and the permission further.
	when func(d *dialog, p *party) bool
	run  func(e *Engine, d *dialog, p *party, c Act) *Failure
}

// actionRules is in the order in which actions are announced.
func actionRules() []actionRule {
	return []actionRule{
		{name: "ACCEPT", in: []CallState{Alerting, Active}, on: []kind{reservation}, listed: true, when: isAgent, run: (*Engine).accept},
		{name: "REJECT", in: []CallState{Alerting, Active}, on: []kind{reservation}, listed: true, when: isAgent, run: plain((*Engine).leave)},
		{name: "CLOSE", in: []CallState{Alerting, Active}, on: []kind{reservation}, listed: true, when: mayClose, run: plain((*Engine).leave)},
		{name: "ANSWER", in: []CallState{Alerting}, listed: true, run: plain((*Engine).answer)},
		{name: "TRANSFER_SST", in: []CallState{Active}, listed: true, run: (*Engine).transferSST},
		{name: "CONSULT_CALL", in: []CallState{Active}, listed: true, run: (*Engine).consult},
		{name: "HOLD", in: []CallState{Active}, listed: true, run: plain((*Engine).hold)},
		{name: "UPDATE_CALL_DATA", in: []CallState{Initiating, Initiated, Active, Held, WrapUp}, listed: true, run: (*Engine).updateData},
		{name: "SEND_DTMF", in: []CallState{Active}, listed: true, run: nothing},
		{name: "TRANSFER", in: []CallState{Held}, listed: true, when: hasActiveCall, run: (*Engine).transfer},
		{name: "CONFERENCE", in: []CallState{Held}, listed: true, when: hasActiveCall, run: (*Engine).conference},
		{name: "DROP", in: []CallState{Initiating, Initiated, Active, Held, Failed}, on: []kind{ordinary, outbound, monitoring}, listed: true, run: plain((*Engine).leave)},
		{name: "RETRIEVE", in: []CallState{Held}, listed: true, run: plain((*Engine).retrieve)},
		{name: "PARTICIPANT_DROP", in: []CallState{Active, Held}, when: inConference, run: plain((*Engine).leave)},
		{name: "UPDATE_SCHEDULED_CALLBACK", in: []CallState{Active, Held, WrapUp}, on: []kind{outbound}, listed: true, when: isAgent, run: (*Engine).scheduleCallback},
		{name: "CANCEL_SCHEDULED_CALLBACK", in: []CallState{Active, Held, WrapUp}, on: []kind{outbound}, listed: true, when: hasCallback, run: (*Engine).cancelCallback},
		{name: "RECLASSIFY", in: []CallState{Active, Held, WrapUp}, on: []kind{outbound}, listed: true, when: wasPreviewed, run: (*Engine).reclassify},
	}
}

// Actions lists the names that a dialog request may carry.
func Actions() []string {
	var out []string
	for _, r := range actionRules() {
		out = append(out, r.name)
	}
	return out
}

// plain adapts an action that needs nothing beyond its participant.
func plain(f func(*Engine, *dialog, *party)) func(*Engine, *dialog, *party, Act) *Failure {
	return func(e *Engine, d *dialog, p *party, _ Act) *Failure {
		f(e, d, p)
		return nil
	}
}

// nothing is an action that shows in no event.
func nothing(*Engine, *dialog, *party, Act) *Failure { return nil }

func isAgent(_ *dialog, p *party) bool { return p.agent != nil }

// inConference: with fewer than three there is nobody to drop out of a call
// that goes on.
func inConference(d *dialog, p *party) bool { return p.agent != nil && len(d.others(p)) >= 2 }

func hasActiveCall(d *dialog, p *party) bool {
	if p.agent == nil {
		return false
	}
	_, q := p.agent.in(Active, d)
	return q != nil
}

func (r actionRule) allows(d *dialog, p *party) bool {
	kinds := r.on
	if kinds == nil {
		kinds = []kind{ordinary, outbound}
	}
	return !p.passive && slices.Contains(kinds, d.kind) && slices.Contains(r.in, p.state) && (r.when == nil || r.when(d, p))
}

// allowed are the actions announced for a participant.
func (e *Engine) allowed(d *dialog, p *party) []string {
	var out []string
	for _, r := range e.rules {
		if r.listed && r.allows(d, p) {
			out = append(out, r.name)
		}
	}
	return out
}

func (c Act) apply(e *Engine) error {
	a, ok := e.agents[c.Agent]
	if !ok {
		return notFound("no agent %s", c.Agent)
	}
	if !e.begin(a, false, c.Dialog) {
		return nil
	}
	if f := c.run(e); f != nil {
		f.DialogID = c.Dialog
		e.fail(a, *f)
	}
	return nil
}

func (c Act) run(e *Engine) *Failure {
	d := e.dialogs[c.Dialog]
	if d == nil { // it ended while the request waited
		return &Failure{Type: "Call Operation Failure", Message: "CF_INVALID_CSTA_CALL_IDENTIFIER", Data: "11"}
	}
	p := d.at(c.Target)
	if p == nil || p.agent == nil {
		return new(invalidAction(c.Action, c.Target))
	}
	for _, r := range e.rules {
		if r.name != c.Action {
			continue
		}
		if !r.allows(d, p) {
			return new(invalidAction(c.Action, c.Target))
		}
		return r.run(e, d, p, c)
	}
	return new(invalidAction(c.Action, c.Target))
}

// maxVariable is the longest value of a numbered variable, in bytes.
const maxVariable = 40

func (e *Engine) updateData(d *dialog, _ *party, c Act) *Failure {
	for _, v := range c.Variables {
		if len(v.Value) > maxVariable && strings.HasPrefix(v.Name, "callVariable") {
			return &Failure{Type: "Invalid Input", Message: "Call Variable is too long", Data: v.Name}
		}
	}
	d.setVariables(c.Variables)
	if c.WrapUpReason != nil {
		d.wrapUpReason = *c.WrapUpReason
	}
	if c.WrapUpItems != nil && e.cfg.Flavor == CCX {
		d.wrapUpItems = c.WrapUpItems
	}
	e.put(d)
	return nil
}

// setVariables overwrites by name and appends what is new.
func (d *dialog) setVariables(vars []Variable) {
	for _, v := range vars {
		i := slices.IndexFunc(d.vars, func(x Variable) bool { return x.Name == v.Name })
		if i < 0 {
			d.vars = append(d.vars, v)
			continue
		}
		d.vars[i].Value = v.Value
	}
}
