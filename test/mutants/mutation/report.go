package mutation

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Report is what a run found.
type Report struct {
	Seed    uint64
	Killed  int // those that hung included
	Counted int
	Results []Result // by file and line
}

// NewReport adds up results; file names become relative to root.
func NewReport(root string, seed uint64, results []Result) Report {
	r := Report{Seed: seed, Results: slices.Clone(results)}
	for i := range r.Results {
		r.Results[i].File = Relative(root, r.Results[i].File)
		if r.Results[i].Counted() {
			r.Counted++
		}
		if r.Results[i].Dead() {
			r.Killed++
		}
	}
	slices.SortFunc(r.Results, func(a, b Result) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.change.start, b.change.start))
	})
	return r
}

// Relative is a file's name as people write it, seen from the folder root.
func Relative(root, file string) string {
	if short, err := filepath.Rel(root, file); err == nil {
		return filepath.ToSlash(short)
	}
	return file
}

// Percent is the part of the counted mutants that was killed; 100 if none was
// counted.
func (r Report) Percent() float64 {
	if r.Counted == 0 {
		return 100
	}
	return 100 * float64(r.Killed) / float64(r.Counted)
}

// Row prints a result as a line of the table.
func Row(r Result) string {
	return fmt.Sprintf("%-12s  %s:%d  %s: %s → %s", r.Outcome, r.File, r.Line, r.Kind, r.From, r.To)
}

// WriteSummary prints a line per package and the sum.
func (r Report) WriteSummary(w io.Writer) error {
	type count struct{ killed, counted int }
	counts := map[string]count{}
	var names []string
	for _, one := range r.Results {
		c, known := counts[one.Package]
		if !known {
			names = append(names, one.Package)
		}
		if one.Counted() {
			c.counted++
		}
		if one.Dead() {
			c.killed++
		}
		counts[one.Package] = c
	}
	slices.Sort(names)
	for _, name := range names {
		if _, err := fmt.Fprintf(w, "%4d of %-4d %s\n", counts[name].killed, counts[name].counted, name); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "killed %d of %d (%.0f %%)\n", r.Killed, r.Counted, r.Percent())
	return err
}

// WriteJSON writes the whole report.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
