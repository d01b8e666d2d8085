package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/test/mutants/mutation"
)

// enter makes a module with one mutant that is killed and one that is not.
func enter(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod":    "module m\n\ngo 1.26.0\n",
		"m.go":      "package m\n\nconst (\n\tSeen   = 1\n\tUnseen = 1\n)\n",
		"m_test.go": "package m\n\nimport \"testing\"\n\nfunc TestSeen(t *testing.T) {\n\tif Seen != 1 {\n\t\tt.Fatal(Seen)\n\t}\n}\n",
	} {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
}

func TestRun(t *testing.T) {
	enter(t)
	report := filepath.Join(t.TempDir(), "report.json")
	o := options{n: 10, seed: 1, packages: "./...", json: report, want: 50, timeout: time.Minute}
	var out strings.Builder
	ok, err := run(t.Context(), &out, o)
	require.NoError(t, err)
	require.True(t, ok)
	require.Contains(t, out.String(), "2 mutants in 1 packages; trying 2 with seed 1\n")
	require.Contains(t, out.String(), "killed        m.go:4  off by one: 1 → 2\n")
	require.Contains(t, out.String(), "survived      m.go:5  off by one: 1 → 2\n")
	require.True(t, strings.HasSuffix(out.String(), "killed 1 of 2 (50 %)\n"), out.String())

	text, err := os.ReadFile(report)
	require.NoError(t, err)
	var got mutation.Report
	require.NoError(t, json.Unmarshal(text, &got))
	require.Equal(t, 2, got.Counted)
	require.Equal(t, 1, got.Killed)
	require.Equal(t, mutation.Survived, got.Results[1].Outcome)
	require.Equal(t, "m.go", got.Results[1].File)

	o.want = 51
	ok, err = run(t.Context(), &out, o)
	require.NoError(t, err)
	require.False(t, ok, "too few were killed")
}

func TestRunNamesWhatIsWrong(t *testing.T) {
	enter(t)
	for name, tt := range map[string]struct {
		o    options
		want string
	}{
		"package": {options{packages: "./nowhere"}, "nowhere"},
		"commit":  {options{packages: "./...", changed: "no-such-commit"}, "git"},
		"report":  {options{packages: "./...", json: filepath.Join("no", "such", "folder")}, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			ok, err := run(t.Context(), &strings.Builder{}, tt.o)
			require.ErrorContains(t, err, tt.want)
			require.False(t, ok)
		})
	}
}
