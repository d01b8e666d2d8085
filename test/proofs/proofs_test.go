// Package proofs holds the pages of promises to the tests that show them.
package proofs

import (
	"fmt"
	"go/ast"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"gcbridge/test/source"
)

// promises is the page that says what is promised.
const promises = "docs/reliability.md"

// page is one that is held to its tests.
type page struct {
	path string
	// strict are the headings below which every line is a row of a sentence and its
	// tests. Elsewhere, and with prose below those, only the tests' names are looked at.
	strict []string
	prose  bool // text may stand between the rows
}

// pages are those that promise something.
func pages() []page {
	return []page{
		{path: promises, strict: []string{"Promised"}},
		{path: "docs/security.md", strict: []string{"What the broker must enforce", "What gcbridge checks"}, prose: true},
	}
}

// TestPromises holds every sentence of the promises to a test that there is.
func TestPromises(t *testing.T) {
	src, err := source.Load(os.DirFS(source.Root))
	require.NoError(t, err)
	for _, p := range pages() {
		found, sentences := checkPromises(src, p)
		for _, v := range found {
			t.Error(v)
		}
		require.GreaterOrEqual(t, sentences, 15, p.path)
	}
}

// named is a test as the page names it: its folder, a dot, and its function.
var named = regexp.MustCompile("`([a-z0-9/]+)\\.(Test\\w+)`")

// checkPromises finds what is wrong with a page, and counts its promises.
func checkPromises(src source.Tree, p page) (found []source.Violation, sentences int) {
	tests := testFunctions(src)
	var text source.Text
	for _, t := range src.Texts {
		if t.Path == p.path {
			text = t
		}
	}
	if text.Body == nil {
		return []source.Violation{{Path: p.path, Line: 1, What: "the page is missing"}}, 0
	}
	promised := false
	number := 0
	for line := range strings.Lines(string(text.Body)) {
		number++
		line = strings.TrimSpace(line)
		complain := func(format string, args ...any) {
			found = append(found, source.Violation{Path: p.path, Line: number, What: fmt.Sprintf(format, args...)})
		}
		for _, m := range named.FindAllStringSubmatch(line, -1) {
			if !tests[m[1]+"."+m[2]] {
				complain("there is no %s in %s", m[2], m[1])
			}
		}
		if title, ok := strings.CutPrefix(line, "## "); ok {
			promised = slices.Contains(p.strict, title)
		}
		if !promised || line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "|---") || p.prose && !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		switch {
		case !strings.HasPrefix(line, "|") || len(cells) != 2:
			complain("a promise is a row of a sentence and its tests")
			continue
		case strings.TrimSpace(cells[1]) == "Shown by":
			continue
		}
		sentences++
		sentence := strings.TrimSpace(cells[0])
		if !strings.HasSuffix(sentence, ".") || strings.Contains(sentence, ". ") {
			complain("one sentence, please: %s", sentence)
		}
		if !named.MatchString(cells[1]) {
			complain("no test shows this: %s", sentence)
		}
	}
	return found, sentences
}

// testFunctions are the tests of the tree, as "folder.TestName".
func testFunctions(src source.Tree) map[string]bool {
	out := map[string]bool{}
	for _, f := range src.GoFiles {
		for _, d := range f.Syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && f.Test && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
				out[f.Dir+"."+fn.Name.Name] = true
			}
		}
	}
	return out
}

func TestPromisesBite(t *testing.T) {
	text := "# Reliability\n\nProse here.\n\n## Promised\n\n### Commands\n\n| Promise | Shown by |\n|---|---|\n" +
		"| It holds. | `bridge.TestA`, `bridge/x.TestB` |\n" +
		"| It holds. And more. | `bridge.TestA` |\n" +
		"| Nobody looks. | |\n" +
		"| Long gone. | `bridge.TestGone` |\n" +
		"| Elsewhere. | `bridge/x.TestA` |\n" +
		"Just so.\n\n## Not promised\n\nAnything, see `bridge.TestNever`.\n"
	tree := fstest.MapFS{
		promises:             {Data: []byte(text)},
		"bridge/a_test.go":   {Data: []byte("package bridge\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n")},
		"bridge/a.go":        {Data: []byte("package bridge\n\nfunc TestNever() {}\n")},
		"bridge/x/b_test.go": {Data: []byte("package x\n\nimport \"testing\"\n\nfunc TestB(t *testing.T) {}\n")},
	}
	src, err := source.Load(tree)
	require.NoError(t, err)
	found, sentences := checkPromises(src, pages()[0])
	require.Equal(t, 5, sentences)
	got := []string{}
	for _, v := range found {
		got = append(got, v.String())
	}
	want := []string{
		promises + ":12: one sentence, please: It holds. And more.",
		promises + ":13: no test shows this: Nobody looks.",
		promises + ":14: there is no TestGone in bridge",
		promises + ":15: there is no TestA in bridge/x",
		promises + ":16: a promise is a row of a sentence and its tests",
		promises + ":20: there is no TestNever in bridge",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	prose, sentences := checkPromises(src, page{path: promises, strict: []string{"Promised"}, prose: true})
	require.Len(t, prose, len(found)-1, "text between the rows")
	require.Equal(t, 5, sentences)
	src, err = source.Load(fstest.MapFS{})
	require.NoError(t, err)
	found, _ = checkPromises(src, pages()[0])
	require.Len(t, found, 1)
}
