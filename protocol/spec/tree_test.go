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
		{"number", json.Number("1.5")},
		{"none", list{}},
		{"empty object", node{}},
		{"list", list{"a", node{{"x", "1"}, {"y", list{"z"}}}, node{}, list{"deep"}}},
		{"flow", flow{node{{"a", "x: y"}, {"b", list{json.Number("1"), nil, "2"}}}}},
	}
	require.Equal(t, plainValue(t, n), fromYAML(t, yamlOf(n)))
}

func TestYAMLOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ -~\x00-\x1fäŁ\x{1F600}]{0,12}`).Draw(t, "text")
		n := node{{"k" + text, text}, {"l", list{text}}, {"f", flow{list{text}}}}
		require.Equal(t, plainValue(t, n), fromYAML(t, yamlOf(n)))
	})
}

func TestParsedKeepsOrderAndTypes(t *testing.T) {
	const text = `{"z":"1","a":[true,null,1.50,{"b":{}}],"m":""}`
	v, err := parsed(text)
	require.NoError(t, err)
	b, err := json.Marshal(v)
	require.NoError(t, err)
	require.Equal(t, text, string(b))
	for _, bad := range []string{"", "{", `{"a":`, "[1", `{"a" 1}`} {
		_, err := parsed(bad)
		require.Error(t, err, bad)
	}
}

func TestDocumentHoldsNothingElse(t *testing.T) {
	require.Panics(t, func() { yamlOf(node{{"x", struct{}{}}}) })
}
