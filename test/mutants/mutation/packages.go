package mutation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Package is a Go package as `go list` tells of it.
type Package struct {
	ImportPath string
	Dir        string   // absolute
	GoFiles    []string // names, without tests and without what other systems build

	TestImports, XTestImports []string // what the tests import
}

// testFlags keep the tests of a mutant from writing into the package's folder:
// rapid would leave what failed there, and try it again with the next mutant.
func (p Package) testFlags() []string {
	if slices.Contains(slices.Concat(p.TestImports, p.XTestImports), "pgregory.net/rapid") {
		return []string{"-rapid.nofailfile"}
	}
	return nil
}

// List lists the packages that the patterns name, seen from the folder root.
func List(ctx context.Context, root string, patterns ...string) ([]Package, error) {
	out, err := output(ctx, root, "go", append([]string{"list", "-json=ImportPath,Dir,GoFiles,TestImports,XTestImports"}, patterns...)...)
	if err != nil {
		return nil, err
	}
	var packages []Package
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("mutation: go list: %w", err)
		}
		packages = append(packages, p)
	}
}

// Changed keeps the packages with a Go file that differs from what the commit
// base and the present one have in common: committed, uncommitted or new.
func Changed(ctx context.Context, root, base string, packages []Package) ([]Package, error) {
	top, err := output(ctx, root, "git", "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	tracked, err := output(ctx, root, "git", "-C", line(top), "diff", "--name-only", "--merge-base", base, "--", "*.go")
	if err != nil {
		return nil, err
	}
	fresh, err := output(ctx, root, "git", "-C", line(top), "ls-files", "--others", "--exclude-standard", "--", "*.go")
	if err != nil {
		return nil, err
	}
	folders := map[string]bool{}
	for name := range strings.Lines(string(tracked) + string(fresh)) {
		folders[filepath.Join(line(top), filepath.Dir(line([]byte(name))))] = true
	}
	return slices.DeleteFunc(slices.Clone(packages), func(p Package) bool { return !folders[p.Dir] }), nil
}

func line(b []byte) string { return strings.TrimSuffix(string(b), "\n") }

// FindAll lists the mutations of all files of the packages.
func FindAll(packages []Package) ([]Mutation, error) {
	var all []Mutation
	for _, p := range packages {
		for _, name := range p.GoFiles {
			path := filepath.Join(p.Dir, name)
			source, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("mutation: %w", err)
			}
			found, err := Find(p.ImportPath, path, source)
			if err != nil {
				return nil, err
			}
			all = append(all, found...)
		}
	}
	return all, nil
}

// output runs a program in a folder; what it complains of is in the error.
func output(ctx context.Context, dir, program string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, program, args...)
	c.Dir = dir
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("mutation: %s %s: %w\n%s", program, strings.Join(args, " "), err, &complaint)
	}
	return out, nil
}
