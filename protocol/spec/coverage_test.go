package spec

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestClauses(t *testing.T) {
	count, ids := map[Kind]int{}, map[string]bool{}
	for _, c := range Clauses() {
		require.False(t, ids[c.ID], "%s twice", c.ID)
		ids[c.ID] = true
		count[c.Kind]++
		require.NotEmpty(t, c.golden.path, c.ID)
	}
	require.Equal(t, map[Kind]int{KindCommand: 61, KindOutput: 38, KindError: 30, KindMessage: 35}, count)
	require.Equal(t, "A-01", Clauses()[0].ID)
	for id, r := range superseded() {
		require.True(t, ids[id], id)
		require.True(t, ids[r.by], r.by)
		require.NotEmpty(t, r.why)
	}
}

// tree is a source tree with one proof for each line of proofs.
func tree(proofs string) fstest.MapFS {
	fsys := fstest.MapFS{
		ProofsFile:                          {Data: []byte(proofs)},
		e2eFolder + "/a_test.go":            {Data: []byte("package e2e\n\nfunc TestDay() {}\n\nfunc (x) TestMethod() {}\n")},
		goldenFolder + "/errors.txt":        {Data: []byte("DOWN (GC, page)\n  1001#Error#DOWN\n")},
		goldenFolder + "/O-001/x.txt":       {Data: []byte("x")},
		goldenFolder + "/O-001/y.txt":       {Data: []byte("x")},
		goldenFolder + "/O-014/x.txt":       {Data: []byte("x")},
		goldenFolder + "/O-018/x.txt":       {Data: []byte("x")},
		goldenFolder + "/user-messages.txt": {Data: []byte("State#READY (page) Your State: Ready\n")},
	}
	return fsys
}

func byID(t *testing.T, fsys fstest.MapFS) map[string]Clause {
	t.Helper()
	clauses, err := Coverage(fsys)
	require.NoError(t, err)
	found := map[string]Clause{}
	for _, c := range clauses {
		found[c.ID] = c
	}
	return found
}

func TestCoverage(t *testing.T) {
	c := byID(t, tree("# a comment\nO-001\tTestDay/x\nO-014\tTestDay\nA-01\tTestDay\nerror DOWN\tTestDay\nO-002\tTestGone\nO-003\tTestMethod\n"))
	require.True(t, c["O-001"].Proven())
	require.Equal(t, []string{"testdata/golden/O-001/x.txt", "testdata/golden/O-001/y.txt"}, c["O-001"].Golden)
	require.Equal(t, []string{"TestDay/x"}, c["O-001"].Tests)
	require.True(t, c["error DOWN"].Proven())
	require.False(t, c["error NO_DIALOG_ID"].Proven())
	require.Empty(t, c["error NO_DIALOG_ID"].Golden, "the file lacks its line")
	require.False(t, c["A-01"].Proven(), "no golden file")
	require.False(t, c["State#READY"].Proven(), "no test")
	require.Empty(t, c["O-002"].Tests, "the test is gone")
	require.Empty(t, c["O-003"].Tests, "a method is no test")
	require.True(t, c["O-018"].Proven(), "by what replaced it")
	require.Equal(t, "O-014", c["O-018"].By)

	own := byID(t, tree("O-018\tTestDay\nO-014\tTestDay/x\n"))
	require.Equal(t, []string{"TestDay"}, own["O-018"].Tests)
	require.Empty(t, own["O-018"].By)
}

func TestCoverageOfNoSourceTree(t *testing.T) {
	_, err := Coverage(fstest.MapFS{})
	require.ErrorContains(t, err, "source tree")
	_, err = Coverage(tree("no tab\n"))
	require.ErrorContains(t, err, "line 1")
	broken := tree("")
	broken[e2eFolder+"/b_test.go"] = &fstest.MapFile{Data: []byte("no Go")}
	_, err = Coverage(broken)
	require.Error(t, err)
}

func TestReport(t *testing.T) {
	var b strings.Builder
	unproven, err := Report(&b, []Clause{
		{ID: "A-01", Kind: KindCommand, Name: "Hello", Golden: []string{"g"}, Tests: []string{"TestA", "TestB"}},
		{ID: "A-05", Kind: KindCommand, Name: "MobileAgentLogin", Golden: []string{"g"}},
		{ID: "O-018", Kind: KindOutput, Name: "old", Golden: []string{"g"}, Tests: []string{"TestA"}, By: "O-014", Why: "not sent any more"},
		{ID: "error DOWN", Kind: KindError, Tests: []string{"TestA"}},
	})
	require.NoError(t, err)
	require.Equal(t, 2, unproven)
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	require.Len(t, lines, 6)
	require.Contains(t, lines[1], "TestA (+1)")
	require.Regexp(t, `^A-05 +command +g +- `, lines[2])
	require.Contains(t, lines[3], "not sent any more, replaced by O-014: TestA")
	require.Regexp(t, `^DOWN +error +- +TestA`, lines[4])
	require.Equal(t, "4 clauses, 2 without proof", lines[5])
}

func TestProofs(t *testing.T) {
	p := Proofs{}
	for _, e := range [][2]string{{"O-001", "TestB"}, {"O-001", "TestA"}, {"O-001", "TestA"}, {"O-001", "TestC"}, {"O-002", "TestA"}, {"A-01", "TestB"}, {"A-02", "TestB"}} {
		p.Add(e[0], e[1])
	}
	var b strings.Builder
	_, err := p.WriteTo(&b)
	require.NoError(t, err)
	again, err := ReadProofs(strings.NewReader(b.String()))
	require.NoError(t, err)
	require.Equal(t, p, again)
	require.Equal(t, []string{"TestA", "TestC"}, p.Best(2)["O-001"], "TestB shows more other clauses")

	require.Empty(t, p.Best(1).Drift(p))
	require.Equal(t, []string{"A-01 is shown by TestB, which is not written down"}, Proofs{"O-001": {"TestA"}}.Drift(Proofs{"O-001": {"TestA", "TestB"}, "A-01": {"TestB"}}))
	require.Equal(t, []string{"O-001 is no longer shown by TestA"}, Proofs{"O-001": {"TestA"}}.Drift(Proofs{"O-001": {"TestB"}}))
}

// TestEveryClauseHasItsProof is the promise of the page, row by row: a golden
// file for each, and an end-to-end test that shows it.
func TestEveryClauseHasItsProof(t *testing.T) {
	clauses, err := Coverage(os.DirFS(root))
	require.NoError(t, err)
	for _, c := range clauses {
		if len(c.Golden) == 0 {
			t.Errorf("%s (%s) has no golden file", c.ID, c.Name)
		}
		if len(c.Tests) == 0 {
			t.Errorf("%s (%s) has no end-to-end test that shows it", c.ID, c.Name)
		}
	}
}
