package spec

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"path"
	"strings"
	"text/tabwriter"
)

// goldenFolder holds the golden files, relative to the source tree.
const goldenFolder = "testdata/golden"

// Coverage finds golden files and tests of every clause in a source tree. A
// golden file counts if it exists and, where many clauses share it, has the
// clause's line. A test counts if the proofs name it and the end-to-end
// package declares it.
func Coverage(tree fs.FS) ([]Clause, error) {
	proofs, err := proofsOf(tree)
	if err != nil {
		return nil, err
	}
	clauses := Clauses()
	for i := range clauses {
		c := &clauses[i]
		if c.Golden, err = c.golden.files(tree); err != nil {
			return nil, err
		}
		c.Tests = proofs[c.ID]
		if len(c.Tests) == 0 && c.By != "" {
			c.Tests = proofs[c.By]
		} else {
			c.By, c.Why = "", ""
		}
	}
	return clauses, nil
}

// proofsOf reads the proofs of a tree and drops those of tests that are gone.
func proofsOf(tree fs.FS) (Proofs, error) {
	f, err := tree.Open(ProofsFile)
	if err != nil {
		return nil, fmt.Errorf("no proofs, is this the source tree?: %w", err)
	}
	defer f.Close()
	proofs, err := ReadProofs(f)
	if err != nil {
		return nil, err
	}
	declared, err := declaredTests(tree)
	if err != nil {
		return nil, err
	}
	kept := Proofs{}
	for id, tests := range proofs {
		for _, t := range tests {
			if top, _, _ := strings.Cut(t, "/"); declared[top] {
				kept.Add(id, t)
			}
		}
	}
	return kept, nil
}

// declaredTests are the names of the end-to-end package's test functions.
func declaredTests(tree fs.FS) (map[string]bool, error) {
	files, err := fs.Glob(tree, e2eFolder+"/*_test.go")
	if err != nil {
		return nil, err
	}
	declared := map[string]bool{}
	for _, name := range files {
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				declared[f.Name.Name] = true
			}
		}
	}
	return declared, nil
}

// files lists the golden files at a place.
func (g goldenPlace) files(tree fs.FS) ([]string, error) {
	if g.line == "" {
		return fs.Glob(tree, path.Join(goldenFolder, g.path, "*.txt"))
	}
	text, err := fs.ReadFile(tree, path.Join(goldenFolder, g.path))
	if err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), g.line) {
			return []string{path.Join(goldenFolder, g.path)}, nil
		}
	}
	return nil, nil
}

// Proven reports whether the clause has a golden file and an end-to-end test.
func (c Clause) Proven() bool { return len(c.Golden) > 0 && len(c.Tests) > 0 }

// Report prints a row per clause and, as its last line, how many there are and
// how many are without proof; it returns the latter.
func Report(w io.Writer, clauses []Clause) (unproven int, err error) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "clause\tkind\tgolden\tend-to-end test\tname")
	for _, c := range clauses {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", strings.TrimPrefix(c.ID, "error "), c.Kind, short(c.Golden), c.shownBy(), c.Name)
		if !c.Proven() {
			unproven++
		}
	}
	if err := table.Flush(); err != nil {
		return 0, err
	}
	_, err = fmt.Fprintf(w, "%d clauses, %d without proof\n", len(clauses), unproven)
	return unproven, err
}

// shownBy is the cell of the tests.
func (c Clause) shownBy() string {
	cell := short(c.Tests)
	if c.By != "" && len(c.Tests) > 0 {
		return c.Why + ", replaced by " + c.By + ": " + cell
	}
	return cell
}

// short names the first of several.
func short(names []string) string {
	switch len(names) {
	case 0:
		return "-"
	case 1:
		return names[0]
	default:
		return fmt.Sprintf("%s (+%d)", names[0], len(names)-1)
	}
}
