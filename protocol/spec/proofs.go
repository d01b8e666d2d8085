package spec

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// ProofsFile is where the proofs are kept, relative to the source tree.
const ProofsFile = "test/e2e/testdata/proofs.tsv"

// e2eFolder holds the tests that proofs may name.
const e2eFolder = "test/e2e"

// Proofs says which end-to-end tests showed a clause: clause id (see
// [Clause.ID]) to full names of tests, sorted.
type Proofs map[string][]string

// ReadProofs reads what [Proofs.WriteTo] wrote. An error names the line.
func ReadProofs(r io.Reader) (Proofs, error) {
	p := Proofs{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if strings.HasPrefix(lines.Text(), "# ") || lines.Text() == "" {
			continue
		}
		id, test, ok := strings.Cut(lines.Text(), "\t")
		if !ok || id == "" || !strings.HasPrefix(test, "Test") {
			return nil, fmt.Errorf("proofs: line %d is not a clause, a tab and a test", n)
		}
		p.Add(id, test)
	}
	return p, lines.Err()
}

// Add notes that test showed the clause id.
func (p Proofs) Add(id, test string) {
	if at, known := slices.BinarySearch(p[id], test); !known {
		p[id] = slices.Insert(p[id], at, test)
	}
}

// WriteTo writes p, a line per clause and test, in the order of the names.
func (p Proofs) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	b.WriteString("# What the end-to-end tests saw on the wire. Written by: go test ./" + e2eFolder + " -update-proofs\n")
	for _, id := range slices.Sorted(maps.Keys(p)) {
		for _, test := range p[id] {
			b.WriteString(id + "\t" + test + "\n")
		}
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// Best keeps at most n tests per clause, those that show the fewest other
// clauses first: they say most about this one.
func (p Proofs) Best(n int) Proofs {
	shows := map[string]int{}
	for _, tests := range p {
		for _, t := range tests {
			shows[t]++
		}
	}
	best := Proofs{}
	for id, tests := range p {
		ranked := slices.Clone(tests)
		slices.SortStableFunc(ranked, func(a, b string) int { return shows[a] - shows[b] })
		for _, t := range ranked[:min(n, len(ranked))] {
			best.Add(id, t)
		}
	}
	return best
}

// Drift says what is wrong with kept proofs, given what a run of all tests
// saw: a proof that was not seen again, or a clause that was shown and has
// none. nil if nothing is.
func (p Proofs) Drift(seen Proofs) []string {
	var wrong []string
	for _, id := range slices.Sorted(maps.Keys(p)) {
		for _, t := range p[id] {
			if !slices.Contains(seen[id], t) {
				wrong = append(wrong, fmt.Sprintf("%s is no longer shown by %s", id, t))
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(seen)) {
		if len(p[id]) == 0 {
			wrong = append(wrong, fmt.Sprintf("%s is shown by %s, which is not written down", id, seen[id][0]))
		}
	}
	return wrong
}
