// Package architecture keeps the rules of the house that a compiler does not.
// Each rule is a row; each row is shown to fail.
package architecture

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/test/source"
)

const module = "gcbridge"

// layer is what the packages at and below a folder may import of this module.
// Imports run one way, from cmd down; leaves import none of the others.
type layer struct {
	folder string
	leaf   bool     // everyone may import it
	any    bool     // it may import everything but harnesses
	may    []string // folders of other layers
	tests  []string // further ones for its tests: simulators and brokers
}

// harnesses are imported by each other and by tests only.
const harnesses = "test"

// layers is the one book of who imports whom; a new package gets a row.
func layers() []layer {
	labs := []string{"finesse/sim", "bridge/broker/embedded"}
	brokers := []string{"bridge/broker", "bridge/broker/embedded"}
	return []layer{
		{folder: "cmd", any: true},
		{folder: harnesses, any: true},
		{
			folder: "bridge", // wiring
			may: []string{
				"bridge/admin", "bridge/agentstates", "bridge/broker", "bridge/cluster", "bridge/config", "bridge/gateway", "bridge/gateway/clocks",
				"bridge/outbox", "bridge/recorder", "bridge/session", "bridge/stomp", "bridge/telemetry", "bridge/wire",
				"connectorsync", "finesse", "finesse/pool", "protocol",
			},
			tests: labs,
		},
		{folder: "bridge/wire", may: []string{"protocol"}},
		{folder: "bridge/stomp", may: []string{"bridge/wire", "bridge/telemetry", "bridge/broker", "protocol"}, tests: brokers},
		{folder: "bridge/outbox", may: []string{"bridge/wire", "bridge/telemetry"}},
		{folder: "bridge/agentstates", may: []string{"bridge/wire", "bridge/telemetry", "protocol"}},
		{folder: "bridge/gateway/clocks"},
		{folder: "bridge/gateway", may: []string{"bridge/gateway/clocks", "bridge/wire", "bridge/telemetry", "bridge/session", "protocol"}, tests: []string{"finesse"}},
		{folder: "bridge/cluster", may: []string{"bridge/wire", "bridge/telemetry", "bridge/session", "connectorsync", "protocol"}},
		{folder: "bridge/telemetry", may: []string{"protocol"}},
		{folder: "bridge/recorder", may: []string{"bridge/config", "bridge/session"}},
		{folder: "bridge/config", may: []string{"protocol", "bridge/broker"}},
		{folder: "bridge/admin"},
		{
			folder: "bridge/session",
			may: []string{
				"bridge/wire", "bridge/telemetry", "bridge/translate", "bridge/session/presence", "bridge/session/ledger", "bridge/session/tries", "bridge/session/signon",
				"finesse", "protocol",
			},
			tests: []string{"finesse/sim"},
		},
		{folder: "bridge/session/presence", may: []string{"finesse", "protocol"}, tests: []string{"finesse/sim"}},
		{folder: "bridge/session/ledger", may: []string{"finesse", "protocol"}},
		{folder: "bridge/session/tries"},
		{folder: "bridge/session/signon", may: []string{"finesse", "protocol"}},
		{folder: "bridge/translate", may: []string{"finesse", "protocol"}},
		{folder: "bridge/broker", tests: brokers},
		{folder: "bridge/broker/embedded", tests: brokers},
		{folder: "connectorsync", may: []string{"protocol"}, tests: brokers},
		{folder: "finesse", tests: []string{"finesse/sim"}},
		{folder: "finesse/pool", may: []string{"finesse", "protocol"}, tests: []string{"finesse/sim"}},
		{folder: "finesse/sim", tests: []string{"finesse"}}, // it must not take over how its client understands Finesse
		{folder: "load", may: []string{"load/measure", "bridge/broker", "protocol"}, tests: brokers},
		{folder: "load/measure"},
		{folder: "load/report", may: []string{"load/measure"}},
		{folder: "protocol"},
		{folder: "protocol/received", leaf: true},
		{folder: "protocol/spec", may: []string{"protocol"}},
		{folder: "protocol/secret", leaf: true},
		{folder: "protocol/errclass", leaf: true},
		{folder: "protocol/defect", leaf: true},
	}
}

// rule is one row of the house rules.
type rule struct {
	name  string
	check func(source.Tree) []source.Violation
}

func rules() []rule {
	return []rule{
		{"imports run one way", checkImports},
		{"packages have names that say something", checkNames},
		{"files are about one thing", checkLength},
		{"pure cores stay pure", checkPure},
		{"exit, flags and signals are read in cmd only", checkProcess},
		{"tests wait for conditions, never for time", checkSleep},
		{"tests are never skipped", checkSkip},
		{"who starts goroutines proves that they end", checkLeaks},
		{"package variables are tables, not state", checkState},
		{"a session is not one large object", checkStructs},
		{"log lines write zerolog's own fields once", checkLogFields},
		{"nolint names linters that run", checkNolint},
		{"each folder of testdata is explained", checkTestdata},
		{"no file names a machine's folders", checkMachinePaths},
	}
}

func TestArchitecture(t *testing.T) {
	src, err := source.Load(os.DirFS(source.Root))
	require.NoError(t, err)
	require.NotEmpty(t, src.GoFiles)
	for _, r := range rules() {
		t.Run(r.name, func(t *testing.T) {
			for _, v := range r.check(src) {
				t.Error(v)
			}
		})
	}
}

// TestLayersRunOneWay walks the book from every row down and never comes back.
func TestLayersRunOneWay(t *testing.T) {
	rows := map[string]layer{}
	for _, l := range layers() {
		require.NotContains(t, rows, l.folder, "two rows")
		rows[l.folder] = l
	}
	var down func(from string, way []string)
	down = func(from string, way []string) {
		require.NotContains(t, way, from, "imports go round in a circle")
		for _, to := range rows[from].may {
			require.Contains(t, rows, to, "%s may import what has no row", from)
			down(to, append(way[:len(way):len(way)], from))
		}
	}
	for folder, l := range rows {
		down(folder, nil)
		for _, to := range l.tests {
			require.Contains(t, rows, to)
		}
	}
}
