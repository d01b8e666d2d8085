package main

import (
	"fmt"
	"slices"
	"time"
)

// size is how much is measured.
type size struct {
	full   bool
	rounds int           // of each, interleaved
	round  time.Duration // how long one is
	warm   time.Duration // how long everybody works before it counts
	// crowds are measured turns times, take-overs kills times.
	crowds       []crowd
	turns, kills int
}

func sizeOf(short bool) size {
	if short {
		return size{rounds: 5, round: 1500 * time.Millisecond, warm: 4 * time.Second, crowds: []crowd{{100, false}, {500, true}}, turns: 1, kills: 1}
	}
	return size{full: true, rounds: 5, round: 4 * time.Second, warm: 10 * time.Second, crowds: crowds(), turns: 5, kills: 5}
}

// results is all that was measured, as it is kept in measured.json.
type results struct {
	Machine machine
	Short   bool
	Broken  []string // parts that were not played to their end
	// Relays and Events: by leg, by who, a sample for each round.
	Relays map[string]map[string][]sample
	Events map[string][]sample
	// Agents: a row for each number of agents, with and without TLS.
	Agents []growth
	// TakeOvers are seconds.
	TakeOvers []float64
}

func (r *results) addRelay(leg, who string, s sample) {
	if r.Relays == nil {
		r.Relays = map[string]map[string][]sample{}
	}
	if r.Relays[leg] == nil {
		r.Relays[leg] = map[string][]sample{}
	}
	r.Relays[leg][who] = append(r.Relays[leg][who], s)
}

func (r *results) addEvents(who string, s sample) {
	if r.Events == nil {
		r.Events = map[string][]sample{}
	}
	r.Events[who] = append(r.Events[who], s)
}

func (s sample) String() string {
	return fmt.Sprintf("%.0f/s, p50 %.1f ms, p99 %.1f ms, %.3f ms of CPU each, %.0f MiB", s.Rate, s.P50, s.P99, s.CPU, s.Resident)
}

// What of a sample is looked at.
func rate(s sample) float64     { return s.Rate }
func p50(s sample) float64      { return s.P50 }
func p99(s sample) float64      { return s.P99 }
func cpu(s sample) float64      { return s.CPU }
func resident(s sample) float64 { return s.Resident }

// median of values; false if there is none.
func median(v []float64) (float64, bool) {
	if len(v) == 0 {
		return 0, false
	}
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2, true
	}
	return v[len(v)/2], true
}

// column is one value of each sample.
func column(samples []sample, of func(sample) float64) []float64 {
	out := make([]float64, len(samples))
	for i, s := range samples {
		out[i] = of(s)
	}
	return out
}

// ratio is the median of one's values over the other's, round by round: what else
// the machine did in a round concerns both.
func ratio(one, other []sample, of func(sample) float64) (float64, bool) {
	var all []float64
	for i := range min(len(one), len(other)) {
		if d := of(other[i]); d > 0 {
			all = append(all, of(one[i])/d)
		}
	}
	return median(all)
}
