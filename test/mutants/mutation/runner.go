package mutation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Outcome is what became of a mutant.
type Outcome string

// The outcomes. A mutant that does not compile says nothing about the tests and
// is not counted; one that hangs has been noticed.
const (
	Killed      Outcome = "killed"
	TimedOut    Outcome = "timed out"
	Survived    Outcome = "survived"
	NotCompiled Outcome = "not compiled"
)

// Result is a mutation and what became of it.
type Result struct {
	Mutation
	Outcome Outcome
	Took    time.Duration `json:"-"`
}

// Counted reports whether the result says something about the tests.
func (r Result) Counted() bool { return r.Outcome != NotCompiled }

// Dead reports whether the tests noticed the mutant.
func (r Result) Dead() bool { return r.Outcome == Killed || r.Outcome == TimedOut }

const (
	parallel = 2                // mutants at a time
	grace    = 20 * time.Second // that a mutant's tests get on top of what they need anyway
	slower   = 4                // times as long as without a mutation is not hanging yet
	patience = 10 * time.Second // after the limit, for a test binary that does not end itself
)

// Runner tries mutants. Its packages have to hold those of all mutations.
type Runner struct {
	packages map[string]Package
	intact   map[string]func() (time.Duration, error)
	scratch  string
	limit    time.Duration
}

// NewRunner prepares a runner that works in the folder scratch, which the
// caller removes, and gives the tests of a mutant at most limit; less where they
// are fast without a mutation. ctx ends what the runner does.
func NewRunner(ctx context.Context, scratch string, limit time.Duration, packages []Package) *Runner {
	r := &Runner{
		packages: map[string]Package{}, intact: map[string]func() (time.Duration, error){},
		scratch: scratch, limit: limit,
	}
	for _, p := range packages {
		r.packages[p.ImportPath] = p
		r.intact[p.ImportPath] = sync.OnceValues(func() (time.Duration, error) { return r.runIntact(ctx, p) })
	}
	return r
}

// Sample orders mutations by chance, the same for the same seed.
func Sample(all []Mutation, seed uint64) []Mutation {
	out := slices.Clone(all)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// Run tries mutations in their order until n of them have been counted, two at
// a time; each hears of a result as soon as there is one. Which ones are counted
// does not depend on how fast they are. An error means that nothing is known:
// the tests fail without a mutation, or ctx has ended.
func (r *Runner) Run(ctx context.Context, mutations []Mutation, n int, each func(Result)) ([]Result, error) {
	type answer struct {
		Result
		err error
	}
	answers := make(chan answer)
	var results []Result
	var errs []error
	next, running, counted := 0, 0, 0
	for {
		for next < len(mutations) && running < parallel && counted+running < n && len(errs) == 0 {
			m := mutations[next]
			go func() {
				outcome, took, err := r.try(ctx, m)
				answers <- answer{Result{m, outcome, took}, err}
			}()
			next, running = next+1, running+1
		}
		if running == 0 {
			return results, errors.Join(errs...)
		}
		a := <-answers
		running--
		if a.err != nil {
			errs = append(errs, a.err)
			continue
		}
		if a.Counted() {
			counted++
		}
		results = append(results, a.Result)
		each(a.Result)
	}
}

// try finds out what becomes of m.
func (r *Runner) try(ctx context.Context, m Mutation) (Outcome, time.Duration, error) {
	usual, err := r.intact[m.Package]()
	if err != nil {
		return "", 0, err
	}
	dir, err := os.MkdirTemp(r.scratch, "")
	if err != nil {
		return "", 0, fmt.Errorf("mutation: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := writeOverlay(dir, m)
	if err != nil {
		return "", 0, err
	}
	p := r.packages[m.Package]
	binary, err := compile(ctx, p, dir, "-overlay", overlay)
	if ctx.Err() != nil {
		return "", 0, context.Cause(ctx)
	}
	if err != nil {
		return NotCompiled, 0, nil
	}
	if binary == "" {
		return Survived, 0, nil // it has no tests
	}
	took, late, err := runTests(ctx, p, binary, min(r.limit, grace+slower*usual))
	switch {
	case ctx.Err() != nil:
		return "", 0, context.Cause(ctx)
	case late:
		return TimedOut, took, nil
	case err != nil:
		return Killed, took, nil
	}
	return Survived, took, nil
}

// writeOverlay writes the mutated file and the list that puts it into the place
// of the original, for go's flag -overlay.
func writeOverlay(dir string, m Mutation) (string, error) {
	source, err := os.ReadFile(m.File)
	if err != nil {
		return "", fmt.Errorf("mutation: %w", err)
	}
	mutated := filepath.Join(dir, filepath.Base(m.File))
	if err := os.WriteFile(mutated, m.Apply(source), 0o600); err != nil {
		return "", fmt.Errorf("mutation: %w", err)
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {m.File: mutated}})
	if err != nil {
		return "", fmt.Errorf("mutation: %w", err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		return "", fmt.Errorf("mutation: %w", err)
	}
	return overlay, nil
}

// runIntact runs the tests without a mutation: they have to pass, or nothing can
// be said of a mutant.
func (r *Runner) runIntact(ctx context.Context, p Package) (time.Duration, error) {
	dir, err := os.MkdirTemp(r.scratch, "")
	if err != nil {
		return 0, fmt.Errorf("mutation: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, err := compile(ctx, p, dir)
	if err != nil {
		return 0, err
	}
	if binary == "" {
		return 0, nil
	}
	took, _, err := runTests(ctx, p, binary, r.limit)
	if err != nil {
		return 0, fmt.Errorf("mutation: the tests of %s fail without a mutation: %w", p.ImportPath, err)
	}
	return took, nil
}

// compile builds the package's tests; "" without an error means that it has none.
func compile(ctx context.Context, p Package, dir string, flags ...string) (string, error) {
	binary := filepath.Join(dir, "package.test")
	args := append([]string{"test", "-c", "-vet=off", "-o", binary}, flags...)
	if _, err := output(ctx, p.Dir, "go", append(args, ".")...); err != nil {
		return "", err
	}
	if _, err := os.Stat(binary); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return binary, nil
}

// runTests runs a test binary to its first failure, bounded in time and memory.
// late says that it took longer than limit.
func runTests(ctx context.Context, p Package, binary string, limit time.Duration) (took time.Duration, late bool, err error) {
	bounded, cancel := context.WithTimeout(ctx, limit+patience)
	defer cancel()
	args := append([]string{"-test.paniconexit0", "-test.failfast", "-test.count=1", "-test.timeout=" + limit.String()}, p.testFlags()...)
	c := exec.CommandContext(bounded, binary, args...)
	c.Dir = p.Dir
	c.WaitDelay = time.Second
	ownGroup(c)
	began := time.Now()
	if err := c.Start(); err != nil {
		return 0, false, fmt.Errorf("mutation: %w", err)
	}
	limitMemory(c.Process.Pid)
	err = c.Wait()
	took = time.Since(began)
	return took, err != nil && took >= limit, err
}
