// Package conform checks messages against the published AsyncAPI document.
package conform

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"gcbridge/protocol"
	"gcbridge/protocol/spec"
)

// ErrUnknown is a code, or a format and edition, that the document has no
// message for.
var ErrUnknown = errors.New("conform: no such message")

// Checker checks messages; it is safe for concurrent use.
type Checker struct{ byCode map[protocol.Code][]schema }

type schema struct {
	message  spec.Message
	compiled *jsonschema.Schema
}

// New compiles the schemas of the document.
func New() (*Checker, error) {
	const url = "asyncapi.json"
	var b bytes.Buffer
	if err := spec.JSON(&b); err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		return nil, fmt.Errorf("conform: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft7)
	if err := compiler.AddResource(url, document); err != nil {
		return nil, fmt.Errorf("conform: %w", err)
	}
	messages, err := spec.Messages()
	if err != nil {
		return nil, err
	}
	c := &Checker{byCode: map[protocol.Code][]schema{}}
	for _, m := range messages {
		compiled, err := compiler.Compile(url + "#/components/schemas/" + m.Name)
		if err != nil {
			return nil, fmt.Errorf("conform: %s: %w", m.Name, err)
		}
		c.byCode[m.Row.Code] = append(c.byCode[m.Row.Code], schema{m, compiled})
	}
	return c, nil
}

// Check reports whether body is the output code in any edition and format. The
// error is [ErrUnknown] or says what is wrong with each of them.
func (c *Checker) Check(code protocol.Code, body string) error {
	return c.check(code, body, func(m spec.Message) bool { return m.Format == formatOf(m, body) })
}

// CheckIn is Check in one edition and format.
func (c *Checker) CheckIn(code protocol.Code, e protocol.Edition, f protocol.Format, body string) error {
	return c.check(code, body, func(m spec.Message) bool {
		return slices.Contains(m.Editions, e) && (m.Format == f || m.Row.TextAlways)
	})
}

func (c *Checker) check(code protocol.Code, body string, wanted func(spec.Message) bool) error {
	var wrong []error
	for _, s := range c.byCode[code] {
		if !wanted(s.message) {
			continue
		}
		var value any = body
		if s.message.Format == protocol.FormatJSON {
			var err error
			if value, err = jsonschema.UnmarshalJSON(strings.NewReader(body)); err != nil {
				return fmt.Errorf("conform: %s: %w", code, err)
			}
		}
		err := s.compiled.Validate(value)
		if err == nil {
			return nil
		}
		wrong = append(wrong, fmt.Errorf("%s: %w", s.message.Name, err))
	}
	if len(wrong) == 0 {
		return fmt.Errorf("%w: %s", ErrUnknown, code)
	}
	return errors.Join(wrong...)
}

// formatOf guesses the format of a body: JSON begins with a bracket, and text
// with a name that no site gives a bracket.
func formatOf(m spec.Message, body string) protocol.Format {
	if !m.Row.TextAlways && (strings.HasPrefix(body, "{") || strings.HasPrefix(body, "[")) {
		return protocol.FormatJSON
	}
	return protocol.FormatDefault
}
