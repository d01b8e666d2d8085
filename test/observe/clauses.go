package observe

import (
	"encoding/json"
	"strings"

	"gcbridge/protocol"
	"gcbridge/protocol/spec"
)

// events are the outputs that carry a value of their own clause: their event
// word in text, and the JSON key of the value.
func events() map[protocol.Code]struct{ word, key string } {
	return map[protocol.Code]struct{ word, key string }{
		"O-001": {"State", "state"},
		"O-002": {"Error", "errorType"},
		"O-007": {"State", "state"},
		"O-008": {"InboundCall", "state"},
		"O-010": {"ConsultCall", "state"},
	}
}

// clausesOf are the clauses that a message shows by itself.
func clausesOf(code protocol.Code, body string) []string {
	clauses := []string{string(code)}
	event, ok := events()[code]
	if !ok {
		return clauses
	}
	value := valueOf(body, event.word, event.key)
	if value == "" {
		return clauses
	}
	if event.key == "state" && value == "DROPPED" { // the page knows the word of text before 4.4.12 [M6]
		value = "DROP"
	}
	clauses = append(clauses, event.word+"#"+value)
	if code == "O-002" {
		clauses = append(clauses, spec.ErrorID(protocol.ErrorCode(value)))
	}
	return clauses
}

// valueOf reads the value of an event from text or JSON; "" if there is none.
func valueOf(body, word, key string) string {
	if strings.HasPrefix(body, "{") {
		var object map[string]any
		if json.Unmarshal([]byte(body), &object) != nil || object["type"] != word {
			return ""
		}
		value, _ := object[key].(string)
		return value
	}
	fields := strings.SplitN(body, "#", 4)
	if len(fields) < 3 || fields[1] != word {
		return ""
	}
	return fields[2]
}
