package gcbridge

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

func checkImports(src source) (found []violation) {
	for _, f := range src.goFiles {
		if f.dir == "." && f.test {
			continue // this test
		}
		from, ok := layerOf(f.dir)
		if !ok {
			found = append(found, src.at(f, f.syntax.Package, "package %s has no place in the house: give it a row in layers()", f.dir))
			continue
		}
		for _, spec := range f.syntax.Imports {
			dir, ours := strings.CutPrefix(importPath(spec), module+"/")
			if !ours {
				continue
			}
			to, _ := layerOf(dir)
			allowed := from.any || to.leaf || to.folder == from.folder || slices.Contains(from.may, to.folder) ||
				f.test && slices.Contains(from.tests, to.folder)
			if !allowed {
				found = append(found, src.at(f, spec.Pos(), "%s must not import %s", f.dir, dir))
			}
		}
	}
	return found
}

func checkNames(src source) (found []violation) {
	banned := []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base"}
	for _, f := range src.goFiles {
		for _, name := range []string{f.syntax.Name.Name, path.Base(f.dir)} {
			if slices.Contains(banned, strings.TrimSuffix(name, "_test")) {
				found = append(found, src.at(f, f.syntax.Package, "package %s: name it after what it holds", name))
				break
			}
		}
	}
	return found
}

func checkLength(src source) (found []violation) {
	for _, f := range src.goFiles {
		limit := 400
		if strings.HasPrefix(f.dir, "cmd/") && f.syntax.Name.Name == "main" {
			limit = 150
		}
		if lines := bytes.Count(f.body, []byte("\n")); !f.test && !f.generated && lines > limit {
			found = append(found, violation{f.path, lines, fmt.Sprintf("%d lines, at most %d: a file is about one thing", lines, limit)})
		}
	}
	return found
}

// selectors calls visit for each use of a package's name, whatever the package
// is called in this file.
func selectors(f goFile, root ast.Node, pkg string, visit func(*ast.SelectorExpr)) {
	local := ""
	for _, spec := range f.syntax.Imports {
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

func checkPure(src source) (found []violation) {
	doors := []string{"context", "io/fs", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec", "sync", "sync/atomic"}
	clock := []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}
	for _, f := range src.goFiles {
		if f.test || f.dir != "protocol" && f.dir != "bridge/translate" {
			continue
		}
		for _, spec := range f.syntax.Imports {
			if slices.Contains(doors, importPath(spec)) {
				found = append(found, src.at(f, spec.Pos(), "pure package imports %s", importPath(spec)))
			}
		}
		selectors(f, f.syntax, "time", func(sel *ast.SelectorExpr) {
			if slices.Contains(clock, sel.Sel.Name) {
				found = append(found, src.at(f, sel.Pos(), "pure package reads the clock: time.%s", sel.Sel.Name))
			}
		})
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				found = append(found, src.at(f, g.Pos(), "pure package starts a goroutine"))
			}
			return true
		})
	}
	return found
}

func checkProcess(src source) (found []violation) {
	banned := []string{"flag", "os/signal", "github.com/spf13/cobra", "github.com/rs/zerolog/log"}
	for _, f := range src.goFiles {
		if f.test || strings.HasPrefix(f.dir, "cmd/") || strings.HasPrefix(f.dir, "test/") {
			continue
		}
		for _, spec := range f.syntax.Imports {
			if slices.Contains(banned, importPath(spec)) {
				found = append(found, src.at(f, spec.Pos(), "only cmd imports %s", importPath(spec)))
			}
		}
		selectors(f, f.syntax, "os", func(sel *ast.SelectorExpr) {
			if sel.Sel.Name == "Exit" {
				found = append(found, src.at(f, sel.Pos(), "only cmd calls os.Exit"))
			}
		})
		selectors(f, f.syntax, "log", func(sel *ast.SelectorExpr) { // net/http takes a log.Logger
			if sel.Sel.Name != "New" && sel.Sel.Name != "Logger" {
				found = append(found, src.at(f, sel.Pos(), "log.%s: the logger is passed in", sel.Sel.Name))
			}
		})
	}
	return found
}

// checkSleep lets a test sleep where time is not real: inside synctest.Test, or
// in what it hands to a function of its own package that calls synctest.Test.
func checkSleep(src source) (found []violation) {
	wrappers := map[string]bool{} // folder and name
	for _, f := range src.goFiles {
		for _, decl := range f.syntax.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && f.test && fn.Recv == nil && len(bubbles(f, fn, nil)) > 0 {
				wrappers[f.dir+" "+fn.Name.Name] = true
			}
		}
	}
	for _, f := range src.goFiles {
		if !f.test {
			continue
		}
		unreal := bubbles(f, f.syntax, func(name string) bool { return wrappers[f.dir+" "+name] })
		selectors(f, f.syntax, "time", func(sel *ast.SelectorExpr) {
			inside := func(b ast.Node) bool { return b.Pos() < sel.Pos() && sel.End() < b.End() }
			if sel.Sel.Name == "Sleep" && !slices.ContainsFunc(unreal, inside) {
				found = append(found, src.at(f, sel.Pos(), "time.Sleep in a test: wait for a condition with a deadline"))
			}
		})
	}
	return found
}

// bubbles finds the calls below root whose function arguments run in fake time.
func bubbles(f goFile, root ast.Node, wrapper func(name string) bool) (found []ast.Node) {
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

func checkSkip(src source) (found []violation) {
	for _, f := range src.goFiles {
		if !f.test {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if ok && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name) {
				found = append(found, src.at(f, sel.Pos(), "%s: a test runs or is not there", sel.Sel.Name))
			}
			return true
		})
	}
	return found
}

func checkLeaks(src source) (found []violation) {
	starts := map[string]violation{}
	proves := map[string]bool{}
	for _, f := range src.goFiles {
		selectors(f, f.syntax, "go.uber.org/goleak", func(sel *ast.SelectorExpr) {
			proves[f.dir] = proves[f.dir] || f.test && sel.Sel.Name == "VerifyTestMain"
		})
		if f.test {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			_, starter := n.(*ast.GoStmt)
			if call, ok := n.(*ast.CallExpr); ok {
				sel, ok := call.Fun.(*ast.SelectorExpr) // errgroup.Group.Go, sync.WaitGroup.Go
				starter = ok && sel.Sel.Name == "Go"
			}
			if _, known := starts[f.dir]; starter && !known {
				starts[f.dir] = src.at(f, n.Pos(), "%s starts goroutines, so its tests need goleak.VerifyTestMain", f.dir)
			}
			return true
		})
	}
	for dir, v := range starts {
		if !proves[dir] {
			found = append(found, v)
		}
	}
	slices.SortFunc(found, func(a, b violation) int { return cmp.Compare(a.path, b.path) })
	return found
}

// checkState lets a package variable be a table, an error or a compiled
// pattern: something that is never written to. main.version belongs to the linker.
func checkState(src source) (found []violation) {
	vars := map[string]map[string]bool{} // folder, name
	for _, f := range src.goFiles {
		if f.test {
			continue
		}
		if vars[f.dir] == nil {
			vars[f.dir] = map[string]bool{}
		}
		for _, spec := range packageVars(f) {
			for i, name := range spec.Names {
				vars[f.dir][name.Name] = true
				isError := strings.HasPrefix(strings.ToLower(name.Name), "err") // may point, never changes
				if i < len(spec.Values) && stateful(spec.Values[i]) && !isError || i >= len(spec.Values) && stateful(spec.Type) {
					found = append(found, src.at(f, name.Pos(), "package variable %s is state", name.Name))
				}
			}
		}
	}
	for _, f := range src.goFiles {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			for _, target := range written(n) {
				root := rootOf(target)
				if root != nil && vars[f.dir][root.Name] && !f.test && packageLevel(f, root) {
					found = append(found, src.at(f, root.Pos(), "package variable %s is written to", root.Name))
				}
			}
			return true
		})
	}
	return found
}

func packageVars(f goFile) (specs []*ast.ValueSpec) {
	for _, decl := range f.syntax.Decls {
		if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, spec := range g.Specs {
				specs = append(specs, spec.(*ast.ValueSpec))
			}
		}
	}
	return specs
}

// stateful reports whether a variable of this type or value can only be there
// to be changed: locks, atomics, channels, empty maps, pointers to fresh values.
func stateful(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.CallExpr:
		f, ok := x.Fun.(*ast.Ident)
		return ok && (f.Name == "make" || f.Name == "new") || stateful(x.Fun)
	case *ast.UnaryExpr:
		return x.Op == token.AND
	case *ast.CompositeLit:
		_, isMap := x.Type.(*ast.MapType)
		return stateful(x.Type) || isMap && len(x.Elts) == 0
	case *ast.ChanType:
		return true
	case *ast.IndexExpr:
		return stateful(x.X)
	case *ast.SelectorExpr:
		pkg, ok := x.X.(*ast.Ident)
		return ok && (pkg.Name == "sync" || pkg.Name == "atomic")
	}
	return false
}

// written are the expressions that a node writes to or lets others write to.
func written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if _, whole := n.X.(*ast.Ident); whole && n.Op == token.AND { // an element of a table may be pointed to
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") && len(n.Args) > 0 {
			return n.Args[:1]
		}
	}
	return nil
}

func rootOf(x ast.Expr) *ast.Ident {
	switch x := x.(type) {
	case *ast.Ident:
		return x
	case *ast.IndexExpr:
		return rootOf(x.X)
	case *ast.SelectorExpr:
		return rootOf(x.X)
	case *ast.StarExpr:
		return rootOf(x.X)
	case *ast.ParenExpr:
		return rootOf(x.X)
	}
	return nil
}

// packageLevel reports whether a name means the package's variable here: it is
// declared at the top of this file, or nowhere in it.
func packageLevel(f goFile, name *ast.Ident) bool {
	if name.Obj == nil { // without types; a name of another file has none
		return true
	}
	for _, spec := range packageVars(f) {
		if name.Obj.Decl == spec {
			return true
		}
	}
	return false
}

func checkMachinePaths(src source) (found []violation) {
	machine := regexp.MustCompile("(^|[\\s\"'`(=:,])/(root|home|work|Users|tmp)/[\\w.]")
	for _, t := range src.texts {
		for i, line := range bytes.Split(t.body, []byte("\n")) {
			if hit := machine.Find(line); hit != nil && t.path != "LICENSE" {
				found = append(found, violation{t.path, i + 1, fmt.Sprintf("names a folder of one machine: %s", strings.TrimSpace(string(hit)))})
			}
		}
	}
	return found
}
