package spec

import (
	"encoding/json"
	"strings"

	"gcbridge/protocol"
)

func commandMessage(row protocol.CommandRow) node {
	headers := node{
		{"JMSType", matches(typePattern(row)).with("description", string(row.Word)+"#<"+addressee(row)+">")},
		{"JMSCorrelationID", text()},
		{"JMSReplyTo", text()},
	}
	if row.Word == protocol.Hello || row.Word == protocol.Connect {
		headers = headers.with("gcFormat", enum(string(protocol.FormatJSON), string(protocol.FormatDefault)).
			with("description", "The format of this destination, whatever the connector is set to [D3]."))
	}
	payload := node{{"type", "string"}, {"maxLength", protocol.MaxBody}}
	if pattern := bodyPattern(row); pattern != "" {
		payload = payload.with("pattern", pattern).with("description", usage(row))
	} else {
		payload = payload.with("description", "No parameters.")
	}
	examples := list{}
	for _, ex := range row.Examples {
		examples = append(examples, node{{"name", ex.Name}, {"headers", node{{"JMSType", ex.JMSType}}}, {"payload", ex.Body}})
	}
	n := node{
		{"name", string(row.Word)},
		{"title", row.Clauses[0].Name},
	}
	if row.Note != "" {
		n = n.with("description", row.Note)
	}
	return append(
		n,
		field{"contentType", "text/plain"},
		field{"headers", node{{"type", "object"}, {"required", list{"JMSType"}}, {"properties", headers}}},
		field{"payload", payload},
		field{"traits", list{ref("components/messageTraits/Command")}},
		field{"examples", examples},
	)
}

func addressee(row protocol.CommandRow) string {
	if row.ByDestination {
		return "client_destination"
	}
	return "agent_login_id"
}

func outputMessage(m Message) node {
	examples := list{}
	for _, ex := range m.Examples {
		var payload any = ex.Body
		if m.Format == protocol.FormatJSON {
			payload = json.RawMessage(ex.Body)
		}
		examples = append(examples, node{{"name", ex.Name}, {"payload", payload}})
	}
	contentType := "text/plain"
	if m.Format == protocol.FormatJSON {
		contentType = "application/json"
	}
	n := node{
		{"name", string(m.Row.Code)},
		{"title", m.Row.Name},
		{"summary", summary(m)},
	}
	if m.Row.Note != "" {
		n = n.with("description", m.Row.Note)
	}
	headers := node{
		{"JMSType", jmsType(m)},
		{"JMSCorrelationID", text()},
	}
	if !m.Row.TextAlways {
		headers = append(
			headers,
			field{"gcCode", is(string(m.Row.CodeIn(m.Format)))},
			field{"gcCategory", is(m.Row.Category)},
			field{"gcAgent", text().with("description", "The agent's login id, empty for system and destination messages.")},
			field{"gcNode", text().with("description", "The connector's node.")},
			field{"gcRecovered", is("true").with("description", "Only on messages that a take-over or a re-sync produced.")},
		)
	}
	return append(
		n,
		field{"contentType", contentType},
		field{"tags", list{node{{"name", m.Row.Category}}}},
		field{"headers", node{{"type", "object"}, {"properties", headers}}},
		field{"payload", shared(m.Name)},
		field{"traits", list{ref("components/messageTraits/Output")}},
		field{"examples", examples},
	)
}

func summary(m Message) string {
	editions := make([]string, len(m.Editions))
	for i, e := range m.Editions {
		editions[i] = string(e)
	}
	return string(m.Row.Code) + " in format " + string(m.Format) + ", edition " + strings.Join(editions, ", ")
}

// jmsType is what the header of an output can be [H2].
func jmsType(m Message) node {
	switch m.Row.Code {
	case "O-023":
		return text().with("description", "The JMSType of the request.")
	case "O-024":
		return text().with("description", "The call type of the dialog, of both dialogs separated by a comma, or empty.")
	default:
		return enum(string(m.Row.CodeIn(m.Format)), m.Row.Category, "").with("description", "By GC_OUTPUT_JMSTYPE: code, category or none [H2].")
	}
}

// jmsHeaders are the bindings that all messages of a direction share.
func jmsHeaders(properties, stomp node) node {
	return node{
		{"jms", node{
			{"headers", node{{"type", "object"}, {"properties", properties}}},
			{"bindingVersion", "0.0.1"},
		}},
		{"stomp", node{}},
		{"x-stomp", node{{"headers", stomp}}},
	}
}

func commandTrait() node {
	return node{
		{"correlationId", ref("components/correlationIds/jms")},
		{"bindings", jmsHeaders(
			node{
				{"JMSType", text().with("description", "Word and addressee: Login#1001.")},
				{"JMSCorrelationID", text().with("description", "Comes back on the answers.")},
				{"JMSReplyTo", text().with("description", "Where to answer a command of an agent that has no destination yet.")},
				{"JMSTimestamp", integer().with("description", "A command older than GC_COMMAND_MAX_AGE is answered PLEASE_RETRY [C4].")},
				{"JMSExpiration", integer().with("description", "An expired command is never executed [C4].")},
			},
			node{
				{"type", "JMSType"},
				{"correlation-id", "JMSCorrelationID"},
				{"reply-to", "JMSReplyTo"},
				{"timestamp", "JMSTimestamp"},
				{"expires", "JMSExpiration"},
			},
		)},
	}
}

func outputTrait() node {
	return node{
		{"correlationId", ref("components/correlationIds/jms")},
		{"bindings", jmsHeaders(
			node{
				{"JMSType", text()},
				{"JMSCorrelationID", text().with("description", "Of the command that this output answers [H3].")},
				{"JMSDeliveryMode", enum("NON_PERSISTENT", "PERSISTENT").with("description", "PERSISTENT with GC_OUTPUT_PERSISTENT=true [H4].")},
				{"JMSExpiration", integer().with("description", "After GC_OUTPUT_TTL [H4].")},
			},
			node{
				{"type", "JMSType"},
				{"correlation-id", "JMSCorrelationID"},
				{"persistent", "JMSDeliveryMode"},
				{"expires", "JMSExpiration"},
			},
		)},
	}
}

func rejectedMessage() node {
	return node{
		{"name", channelRejected},
		{"title", "Rejected command"},
		{"description", "The command as it came, its properties included. The body is replaced by its length unless the command is one that carries no secret."},
		{"contentType", "text/plain"},
		{"headers", node{
			{"type", "object"},
			{"required", list{"gcReason", "gcNode", "gcMessageId"}},
			{"properties", node{
				{"JMSType", text()},
				{"JMSCorrelationID", text()},
				{"gcReason", text().with("description", "Why it was rejected.")},
				{"gcNode", text()},
				{"gcMessageId", text().with("description", "The id of the command's message.")},
				{"gcReplyTo", text().with("description", "The command's JMSReplyTo, if it had one.")},
			}},
		}},
		{"payload", text()},
		{"correlationId", ref("components/correlationIds/jms")},
	}
}
