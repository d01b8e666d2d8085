// Package mutation makes one-line mutants of Go code and finds out whether the
// package's own tests notice them. The source tree is never written to: a
// mutant reaches the compiler as an overlay.
package mutation

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// Mutation is one change of one file.
type Mutation struct {
	Package string // its import path
	File    string // absolute
	Line    int    // of the change, from 1
	Kind    string // one of Kinds
	From    string // the changed text on one line
	To      string // what it becomes

	change edit
}

// edit replaces the bytes from start to end by text.
type edit struct {
	start, end int
	with       string
}

func (e edit) apply(source []byte) []byte {
	out := make([]byte, 0, len(source)+len(e.with))
	out = append(out, source[:e.start]...)
	out = append(out, e.with...)
	return append(out, source[e.end:]...)
}

// Apply returns the mutated source; source is that of m.File.
func (m Mutation) Apply(source []byte) []byte { return m.change.apply(source) }

// Find lists the mutations of a file of pkg in the order of their place.
// Generated files have none.
func Find(pkg, path string, source []byte) ([]Mutation, error) {
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("mutation: %w", err)
	}
	if ast.IsGenerated(syntax) {
		return nil, nil
	}
	f := file{tokens: fset.File(syntax.Pos()), source: source}
	skipped := f.skipped(syntax)
	var found []Mutation
	for n := range ast.Preorder(syntax) {
		for _, k := range kinds() {
			for _, c := range k.changes(f, n) {
				if slices.ContainsFunc(skipped, func(s span) bool { return s.holds(c.edit) }) {
					continue
				}
				found = append(found, Mutation{
					Package: pkg, File: path, Line: f.tokens.Line(f.tokens.Pos(c.start)), Kind: k.name,
					From: onOneLine(source[c.shown.start:c.shown.end]), To: f.after(c), change: c.edit,
				})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Mutation) int { return cmp.Compare(a.change.start, b.change.start) })
	return found, nil
}

// file is what the kinds see of a file.
type file struct {
	tokens *token.File
	source []byte
}

// span is a range of bytes.
type span struct{ start, end int }

func (s span) holds(e edit) bool { return s.start <= e.start && e.end <= s.end }

func (f file) span(n ast.Node) span { return span{f.tokens.Offset(n.Pos()), f.tokens.Offset(n.End())} }

func (f file) text(n ast.Node) string {
	s := f.span(n)
	return string(f.source[s.start:s.end])
}

// change is an edit and the text around it that makes it understood.
type change struct {
	edit
	shown span
}

// replace is the change of the whole of n.
func (f file) replace(n ast.Node, with string) change {
	s := f.span(n)
	return change{edit{s.start, s.end, with}, s}
}

// operator is the change of an operator inside of n.
func (f file) operator(n ast.Node, at token.Pos, old, with token.Token) change {
	start := f.tokens.Offset(at)
	return change{edit{start, start + len(old.String()), with.String()}, f.span(n)}
}

// after is the shown text with the change made.
func (f file) after(c change) string {
	local := edit{c.start - c.shown.start, c.end - c.shown.start, c.with}
	if out := onOneLine(local.apply(f.source[c.shown.start:c.shown.end])); out != "" {
		return out
	}
	return "(removed)"
}

// shownLength is the most of a text that a row of the table shows.
const shownLength = 72

func onOneLine(text []byte) string {
	runes := []rune(strings.Join(strings.Fields(string(text)), " "))
	if len(runes) > shownLength {
		return string(runes[:shownLength-1]) + "…"
	}
	return string(runes)
}
