package main

import (
	"fmt"
	"io"
)

// goal is a row of what is wanted.
type goal struct {
	name    string
	limit   float64
	atLeast bool   // the limit is the least; else it is the most
	unit    string // "" = a ratio
	measure func(r *results) (float64, bool)
}

// goals are those of the table "Goals" of issue "Fast and small".
func goals() []goal {
	var out []goal
	for _, l := range legs() {
		out = append(out,
			goal{"P1 rate over the bare relay, " + l.name, 0.95, true, "", over(l.name, bareRelay, rate)},
			goal{"P1 p99 over the bare relay, " + l.name, 1.1, false, "", over(l.name, bareRelay, p99)})
	}
	return append(out, []goal{
		{"P2 event rate over the bare publisher", 0.90, true, "", func(r *results) (float64, bool) { return ratio(r.Events[ours], r.Events[bareWriter], rate) }},
		{"P3 rate over Camel", 2, true, "", over(legFast, camel, rate)},
		{"P3 memory over Camel", 0.1, false, "", over(legFast, camel, resident)},
		{"P3 CPU over Camel", 0.5, false, "", over(legFast, camel, cpu)},
		{"P4 login and ready of 1000, mean", 1.0, false, "s", many(false, loginMean)},
		{"P4 1000 calls at once, mean", 0.15, false, "s", many(false, callMean)},
		{"P4 1000 answers at once, mean", 0.25, false, "s", many(false, answerMean)},
		{"P5 resident, 1000 logged in", 48, false, "MiB", many(false, loggedIn)},
		{"P5 resident, 1000 after calls", 64, false, "MiB", many(false, afterCalls)},
		{"P5 resident, 1000 logged in, TLS", 72, false, "MiB", many(true, loggedIn)},
		{"P5 resident, 1000 after calls, TLS", 96, false, "MiB", many(true, afterCalls)},
		{"P6 memory per agent, 5000 over 100", 1.2, false, "", grown(memoryEach)},
		{"P6 CPU per agent, 5000 over 100", 1.2, false, "", grown(cpuEach)},
		{"P7 take-over of 2000 at 200 ms", 3, false, "s", func(r *results) (float64, bool) { return median(r.TakeOvers) }},
		{"P8 CPU of a login", 1.0, false, "ms", many(false, loginCPU)},
		{"P8 CPU of a state command", 0.15, false, "ms", func(r *results) (float64, bool) { return median(column(r.Relays[legFast][ours], cpu)) }},
	}...)
}

// over compares the bridge with somebody in a leg.
func over(leg, who string, of func(sample) float64) func(r *results) (float64, bool) {
	return func(r *results) (float64, bool) { return ratio(r.Relays[leg][ours], r.Relays[leg][who], of) }
}

// verdict is a goal, measured.
type verdict struct {
	goal
	got      float64
	measured bool
}

func (v verdict) met() bool {
	if v.atLeast {
		return v.got >= v.limit
	}
	return v.got <= v.limit
}

// By says how far it is from the limit, for one that is missed.
func (v verdict) By() string {
	if v.atLeast {
		return fmt.Sprintf("%.0f %% less than the goal", 100*(1-v.got/v.limit))
	}
	return fmt.Sprintf("%.2f times the goal", v.got/v.limit)
}

// Name is the goal's.
func (v verdict) Name() string { return v.name }

// Want is the limit with its sign.
func (v verdict) Want() string {
	if v.atLeast {
		return "≥ " + v.amount(v.limit)
	}
	return "≤ " + v.amount(v.limit)
}

// Got is what was measured.
func (v verdict) Got() string {
	if !v.measured {
		return "not measured"
	}
	return v.amount(v.got)
}

// Mark says whether it is met.
func (v verdict) Mark() string {
	switch {
	case !v.measured:
		return "left out"
	case v.met():
		return "met"
	}
	return "missed"
}

// amount shows three digits that count.
func (v verdict) amount(x float64) string {
	s := fmt.Sprintf("%.3g", x)
	if x >= 100 {
		s = fmt.Sprintf("%.0f", x)
	}
	if v.unit != "" {
		s += " " + v.unit
	}
	return s
}

// judge measures the goals.
func judge(r *results) []verdict {
	var out []verdict
	for _, g := range goals() {
		got, measured := g.measure(r)
		out = append(out, verdict{g, got, measured})
	}
	return out
}

// tell writes a line for each goal.
func tell(w io.Writer, r *results) error {
	for _, v := range judge(r) {
		if _, err := fmt.Fprintf(w, "goal %s: %s of %s, %s\n", v.Name(), v.Got(), v.Want(), v.Mark()); err != nil {
			return err
		}
	}
	return nil
}
