package mutation

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// kind is a row of the table of mutations.
type kind struct {
	name    string
	changes func(f file, n ast.Node) []change
}

func kinds() []kind {
	return []kind{
		{"negated condition", negatedCondition},
		{"swapped operator", swappedOperator},
		{"swapped true and false", swappedBool},
		{"removed statement", removedStatement},
		{"error not returned", errorNotReturned},
		{"error ignored", errorIgnored},
		{"off by one", offByOne},
		{"emptied text", emptiedText},
	}
}

// Kinds lists the names of the kinds.
func Kinds() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// swaps are the operators and what each becomes.
var swaps = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.LSS: token.LEQ, token.LEQ: token.LSS,
	token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD,
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN,
	token.INC: token.DEC, token.DEC: token.INC,
}

// negatedCondition negates what if, for and a switch without a tag decide by.
// Where the condition is == or !=, the swapped operator is the same mutant.
func negatedCondition(f file, n ast.Node) []change {
	var conditions []ast.Expr
	switch n := n.(type) {
	case *ast.IfStmt:
		conditions = []ast.Expr{n.Cond}
	case *ast.ForStmt:
		if n.Cond != nil {
			conditions = []ast.Expr{n.Cond}
		}
	case *ast.SwitchStmt:
		if n.Tag == nil {
			for _, s := range n.Body.List {
				conditions = append(conditions, s.(*ast.CaseClause).List...)
			}
		}
	}
	var out []change
	for _, c := range conditions {
		b, binary := ast.Unparen(c).(*ast.BinaryExpr)
		if !binary || b.Op != token.EQL && b.Op != token.NEQ {
			out = append(out, f.replace(c, "!("+f.text(c)+")"))
		}
	}
	return out
}

func swappedOperator(f file, n ast.Node) []change {
	var at token.Pos
	var old token.Token
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if n.Op == token.ADD && (isText(n.X) || isText(n.Y)) {
			return nil // texts have no -
		}
		at, old = n.OpPos, n.Op
	case *ast.AssignStmt:
		at, old = n.TokPos, n.Tok
	case *ast.IncDecStmt:
		at, old = n.TokPos, n.Tok
	}
	if with, ok := swaps[old]; ok {
		return []change{f.operator(n, at, old, with)}
	}
	return nil
}

func isText(x ast.Expr) bool {
	lit, ok := x.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING
}

func swappedBool(f file, n ast.Node) []change {
	other := map[string]string{"true": "false", "false": "true"}
	if id, ok := n.(*ast.Ident); ok && other[id.Name] != "" {
		return []change{f.replace(id, other[id.Name])}
	}
	return nil
}

// removedStatement removes calls, assignments, increments, sends and deferred
// calls other than Close. A declaration stays, because what follows needs it.
func removedStatement(f file, n ast.Node) []change {
	var list []ast.Stmt
	switch n := n.(type) {
	case *ast.BlockStmt:
		list = n.List
	case *ast.CaseClause:
		list = n.Body
	case *ast.CommClause:
		list = n.Body
	}
	var out []change
	for _, s := range list {
		removable := false
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.GoStmt:
			removable = true
		case *ast.AssignStmt:
			_, calls := s.Rhs[0].(*ast.CallExpr)
			removable = s.Tok != token.DEFINE && (calls || !isNamed(s.Lhs[0], "_"))
		case *ast.DeferStmt:
			removable = calledName(s.Call) != "Close"
		}
		if removable {
			out = append(out, f.replace(s, ""))
		}
	}
	return out
}

// errorNotReturned lets a function with an error as its last result say nil.
func errorNotReturned(f file, n ast.Node) []change {
	var of *ast.FuncType
	var body *ast.BlockStmt
	switch n := n.(type) {
	case *ast.FuncDecl:
		of, body = n.Type, n.Body
	case *ast.FuncLit:
		of, body = n.Type, n.Body
	}
	if body == nil || of.Results == nil || !isNamed(of.Results.List[len(of.Results.List)-1].Type, "error") {
		return nil
	}
	var out []change
	ast.Inspect(body, func(n ast.Node) bool {
		if _, inner := n.(*ast.FuncLit); inner {
			return false
		}
		ret, ok := n.(*ast.ReturnStmt)
		if !ok || len(ret.Results) != of.Results.NumFields() {
			return true
		}
		if last := ret.Results[len(ret.Results)-1]; !isNamed(last, "nil") {
			c := f.replace(last, "nil")
			c.shown = f.span(ret)
			out = append(out, c)
		}
		return true
	})
	return out
}

func isNamed(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

// errorIgnored empties the body of `if err != nil { ...; return }`.
func errorIgnored(f file, n ast.Node) []change {
	s, ok := n.(*ast.IfStmt)
	if !ok || s.Else != nil || len(s.Body.List) == 0 {
		return nil
	}
	cond, ok := s.Cond.(*ast.BinaryExpr)
	if !ok || cond.Op != token.NEQ || !isNamed(cond.Y, "nil") {
		return nil
	}
	x, ok := cond.X.(*ast.Ident)
	if !ok || !strings.HasPrefix(x.Name, "err") {
		return nil
	}
	if _, leaves := s.Body.List[len(s.Body.List)-1].(*ast.ReturnStmt); !leaves {
		return nil
	}
	inner := span{f.tokens.Offset(s.Body.Lbrace) + 1, f.tokens.Offset(s.Body.Rbrace)}
	return []change{{edit{inner.start, inner.end, ""}, f.span(s)}}
}

func offByOne(f file, n ast.Node) []change {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.INT {
		return nil
	}
	value, err := strconv.ParseInt(lit.Value, 0, 64)
	if err != nil {
		return nil // larger than an int
	}
	return []change{f.replace(lit, strconv.FormatInt(value+1, 10))}
}

func emptiedText(f file, n ast.Node) []change {
	if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && len(lit.Value) > len(`""`) {
		return []change{f.replace(lit, `""`)}
	}
	return nil
}

// calledName is the last word of what is called: "Close" of f.body.Close().
func calledName(call *ast.CallExpr) string {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}

// calledOf is the package or variable of a call: "errors" of errors.New("x").
func calledOf(call *ast.CallExpr) string {
	if fun, ok := call.Fun.(*ast.SelectorExpr); ok {
		if x, ok := fun.X.(*ast.Ident); ok {
			return x.Name
		}
	}
	return ""
}

// skipped is what no mutation touches, because no test should look at it: log
// lines and what only decides whether one is written, the texts of errors, String
// methods, tags, import paths, the sizes of buffers (16 << 10, the capacity of
// make) and how long times are.
func (f file) skipped(root ast.Node) []span {
	var out []span
	skip := func(n ast.Node) { out = append(out, f.span(n)) }
	for n := range ast.Preorder(root) {
		switch n := n.(type) {
		case *ast.ImportSpec:
			skip(n)
		case *ast.Field:
			if n.Tag != nil {
				skip(n.Tag)
			}
		case *ast.FuncDecl:
			if n.Recv != nil && n.Name.Name == "String" {
				skip(n)
			}
		case *ast.BinaryExpr:
			if n.Op == token.MUL && isTimeUnit(n.Y) {
				skip(n.X)
			}
			if n.Op == token.SHL {
				skip(n)
			}
		case *ast.IfStmt:
			if onlyLogs(n) {
				skip(n.Cond)
			}
		case *ast.CallExpr:
			if isLogLine(n) {
				skip(n)
			}
			for _, a := range unseen(n) {
				skip(a)
			}
		}
	}
	return out
}

// isLogLine knows zerolog's chains by their ends, and Telemetry.Say, which writes a
// log line for many agents.
func isLogLine(call *ast.CallExpr) bool {
	name := calledName(call)
	return slices.Contains([]string{"Msg", "Msgf", "Logger", "Say"}, name) || name == "Send" && len(call.Args) == 0
}

// onlyLogs reports whether a condition without calls decides about log lines and
// nothing else: whatever it says, the program does the same.
func onlyLogs(s *ast.IfStmt) bool {
	if s.Else != nil || len(s.Body.List) == 0 {
		return false
	}
	for n := range ast.Preorder(s.Cond) {
		if _, calls := n.(*ast.CallExpr); calls {
			return false
		}
	}
	return !slices.ContainsFunc(s.Body.List, func(s ast.Stmt) bool {
		x, ok := s.(*ast.ExprStmt)
		if !ok {
			return true
		}
		call, ok := x.X.(*ast.CallExpr)
		return !ok || !isLogLine(call)
	})
}

func isTimeUnit(x ast.Expr) bool {
	sel, ok := x.(*ast.SelectorExpr)
	return ok && isNamed(sel.X, "time")
}

// unseen are the arguments of a call that only people read, or that only
// decide how much memory is set aside.
func unseen(call *ast.CallExpr) []ast.Expr {
	switch name := calledName(call); {
	case len(call.Args) == 0:
		return nil
	case calledOf(call) == "errors" && name == "New", calledOf(call) == "fmt" && name == "Errorf", name == "panic":
		return call.Args[:1]
	case name == "make":
		if _, channel := call.Args[0].(*ast.ChanType); channel {
			return call.Args[1:]
		}
		return call.Args[min(2, len(call.Args)):]
	}
	return nil
}
