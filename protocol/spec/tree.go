package spec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// node is an object of a document, its keys in the order they were written.
// Values are node, list, string, bool, int and json.Number.
type node []field

type field struct {
	key   string
	value any
}

// list is an array of a document.
type list []any

// flow is a value that YAML writes on one line, as JSON.
type flow struct{ value any }

// MarshalJSON implements json.Marshaler.
func (f flow) MarshalJSON() ([]byte, error) { return json.Marshal(f.value) }

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
		value, err := json.Marshal(f.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.key, err)
		}
		b.WriteString(quoted(f.key))
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// yamlOf writes a document as YAML 1.2. Scalars that a reader of YAML 1.1
// could take for something else (numbers, times, yes and no) are quoted.
func yamlOf(n node) string {
	var b strings.Builder
	yamlNode(&b, n, "")
	return b.String()
}

func yamlNode(b *strings.Builder, n node, indent string) {
	for _, f := range n {
		b.WriteString(indent + scalar(f.key) + ":")
		yamlValue(b, f.value, indent)
	}
}

// yamlValue writes what stands behind "key:".
func yamlValue(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case node:
		if len(v) == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteByte('\n')
		yamlNode(b, v, indent+"  ")
	case list:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteByte('\n')
		for _, e := range v {
			yamlItem(b, e, indent+"  ")
		}
	default:
		b.WriteString(" " + scalar(v) + "\n")
	}
}

// yamlItem writes one element of a list; an object begins on the line of its dash.
func yamlItem(b *strings.Builder, v any, indent string) {
	if n, ok := v.(node); ok && len(n) > 0 {
		var inner strings.Builder
		yamlNode(&inner, n, indent+"  ")
		b.WriteString(indent + "- " + strings.TrimPrefix(inner.String(), indent+"  "))
		return
	}
	b.WriteString(indent + "-")
	yamlValue(b, v, indent)
}

// plain is what needs no quotes in YAML.
var plain = regexp.MustCompile(`^[A-Za-z$/][A-Za-z0-9_./$-]*( [A-Za-z0-9(][A-Za-z0-9_./()-]*)*$`)

// reserved are words that YAML 1.1 or 1.2 reads as something else than text.
var reserved = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}

func scalar(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case json.Number:
		return v.String()
	case nil:
		return "null"
	case flow:
		return onOneLine(v.value)
	case string:
		if plain.MatchString(v) && !slices.Contains(reserved, strings.ToLower(v)) {
			return v
		}
		return quoted(v)
	default:
		panic(fmt.Sprintf("spec: a document holds no %T", v)) // a mistake in this package
	}
}

// onOneLine writes v as JSON, which YAML reads too.
func onOneLine(v any) string {
	switch v := v.(type) {
	case node:
		parts := make([]string, len(v))
		for i, f := range v {
			parts[i] = quoted(f.key) + ": " + onOneLine(f.value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case list:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = onOneLine(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return quoted(v)
	default:
		return scalar(v)
	}
}

// quoted writes s in double quotes, which JSON and YAML read alike.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string is always encodable
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
}

// parsed reads a JSON text into nodes and lists, keys in their order.
func parsed(text string) (any, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	return parseValue(d)
}

func parseValue(d *json.Decoder) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		n := node{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			value, err := parseValue(d)
			if err != nil {
				return nil, err
			}
			n = n.with(fmt.Sprint(key), value)
		}
		_, err = d.Token()
		return n, err
	case json.Delim('['):
		l := list{}
		for d.More() {
			value, err := parseValue(d)
			if err != nil {
				return nil, err
			}
			l = append(l, value)
		}
		_, err = d.Token()
		return l, err
	default:
		return token, nil
	}
}
