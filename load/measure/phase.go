package measure

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// shownFaults is how many faults of a phase are kept as text; a broken worker
// makes thousands.
const shownFaults = 20

// Phase is the book of a part of a load: what must come, what came. Make it with
// [Begin]. It is for one goroutine at a time.
type Phase struct {
	name   string
	began  time.Time
	goal   int // operations that are planned, 0 = as many as come
	series []*Series
	open   map[string]want     // by key
	by     map[string][]string // correlation id to keys
	spent  map[string]bool     // correlation ids of what was refused
	twice  twice
	states map[string]string // by owner

	last            time.Time // when an operation was answered
	errors, doubled int
	faults          []string
	causes          map[string]int
}

// want is an event that must come.
type want struct {
	series int
	at     time.Time
	corrs  []string
}

// Series are the times of one kind of operation.
type Series struct {
	Name    string
	Samples []Sample
}

// Sample is an operation that was answered.
type Sample struct {
	At   time.Duration // of the answer, since the phase began
	Took time.Duration
}

// Begin opens the book. The first of the series counts the operations of the
// phase; goal is how many there will be, 0 = nobody knows.
func Begin(name string, began time.Time, goal int, series ...string) *Phase {
	p := &Phase{name: name, began: began, goal: goal, open: map[string]want{}, by: map[string][]string{}, spent: map[string]bool{}, states: map[string]string{}, causes: map[string]int{}}
	for _, s := range series {
		p.series = append(p.series, &Series{Name: s})
	}
	return p
}

// Expect notes that an event must come; key names it, corrs are the correlation
// ids of the commands that it answers, whose errors end the wait. A key that is
// open already keeps its time.
func (p *Phase) Expect(series, key string, at time.Time, corrs ...string) {
	w, known := p.open[key]
	if !known {
		w = want{at: at, series: slices.IndexFunc(p.series, func(s *Series) bool { return s.Name == series })}
		if w.series < 0 {
			panic("measure: no series " + series + " in " + p.name)
		}
	}
	w.corrs = append(w.corrs, corrs...)
	p.open[key] = w
	for _, c := range corrs {
		p.by[c] = append(p.by[c], key)
	}
}

// Waits reports whether the event is still to come.
func (p *Phase) Waits(key string) bool {
	_, ok := p.open[key]
	return ok
}

// Arrived notes an event; false: nobody waits for it.
func (p *Phase) Arrived(key string, at time.Time) bool {
	w, ok := p.open[key]
	if !ok {
		return false
	}
	p.forget(key)
	if at.After(p.last) {
		p.last = at
	}
	s := p.series[w.series]
	s.Samples = append(s.Samples, Sample{At: at.Sub(p.began), Took: at.Sub(w.at)})
	return true
}

// Refused notes an error that answers a command, by its correlation id. Nothing
// else is to come for it then, and further errors of the same operation are not
// counted. False: nobody waits for that command.
func (p *Phase) Refused(corr, cause string) bool {
	keys := slices.Clone(p.by[corr])
	if len(keys) == 0 {
		return p.spent[corr]
	}
	for _, key := range keys {
		for _, c := range p.open[key].corrs {
			p.spent[c] = true
		}
		p.forget(key)
	}
	p.Fault(cause, strings.Join(keys, ", "))
	return true
}

// Fault counts an error, and keeps a few of them as text.
func (p *Phase) Fault(cause, what string) {
	p.errors++
	p.causes[cause]++
	p.find("error %s: %s", cause, what)
}

// Told notes a message that must not come twice with the same content; false: it
// did.
func (p *Phase) Told(at time.Time, content ...string) bool {
	if !p.twice.seen(strings.Join(content, "\x00"), at) {
		return true
	}
	p.doubled++
	p.find("came twice: %s", strings.Join(content, " "))
	return false
}

// Stands notes the state that an answer to a command told of its owner.
func (p *Phase) Stands(owner, state string) { p.states[owner] = state }

// Changed notes a state that no command explains; false: the one before of the
// same owner was the same. Not more can be said: it may come back.
func (p *Phase) Changed(owner, state string) bool {
	before, known := p.states[owner]
	p.states[owner] = state
	if !known || before != state {
		return true
	}
	p.doubled++
	p.find("came twice: %s", state)
	return false
}

func (p *Phase) find(format string, args ...any) {
	if len(p.faults) < shownFaults {
		p.faults = append(p.faults, fmt.Sprintf(format, args...))
	}
}

func (p *Phase) forget(key string) {
	for _, c := range p.open[key].corrs {
		rest := slices.DeleteFunc(p.by[c], func(k string) bool { return k == key })
		if p.by[c] = rest; len(rest) == 0 {
			delete(p.by, c)
		}
	}
	delete(p.open, key)
}

// Errors is how many there were so far.
func (p *Phase) Errors() int { return p.errors }

// Open is how many events are still to come.
func (p *Phase) Open() int { return len(p.open) }

// Progress is where a phase is.
type Progress struct {
	Name                  string
	Done, Goal            int // operations; a Goal of 0 is not known
	Open, Errors, Doubled int
	Since                 time.Duration // the phase began
	Last                  time.Duration // what the last operation took
}

// Progress is where the phase is at now.
func (p *Phase) Progress(now time.Time) Progress {
	done := p.series[0].Samples
	pr := Progress{
		Name: p.name, Done: len(done), Goal: p.goal, Open: len(p.open), Errors: p.errors, Doubled: p.doubled, Since: now.Sub(p.began),
	}
	if len(done) > 0 {
		pr.Last = done[len(done)-1].Took
	}
	return pr
}

// Result is what a phase came to.
type Result struct {
	Name                  string
	Took                  time.Duration
	Series                []Series
	Errors, Lost, Doubled int
	Causes                map[string]int // of the errors
	Faults                []string       // some of the errors, the lost and the doubled, in words
}

// End closes the book: what is open is lost. The phase took until its last answer,
// or until at if there is none.
func (p *Phase) End(at time.Time) Result {
	if !p.last.IsZero() {
		at = p.last
	}
	r := Result{Name: p.name, Took: at.Sub(p.began), Errors: p.errors, Doubled: p.doubled, Causes: p.causes}
	keys := make([]string, 0, len(p.open))
	for key := range p.open {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		w := p.open[key]
		r.Lost++
		p.find("never came: %s of %s, asked for %s after the beginning", p.series[w.series].Name, key, w.at.Sub(p.began).Round(time.Millisecond))
	}
	for _, s := range p.series {
		r.Series = append(r.Series, *s)
	}
	r.Faults = p.faults
	return r
}

// Operations is how many operations were answered.
func (r Result) Operations() int { return len(r.Series[0].Samples) }

// Rate is operations a second.
func (r Result) Rate() float64 { return ratio(float64(r.Operations()), r.Took.Seconds()) }

// Clean reports whether everything came, once, and nothing was refused.
func (r Result) Clean() bool { return r.Errors+r.Lost+r.Doubled == 0 }

// Spread describes the times of a series.
func (s Series) Spread() Spread {
	took := make([]time.Duration, len(s.Samples))
	for i, x := range s.Samples {
		took[i] = x.Took
	}
	return SpreadOf(took)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
