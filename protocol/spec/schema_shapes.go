package spec

import (
	"slices"

	"gcbridge/protocol"
)

// later reports whether the edition has the keys that 4.4.12 added.
func later(e protocol.Edition) bool { return e == protocol.Edition4412 }

// stateFields are a state; id is the key that names whose it is.
func stateFields(e protocol.Edition, id string, state node) node {
	n := node{
		{"type", is("State")},
		{id, text()},
		{"state", state},
		{"reasonCode", text()},
		{"stateChangeTimeString", is("")},
		{"pendingState", shared(schemaState)},
		{"stateChangeTime", shared(schemaTime)},
	}
	if later(e) {
		n = append(n, field{"fullName", text()}, field{"extension", text()}, field{"label", text()})
	}
	return n
}

func stateShape(e protocol.Edition) node {
	return oneOf(
		strict(stateFields(e, "agentId", shared(schemaState))),
		strict(stateFields(e, "teamAgentId", shared(schemaState)).with("agentId", text())),
	)
}

// callStates are what a call that is neither over nor failed can be in [M2].
func callStates() []string {
	return []string{"INITIATING", "INITIATED", "ALERTING", "ACTIVE", "ACCEPTED", "HELD", "WRAP_UP"}
}

// associated is the other dialog under the name of the edition.
func associated(e protocol.Edition) string {
	if later(e) {
		return "associatedDialogId"
	}
	return "prevDialogId"
}

func participants(e protocol.Edition) node { return shared(schemaParticipant + "." + string(e)) }

// callTail are the last keys of every call message.
func callTail(n node, e protocol.Edition) node {
	if later(e) {
		n = n.with("callType", text()).with("queueName", text())
	}
	return n.with("agentId", text())
}

// callForms are the two forms of a call: with a state of these, or failed.
func callForms(form func(state node) node, states ...string) []any {
	failed := node{{"state", is("FAILED")}, {"failureCause", text()}}
	return []any{
		strict(form(node{{"state", enum(states...)}})),
		strict(form(failed)),
	}
}

func inboundShape(e protocol.Edition) node {
	live := func(state node) node {
		return callTail(slices.Concat(
			node{{"type", is("InboundCall")}, {"dialogId", text()}},
			state,
			node{
				{"startTime", shared(schemaTime)},
				{associated(e), textOrNull()},
				{"fromAddress", text()},
				{"callVariables", shared(schemaVariables)},
				{"participants", participants(e)},
			},
		), e)
	}
	released := node{{"type", is("InboundCall")}, {"dialogId", text()}, {associated(e), textOrNull()}, {"state", is("DROPPED")}}
	if later(e) {
		released = append(released, field{"callType", text()}, field{"queueName", text()}, field{"participants", participants(e)})
	}
	return oneOf(append(callForms(live, callStates()...), strict(released.with("agentId", text())))...)
}

func newInboundShape(e protocol.Edition) node {
	n := node{{"type", is("NewInboundCall")}, {"dialogId", text()}, {"fromAddress", text()}, {"callVariables", shared(schemaVariables)}}
	if later(e) {
		n = n.with("participants", participants(e))
	}
	return strict(callTail(n, e))
}

func consultShape(e protocol.Edition) node {
	return oneOf(callForms(func(state node) node {
		return callTail(slices.Concat(
			node{{"type", is("ConsultCall")}},
			state,
			node{
				{"assDialogId", text()},
				{"fromAddress", text()},
				{"toAddress", text()},
				{"startTime", shared(schemaTime)},
				{"callVariables", shared(schemaVariables)},
				{"participants", participants(e)},
			},
		), e)
	}, append(callStates(), "DROPPED")...)...)
}

func outboundShape(kind string) shapes {
	return func(e protocol.Edition) node {
		n := node{{"type", is(kind)}, {"dialogId", text()}, {"fromAddress", text()}, {"callVariables", shared(schemaVariables)}}
		if later(e) {
			n = n.with("participants", participants(e))
		} else {
			n = n.with("calltype", text())
		}
		return strict(callTail(n, e))
	}
}

func agentInfoShape(e protocol.Edition) node {
	n := node{
		{"type", is("AgentInfo")},
		{"firstName", text()},
		{"lastName", text()},
		{"supervisor", boolean()},
		{"wrapUpOnIncoming", text()},
	}
	if later(e) {
		n = n.with("totalNumberOfTeams", matches(`^\d*$`))
	}
	return strict(append(n, field{"teams", arrayOf(shared(schemaTeam))}, field{"team", shared(schemaTeam)}, field{"agentId", text()}))
}

func reasonCodesShape(e protocol.Edition) node {
	reason := node{{"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}, {"additionalProperties", text()}}
	if later(e) {
		reason = strict(node{{"code", text()}, {"label", text()}})
	}
	return strict(node{
		{"type", is("ReasonCodes")},
		{"category", enum("NOT_READY", "LOGOUT", "WrapUp")},
		{"reasonCodes", arrayOf(reason)},
		{"agentId", text()},
	})
}

func dialogStatusShape(protocol.Edition) node {
	return strict(node{
		{"type", is("DialogStatus")},
		{"dialogId", text()},
		{"state", shared(schemaState)},
		{"fromAddress", text()},
		{"callVariables", shared(schemaVariables)},
		{"callType", text()},
		{"associatedDialogId", text()},
		{"associatedState", shared(schemaState)},
		{"associatedFromAddress", text()},
		{"associatedCallVariables", shared(schemaVariables)},
		{"agentId", text()},
	})
}
