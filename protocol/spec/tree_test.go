package spec

import (
	"encoding/json"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// plainValue is a document as encoding/json reads it.
func plainValue(t require.TestingT, n node) any {
	b, err := n.MarshalJSON()
	require.NoError(t, err)
	var v any
	require.NoError(t, json.Unmarshal(b, &v))
	return v
}

// fromYAML reads YAML as encoding/json would read the same document.
func fromYAML(t require.TestingT, text string) any {
	var read any
	require.NoError(t, yaml.Unmarshal([]byte(text), &read))
	b, err := json.Marshal(read)
	require.NoError(t, err)
	var v any
	require.NoError(t, json.Unmarshal(b, &v))
	return v
}

func written(t require.TestingT, n node) string {
	text, err := yamlOf(n)
	require.NoError(t, err)
	return string(text)
}

func TestYAMLIsWhatIsReadBack(t *testing.T) {
	n := node{
		{"text", "plain words"},
		{"looks like a number", "16871253"},
		{"like a time", "2019-09-17 12:46:21"},
		{"no", "no"},
		{"empty", ""},
		{"colon", "a: b"},
		{"hash", "a #b"},
		{"control", "a\x00\n\r\t\x7f\u2028<&>"},
		{"nothing", nil},
		{"flag", true},
		{"count", 12},
		{"none", list{}},
		{"empty object", node{}},
		{"list", list{"a", node{{"x", "1"}, {"y", list{"z"}}}, node{}, list{"deep"}}},
		{"json", json.RawMessage(`{"z":"1","a":[true,null,1.50,{"b":{}},"x: y","a:b","ä\u0001<\/"],"m":"","no":"no"}`)},
	}
	require.Equal(t, plainValue(t, n), fromYAML(t, written(t, n)))
}

func TestYAMLOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~\x00-\x1fäŁ\x{1F600}]{0,12}`).Draw(t, "text")
		key := rapid.StringMatching(`[A-Za-z$][A-Za-z0-9_./-]{0,8}`).Draw(t, "key")
		n := node{{key, text}, {"a list", list{text}}, {"some json", raw(t, list{text, node{{text, text}}})}}
		require.Equal(t, plainValue(t, n), fromYAML(t, written(t, n)))
	})
}

func raw(t require.TestingT, v any) json.RawMessage {
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}
