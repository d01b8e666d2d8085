package observe

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gcbridge/protocol/spec"
)

// testsPerClause bounds the proofs that are written down.
const testsPerClause = 3

// Keeper runs a package's tests and then compares the log with the proofs
// that are kept in a file, or writes them anew. It is the TestingM of
// goleak.VerifyTestMain. Runs of only some tests are not compared.
type Keeper struct {
	Tests  interface{ Run() int }
	Log    *Log
	File   string
	Update *bool     // read after the flags are parsed
	Out    io.Writer // where drift is reported
	// Whole reports whether every test ran; nil asks the flags of go test.
	Whole func() bool
}

// Run returns the exit code of the tests, or 1 if the proofs have drifted.
func (k Keeper) Run() int {
	if code := k.Tests.Run(); code != 0 {
		return code
	}
	if k.Whole == nil {
		k.Whole = wholeRun
	}
	if err := k.keep(k.Whole()); err != nil {
		fmt.Fprintln(k.Out, err)
		return 1
	}
	return 0
}

func (k Keeper) keep(whole bool) error {
	switch {
	case !whole && *k.Update:
		return errors.New("-update-proofs needs a run of all tests")
	case !whole:
		return nil
	case *k.Update:
		return k.write()
	}
	kept := spec.Proofs{}
	f, err := os.Open(k.File)
	if err == nil {
		defer f.Close()
		kept, err = spec.ReadProofs(f)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var drift []error
	for _, d := range kept.Drift(k.Log.Proofs()) {
		drift = append(drift, errors.New(d))
	}
	if len(drift) > 0 {
		return fmt.Errorf("proofs have drifted, run go test with -update-proofs and read what changes:\n%w", errors.Join(drift...))
	}
	return nil
}

func (k Keeper) write() error {
	if err := os.MkdirAll(filepath.Dir(k.File), 0o755); err != nil {
		return err
	}
	f, err := os.Create(k.File)
	if err != nil {
		return err
	}
	_, err = k.Log.Proofs().Best(testsPerClause).WriteTo(f)
	return errors.Join(err, f.Close())
}

// wholeRun reports whether the flags of go test select every test.
func wholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return true
}
