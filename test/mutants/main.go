// Command mutants changes one line of a package at a time and runs the
// package's own tests: a change that they do not notice shows what they do not
// prove. It prints a table and ends with 1 if too few changes were noticed.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"gcbridge/test/mutants/mutation"
)

type options struct {
	n        int
	seed     uint64
	packages string
	changed  string
	json     string
	want     float64
	timeout  time.Duration
}

func main() {
	var o options
	flag.IntVar(&o.n, "n", 100, "mutants to count; those that do not compile are not counted")
	flag.Uint64Var(&o.seed, "seed", 1, "of the sample")
	flag.StringVar(&o.packages, "packages", "./bridge/...", "package patterns, separated by commas or blanks")
	flag.StringVar(&o.changed, "changed", "", "only packages that changed since this commit")
	flag.StringVar(&o.json, "json", "", "also write the report to this file")
	flag.Float64Var(&o.want, "want", 90, "least percentage of killed mutants")
	flag.DurationVar(&o.timeout, "timeout", time.Minute, "most that the tests of one package may take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, os.Stdout, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// run tries a sample of mutants and reports whether enough were killed.
func run(ctx context.Context, w io.Writer, o options) (bool, error) {
	root, err := os.Getwd()
	if err != nil {
		return false, err
	}
	packages, err := mutation.List(ctx, root, strings.FieldsFunc(o.packages, func(r rune) bool { return r == ',' || r == ' ' })...)
	if err != nil {
		return false, err
	}
	if o.changed != "" {
		if packages, err = mutation.Changed(ctx, root, o.changed, packages); err != nil {
			return false, err
		}
	}
	all, err := mutation.FindAll(packages)
	if err != nil {
		return false, err
	}
	scratch, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	fmt.Fprintf(w, "%d mutants in %d packages; trying %d with seed %d\n", len(all), len(packages), min(o.n, len(all)), o.seed)
	runner := mutation.NewRunner(ctx, scratch, o.timeout, packages)
	results, err := runner.Run(ctx, mutation.Sample(all, o.seed), o.n, func(r mutation.Result) {
		r.File = mutation.Relative(root, r.File)
		fmt.Fprintln(w, mutation.Row(r))
	})
	if err != nil {
		return false, err
	}
	report := mutation.NewReport(root, o.seed, results)
	if err := report.WriteSummary(w); err != nil {
		return false, err
	}
	if o.json != "" {
		if err := writeFile(o.json, report); err != nil {
			return false, err
		}
	}
	return report.Percent() >= o.want, nil
}

func writeFile(name string, report mutation.Report) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := report.WriteJSON(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
