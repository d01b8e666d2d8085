package main

import (
	"fmt"
	"io"

	"gcbridge/load/measure"
	"gcbridge/load/report"
)

// bar shows where a load is, in one line of a terminal for each phase. It is for
// one goroutine.
type bar struct {
	out   io.Writer
	phase string
}

func (b *bar) show(p measure.Progress) {
	if b.phase != "" && p.Name != b.phase {
		fmt.Fprintln(b.out)
	}
	b.phase = p.Name
	fmt.Fprintf(b.out, "\r%s\x1b[K", report.Bar(p)) // and nothing of a longer line before
}

// end leaves the last line as it is.
func (b *bar) end() {
	if b.phase != "" {
		fmt.Fprintln(b.out)
	}
	b.phase = ""
}
