package pairs

import (
	"strings"
	"time"
)

// Result is what a storm, or a take-over, came to.
type Result struct {
	Verdict
	Kills     map[Window]int
	Open      []int           // commands without an answer, at each kill of [Bursts]
	TakeOvers []time.Duration // from a kill to the first O-024 of the last agent taken over
	ReLogins  int             // spurious [O-007]
	Logouts   int             // spurious O-001 LOGOUT
	Late      int             // agents who were told too late, or never, where they stand after the death of all nodes
	Unsigned  int             // SUBSCRIPTION_FAILED: Finesse did not take the credentials any more
}

// countUnwanted counts what no client of a pair may see while nobody logs out.
func (r *Result) countUnwanted(events []Event) {
	for _, e := range events {
		if strings.Contains(e.Body, "#Error#SUBSCRIPTION_FAILED") {
			r.find(&r.Unsigned, "%s: SUBSCRIPTION_FAILED from %s at %s", e.Agent, e.Node, e.At.Format("05.000"))
		}
		if strings.Contains(e.Body, "#State#RE_LOGIN") {
			r.find(&r.ReLogins, "%s: spurious RE_LOGIN from %s at %s", e.Agent, e.Node, e.At.Format("05.000"))
		}
		if strings.Contains(e.Body, "#State#LOGOUT") {
			r.find(&r.Logouts, "%s: spurious LOGOUT from %s at %s", e.Agent, e.Node, e.At.Format("05.000"))
		}
	}
}

// Clean reports whether the run kept every promise.
func (r Result) Clean() bool { return r.Verdict.Clean() && r.ReLogins+r.Logouts+r.Unsigned+r.Late == 0 }

// Add joins another run of the same scenario.
func (r *Result) Add(o Result) {
	r.Commands += o.Commands
	r.Executed += o.Executed
	r.Refused += o.Refused
	r.Standing += o.Standing
	r.Aside += o.Aside
	r.Lost += o.Lost
	r.Double += o.Double
	r.OutOfOrder += o.OutOfOrder
	r.Unanswered += o.Unanswered
	r.TwoFold += o.TwoFold
	r.ToldTwice += o.ToldTwice
	r.ReLogins += o.ReLogins
	r.Logouts += o.Logouts
	r.Unsigned += o.Unsigned
	r.Late += o.Late
	r.Findings = append(r.Findings, o.Findings...)
	r.Open = append(r.Open, o.Open...)
	r.TakeOvers = append(r.TakeOvers, o.TakeOvers...)
	if r.Kills == nil {
		r.Kills = map[Window]int{}
	}
	for w, n := range o.Kills {
		r.Kills[w] += n
	}
}
