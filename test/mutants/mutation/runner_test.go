package mutation

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// abacus is a package whose tests notice some of its mutants.
const abacus = `package abacus

const most uint8 = 255

func Sum(n int) (sum int) {
	for i := 1; i <= n; i++ {
		sum += i
	}
	return sum
}

func Negative(n int) bool { return n < 0 }
`

const abacusTest = `package abacus

import "testing"

func TestSum(t *testing.T) {
	if Sum(3) != 6 || !Negative(-5) || Negative(5) {
		t.Fatal("wrong")
	}
}
`

// module writes the files of a module and returns its folder.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write(t, root, map[string]string{"go.mod": "module abacus\n\ngo 1.26.0\n"})
	write(t, root, files)
	return root
}

func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// load lists the packages of a module and their mutations.
func load(t *testing.T, root string) ([]Package, []Mutation) {
	t.Helper()
	packages, err := List(t.Context(), root, "./...")
	require.NoError(t, err)
	all, err := FindAll(packages)
	require.NoError(t, err)
	return packages, all
}

func TestOutcomes(t *testing.T) {
	root := module(t, map[string]string{"abacus.go": abacus, "abacus_test.go": abacusTest, "bare/bare.go": "package bare\n\nvar X = true\n"})
	packages, all := load(t, root)
	want := map[string]Outcome{
		"i <= n → i < n": Killed,
		"i++ → i--":      TimedOut,
		"n < 0 → n <= 0": Survived,
		"255 → 256":      NotCompiled,
		"true → false":   Survived, // of a package without tests
	}
	var chosen []Mutation
	for _, m := range all {
		if want[m.From+" → "+m.To] != "" {
			chosen = append(chosen, m)
		}
	}
	require.Len(t, chosen, len(want))
	r := NewRunner(t.Context(), t.TempDir(), 2*time.Second, packages)
	heard := 0
	results, err := r.Run(t.Context(), chosen, len(chosen), func(Result) { heard++ })
	require.NoError(t, err)
	require.Equal(t, len(want), heard)
	require.Len(t, results, len(want))
	for _, one := range results {
		require.Equal(t, want[one.From+" → "+one.To], one.Outcome, Row(one))
	}
	source, err := os.ReadFile(filepath.Join(root, "abacus.go"))
	require.NoError(t, err)
	require.Equal(t, abacus, string(source), "the tree is not touched")

	report := NewReport(root, 1, results)
	require.Equal(t, 4, report.Counted)
	require.Equal(t, 2, report.Killed)
	require.InDelta(t, 50, report.Percent(), 0.01)
	var text strings.Builder
	require.NoError(t, report.WriteSummary(&text))
	require.Equal(t, "   2 of 3    abacus\n   0 of 1    abacus/bare\nkilled 2 of 4 (50 %)\n", text.String())
	require.Equal(t, "not compiled  abacus.go:3  off by one: 255 → 256", Row(report.Results[0]))
}

func TestOnlyTheWantedNumberIsTried(t *testing.T) {
	packages, all := load(t, module(t, map[string]string{"bare.go": "package bare\n\nvar X = []uint8{255, 255, 1, 2, 3, 4}\n"}))
	r := NewRunner(t.Context(), t.TempDir(), time.Minute, packages)
	results, err := r.Run(t.Context(), all, 2, func(Result) {})
	require.NoError(t, err)
	outcomes := map[Outcome]int{}
	for _, one := range results {
		outcomes[one.Outcome]++
	}
	require.Equal(t, map[Outcome]int{NotCompiled: 2, Survived: 2}, outcomes)
}

func TestWithoutPassingTestsNothingIsKnown(t *testing.T) {
	for name, test := range map[string]string{
		"failing":       "package abacus\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) { t.Fatal(1) }\n",
		"not compiling": "package abacus\n\nvar x = y\n",
		"ending early":  "package abacus\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestX(t *testing.T) { os.Exit(0) }\n",
	} {
		t.Run(name, func(t *testing.T) {
			packages, all := load(t, module(t, map[string]string{"abacus.go": abacus, "abacus_test.go": test}))
			results, err := NewRunner(t.Context(), t.TempDir(), time.Minute, packages).Run(t.Context(), all, 10, func(Result) {})
			require.Error(t, err)
			require.Empty(t, results)
		})
	}
}

func TestAnEndedContextIsNoOutcome(t *testing.T) {
	packages, all := load(t, module(t, map[string]string{"abacus.go": abacus, "abacus_test.go": abacusTest}))
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	r := NewRunner(t.Context(), t.TempDir(), time.Minute, packages)
	results, err := r.Run(ctx, all, len(all), func(Result) { cancel(gone) })
	require.ErrorIs(t, err, gone)
	require.Less(t, len(results), len(all))
}

func TestOnlyTestsWithRapidKnowItsFlag(t *testing.T) {
	packages, _ := load(t, module(t, map[string]string{"abacus.go": abacus, "abacus_test.go": abacusTest}))
	require.Equal(t, []string{"testing"}, packages[0].TestImports)
	require.Empty(t, packages[0].testFlags())
	require.Equal(t, []string{"-rapid.nofailfile"}, Package{TestImports: []string{"pgregory.net/rapid"}}.testFlags())
	require.Equal(t, []string{"-rapid.nofailfile"}, Package{XTestImports: []string{"pgregory.net/rapid"}}.testFlags())
}

func TestSample(t *testing.T) {
	all := make([]Mutation, 50)
	for i := range all {
		all[i].Line = i
	}
	require.Equal(t, Sample(all, 1), Sample(all, 1))
	require.NotEqual(t, Sample(all, 1), Sample(all, 2))
	require.ElementsMatch(t, all, Sample(all, 1))
	require.Equal(t, 0, all[0].Line, "the list itself stays")
}

func TestChanged(t *testing.T) {
	root := module(t, map[string]string{
		"kept/a.go": "package kept\n", "committed/a.go": "package committed\n", "edited/a.go": "package edited\n", "texts/a.go": "package texts\n",
	})
	git := func(args ...string) string {
		c := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		c.Dir = root
		out, err := c.CombinedOutput()
		require.NoError(t, err, string(out))
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("add", ".")
	git("commit", "-q", "-m", "one")
	base := git("rev-parse", "HEAD")
	write(t, root, map[string]string{"committed/a.go": "package committed\n\nvar X = 1\n"})
	git("commit", "-q", "-a", "-m", "two")
	write(t, root, map[string]string{"edited/a_test.go": "package edited\n", "new/a.go": "package new\n", "texts/a.txt": "x\n"})
	packages, _ := load(t, root)
	require.Len(t, packages, 5)
	changed, err := Changed(t.Context(), root, base, packages)
	require.NoError(t, err)
	var names []string
	for _, p := range changed {
		names = append(names, p.ImportPath)
	}
	require.Equal(t, []string{"abacus/committed", "abacus/edited", "abacus/new"}, names)

	_, err = Changed(t.Context(), root, "no-such-commit", packages)
	require.ErrorContains(t, err, "no-such-commit")
}

func TestListRefusesAnUnknownPackage(t *testing.T) {
	_, err := List(t.Context(), module(t, nil), "./nowhere")
	require.ErrorContains(t, err, "nowhere")
}
