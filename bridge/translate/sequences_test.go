package translate_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/translate"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

var update = flag.Bool("update", false, "rewrite the expected outputs of testdata/sequences")

const sequencesDir = "../../testdata/sequences"

// sequence is a folder of testdata/sequences: what Finesse tells one agent.
type sequence struct {
	dir      string
	agent    string
	payloads []payload
}

type payload struct {
	name string
	finesse.Notification
}

// viewer finds the agent whose notifications these are in their source.
var viewer = regexp.MustCompile(`<source>/finesse/api/User/(\d+)`)

func loadSequence(t testing.TB, dir string) sequence {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "[0-9][0-9]-*.xml"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no payloads in %s", dir)
	s := sequence{dir: dir}
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		list, err := finesse.DecodeUpdates(text)
		require.NoError(t, err, f)
		require.Len(t, list, 1, f)
		s.payloads = append(s.payloads, payload{filepath.Base(f), list[0]})
		if m := viewer.FindSubmatch(text); m != nil && s.agent == "" {
			s.agent = string(m[1])
		}
	}
	require.NotEmpty(t, s.agent, "no payload of %s names its agent", dir)
	return s
}

func loadSequences(t testing.TB) map[string]sequence {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(sequencesDir, "*"))
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	all := make(map[string]sequence)
	for _, dir := range dirs {
		all[filepath.Base(dir)] = loadSequence(t, dir)
	}
	return all
}

func dialect(t testing.TB, e protocol.Edition, f protocol.Format) protocol.Dialect {
	t.Helper()
	d, err := protocol.NewDialect(e, f, "", time.UTC)
	require.NoError(t, err)
	return d
}

func dialects(t testing.TB) map[string]protocol.Dialect {
	t.Helper()
	return map[string]protocol.Dialect{
		"4.4.JSON":       dialect(t, protocol.Edition44, protocol.FormatJSON),
		"4.4.DEFAULT":    dialect(t, protocol.Edition44, protocol.FormatDefault),
		"4.4.12.JSON":    dialect(t, protocol.Edition4412, protocol.FormatJSON),
		"4.4.12.DEFAULT": dialect(t, protocol.Edition4412, protocol.FormatDefault),
		"page.DEFAULT":   dialect(t, protocol.EditionPage, protocol.FormatDefault),
		"3.DEFAULT":      dialect(t, protocol.Edition3, protocol.FormatDefault),
	}
}

// transcript plays a sequence and writes down what the client is told, payload
// by payload.
func transcript(t testing.TB, s sequence, d protocol.Dialect) string {
	t.Helper()
	var b strings.Builder
	v := translate.New(s.agent, d)
	for _, p := range s.payloads {
		b.WriteString("== " + p.name + "\n")
		var outs []protocol.Output
		v, outs = v.Apply(p.Notification)
		for _, o := range outs {
			e, ok := protocol.Encode(o, d)
			require.True(t, ok, "%s publishes %T, which the dialect does not have", p.name, o)
			require.NotContains(t, e.Body, "\n")
			require.Equal(t, s.agent, o.AgentID())
			b.WriteString(e.Body + "\n")
		}
	}
	return b.String()
}

// TestSequences plays every sequence of finesse-api 2.9 in every dialect.
func TestSequences(t *testing.T) {
	for name, s := range loadSequences(t) {
		t.Run(name, func(t *testing.T) {
			require.FileExists(t, filepath.Join(s.dir, "README.md"))
			for dn, d := range dialects(t) {
				t.Run(dn, func(t *testing.T) {
					file := filepath.Join(s.dir, "expected."+dn+".txt")
					got := transcript(t, s, d)
					if *update {
						require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
					}
					want, err := os.ReadFile(file)
					require.NoError(t, err)
					require.Empty(t, cmp.Diff(string(want), got))
				})
			}
		})
	}
}
