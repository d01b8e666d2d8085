package conform_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
	"gcbridge/protocol/spec/conform"
)

func checker(t *testing.T) *conform.Checker {
	t.Helper()
	c, err := conform.New()
	require.NoError(t, err)
	return c
}

// golden is a golden file of an output.
type golden struct {
	path    string
	code    protocol.Code
	edition protocol.Edition
	format  protocol.Format
	body    string
}

func goldens(t *testing.T) []golden {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "testdata", "golden", "*", "*.txt"))
	require.NoError(t, err)
	var all []golden
	for _, path := range files {
		body, err := os.ReadFile(path)
		require.NoError(t, err)
		name := strings.TrimSuffix(filepath.Base(path), ".txt") // example.edition.format
		format := name[strings.LastIndexByte(name, '.')+1:]
		_, edition, _ := strings.Cut(strings.TrimSuffix(name, "."+format), ".")
		all = append(all, golden{
			path, protocol.Code(filepath.Base(filepath.Dir(path))), protocol.Edition(edition), protocol.Format(format),
			strings.TrimSuffix(string(body), "\n"),
		})
	}
	require.NotEmpty(t, all)
	return all
}

func TestGoldenFilesConform(t *testing.T) {
	c := checker(t)
	formats := map[protocol.Format]int{}
	for _, g := range goldens(t) {
		formats[g.format]++
		require.NoError(t, c.CheckIn(g.code, g.edition, g.format, g.body), g.path)
		require.NoError(t, c.Check(g.code, g.body), g.path)
	}
	require.Greater(t, formats[protocol.FormatJSON], 100)
	require.Greater(t, formats[protocol.FormatDefault], 200)
}

// TestSchemasAreStrict changes every golden JSON in ways that a reader would
// stumble over: a key too many, a key too few, another type.
func TestSchemasAreStrict(t *testing.T) {
	c := checker(t)
	for _, g := range goldens(t) {
		if !strings.HasPrefix(g.body, "{") {
			continue
		}
		var object map[string]any
		require.NoError(t, json.Unmarshal([]byte(g.body), &object), g.path)
		refused := func(change string) {
			t.Helper()
			changed, err := json.Marshal(object)
			require.NoError(t, err)
			require.Error(t, c.CheckIn(g.code, g.edition, g.format, string(changed)), "%s with %s: %s", g.path, change, changed)
		}
		object["more"] = ""
		refused("a key too many")
		delete(object, "more")
		for key, value := range object {
			object[key] = 1.5
			refused("another type of " + key)
			// queue2 may be missing, and a team member's state without their id is the agent's own.
			if key != "queue2" && key != "teamAgentId" {
				delete(object, key)
				refused("no " + key)
			}
			object[key] = value
		}
	}
}

func TestTextThatIsNoMessage(t *testing.T) {
	c := checker(t)
	for code, bodies := range map[protocol.Code][]string{
		"O-001": {"", "1001#State", "1001#State#READY#8#x#y", "1001#State#Ready#Joe", "1001#state#READY#Joe", "x 1001#State#READY#Joe##"},
		"O-002": {"1001#Error#", "1001#Error#A B", "#Error#DOWN"},
		"O-004": {"System#OUT_OF_SERVICE", "System#IN_SERVICE#"},
		"O-008": {"1001#InboundCall#ACTIVE#DialogID:1#2#ani=1#yesterday#CallType:#ParticipantsCount:0#participants:", "1001#InboundCall#ACTIVE"},
		"O-017": {"1001#Control#0,maybe", "1001#Control#0,true,1,true"},
		"O-020": {"1005#TeamUsersList#FirstName:a", "1005#TeamUsersList"},
	} {
		for _, body := range bodies {
			require.Error(t, c.Check(code, body), "%s %q", code, body)
		}
	}
}

func TestUnknownMessages(t *testing.T) {
	c := checker(t)
	require.ErrorIs(t, c.Check("O-099", "x"), conform.ErrUnknown)
	require.ErrorIs(t, c.CheckIn("ConnectStatus", protocol.Edition44, protocol.FormatDefault, "x"), conform.ErrUnknown)
	require.ErrorIs(t, c.CheckIn("O-001", protocol.Edition3, protocol.FormatJSON, "{}"), conform.ErrUnknown)
	require.Error(t, c.Check("O-001", "{not JSON"))
}
