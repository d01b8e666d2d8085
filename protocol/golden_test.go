package protocol_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
)

var update = flag.Bool("update", false, "rewrite the golden files; read what changes")

var goldenDir = filepath.Join("..", "testdata", "golden")

// dialects are all that exist [D1].
func dialects(t testing.TB) []protocol.Dialect {
	t.Helper()
	var all []protocol.Dialect
	for _, k := range []struct {
		e protocol.Edition
		f protocol.Format
	}{
		{protocol.Edition3, protocol.FormatDefault},
		{protocol.EditionPage, protocol.FormatDefault},
		{protocol.Edition44, protocol.FormatDefault},
		{protocol.Edition44, protocol.FormatJSON},
		{protocol.Edition4412, protocol.FormatDefault},
		{protocol.Edition4412, protocol.FormatJSON},
	} {
		d, err := protocol.NewDialect(k.e, k.f, "", time.UTC)
		require.NoError(t, err)
		all = append(all, d)
	}
	return all
}

// goldens renders every row: path below the golden folder to content.
func goldens(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	put := func(path, content string) {
		require.NotContains(t, files, path, "two examples of one name")
		files[path] = content
	}
	for _, row := range protocol.OutputRows() {
		require.NotEmpty(t, row.Examples, "%s has no example", row.Code)
		rendered := 0
		for _, ex := range row.Examples {
			for _, d := range dialects(t) {
				e, ok := protocol.Encode(ex.Output, d)
				if !ok {
					continue
				}
				rendered++
				put(filepath.Join(string(row.Code), fmt.Sprintf("%s.%s.%s.txt", ex.Name, d.Edition, d.Format)), e.Body+"\n")
			}
		}
		require.NotZero(t, rendered, "%s is sent in no dialect", row.Code)
	}
	for _, row := range protocol.CommandRows() {
		require.NotEmpty(t, row.Examples, "%s has no example", row.Word)
		for _, ex := range row.Examples {
			put(filepath.Join("commands", string(row.Word), ex.Name+".txt"), renderCommand(t, row, ex))
		}
	}
	put("errors.txt", renderErrors(t))
	put("user-messages.txt", renderUserMessages())
	return files
}

func renderCommand(t *testing.T, row protocol.CommandRow, ex protocol.CommandExample) string {
	t.Helper()
	c, err := protocol.ParseCommand(ex.JMSType, []byte(ex.Body))
	require.NoError(t, err, "%s/%s", row.Word, ex.Name)
	require.Equal(t, row.Word, c.Word, "%s/%s", row.Word, ex.Name)
	var b strings.Builder
	fmt.Fprintf(&b, "JMSType: %s\nBody: %s\n\nword: %s\nid: %s\n", ex.JMSType, ex.Body, c.Word, c.ID)
	for _, p := range row.Params {
		switch p.Kind {
		case protocol.KindSecret:
			fmt.Fprintf(&b, "%s: %s\n", p.Name, c.Secret(p.Name).Reveal())
		case protocol.KindVariables:
			for _, v := range c.Variables() {
				fmt.Fprintf(&b, "%s: %s = %s\n", p.Name, v.Name, v.Value)
			}
		default:
			fmt.Fprintf(&b, "%s: %s\n", p.Name, c.Arg(p.Name))
		}
	}
	return b.String()
}

// renderErrors prints each code as an agent receives it in both formats.
func renderErrors(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, row := range protocol.ErrorRows() {
		fmt.Fprintf(&b, "%s (%s, %s", row.Code, row.Origin, row.Clause)
		if row.Number != 0 {
			fmt.Fprintf(&b, ", %d", row.Number)
		}
		b.WriteString(")\n")
		e := protocol.Error{Addressee: protocol.Addressee{Agent: "1001"}, Err: row.Code}
		for _, f := range []protocol.Format{protocol.FormatDefault, protocol.FormatJSON} {
			d, err := protocol.NewDialect(protocol.Edition44, f, "", time.UTC)
			require.NoError(t, err)
			enc, ok := protocol.Encode(e, d)
			require.True(t, ok)
			fmt.Fprintf(&b, "  %s\n", enc.Body)
		}
	}
	return b.String()
}

func renderUserMessages() string {
	var b strings.Builder
	for _, m := range protocol.UserMessages() {
		fmt.Fprintf(&b, "%s#%s (%s) %s\n", m.Event, m.Value, m.Clause, m.Text)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	want := goldens(t)
	if *update {
		for path, content := range want {
			path = filepath.Join(goldenDir, path)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
		}
	}
	for path, content := range want {
		t.Run(path, func(t *testing.T) {
			got, err := os.ReadFile(filepath.Join(goldenDir, path))
			require.NoError(t, err, "a row without golden file: run go test ./protocol -update and read it")
			require.Equal(t, string(got), content)
		})
	}
	err := filepath.WalkDir(goldenDir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, err := filepath.Rel(goldenDir, path)
		require.NoError(t, err)
		require.Contains(t, want, rel, "a golden file without row")
		return nil
	})
	require.NoError(t, err)
}
