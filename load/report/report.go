// Package report shows what a load came to: as JSON for programs, as a table for
// a terminal, and as a page with charts. Pure.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"gcbridge/load/measure"
)

// Report is a whole run. Its JSON form is for programs; times are in milliseconds.
type Report struct {
	Started time.Time `json:"started"`
	Agents  int       `json:"agents"`
	Setting []Setting `json:"settings"`
	OK      bool      `json:"ok"`
	Failure string    `json:"failure,omitempty"` // why it is not OK
	Phases  []Phase   `json:"phases"`
}

// Setting is how the load was told to be.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Phase is a scenario that was played.
type Phase struct {
	Name       string         `json:"name"`
	Seconds    float64        `json:"seconds"`
	Operations int            `json:"operations"`
	Rate       float64        `json:"rate"` // operations a second
	Errors     int            `json:"errors"`
	Lost       int            `json:"lost"`
	Doubled    int            `json:"doubled"`
	Causes     map[string]int `json:"causes,omitempty"`
	Faults     []string       `json:"faults,omitempty"`
	Series     []Series       `json:"series"`
	Worker     *Worker        `json:"worker,omitempty"`
}

// Series are the times of one kind of operation.
type Series struct {
	Name   string  `json:"name"`
	Times          // of all
	Width  float64 `json:"sliceSeconds"`
	Slices []Slice `json:"slices"`
}

// Slice is a part of the time of the phase.
type Slice struct {
	From float64 `json:"fromSeconds"`
	Rate float64 `json:"rate"`
	Times
}

// Times describe many times, in milliseconds.
type Times struct {
	Count int     `json:"count"`
	Min   float64 `json:"minMs"`
	P50   float64 `json:"p50Ms"`
	P95   float64 `json:"p95Ms"`
	P99   float64 `json:"p99Ms"`
	Max   float64 `json:"maxMs"`
	Mean  float64 `json:"meanMs"`
}

// Worker is what the worker's process used.
type Worker struct {
	ResidentMiB     float64 `json:"residentMiB"` // at the end of the phase
	PeakMiB         float64 `json:"peakMiB"`     // since the process began
	CPUSeconds      float64 `json:"cpuSeconds"`
	CPUPerOperation float64 `json:"cpuMsPerOperation"`
	Goroutines      int     `json:"goroutines,omitempty"`
}

// slices of a phase at most: a point of a chart each.
const slices = 120

// Of describes a phase.
func Of(r measure.Result, w *Worker) Phase {
	p := Phase{
		Name: r.Name, Seconds: r.Took.Seconds(), Operations: r.Operations(), Rate: r.Rate(),
		Errors: r.Errors, Lost: r.Lost, Doubled: r.Doubled, Causes: r.Causes, Faults: r.Faults, Worker: w,
	}
	for _, s := range r.Series {
		if len(s.Samples) == 0 && s.Name != r.Series[0].Name {
			continue // it has no place in this run
		}
		width, parts := s.Timeline(r.Took, slices)
		out := Series{Name: s.Name, Times: timesOf(s.Spread()), Width: width.Seconds()}
		for i, part := range parts {
			long := min(width, r.Took-time.Duration(i)*width) // the last is shorter
			out.Slices = append(out.Slices, Slice{From: part.From.Seconds(), Rate: float64(part.Count) / long.Seconds(), Times: timesOf(part.Spread)})
		}
		p.Series = append(p.Series, out)
	}
	return p
}

func timesOf(s measure.Spread) Times {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return Times{Count: s.Count, Min: ms(s.Min), P50: ms(s.P50), P95: ms(s.P95), P99: ms(s.P99), Max: ms(s.Max), Mean: ms(s.Mean)}
}

// WriteJSON writes the report for programs.
func (r Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}

// WriteTable writes the report for a terminal.
func (r Report) WriteTable(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "phase\tmeasure\tcount\trate\tmin\tp50\tp95\tp99\tmax\tmean\terrors\tlost\tdoubled\t")
	for _, p := range r.Phases {
		for i, s := range p.Series {
			name, counts := p.Name, fmt.Sprintf("%d\t%d\t%d", p.Errors, p.Lost, p.Doubled)
			if i > 0 {
				name, counts = "", "\t\t"
			}
			rate := perSecond(s.Count, p.Seconds)
			fmt.Fprintf(tw, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, s.Name, s.Count, rate,
				Short(s.Min), Short(s.P50), Short(s.P95), Short(s.P99), Short(s.Max), Short(s.Mean), counts)
		}
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if err := r.writeWorkers(w); err != nil {
		return err
	}
	for _, p := range r.Phases {
		for _, f := range p.Faults {
			fmt.Fprintf(w, "%s: %s\n", p.Name, f)
		}
	}
	return nil
}

func (r Report) writeWorkers(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	head := "\nworker\tresident\tpeak\tCPU\tCPU per operation\tgoroutines\t\n"
	for _, p := range r.Phases {
		u := p.Worker
		if u == nil {
			continue
		}
		goroutines := "-"
		if u.Goroutines > 0 {
			goroutines = strconv.Itoa(u.Goroutines)
		}
		fmt.Fprintf(tw, "%s%s\t%.1f MiB\t%.1f MiB\t%.2f s\t%s\t%s\t\n", head, p.Name, u.ResidentMiB, u.PeakMiB, u.CPUSeconds, Short(u.CPUPerOperation), goroutines)
		head = ""
	}
	return tw.Flush()
}

// Short writes milliseconds for people, with three digits.
func Short(ms float64) string {
	switch {
	case ms == 0:
		return "-"
	case ms < 1000:
		return digits(ms) + " ms"
	default:
		return digits(ms/1000) + " s"
	}
}

// digits writes three digits that count, and all before the point.
func digits(v float64) string {
	after := 2
	for x := v; x >= 10 && after > 0; x /= 10 {
		after--
	}
	return strconv.FormatFloat(v, 'f', after, 64)
}

func perSecond(n int, seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return strings.TrimSuffix(digits(float64(n)/seconds), ".00") + "/s"
}
