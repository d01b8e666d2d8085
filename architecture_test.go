// Package gcbridge holds no code: its one test keeps the rules of the house
// that a compiler does not. Each rule is a row; each row is shown to fail.
package gcbridge

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

const module = "gcbridge"

// layer is what the packages at and below a folder may import of this module.
// Imports run one way: cmd, bridge, {session, admin, connectorsync, broker};
// protocol, finesse and the broker link stand on nothing.
type layer struct {
	folder string
	leaf   bool     // everyone may import it
	any    bool     // it may import everything
	may    []string // folders of other layers
	tests  []string // further ones for its tests: simulators and brokers
}

func layers() []layer {
	return []layer{
		{folder: "cmd", any: true},
		{folder: "test", any: true},
		{
			folder: "bridge",
			may:    []string{"bridge/session", "bridge/admin", "bridge/config", "bridge/broker", "bridge/translate", "connectorsync", "finesse", "protocol"},
			tests:  []string{"finesse/sim", "bridge/broker/embedded", "bridge/broker/brokertest"},
		},
		{folder: "bridge/config", may: []string{"protocol", "bridge/broker"}},
		{folder: "bridge/admin"},
		{folder: "bridge/session", may: []string{"bridge/translate", "finesse", "protocol"}, tests: []string{"finesse/sim"}},
		{folder: "bridge/translate", may: []string{"finesse", "protocol"}},
		{folder: "bridge/broker", tests: []string{"bridge/broker/embedded", "bridge/broker/brokertest"}},
		{folder: "bridge/broker/embedded", tests: []string{"bridge/broker", "bridge/broker/brokertest"}},
		{folder: "bridge/broker/brokertest", may: []string{"bridge/broker"}, tests: []string{"bridge/broker/embedded"}},
		{
			folder: "connectorsync", may: []string{"protocol"},
			tests: []string{"bridge/broker", "bridge/broker/embedded", "bridge/broker/brokertest"},
		},
		{folder: "finesse", tests: []string{"finesse/sim"}},
		{folder: "finesse/sim", may: []string{"finesse"}},
		{folder: "protocol"},
		{folder: "protocol/secret", leaf: true},
		{folder: "protocol/errclass", leaf: true},
	}
}

// rule is one row of the house rules.
type rule struct {
	name  string
	check func(source) []violation
}

func rules() []rule {
	return []rule{
		{"imports run one way", checkImports},
		{"packages have names that say something", checkNames},
		{"files are about one thing", checkLength},
		{"protocol and translate are pure", checkPure},
		{"exit, flags and signals are read in cmd only", checkProcess},
		{"tests wait for conditions, never for time", checkSleep},
		{"tests are never skipped", checkSkip},
		{"who starts goroutines proves that they end", checkLeaks},
		{"package variables are tables, not state", checkState},
		{"no file names a machine's folders", checkMachinePaths},
	}
}

func TestArchitecture(t *testing.T) {
	src, err := load(os.DirFS("."))
	require.NoError(t, err)
	require.NotEmpty(t, src.goFiles)
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			for _, v := range r.check(src) {
				t.Error(v)
			}
		})
	}
}

// violation is printed as compilers do, so that editors can jump to it.
type violation struct {
	path string
	line int
	what string
}

func (v violation) String() string { return fmt.Sprintf("%s:%d: %s", v.path, v.line, v.what) }

// source is the repository as the rules see it.
type source struct {
	fset    *token.FileSet
	goFiles []goFile
	texts   []text // every file that people write, Go included
}

type text struct {
	path string
	body []byte
}

type goFile struct {
	text
	dir       string // slash separated, "." at the root
	test      bool
	generated bool
	syntax    *ast.File
}

func load(fsys fs.FS) (source, error) {
	src := source{fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", ".tools", "bin", "dist"}, name) {
				return fs.SkipDir
			}
			return nil
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(body, 0) >= 0 {
			return nil // a picture, a key store, a fuzz seed
		}
		t := text{path: name, body: body}
		src.texts = append(src.texts, t)
		if path.Ext(name) != ".go" {
			return nil
		}
		syntax, err := parser.ParseFile(src.fset, name, body, parser.ParseComments)
		if err != nil {
			return err
		}
		src.goFiles = append(src.goFiles, goFile{
			text: t, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
			generated: ast.IsGenerated(syntax), syntax: syntax,
		})
		return nil
	})
	return src, err
}

func (s source) at(f goFile, pos token.Pos, format string, args ...any) violation {
	return violation{f.path, s.fset.Position(pos).Line, fmt.Sprintf(format, args...)}
}

// TestRulesBite shows each rule a tree that breaks it, next to a neighbour
// that does not.
func TestRulesBite(t *testing.T) {
	slash := "/"
	tests := map[string]struct {
		check func(source) []violation
		files map[string]string
		want  []string
	}{
		"import against the current": {
			checkImports,
			map[string]string{
				"protocol/a.go":         "package protocol\n\nimport _ \"gcbridge/finesse\"\n",
				"finesse/a.go":          "package finesse\n\nimport _ \"gcbridge/protocol/errclass\"\n",
				"bridge/broker/a.go":    "package broker\n\nimport _ \"gcbridge/protocol\"\n",
				"bridge/translate/a.go": "package translate\n\nimport _ \"gcbridge/finesse\"\n",
				"cmd/gcbridge/main.go":  "package main\n\nimport _ \"gcbridge/finesse/sim\"\n",
			},
			[]string{
				"bridge/broker/a.go:3: bridge/broker must not import protocol",
				"protocol/a.go:3: protocol must not import finesse",
			},
		},
		"simulator outside tests": {
			checkImports,
			map[string]string{
				"bridge/session/a.go":      "package session\n\nimport _ \"gcbridge/finesse/sim\"\n",
				"bridge/session/a_test.go": "package session\n\nimport _ \"gcbridge/finesse/sim\"\n",
			},
			[]string{"bridge/session/a.go:3: bridge/session must not import finesse/sim"},
		},
		"package without a place": {
			checkImports,
			map[string]string{"attic/a.go": "package attic\n", "finesse/deep/a.go": "package deep\n"},
			[]string{"attic/a.go:1: package attic has no place in the house: give it a row in layers()"},
		},
		"drawer for everything": {
			checkNames,
			map[string]string{
				"bridge/util/a.go":    "package strs\n",
				"bridge/x/a_test.go":  "package helpers_test\n",
				"bridge/common.go":    "package bridge\n",
				"bridge/session/a.go": "package session\n",
			},
			[]string{
				"bridge/util/a.go:1: package util: name it after what it holds",
				"bridge/x/a_test.go:1: package helpers_test: name it after what it holds",
			},
		},
		"long file": {
			checkLength,
			map[string]string{
				"finesse/a.go":               "package finesse\n" + strings.Repeat("\n", 400),
				"finesse/b.go":               "package finesse\n" + strings.Repeat("\n", 399),
				"finesse/c_test.go":          "package finesse\n" + strings.Repeat("\n", 900),
				"finesse/d.go":               "// Code generated by x. DO NOT EDIT.\n\npackage finesse\n" + strings.Repeat("\n", 900),
				"cmd/gcbridge/a.go":          "package main\n" + strings.Repeat("\n", 150),
				"cmd/gcbridge/b.go":          "package main\n" + strings.Repeat("\n", 149),
				"cmd/gcbridge/internal/c.go": "package c\n" + strings.Repeat("\n", 300),
			},
			[]string{
				"cmd/gcbridge/a.go:151: 151 lines, at most 150: a file is about one thing",
				"finesse/a.go:401: 401 lines, at most 400: a file is about one thing",
			},
		},
		"impure core": {
			checkPure,
			map[string]string{
				"protocol/a.go":         "package protocol\n\nimport (\n\t\"os\"\n\tclock \"time\"\n)\n\nvar _, _ = os.Args, clock.Now\n",
				"bridge/translate/a.go": "package translate\n\nfunc f() { go f() }\n",
				"protocol/b_test.go":    "package protocol\n\nimport _ \"os\"\n",
				"protocol/c.go":         "package protocol\n\nimport \"time\"\n\nvar _ = time.RFC3339\n",
				"finesse/a.go":          "package finesse\n\nimport _ \"net\"\n",
			},
			[]string{
				"bridge/translate/a.go:3: pure package starts a goroutine",
				"protocol/a.go:4: pure package imports os",
				"protocol/a.go:8: pure package reads the clock: time.Now",
			},
		},
		"exit from below": {
			checkProcess,
			map[string]string{
				"bridge/a.go":          "package bridge\n\nimport (\n\t_ \"flag\"\n\t\"os\"\n)\n\nfunc f() { os.Exit(1) }\n",
				"bridge/b.go":          "package bridge\n\nimport \"os\"\n\nvar _ = os.Args\n",
				"bridge/c.go":          "package bridge\n\nimport \"log\"\n\nvar _, _ = log.New, log.Fatal\n",
				"cmd/gcbridge/main.go": "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(0) }\n",
			},
			[]string{"bridge/a.go:4: only cmd imports flag", "bridge/a.go:8: only cmd calls os.Exit", "bridge/c.go:5: log.Fatal: the logger is passed in"},
		},
		"sleeping test": {
			checkSleep,
			map[string]string{
				"bridge/a_test.go": "package bridge\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n",
				"bridge/a.go":      "package bridge\n\nimport \"time\"\n\nfunc g() { time.Sleep(1) }\n",
				"bridge/b_test.go": "package bridge\n\nimport (\n\t\"testing\"\n\t\"testing/synctest\"\n\t\"time\"\n)\n\n" +
					"func h(t *testing.T) { synctest.Test(t, func(*testing.T) { time.Sleep(1) }) }\n\n" +
					"func bubble(t *testing.T, f func(*testing.T)) { synctest.Test(t, f) }\n",
				"bridge/c_test.go": "package bridge\n\nimport (\n\t\"testing\"\n\t\"time\"\n)\n\n" +
					"func k(t *testing.T) { bubble(t, func(*testing.T) { time.Sleep(1) }) }\n\n" +
					"func l(t *testing.T) { plain(t, func(*testing.T) { time.Sleep(1) }) }\n",
			},
			[]string{
				"bridge/a_test.go:5: time.Sleep in a test: wait for a condition with a deadline",
				"bridge/c_test.go:10: time.Sleep in a test: wait for a condition with a deadline",
			},
		},
		"skipped test": {
			checkSkip,
			map[string]string{
				"bridge/a_test.go": "package bridge\n\nimport \"testing\"\n\nfunc f(t *testing.T) { t.Skip() }\n",
				"bridge/b_test.go": "package bridge\n\nimport \"testing\"\n\nfunc g(t *testing.T) { t.Log() }\n",
			},
			[]string{"bridge/a_test.go:5: Skip: a test runs or is not there"},
		},
		"goroutine that nobody counts": {
			checkLeaks,
			map[string]string{
				"bridge/a.go":       "package bridge\n\nfunc f() { go f() }\n",
				"bridge/a_test.go":  "package bridge\n",
				"finesse/a.go":      "package finesse\n\nfunc f(g interface{ Go(func()) }) { g.Go(nil) }\n",
				"finesse/a_test.go": "package finesse\n\nimport \"go.uber.org/goleak\"\n\nfunc TestMain(m *testing.M) { goleak.VerifyTestMain(m) }\n",
				"connectorsync/a.go": "package connectorsync\n\nimport \"sync\"\n\n" +
					"func f(g *sync.WaitGroup) { g.Go(nil) }\n",
				"protocol/a.go": "package protocol\n",
			},
			[]string{
				"bridge/a.go:3: bridge starts goroutines, so its tests need goleak.VerifyTestMain",
				"connectorsync/a.go:5: connectorsync starts goroutines, so its tests need goleak.VerifyTestMain",
			},
		},
		"state in a package": {
			checkState,
			map[string]string{
				"protocol/a.go": "package protocol\n\nvar ErrX = &struct{}{}\nvar rows = []int{1}\nvar first = func() *int { return &rows[0] }\n",
				"bridge/a.go": "package bridge\n\nimport \"sync\"\n\nvar mu sync.Mutex\nvar seen = make(map[string]bool)\n" +
					"var empty = map[string]bool{}\nvar last = &struct{}{}\nvar signal chan int\n",
				"finesse/a.go": "package finesse\n\nvar table = map[string]int{\"a\": 1}\nvar rows = []int{1}\nvar count int\nvar one = 1\n",
				"finesse/b.go": "package finesse\n\nfunc f() *int {\n\ttable[\"b\"] = 2\n\tcount++\n\tdelete(table, \"a\")\n\treturn &one\n}\n\n" +
					"func g() int {\n\trows := []int{2}\n\trows[0] = 3\n\treturn rows[0] + table[\"a\"]\n}\n",
			},
			[]string{
				"bridge/a.go:5: package variable mu is state",
				"bridge/a.go:6: package variable seen is state",
				"bridge/a.go:7: package variable empty is state",
				"bridge/a.go:8: package variable last is state",
				"bridge/a.go:9: package variable signal is state",
				"finesse/b.go:4: package variable table is written to",
				"finesse/b.go:5: package variable count is written to",
				"finesse/b.go:6: package variable table is written to",
				"finesse/b.go:7: package variable one is written to",
			},
		},
		"folder of one machine": {
			checkMachinePaths,
			map[string]string{
				"README.md":     "Run it in " + slash + "home/me/gcbridge.\nhttp://x/home/page\n",
				"protocol/a.go": "package protocol\n\nconst dir = \"" + slash + "root/x\"\n",
				".ci/x":         "ls " + slash + "usr/share/java\n",
				"picture.png":   "\x00 " + slash + "home/me",
			},
			[]string{
				"README.md:1: names a folder of one machine: " + slash + "home/m",
				"protocol/a.go:3: names a folder of one machine: \"" + slash + "root/x",
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{}
			for file, body := range tt.files {
				tree[file] = &fstest.MapFile{Data: []byte(body)}
			}
			src, err := load(tree)
			require.NoError(t, err)
			got := []string{}
			for _, v := range tt.check(src) {
				got = append(got, v.String())
			}
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}
