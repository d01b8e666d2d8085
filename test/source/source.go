// Package source reads the repository as the tests of the house see it: the
// texts that people write, and the syntax of the Go files among them.
package source

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Root is the folder of go.mod, as seen from a test in a folder of test/.
const Root = "../.."

// Tree is a repository.
type Tree struct {
	GoFiles []File
	Texts   []Text // every file that people write, Go included

	fset *token.FileSet
}

// Text is a file that people write.
type Text struct {
	Path string // slash separated, from the root
	Body []byte
}

// File is a Go file.
type File struct {
	Text
	Dir       string // slash separated, "." at the root
	Test      bool
	Generated bool
	Syntax    *ast.File
}

// Violation is printed as compilers do, so that editors can jump to it.
type Violation struct {
	Path string
	Line int
	What string
}

func (v Violation) String() string { return fmt.Sprintf("%s:%d: %s", v.Path, v.Line, v.What) }

// Load reads a repository. What was built or fetched is left out.
func Load(fsys fs.FS) (Tree, error) {
	src := Tree{fset: token.NewFileSet()}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch left := slices.Contains([]string{".git", ".tools", "bin", "dist"}, name); {
		case err != nil:
			return err
		case left && d.IsDir():
			return fs.SkipDir
		case left || d.IsDir(): // in a linked working tree .git is a file
			return nil
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		if bytes.IndexByte(body, 0) >= 0 {
			return nil // a picture, a key store, a fuzz seed
		}
		t := Text{Path: name, Body: body}
		src.Texts = append(src.Texts, t)
		if path.Ext(name) != ".go" {
			return nil
		}
		syntax, err := parser.ParseFile(src.fset, name, body, parser.ParseComments)
		if err != nil {
			return err
		}
		src.GoFiles = append(src.GoFiles, File{
			Text: t, Dir: path.Dir(name), Test: strings.HasSuffix(name, "_test.go"),
			Generated: ast.IsGenerated(syntax), Syntax: syntax,
		})
		return nil
	})
	return src, err
}

// At is a violation at a place in a file.
func (t Tree) At(f File, pos token.Pos, format string, args ...any) Violation {
	return Violation{f.Path, t.fset.Position(pos).Line, fmt.Sprintf(format, args...)}
}
