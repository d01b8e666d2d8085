package architecture

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gcbridge/test/source"
)

func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value
	}
	return p
}

func layerOf(dir string) (layer, bool) {
	var best layer
	for _, l := range layers() {
		if (dir == l.folder || strings.HasPrefix(dir, l.folder+"/")) && len(l.folder) > len(best.folder) {
			best = l
		}
	}
	return best, best.folder != ""
}

func checkImports(src source.Tree) (found []source.Violation) {
	for _, f := range src.GoFiles {
		from, ok := layerOf(f.Dir)
		if !ok {
			found = append(found, src.At(f, f.Syntax.Package, "package %s has no place in the house: give it a row in layers()", f.Dir))
			continue
		}
		for _, spec := range f.Syntax.Imports {
			dir, ours := strings.CutPrefix(importPath(spec), module+"/")
			if !ours {
				continue
			}
			to, _ := layerOf(dir)
			allowed := from.any || to.leaf || to.folder == from.folder || slices.Contains(from.may, to.folder) ||
				f.Test && slices.Contains(from.tests, to.folder)
			if to.folder == harnesses {
				allowed = f.Test || from.folder == harnesses
			}
			if !allowed {
				found = append(found, src.At(f, spec.Pos(), "%s must not import %s", f.Dir, dir))
			}
		}
	}
	return found
}

func checkNames(src source.Tree) (found []source.Violation) {
	banned := []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base"}
	for _, f := range src.GoFiles {
		for _, name := range []string{f.Syntax.Name.Name, path.Base(f.Dir)} {
			if slices.Contains(banned, strings.TrimSuffix(name, "_test")) {
				found = append(found, src.At(f, f.Syntax.Package, "package %s: name it after what it holds", name))
				break
			}
		}
	}
	return found
}

func checkLength(src source.Tree) (found []source.Violation) {
	for _, f := range src.GoFiles {
		limit := 400
		if strings.HasPrefix(f.Dir, "cmd/") && f.Syntax.Name.Name == "main" {
			limit = 150
		}
		if lines := bytes.Count(f.Body, []byte("\n")); !f.Test && !f.Generated && lines > limit {
			found = append(found, source.Violation{Path: f.Path, Line: lines, What: fmt.Sprintf("%d lines, at most %d: a file is about one thing", lines, limit)})
		}
	}
	return found
}

// selectors calls visit for each use of a package's name, whatever the package
// is called in this file.
func selectors(f source.File, root ast.Node, pkg string, visit func(*ast.SelectorExpr)) {
	local := ""
	for _, spec := range f.Syntax.Imports {
		if importPath(spec) == pkg {
			local = path.Base(pkg)
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	ast.Inspect(root, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && local != "" {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				visit(sel)
			}
		}
		return true
	})
}

func checkPure(src source.Tree) (found []source.Violation) {
	cores := []string{"protocol", "protocol/received", "load/measure", "load/report", "bridge/translate", "bridge/session/ledger", "bridge/session/tries", "bridge/gateway/clocks"}
	doors := []string{"context", "io/fs", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec", "sync", "sync/atomic"}
	clock := []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}
	for _, f := range src.GoFiles {
		if f.Test || !slices.Contains(cores, f.Dir) {
			continue
		}
		for _, spec := range f.Syntax.Imports {
			if slices.Contains(doors, importPath(spec)) {
				found = append(found, src.At(f, spec.Pos(), "pure package imports %s", importPath(spec)))
			}
		}
		selectors(f, f.Syntax, "time", func(sel *ast.SelectorExpr) {
			if slices.Contains(clock, sel.Sel.Name) {
				found = append(found, src.At(f, sel.Pos(), "pure package reads the clock: time.%s", sel.Sel.Name))
			}
		})
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				found = append(found, src.At(f, g.Pos(), "pure package starts a goroutine"))
			}
			return true
		})
	}
	return found
}

func checkProcess(src source.Tree) (found []source.Violation) {
	banned := []string{"flag", "os/signal", "github.com/spf13/cobra", "github.com/spf13/pflag"}
	for _, f := range src.GoFiles {
		if f.Test || strings.HasPrefix(f.Dir, "cmd/") || strings.HasPrefix(f.Dir, "test/") {
			continue
		}
		for _, spec := range f.Syntax.Imports {
			if slices.Contains(banned, importPath(spec)) {
				found = append(found, src.At(f, spec.Pos(), "only cmd imports %s", importPath(spec)))
			}
		}
		selectors(f, f.Syntax, "os", func(sel *ast.SelectorExpr) {
			if sel.Sel.Name == "Exit" {
				found = append(found, src.At(f, sel.Pos(), "only cmd calls os.Exit"))
			}
		})
		selectors(f, f.Syntax, "log", func(sel *ast.SelectorExpr) { // net/http takes a log.Logger
			if sel.Sel.Name != "New" && sel.Sel.Name != "Logger" {
				found = append(found, src.At(f, sel.Pos(), "log.%s: the logger is passed in", sel.Sel.Name))
			}
		})
	}
	return found
}

// checkSleep lets a test or a harness let time pass where time is not real:
// inside synctest.Test, or in what it hands to a function of its own package that
// calls synctest.Test.
func checkSleep(src source.Tree) (found []source.Violation) {
	sleeps := []string{"Sleep", "After", "Tick"}
	wrappers := map[string]bool{} // folder and name
	for _, f := range src.GoFiles {
		for _, decl := range f.Syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && f.Test && fn.Recv == nil && len(bubbles(f, fn, nil)) > 0 {
				wrappers[f.Dir+" "+fn.Name.Name] = true
			}
		}
	}
	for _, f := range src.GoFiles {
		if !f.Test && !strings.HasPrefix(f.Dir, harnesses+"/") {
			continue
		}
		unreal := bubbles(f, f.Syntax, func(name string) bool { return wrappers[f.Dir+" "+name] })
		complain := func(at ast.Node, what string) {
			inside := func(b ast.Node) bool { return b.Pos() < at.Pos() && at.End() < b.End() }
			if !slices.ContainsFunc(unreal, inside) {
				found = append(found, src.At(f, at.Pos(), "%s in a test: wait for a condition with a deadline", what))
			}
		}
		selectors(f, f.Syntax, "time", func(sel *ast.SelectorExpr) {
			if slices.Contains(sleeps, sel.Sel.Name) {
				complain(sel, "time."+sel.Sel.Name)
			}
		})
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			if receive, ok := n.(*ast.UnaryExpr); ok && receive.Op == token.ARROW {
				selectors(f, receive.X, "time", func(sel *ast.SelectorExpr) {
					if sel.Sel.Name == "NewTimer" {
						complain(receive, "<-time.NewTimer")
					}
				})
			}
			return true
		})
	}
	return found
}

// bubbles finds the calls below root whose function arguments run in fake time.
func bubbles(f source.File, root ast.Node, wrapper func(name string) bool) (found []ast.Node) {
	starts := map[ast.Expr]bool{}
	selectors(f, root, "testing/synctest", func(sel *ast.SelectorExpr) { starts[sel] = sel.Sel.Name == "Test" })
	ast.Inspect(root, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			name, plain := call.Fun.(*ast.Ident)
			if starts[call.Fun] || plain && wrapper != nil && wrapper(name.Name) {
				found = append(found, call)
			}
		}
		return true
	})
	return found
}

func checkSkip(src source.Tree) (found []source.Violation) {
	for _, f := range src.GoFiles {
		if !f.Test {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
				found = append(found, src.At(f, sel.Pos(), "%s: a test runs or is not there", sel.Sel.Name))
			}
			return true
		})
	}
	return found
}

func checkLeaks(src source.Tree) (found []source.Violation) {
	starts := map[string]source.Violation{}
	proves := map[string]bool{}
	for _, f := range src.GoFiles {
		selectors(f, f.Syntax, "go.uber.org/goleak", func(sel *ast.SelectorExpr) {
			proves[f.Dir] = proves[f.Dir] || f.Test && sel.Sel.Name == "VerifyTestMain"
		})
		if f.Test {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			_, starter := n.(*ast.GoStmt)
			if call, ok := n.(*ast.CallExpr); ok {
				sel, ok := call.Fun.(*ast.SelectorExpr) // errgroup.Group.Go, sync.WaitGroup.Go
				starter = ok && sel.Sel.Name == "Go"
			}
			if _, known := starts[f.Dir]; starter && !known {
				starts[f.Dir] = src.At(f, n.Pos(), "%s starts goroutines, so its tests need goleak.VerifyTestMain", f.Dir)
			}
			return true
		})
	}
	for dir, v := range starts {
		if !proves[dir] {
			found = append(found, v)
		}
	}
	slices.SortFunc(found, func(a, b source.Violation) int { return cmp.Compare(a.Path, b.Path) })
	return found
}

// checkStructs bounds what a type of the session may hold together.
func checkStructs(src source.Tree) (found []source.Violation) {
	const limit = 15
	for _, f := range src.GoFiles {
		if f.Test || f.Dir != "bridge/session" && !strings.HasPrefix(f.Dir, "bridge/session/") {
			continue
		}
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			body, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			if fields := body.Fields.NumFields(); fields > limit {
				found = append(found, src.At(f, spec.Pos(), "%s has %d fields, at most %d: it is more than one thing", spec.Name.Name, fields, limit))
			}
			return true
		})
	}
	return found
}

// checkLogFields finds calls such as e.Str("message", ...): zerolog writes a
// field of that name itself, and a line with a name twice is read differently by
// each reader.
func checkLogFields(src source.Tree) (found []source.Violation) {
	owned := []string{"level", "message", "time", "error", "caller", "stack"}
	methods := regexp.MustCompile(`^(Str|Bytes|Hex|RawJSON|RawCBOR|Bool|U?[Ii]nt|Float|Time|Dur|AnErr|Errs|Any|Interface|Dict|Array|Object|Type|IPAddr|IPPrefix|MACAddr)`)
	for _, f := range src.GoFiles {
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			sel, isMethod := call.Fun.(*ast.SelectorExpr)
			name, isLiteral := call.Args[0].(*ast.BasicLit)
			if !isMethod || !isLiteral || !methods.MatchString(sel.Sel.Name) {
				return true
			}
			if field, err := strconv.Unquote(name.Value); err == nil && slices.Contains(owned, field) {
				found = append(found, src.At(f, name.Pos(), "log field %s is zerolog's own: the line would have it twice", field))
			}
			return true
		})
	}
	slices.SortStableFunc(found, func(a, b source.Violation) int { return cmp.Or(cmp.Compare(a.Path, b.Path), a.Line-b.Line) })
	return found
}

// checkNolint finds exceptions from linters that are off: they only say that
// somebody once thought of a rule. It reads the list of .golangci.yml.
func checkNolint(src source.Tree) (found []source.Violation) {
	directive := regexp.MustCompile(`^//nolint:([a-z0-9,]+)`)
	on := map[string]bool{}
	for _, t := range src.Texts {
		if t.Path == ".golangci.yml" {
			_, list, _ := bytes.Cut(t.Body, []byte("\n  enable:\n"))
			for _, m := range regexp.MustCompile(`\A(    - [a-z0-9]+\n)*`).FindAll(list, 1) {
				for line := range bytes.Lines(m) {
					on[strings.TrimPrefix(strings.TrimSpace(string(line)), "- ")] = true
				}
			}
		}
	}
	for _, f := range src.GoFiles {
		for _, group := range f.Syntax.Comments {
			for _, c := range group.List {
				m := directive.FindStringSubmatch(c.Text)
				if m == nil {
					continue
				}
				for _, linter := range strings.Split(m[1], ",") {
					if !on[linter] {
						found = append(found, src.At(f, c.Pos(), "nolint names %s, which does not run", linter))
					}
				}
			}
		}
	}
	return found
}

func checkMachinePaths(src source.Tree) (found []source.Violation) {
	machine := regexp.MustCompile("(^|[\\s\"'`(=:,])/(root|home|work|Users|tmp)/[\\w.]")
	for _, t := range src.Texts {
		for i, line := range bytes.Split(t.Body, []byte("\n")) {
			if hit := machine.Find(line); hit != nil && t.Path != "LICENSE" {
				found = append(found, source.Violation{Path: t.Path, Line: i + 1, What: fmt.Sprintf("names a folder of one machine: %s", strings.TrimSpace(string(hit)))})
			}
		}
	}
	return found
}
