package spec

import "gcbridge/protocol"

// namedUser is how lists name a person.
func namedUser() node {
	return node{{"firstName", text()}, {"lastName", text()}, {"extension", text()}}
}

func agentsListShape(e protocol.Edition) node {
	n := node{{"type", is("Agents")}, {"users", arrayOf(strict(namedUser()))}}
	if later(e) {
		return strict(n.with("agentId", text()))
	}
	return alone(strict(n))
}

func teamUsersShape(e protocol.Edition) node {
	if !later(e) {
		return agentsListShape(e)
	}
	return strict(node{
		{"type", is("TeamAgents")},
		{"users", arrayOf(strict(append(
			namedUser(),
			field{"loginId", text()},
			field{"state", matches("^[A-Za-z_]*$")},
			field{"pendingState", matches("^[A-Za-z_]*$")},
			field{"mediaType", text()},
			field{"stateChangeTime", shared(schemaTime)},
			field{"label", text()},
		)))},
		{"agentId", text()},
	})
}

func booksShape(early, word string) shapes {
	return func(e protocol.Edition) node {
		if later(e) {
			return strict(node{
				{"type", is(word)},
				{"phoneBook", arrayOf(strict(node{{"name", text()}, {"type", text()}, {"id", text()}}))},
				{"agentId", text()},
			})
		}
		return alone(strict(node{
			{"type", is(early)},
			{"phonebooks", arrayOf(strict(node{{"name", text()}, {"id", text()}}))},
		}))
	}
}

func contactsShape(e protocol.Edition) node {
	if later(e) {
		return strict(node{
			{"type", is("phoneBookContacts")},
			{"contact", arrayOf(strict(node{
				{"description", text()},
				{"firstName", text()},
				{"lastName", text()},
				{"phoneNumber", text()},
				{"id", text()},
			}))},
			{"agentId", text()},
		})
	}
	return alone(strict(node{
		{"type", is("PhonebookContacts")},
		{"phonebookId", text()},
		{"contacts", arrayOf(strict(node{{"firstName", text()}, {"lastName", text()}, {"phoneNumber", text()}, {"contactId", text()}}))},
	}))
}

// queueShape is one of three: Unified CCE, Unified CCX for a supervisor, and
// Unified CCX for an agent.
func queueShape(protocol.Edition) node {
	cce := node{{"queueName", text()}}
	for _, key := range []string{
		"agentsNotReady", "agentsReady", "agentsTalkingInbound", "agentsTalkingInternal", "agentsTalkingOutbound",
		"agentsWrapUpNotReady", "agentsWrapUpReady", "callsInQueue",
	} {
		cce = cce.with(key, shared(schemaCount))
	}
	cce = cce.with("startTimeOfLongestCallInQueue", oneOf(is("0"), matches(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)))
	group := func(kind string) node {
		n := node{{"SnapShot_type", is(kind)}}
		for _, key := range []string{
			"WaitingCalls", "AgentsLoggedIn", "AgentsReady", "AgentsNotReady", "AgentsInAfterCallWork", "AgentsTalking", "AgentsReserved",
		} {
			n = n.with(key, integer())
		}
		return strict(n)
	}
	return oneOf(
		alone(strict(node{{"type", is("QueueStats")}, {"queue", arrayOf(strict(cce))}, {"agentId", text()}})),
		numberedQueues(node{
			{"queueName", text()},
			{"queue_SnapShot", group("SnapShot")},
			{"queue_SinceMidNight", group("SnapShot_SinceMidNight")},
		}),
		numberedQueues(node{{"queueName", text()}, {"WaitingCalls", integer()}, {"LongestCallInQueue", integer()}}),
	)
}

// numberedQueues is an object with the keys queue1, queue2 and so on.
func numberedQueues(queue node) node {
	return node{
		{"type", "object"},
		{"additionalProperties", false},
		{"required", list{"type", "queue1"}},
		{"properties", node{{"type", is("QueueStats")}}},
		{"patternProperties", node{{`^queue[1-9]\d*$`, strict(queue)}}},
	}
}

// noDataShape: 4.4 has no such message, it sends the empty list.
func noDataShape(e protocol.Edition) node {
	if !later(e) {
		return nil
	}
	return strict(node{{"type", is("no_data_found")}, {"title", text()}, {"data", text()}, {"agentId", text()}})
}
