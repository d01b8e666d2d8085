package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/spec"
)

func runSpec(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := specCommand()
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	c.SetOut(&out)
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestSpecWritesDocuments(t *testing.T) {
	for _, args := range [][]string{{"markdown"}, {"asyncapi"}, {"asyncapi", "--json"}} {
		printed, err := runSpec(t, args...)
		require.NoError(t, err)
		require.Contains(t, printed, "Connector1")
		file := filepath.Join(t.TempDir(), "document")
		out, err := runSpec(t, append(args, "--output", file)...)
		require.NoError(t, err)
		require.Empty(t, out)
		written, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, printed, string(written))
		_, err = runSpec(t, append(args, "--output", filepath.Join(file, "x"))...)
		require.Error(t, err)
	}
}

func TestSpecCoverage(t *testing.T) {
	source := filepath.Join("..", "..")
	clauses, err := spec.Coverage(os.DirFS(source))
	require.NoError(t, err)
	unproven := 0
	for _, c := range clauses {
		if !c.Proven() {
			unproven++
		}
	}
	out, err := runSpec(t, "coverage", "--source", source)
	require.Equal(t, unproven > 0, err != nil, "%v", err)
	require.Regexp(t, `\n\d+ clauses, \d+ without proof\n$`, out)

	_, err = runSpec(t, "coverage", "--source", t.TempDir())
	require.ErrorContains(t, err, "source tree")
}
