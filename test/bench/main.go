// Command bench measures the bridge side by side with the least that must be done
// (test/bench/floor) and with an Apache Camel route (test/bench/camel), in one run
// and in turns; then how it grows with its agents. It prints a line for each goal,
// and writes docs/performance.md with its plots.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"gcbridge/test/stand"
)

func main() {
	short := flag.Bool("short", false, "the ratios alone, in at most five minutes; docs are written only with -docs")
	docs := flag.String("docs", "", "folder for performance.md and its plots; a full form with all parts writes docs")
	only := flag.String("only", "", "only the parts whose name contains this, also those that the short form leaves out: relays, events, agents, take-overs")
	render := flag.Bool("render", false, "measure nothing: write the documents anew from the folder's performance/measured.json")
	flag.Parse()
	if *docs == "" && !*short && *only == "" {
		*docs = "docs"
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := play(ctx, sizeOf(*short), *docs, *only, *render)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// errBroken: a measurement could not be played to its end.
var errBroken = errors.New("a measurement ended early")

func play(ctx context.Context, size size, docs, only string, again bool) error {
	var r *results
	var err error
	if again {
		r, err = kept(docs)
	} else {
		r, err = measure(ctx, size, only)
	}
	if r == nil {
		return err
	}
	if docs != "" {
		if err := write(docs, r); err != nil {
			return err
		}
	}
	return errors.Join(err, tell(os.Stdout, r))
}

// measure plays everything. A part that breaks off is an error, and does not keep the others
// from being shown; with none there is no result.
func measure(ctx context.Context, size size, only string) (*results, error) {
	r := &results{Machine: thisMachine(ctx), Short: !size.full}
	hall := stand.New(ctx, "bench")
	defer hall.End()
	ok := hall.Play(func() {
		s := newSite(ctx, hall)
		for _, part := range parts() {
			if ctx.Err() != nil || !strings.Contains(part.name, only) || only == "" && part.long && !size.full {
				continue
			}
			t := hall.Next(part.name)
			finished := t.Play(func() { part.play(s, t, size, r) })
			t.End()
			if !finished || t.Failed() {
				r.Broken = append(r.Broken, part.name)
			}
		}
	})
	switch {
	case !ok || ctx.Err() != nil:
		return nil, errors.Join(errBroken, ctx.Err())
	case len(r.Broken) > 0:
		return r, fmt.Errorf("%w: %s", errBroken, strings.Join(r.Broken, ", "))
	}
	return r, nil
}
