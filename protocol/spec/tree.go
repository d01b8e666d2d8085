package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml"
)

// node is an object of a document, its keys (names) in the order they were written.
// Values are node, list, string, bool, int and json.RawMessage.
type node []field

type field struct {
	key   string
	value any
}

// list is an array of a document.
type list []any

// with returns n and one more key.
func (n node) with(key string, value any) node { return append(slices.Clip(n), field{key, value}) }

// MarshalJSON implements json.Marshaler.
func (n node) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(f.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.key, err)
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// MarshalYAML implements yaml.InterfaceMarshaler.
func (n node) MarshalYAML() (any, error) {
	object := make(yaml.MapSlice, len(n))
	for i, f := range n {
		object[i] = yaml.MapItem{Key: f.key, Value: f.value}
	}
	return object, nil
}

// yamlOf writes a document as YAML. Every text is quoted: what a reader of
// YAML 1.1 would take for a time, a number or a no stays a text. What is JSON
// in it stays JSON, which YAML reads too.
func yamlOf(n node) ([]byte, error) {
	return yaml.MarshalWithOptions(
		n, yaml.IndentSequence(true),
		yaml.CustomMarshaler(func(text string) ([]byte, error) { return []byte(strconv.Quote(text)), nil }),
		yaml.CustomMarshaler(func(text json.RawMessage) ([]byte, error) { return text, nil }),
	)
}
