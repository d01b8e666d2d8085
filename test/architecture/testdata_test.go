package architecture

import (
	"fmt"
	"slices"
	"strings"

	"gcbridge/test/source"
)

// testdataPage says what each folder of testdata is.
const testdataPage = "testdata/README.md"

// checkTestdata holds the page to the folders that there are.
func checkTestdata(src source.Tree) (found []source.Violation) {
	var folders, rows []string
	lines := map[string]int{}
	for _, t := range src.Texts {
		rest, below := strings.CutPrefix(t.Path, "testdata/")
		if folder, _, deeper := strings.Cut(rest, "/"); below && deeper && !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
		if t.Path != testdataPage {
			continue
		}
		number := 0
		for line := range strings.Lines(string(t.Body)) {
			number++
			if name, isRow := strings.CutPrefix(line, "| `"); isRow {
				folder, _, _ := strings.Cut(name, "/")
				rows, lines[folder] = append(rows, folder), number
			}
		}
	}
	complain := func(line int, format string, args ...any) {
		found = append(found, source.Violation{Path: testdataPage, Line: line, What: fmt.Sprintf(format, args...)})
	}
	for _, folder := range folders {
		if !slices.Contains(rows, folder) {
			complain(1, "no row says what %s is", folder)
		}
	}
	for _, folder := range rows {
		if !slices.Contains(folders, folder) {
			complain(lines[folder], "there is no folder %s", folder)
		}
	}
	return found
}
