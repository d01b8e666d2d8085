package architecture

import (
	"go/ast"
	"go/token"
	"strings"

	"gcbridge/test/source"
)

// checkState lets a package variable be a table, an error or a compiled
// pattern: something that is never written to. main.version belongs to the linker.
func checkState(src source.Tree) (found []source.Violation) {
	vars := map[string]map[string]bool{} // folder, name
	for _, f := range src.GoFiles {
		if f.Test {
			continue
		}
		if vars[f.Dir] == nil {
			vars[f.Dir] = map[string]bool{}
		}
		for _, spec := range packageVars(f) {
			for i, name := range spec.Names {
				vars[f.Dir][name.Name] = true
				isError := strings.HasPrefix(strings.ToLower(name.Name), "err") // may point, never changes
				if i < len(spec.Values) && stateful(spec.Values[i]) && !isError || i >= len(spec.Values) && stateful(spec.Type) {
					found = append(found, src.At(f, name.Pos(), "package variable %s is state", name.Name))
				}
			}
		}
	}
	for _, f := range src.GoFiles {
		ast.Inspect(f.Syntax, func(n ast.Node) bool {
			for _, target := range written(n) {
				root := rootOf(target)
				if root != nil && vars[f.Dir][root.Name] && !f.Test && packageLevel(f, root) {
					found = append(found, src.At(f, root.Pos(), "package variable %s is written to", root.Name))
				}
			}
			return true
		})
	}
	return found
}

func packageVars(f source.File) (specs []*ast.ValueSpec) {
	for _, decl := range f.Syntax.Decls {
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
func packageLevel(f source.File, name *ast.Ident) bool {
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
