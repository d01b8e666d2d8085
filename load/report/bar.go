package report

import (
	"fmt"
	"strings"
	"time"

	"gcbridge/load/measure"
)

// barWidth is the length of a progress bar, in characters.
const barWidth = 12

// Bar is a line that says where a phase is, for a terminal.
func Bar(p measure.Progress) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-15s ", p.Name)
	if p.Goal > 0 {
		full := min(p.Done*barWidth/p.Goal, barWidth)
		fmt.Fprintf(&b, "[%s%s] %d/%d", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), p.Done, p.Goal)
	} else {
		fmt.Fprintf(&b, "%d", p.Done)
	}
	fmt.Fprintf(&b, "  %s  %s", p.Since.Round(100*time.Millisecond), perSecond(p.Done, p.Since.Seconds()))
	if p.Done > 0 {
		fmt.Fprintf(&b, "  last %s", Short(float64(p.Last.Microseconds())/1000))
	}
	for _, n := range []struct {
		count int
		what  string
	}{{p.Open, "open"}, {p.Errors, "errors"}, {p.Doubled, "doubled"}} {
		if n.count > 0 {
			fmt.Fprintf(&b, "  %d %s", n.count, n.what)
		}
	}
	return b.String()
}
