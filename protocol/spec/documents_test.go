package spec

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol"
)

var root = filepath.Join("..", "..")

func rendered(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, write(&b))
	return b.String()
}

func TestDocumentsAreCurrent(t *testing.T) {
	for file, write := range map[string]func(io.Writer) error{"protocol.md": Markdown, "asyncapi.yaml": AsyncAPI} {
		kept, err := os.ReadFile(filepath.Join(root, "docs", file))
		require.NoError(t, err)
		if string(kept) != rendered(t, write) {
			t.Errorf("docs/%s is not current: run go generate ./cmd/gcbridge and read what changes", file)
		}
	}
}

func TestYAMLAndJSONAreTheSameDocument(t *testing.T) {
	var want any
	require.NoError(t, json.Unmarshal([]byte(rendered(t, JSON)), &want))
	require.Equal(t, want, fromYAML(t, rendered(t, AsyncAPI)))
}

// TestReferencesLeadSomewhere follows every $ref of the document.
func TestReferencesLeadSomewhere(t *testing.T) {
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(rendered(t, JSON)), &doc))
	found := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				found++
				var at any = doc
				for key := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
					next, ok := at.(map[string]any)[key]
					require.True(t, ok, ref)
					at = next
				}
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(doc)
	require.Greater(t, found, 500)
}

func TestEveryRowIsInTheReference(t *testing.T) {
	reference := rendered(t, Markdown)
	for _, row := range protocol.CommandRows() {
		require.Contains(t, reference, "\n### "+string(row.Word)+"\n")
		for _, c := range row.Clauses {
			require.Contains(t, reference, "\n"+c.ID+". "+c.Name+"\n")
		}
		for _, ex := range row.Examples {
			require.Contains(t, reference, "\n"+ex.JMSType)
		}
	}
	for _, row := range protocol.OutputRows() {
		require.Contains(t, reference, "\n### "+string(row.Code)+"\n")
		messages, err := messagesOf(row)
		require.NoError(t, err)
		for _, m := range messages {
			for _, ex := range m.Examples {
				require.Contains(t, reference, "\n"+ex.Body+"\n")
			}
		}
	}
	for _, row := range protocol.ErrorRows() {
		require.Contains(t, reference, "`"+string(row.Code)+"`")
	}
	for _, m := range protocol.UserMessages() {
		require.Contains(t, reference, "| `"+m.Event+"#"+m.Value+"` | "+m.Text+" |")
	}
}

// TestLinksOfTheReference checks that each link to a section has one.
func TestLinksOfTheReference(t *testing.T) {
	reference := rendered(t, Markdown)
	sections := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(reference, -1) {
		require.False(t, sections[anchor(m[1])], "two sections %s", m[1])
		sections[anchor(m[1])] = true
	}
	links := regexp.MustCompile(`\]\(#([^)]*)\)`).FindAllStringSubmatch(reference, -1)
	require.NotEmpty(t, links)
	for _, m := range links {
		require.True(t, sections[m[1]], m[1])
	}
}

func TestEveryOutputHasASchemaOrNoJSON(t *testing.T) {
	known := map[protocol.Code]bool{}
	for _, row := range protocol.OutputRows() {
		known[row.Code] = true
		d, err := protocol.NewDialect(protocol.Edition4412, protocol.FormatJSON, "", nil)
		require.NoError(t, err)
		_, encodes := protocol.Encode(row.Examples[0].Output, d)
		_, described := jsonSchemas()[row.Code]
		require.Equal(t, encodes && !row.TextAlways, described, row.Code)
	}
	for code := range jsonSchemas() {
		require.True(t, known[code], code)
	}
	for code := range furtherLayouts() {
		require.True(t, known[code], code)
	}
}

// TestCommandPatternsAgreeWithTheParser holds the patterns of every word
// against the bodies of all words: what a pattern accepts, the parser must.
func TestCommandPatternsAgreeWithTheParser(t *testing.T) {
	rows := protocol.CommandRows()
	var bodies, types []string
	for _, row := range rows {
		for _, ex := range row.Examples {
			bodies, types = append(bodies, ex.Body), append(types, ex.JMSType)
		}
	}
	bodies = append(bodies, "", ",", "a,", ",a", "a,,b", "a, b ,c", "a=b", "1,=b", "1,a", "x,20a1", "1,2,3,4,5", "a\nb", "<true>", "1,<true", "\x00")
	for _, row := range rows {
		jmsType := regexp.MustCompile(typePattern(row))
		body := regexp.MustCompile(bodyPattern(row))
		for _, ex := range row.Examples {
			require.Regexp(t, jmsType, ex.JMSType)
			require.Regexp(t, body, ex.Body, row.Word)
		}
		for _, other := range types {
			c, _ := protocol.ParseCommand(other, nil)
			require.Equal(t, c.Word == row.Word, jmsType.MatchString(other), "%s %s", row.Word, other)
		}
		for _, b := range bodies {
			// No pattern can tell "null" from a text of that name [C2].
			if b != "null" && body.MatchString(b) {
				_, err := protocol.ParseCommand(string(row.Word)+"#1001", []byte(b))
				require.NoError(t, err, "%s %q", row.Word, b)
			}
		}
	}
}
