package spec

import "gcbridge/protocol"

// The building blocks of the schemas: JSON Schema draft 7, as AsyncAPI has it.

func text() node { return node{{"type", "string"}} }

func textOrNull() node { return node{{"type", list{"string", "null"}}} }

func boolean() node { return node{{"type", "boolean"}} }

func integer() node { return node{{"type", "integer"}} }

func is(v string) node { return node{{"const", v}} }

func oneOf(schemas ...any) node { return node{{"oneOf", list(schemas)}} }

func arrayOf(items node) node { return node{{"type", "array"}, {"items", items}} }

// matches is a text of a form.
func matches(pattern string) node { return node{{"type", "string"}, {"pattern", pattern}} }

// alone is an array that holds one object, as 4.4 has it for lists.
func alone(item node) node {
	return arrayOf(item).with("minItems", 1).with("maxItems", 1)
}

func enum(words ...string) node {
	values := make(list, len(words))
	for i, w := range words {
		values[i] = w
	}
	return node{{"enum", values}}
}

// strict is an object with these properties, all of them and no other.
func strict(properties node) node {
	required := make(list, len(properties))
	for i, p := range properties {
		required[i] = p.key
	}
	return node{{"type", "object"}, {"additionalProperties", false}, {"required", required}, {"properties", properties}}
}

// shared refers to a schema of sharedSchemas.
func shared(name string) node { return node{{"$ref", "#/components/schemas/" + name}} }

// Names of the shared schemas.
const (
	schemaTime        = "Time"
	schemaState       = "State"
	schemaCount       = "Count"
	schemaTeam        = "Team"
	schemaVariables   = "CallVariables"
	schemaParticipant = "Participants"
)

const timePattern = `(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)?`

// sharedSchemas are what several messages hold.
func sharedSchemas() node {
	participant := node{{"mediaAddress", text()}, {"state", shared(schemaState)}, {"addressType", text()}}
	return node{
		{schemaTime, matches("^"+timePattern+"$").with("description", "yyyy-MM-dd HH:mm:ss in the connector's time zone, or empty.")},
		{schemaState, matches("^[A-Z_]*$").with("description", "A state as Finesse spells it.")},
		{schemaCount, matches(`^-?\d+$`).with("description", "A number, written as a string.")},
		{schemaTeam, strict(node{{"id", text()}, {"name", text()}})},
		{schemaVariables, arrayOf(node{
			{"type", "object"},
			{"minProperties", 1},
			{"maxProperties", 1},
			{"additionalProperties", text()},
		}).with("description", "One object per variable, in Finesse's order; ani is the last.")},
		{schemaParticipant + "." + string(protocol.Edition44), arrayOf(strict(participant))},
		{schemaParticipant + "." + string(protocol.Edition4412), arrayOf(strict(participant.
			with("stateCause", text()).with("stateChangeTime", shared(schemaTime))))},
	}
}

// shapes are the schemas of one output's JSON in an edition.
type shapes func(protocol.Edition) node

// jsonSchemas is the table: every output that has JSON, by code.
func jsonSchemas() map[protocol.Code]shapes {
	return map[protocol.Code]shapes{
		"O-001": stateShape,
		"O-002": always(node{{"type", is("Error")}, {"errorType", matches("^[A-Za-z0-9_]+$")}, {"errorMessage", text()}, {"agentId", text()}}),
		"O-003": always(node{{"type", is("Control")}, {"location", is("statusbar")}, {"message", text()}, {"agentId", text()}}),
		"O-004": always(node{{"type", is("System")}, {"status", is("IN_SERVICE")}}),
		"O-005": always(node{{"type", is("System")}, {"status", is("OUT_OF_SERVICE")}}),
		"O-007": func(e protocol.Edition) node { return strict(stateFields(e, "agentId", enum("RE_LOGIN"))) },
		"O-008": inboundShape,
		"O-009": newInboundShape,
		"O-010": consultShape,
		"O-011": agentInfoShape,
		"O-012": always(node{{"type", is("TeamInfoIDs")}, {"teamIds", arrayOf(text())}, {"agentId", text()}}),
		"O-013": always(node{{"type", is("TeamInfoNames")}, {"teamNames", arrayOf(text())}, {"agentId", text()}}),
		"O-014": always(node{{"type", is("DialogState")}, {"dialogId", text()}, {"state", shared(schemaState)}, {"agentId", text()}}),
		"O-015": always(node{
			{"type", is("DialogStateControls")},
			{"dialogType", text()},
			{"dialogId", text()},
			{"state", shared(schemaState)},
			{"agentId", text()},
		}),
		"O-016": reasonCodesShape,
		"O-017": always(node{
			{"type", is("Control")},
			{"controls", arrayOf(strict(node{{"index", integer()}, {"visible", boolean()}}))},
			{"agentId", text()},
		}),
		"O-018": always(node{{"type", is("DialogState")}, {"dialogId", text()}, {"state", shared(schemaState)}, {"agentId", text()}}),
		"O-019": queueShape,
		"O-020": teamUsersShape,
		"O-021": always(node{{"type", is("TeamMemberStateChanged")}, {"teamId", text()}, {"state", shared(schemaState)}, {"agentId", text()}}),
		"O-022": always(node{{"type", is("ConferenceParticipants")}, {"participants", arrayOf(text())}, {"agentId", text()}}),
		"O-024": dialogStatusShape,
		"O-026": always(node{{"type", is("DESTINATION")}, {"destination", text()}, {"status", is("RECONNECT")}}),
		"O-027": always(node{{"type", is("System")}, {"status", is("NOT_REACHABLE")}}),
		"O-028": outboundShape("NewOutboundCall"),
		"O-029": booksShape("Phonebooks", "PhoneBook"),
		"O-030": booksShape("TeamPhonebooks", "TeamPhoneBook"),
		"O-031": contactsShape,

		"NewOutboundPreviewCall": outboundShape("NewOutboundPreviewCall"),
		"AgentsList":             agentsListShape,
		"ConnectStatus":          always(node{{"type", is("ConnectStatus")}, {"status", is("ConnectSuccess")}}),
		"participantDropped":     always(node{{"type", is("Control")}, {"participantDropped", text()}, {"agentId", text()}}),
		"callback":               always(node{{"type", is("callback")}, {"title", text()}, {"data", text()}, {"agentId", text()}}),
		"reclassify":             always(node{{"type", is("CALLBACK")}, {"title", is("RECLASSIFY")}, {"data", text()}, {"agentId", text()}}),
		"no_data_found":          noDataShape,
	}
}

// always is an object that is the same in every edition.
func always(properties node) shapes {
	return func(protocol.Edition) node { return strict(properties) }
}
