package protocol

// Code names an output row: "O-001" to "O-031", and for messages of the
// original without a number the event word ("NewOutboundPreviewCall").
type Code string

// Output is one message to a client, before it is encoded. The types of the
// output*.go files are the only implementations; each has one row in the
// output table.
type Output interface {
	// Code is the clause of the row that encodes this value.
	Code() Code
	// AgentID is whom the message is about and goes to: an agent login id, or
	// "" for system and destination messages.
	AgentID() string
}

// Addressee is embedded by every output that is sent to an agent.
type Addressee struct {
	Agent    string // login id; the first field of DEFAULT text, "agentId" in JSON
	FullName string // "First Last"
}

// AgentID implements part of [Output].
func (a Addressee) AgentID() string { return a.Agent }
