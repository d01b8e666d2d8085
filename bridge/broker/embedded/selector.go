package embedded

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// condition is one comparison of a selector.
type condition struct {
	property string
	value    string
	not      bool
}

// selector is a conjunction of conditions; the empty one takes everything.
type selector []condition

var errSelector = errors.New("unsupported selector")

// comparison is the one form that is understood: prop = 'x' or prop <> 'x'.
var comparison = regexp.MustCompile(`^\s*([A-Za-z_$][\w$.-]*)\s*(=|<>)\s*'((?:[^']|'')*)'\s*`)

var conjunction = regexp.MustCompile(`^(?i:AND)\b`)

// parseSelector reads comparisons joined by AND; anything else is refused.
func parseSelector(s string) (selector, error) {
	var sel selector
	rest := s
	for strings.TrimSpace(s) != "" {
		m := comparison.FindStringSubmatch(rest)
		if m == nil {
			return nil, fmt.Errorf("%w: %q", errSelector, s)
		}
		sel = append(sel, condition{property: m[1], not: m[2] == "<>", value: strings.ReplaceAll(m[3], "''", "'")})
		if rest = rest[len(m[0]):]; rest == "" {
			break
		}
		and := conjunction.FindString(rest)
		if and == "" {
			return nil, fmt.Errorf("%w: %q", errSelector, s)
		}
		rest = rest[len(and):]
	}
	return sel, nil
}

// jmsHeaders are the message headers that selectors may name.
var jmsHeaders = map[string]string{
	"JMSType": "type", "JMSCorrelationID": "correlation-id", "JMSMessageID": "message-id",
	"JMSPriority": "priority", "JMSTimestamp": "timestamp",
}

// matches follows SQL: a comparison with a property that is not there is
// unknown, so neither = nor <> is true.
func (s selector) matches(m *message) bool {
	for _, c := range s {
		name := c.property
		if h, ok := jmsHeaders[name]; ok {
			name = h
		}
		value, ok := m.headers.Contains(name)
		if !ok || (value == c.value) == c.not {
			return false
		}
	}
	return true
}
