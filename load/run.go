package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"gcbridge/load/measure"
	"gcbridge/protocol"
)

// ErrMissing is what [Run] returns, wrapped, when an expected event never came,
// came twice, or an error came instead.
var ErrMissing = errors.New("the load was not answered as it must be")

// Scenarios are the names that [Run] knows, in the order in which a person would
// play them.
func Scenarios() []string {
	var names []string
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}

// scenario is a row of what can be played.
type scenario struct {
	name string
	play func(ctx context.Context, p *player) error
}

func scenarios() []scenario {
	return []scenario{
		{LoginReady, loginReady},
		{InboundAtOnce, inboundAtOnce},
		{SteadyDay, steadyDay},
		{StateLoop, stateLoop},
		{FailOver, failOver},
	}
}

// The scenarios.
const (
	LoginReady    = "login-ready"
	InboundAtOnce = "inbound-at-once"
	SteadyDay     = "steady-day"
	StateLoop     = "state-loop"
	FailOver      = "fail-over"
)

// Phase is what a scenario came to, and what the worker used for it.
type Phase struct {
	measure.Result
	Worker *Use // nil: nobody looked
}

// player plays scenarios one after the other.
type player struct {
	cfg   Config
	fleet *fleet
	done  []Phase

	mu    sync.Mutex
	book  *measure.Phase // nil between phases
	hear  func(event)    // of the scenario that plays; called with mu held
	moved chan struct{}  // holds a token when something has come
	nodes map[string]string
	in    map[string]bool // agents who are logged in
}

// Run connects, plays the scenarios in order and disconnects; agents who are
// logged in at the end are logged out. A list that does not begin with
// login-ready has it before its first. What was played comes back in any case; the
// error is ErrMissing if an event did not come as it must.
func Run(ctx context.Context, cfg Config, names ...string) ([]Phase, error) {
	cfg, err := cfg.prepared()
	if err != nil {
		return nil, err
	}
	list, err := choose(names)
	if err != nil {
		return nil, err
	}
	if cfg.Kill == nil && slices.Contains(names, FailOver) {
		return nil, fmt.Errorf("%w: %s needs a process to kill", ErrConfig, FailOver)
	}
	p := &player{cfg: cfg, moved: make(chan struct{}, 1), nodes: map[string]string{}, in: map[string]bool{}}
	if p.fleet, err = dial(ctx, cfg, p.heard, p.unsent); err != nil {
		return nil, err
	}
	defer p.fleet.close()
	defer p.leave(ctx)
	if err := rehearse(ctx, p); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	for _, s := range list {
		if err := s.play(ctx, p); err != nil {
			return p.done, fmt.Errorf("load: %s: %w", s.name, err)
		}
	}
	if n := p.fleet.missed(); n > 0 {
		return p.done, fmt.Errorf("load: the load itself gave %d messages up; use more --connections or fewer agents: %w", n, ErrMissing)
	}
	for _, ph := range p.done {
		if !ph.Clean() {
			return p.done, fmt.Errorf("%w: %s: %d errors, %d lost, %d doubled", ErrMissing, ph.Name, ph.Errors, ph.Lost, ph.Doubled)
		}
	}
	return p.done, nil
}

// choose finds the scenarios of the names.
func choose(names []string) ([]scenario, error) {
	all := scenarios()
	var list []scenario
	if len(names) == 0 || names[0] != LoginReady {
		list = append(list, all[0])
	}
	for _, name := range names {
		i := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
		if i < 0 {
			return nil, fmt.Errorf("%w: no scenario %q; there are %s", ErrConfig, name, strings.Join(Scenarios(), ", "))
		}
		list = append(list, all[i])
	}
	return list, nil
}

// begin starts a phase; hear is called for every event of an agent, with p.mu held.
func (p *player) begin(name string, goal int, series ...string) {
	if p.cfg.Worker != nil {
		p.cfg.Worker.Begin()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.book = measure.Begin(name, time.Now(), goal, series...)
	p.hear = func(event) {}
}

// close ends the phase.
func (p *player) close() measure.Result {
	p.mu.Lock()
	r, last := p.book.End(time.Now()), p.book.Progress(time.Now())
	p.book, p.hear = nil, nil
	p.mu.Unlock()
	p.cfg.Progress(last)
	return r
}

// lingerTime is how long a phase goes on after its last event: for one that comes
// twice.
const lingerTime = 200 * time.Millisecond

// end closes the phase and keeps its result.
func (p *player) end(ctx context.Context) {
	linger := time.NewTimer(lingerTime)
	defer linger.Stop()
	select {
	case <-linger.C:
	case <-ctx.Done():
	}
	ph := Phase{Result: p.close()}
	if p.cfg.Worker != nil {
		use := p.cfg.Worker.End(ph.Operations())
		ph.Worker = &use
	}
	p.done = append(p.done, ph)
}

// heard is called by the fleet for each output.
func (p *player) heard(e event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Agent != "" && e.Node != "" {
		p.nodes[e.Agent] = e.Node
	}
	if p.book == nil || p.fleet == nil || p.fleet.byID[e.Agent] == nil {
		return
	}
	switch {
	case e.Code == codeError:
		p.refused(e, e.Error)
	case e.Code == codeReLogin:
		p.refused(e, "RE_LOGIN")
	case e.Recovered: // what was told before may be told again
	case e.Code == codeState && e.Corr == "":
		p.book.Changed(e.Agent, e.Body)
	case slices.Contains(toldOnce, e.Code):
		if e.Code == codeState {
			p.book.Stands(e.Agent, e.Body)
		}
		p.book.Told(e.At, e.Agent, e.Code, e.Corr, e.Body)
	}
	p.hear(e)
	select {
	case p.moved <- struct{}{}:
	default:
	}
}

// refused notes an error. An error that answers nothing open is one, too.
func (p *player) refused(e event, cause string) {
	if !p.book.Refused(e.Corr, cause) {
		p.book.Fault(cause, e.Agent+" "+e.Corr)
	}
}

// The outputs that a load looks at.
const (
	codeState   = "O-001"
	codeError   = "O-002"
	codeReLogin = "O-007"
	codeCall    = "O-008"
	codeRinging = "O-009"
	codeInfo    = "O-011"
	codeDialogs = "O-024"
)

// toldOnce are the outputs that say what is new: the same twice is one too many.
var toldOnce = []string{codeState, codeCall, codeRinging}

// unsent is called by the fleet for a command that the broker did not take.
func (p *player) unsent(corr string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.book != nil && !p.book.Refused(corr, "not sent") {
		p.book.Fault("not sent", err.Error())
	}
}

// do sends a command whose answer settles key, at the time of now.
func (p *player) do(series, key string, m *member, word protocol.Word, body string) (corr string) {
	corr = p.fleet.corr()
	p.book.Expect(series, key, time.Now(), corr)
	p.fleet.send(m, word, body, corr)
	return corr
}

// locked calls f with the book in hand.
func (p *player) locked(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// settle waits until nothing is open any more, or nothing has been answered for
// the time-out. step (may be nil) is called now and then, with p.mu held; over
// means that there is no more to begin.
func (p *player) settle(ctx context.Context, step func(now time.Time) (over bool)) error {
	tick := time.NewTicker(tickTime)
	defer tick.Stop()
	last, shown := time.Now(), time.Time{}
	var before measure.Progress
	for {
		now := time.Now()
		over := true
		p.mu.Lock()
		if step != nil {
			over = step(now)
		}
		at := p.book.Progress(now)
		p.mu.Unlock()
		if at.Done != before.Done || at.Open != before.Open || !over {
			last, before = now, at
		}
		if now.Sub(shown) >= progressTime {
			shown = now
			p.cfg.Progress(at)
		}
		if over && (at.Open == 0 || now.Sub(last) > p.cfg.Timeout) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.moved:
		case <-tick.C:
		}
	}
}

// tickTime is between two looks at the time, progressTime between two reports.
const (
	tickTime     = 20 * time.Millisecond
	progressTime = 100 * time.Millisecond
)
