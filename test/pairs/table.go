package pairs

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// Row is a scenario in a [Table].
type Row struct {
	Scenario string
	Runs     int
	Limit    time.Duration // of the median take-over; 0 = none
	Result
}

// Clean reports whether the scenario kept every promise, and the time that is
// aimed at.
func (r Row) Clean() bool {
	if !r.Result.Clean() {
		return false
	}
	if r.Limit == 0 {
		return true
	}
	return len(r.TakeOvers) > 0 && median(slices.Sorted(slices.Values(r.TakeOvers))) <= r.Limit
}

// Table is what a session of the harness came to.
type Table []Row

// Clean reports whether every scenario kept every promise.
func (t Table) Clean() bool {
	return !slices.ContainsFunc(t, func(r Row) bool { return !r.Clean() })
}

// Print writes the table, and then what was found.
func (t Table) Print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "scenario\truns\tkills\tcommands\texecuted\trefused\tas it stands\tput aside by a broker\tlost\tdouble\tout of order\tunanswered\ttwo outcomes\ttold twice\tRE_LOGIN\tLOGOUT\tSUBSCRIPTION_FAILED\tlate\topen at kill\ttake-over min\tmedian\tmax\t")
	for _, r := range t {
		kills := 0
		for _, n := range r.Kills {
			kills += n
		}
		low, middle, high := spread(r.TakeOvers)
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t\n", r.Scenario, r.Runs, kills, r.Commands, r.Executed,
			r.Refused, r.Standing, r.Aside, r.Lost, r.Double, r.OutOfOrder, r.Unanswered, r.TwoFold, r.ToldTwice, r.ReLogins, r.Logouts, r.Unsigned, r.Late, r.open(), low, middle, high)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, r := range t {
		for i, f := range r.Findings {
			if i == shownFindings {
				fmt.Fprintf(w, "%s: and %d more\n", r.Scenario, len(r.Findings)-i)
				break
			}
			fmt.Fprintf(w, "%s: %s\n", r.Scenario, f)
		}
	}
	return nil
}

// shownFindings of a scenario are printed; a broken worker makes thousands.
const shownFindings = 50

// open is how many commands had no answer when a node was killed: the median.
func (r Row) open() string {
	if len(r.Open) == 0 {
		return "-"
	}
	return strconv.Itoa(slices.Sorted(slices.Values(r.Open))[len(r.Open)/2])
}

// spread is the least, the middle and the greatest of ds, rounded; "-" for none.
func spread(ds []time.Duration) (low, middle, high string) {
	if len(ds) == 0 {
		return "-", "-", "-"
	}
	ds = slices.Sorted(slices.Values(ds))
	show := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s" }
	return show(ds[0]), show(median(ds)), show(ds[len(ds)-1])
}

// median of a sorted list that is not empty: the upper one of two.
func median(ds []time.Duration) time.Duration { return ds[len(ds)/2] }
