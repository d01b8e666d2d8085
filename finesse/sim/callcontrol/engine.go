package callcontrol

import (
	"container/heap"
	"slices"
	"strconv"
	"time"
)

// Command is something that happens: a request of an agent, a caller's
// doing, a lost connection. The commands are the exported structs of this
// package with an apply method.
type Command interface {
	apply(e *Engine) error
}

// Engine is the contact centre. Not safe for concurrent use.
type Engine struct {
	cfg     Config
	agents  map[string]*agent
	devices map[string]bool
	byExt   map[string]*agent // signed in
	reasons map[string]*Reason
	dialogs map[string]*dialog
	queues  []*queue
	nextID  int
	rules   []actionRule
	timers  timerHeap
	timerNo int
	ordered map[string][]Failure // by agent: see RefuseNext

	// Of the command being applied.
	now    time.Time
	reqID  string
	reqBy  string // agent who asked
	onUser bool   // the request was one on the User object
	out    []Event
}

// New makes an engine in which everybody is signed out.
func New(cfg Config) *Engine {
	e := &Engine{
		cfg:     cfg,
		rules:   actionRules(),
		agents:  make(map[string]*agent, len(cfg.Agents)),
		devices: make(map[string]bool, len(cfg.Agents)+len(cfg.Devices)),
		byExt:   map[string]*agent{},
		reasons: make(map[string]*Reason, len(cfg.Reasons)),
		dialogs: map[string]*dialog{}, ordered: map[string][]Failure{},
		nextID: max(cfg.FirstDialogID, 1),
	}
	for _, p := range cfg.Agents {
		e.agents[p.ID] = &agent{profile: p, base: base{state: Logout, reasonID: noReason}, shown: Logout}
		e.devices[p.Extension] = true
	}
	for _, d := range cfg.Devices {
		e.devices[d] = true
	}
	for i := range cfg.Reasons {
		e.reasons[cfg.Reasons[i].ID] = &cfg.Reasons[i]
	}
	e.makeQueues()
	return e
}

// Apply runs c at time now. requestID is echoed in the events that c causes
// on the object that was asked. The error is a *Refusal and comes only from
// the commands that say so; refused requests of agents are events.
func (e *Engine) Apply(now time.Time, requestID string, c Command) ([]Event, error) {
	e.now, e.reqID, e.reqBy, e.onUser, e.out = now, requestID, "", false, nil
	err := c.apply(e)
	e.reqBy = "" // what follows answers nobody's request
	e.distribute()
	e.tellQueues()
	out := e.out
	e.out = nil
	return out, err
}

// Next is when the earliest timer is due.
func (e *Engine) Next() (time.Time, bool) {
	if len(e.timers) == 0 {
		return time.Time{}, false
	}
	return e.timers[0].at, true
}

// Advance fires every timer that is due at now, each at its own time.
func (e *Engine) Advance(now time.Time) []Event {
	var all []Event
	for len(e.timers) > 0 && !e.timers[0].at.After(now) {
		t := heap.Pop(&e.timers).(timer)
		out, _ := e.Apply(t.at, "", t.command) // a timer that came too late has nothing to do
		all = append(all, out...)
	}
	return all
}

// User is a snapshot of an agent.
func (e *Engine) User(id string) (User, bool) {
	a, ok := e.agents[id]
	if !ok {
		return User{}, false
	}
	return *a.snapshot(), true
}

// AgentAt is the id of the agent who is signed in at an extension.
func (e *Engine) AgentAt(extension string) (string, bool) {
	a, ok := e.byExt[extension]
	if !ok {
		return "", false
	}
	return a.profile.ID, true
}

// Dialog is a snapshot of a dialog.
func (e *Engine) Dialog(id string) (*Dialog, bool) {
	d, ok := e.dialogs[id]
	if !ok {
		return nil, false
	}
	return e.snapshot(d), true
}

// LastDialog is the id of the newest dialog, "" before the first.
func (e *Engine) LastDialog() string {
	if e.nextID == max(e.cfg.FirstDialogID, 1) {
		return ""
	}
	return strconv.Itoa(e.nextID - 1)
}

// Dialogs are an agent's dialogs, oldest first.
func (e *Engine) Dialogs(agentID string) []*Dialog {
	a, ok := e.agents[agentID]
	if !ok {
		return nil
	}
	out := make([]*Dialog, 0, len(a.calls))
	for _, d := range a.calls {
		out = append(out, e.snapshot(d))
	}
	return out
}

// SignedIn lists the ids of the agents who are signed in, sorted.
func (e *Engine) SignedIn() []string {
	ids := make([]string, 0, len(e.byExt))
	for _, a := range e.byExt {
		ids = append(ids, a.profile.ID)
	}
	slices.Sort(ids)
	return ids
}

func (e *Engine) emit(ev Event) {
	if e.reqBy == ev.Agent && e.onUser == (ev.Kind == UserChanged || ev.Failure != nil && ev.Failure.OnUser) {
		ev.RequestID = e.reqID
	}
	e.out = append(e.out, ev)
}

func (e *Engine) userEvent(a *agent) {
	e.tally(a)
	e.emit(Event{Kind: UserChanged, Agent: a.profile.ID, User: a.snapshot()})
}

func (e *Engine) fail(a *agent, f Failure) {
	e.emit(Event{Kind: RequestFailed, Agent: a.profile.ID, Failure: &f})
}

// reveal shows d to a: first what it makes of the agent's state, then the dialog.
func (e *Engine) reveal(a *agent, d *dialog) {
	a.calls = append(a.calls, d)
	e.settle(a)
	a.calls = a.calls[:len(a.calls)-1]
	e.post(a, d)
}

// post shows d to a for the first time.
func (e *Engine) post(a *agent, d *dialog) {
	p := d.of(a)
	p.sees = true
	e.dialogs[d.id] = d // a transfer brings back what nobody saw for a moment
	a.calls = append(a.calls, d)
	e.emit(Event{Kind: DialogAdded, Agent: a.profile.ID, Dialog: e.snapshot(d)})
}

// put tells everybody who sees d, in the order of the participants.
func (e *Engine) put(d *dialog) {
	var snap *Dialog
	for _, p := range d.parties {
		if !p.sees {
			continue
		}
		if snap == nil {
			snap = e.snapshot(d)
		}
		e.emit(Event{Kind: DialogChanged, Agent: p.agent.profile.ID, Dialog: snap})
	}
}

// remove takes d away from a; with the last one the dialog is forgotten.
func (e *Engine) remove(a *agent, d *dialog) {
	p := d.of(a)
	if p == nil || !p.sees {
		return
	}
	e.emit(Event{Kind: DialogRemoved, Agent: a.profile.ID, Dialog: e.snapshot(d)})
	p.sees = false
	a.calls = slices.DeleteFunc(a.calls, func(x *dialog) bool { return x == d })
	if !slices.ContainsFunc(d.parties, func(p *party) bool { return p.sees }) {
		delete(e.dialogs, d.id)
	}
}

func (e *Engine) newDialog(from, to, callType string) *dialog {
	d := &dialog{
		id: strconv.Itoa(e.nextID), from: from, to: to, dnis: to, dialed: to,
		state: Initiating, callType: callType,
	}
	e.nextID++
	for i := 1; i <= callVariables; i++ {
		d.vars = append(d.vars, Variable{Name: variableName(i)})
	}
	e.dialogs[d.id] = d
	return d
}

// after applies c in wait from now. Timers are not stopped: a command that
// comes too late finds that its situation is over and does nothing.
func (e *Engine) after(wait time.Duration, c Command) {
	e.timerNo++
	heap.Push(&e.timers, timer{at: e.now.Add(wait), no: e.timerNo, command: c})
}

type timer struct {
	at      time.Time
	no      int
	command Command
}

type timerHeap []timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if h[i].at.Equal(h[j].at) {
		return h[i].no < h[j].no
	}
	return h[i].at.Before(h[j].at)
}
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)   { *h = append(*h, x.(timer)) }
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = timer{}
	*h = old[:len(old)-1]
	return t
}
