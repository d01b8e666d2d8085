// Package connectorsync is what the nodes of a pair tell each other on the topic
// ConnectorSync, and what follows from it: which nodes live, which node holds
// which agent, which takes over, and which commands must not run again. It is pure:
// values in, values out; time and randomness are arguments.
//
// A [Codec] turns bodies into messages and back. A [State] is a reducer: the
// worker tells it what happened ([State.Apply], [State.Tick], [State.Taken],
// ...) and carries out the [Effect] list that it returns. One goroutine owns a
// State; a Codec may be shared.
//
// # On the wire
//
// Each message is a TextMessage with the string property gcNode. Every kind but
// one is ours:
//
//	<kind>#<version>#<node>#<boot>#<seq>#<at>#<payload>
//	gcHeartbeat#1.0#gc-1#1568724000000#17#1568724381123#v1:q83vEjRWeJCrze8S...
//
// boot and at are milliseconds since 1970: when the sender started, and when it
// sent the message. seq counts the messages of a boot from 1. The payload is a
// JSON object; with a key it is sealed: "v1:" and the base64 of a 12-byte nonce
// and the AES-256-GCM output, whose additional data is the body before it, with
// the last '#'. So nothing in a message can be changed, and the payload cannot
// be read. The payloads, unsealed:
//
//	gcHeartbeat    {"priority":127,"role":"serving","agents":2,"version":"1.0"}
//	gcContext      {"agent":"1001","subscriptionTime":1568724381123,"extension":"2001",
//	                "destination":"/topic/crm.1001","format":"JSON","teams":["5"],"loggedIn":true,"password":"..."}
//	               of an SSO user also "bearer":true, "token":{"issued":..,"expires":..} and the secrets
//	               "refreshToken", "tokenPassword" and "shown", where they are known
//	gcSyncRequest  {"to":"gc-2"}        without "to": all nodes are asked
//	gcSyncDone     {"to":"gc-1"}        ends the answer, which repeats contexts, orphans, intents and progress
//	gcAgentGone    {"agent":"1001","subscriptionTime":1568724381123}
//	gcOrphan       as gcContext, with "owner" and "ownerBoot": the replica of a dead node's agent
//	gcIntent       {"intents":[{"id":"ID:...","agent":"1001","word":"MakeCall","node":"gc-1","at":1568724381123}]}
//	gcProgress     {"progress":[{"agent":"1001","id":"ID:...","at":1568724381123}]}
//	gcYielded      {"agent":"1001","to":"gc-2","busy":true}
//
// The one kind that is not ours is the original's [O-025]. Its password field
// is in clear with GC_SYNC_PLAINTEXT, and otherwise sealed like a payload, with
// all other fields as additional data; sealed with the password are the node,
// boot, seq and at which the layout has no place for:
//
//	AgentState#1001#v1:q83vEjRWeJCrze8S...#2001#1568724381123
//
// Unknown kinds, payload fields and roles are ignored; of the version only the
// major number must agree. A missing field has its zero value, which is chosen
// so that it means what a version without the field did.
//
// # Trust
//
// GC_SYNC_KEY is 32 random bytes, the same on all nodes, in base64 or hex.
// Whoever has it is trusted in everything. Whoever has only the broker can, with
// a key set, suppress messages, see which nodes talk and how much, and read the
// agent, extension and time of an O-025. They cannot read a password or
// destination, nor make, change or repeat a message: a number is accepted once in
// a boot, an earlier boot is refused, and so is a message sent more than 30 s ago
// or ahead. A node that has
// just started knows no numbers yet and can be shown messages of the last 30 s
// again. Clocks must therefore agree within that time; nothing else depends on
// them. Nonces are random: in a year of a pair with 2,000 agents the chance that
// two are equal stays below one in a hundred million. Change the key once a year.
//
// With GC_SYNC_PLAINTEXT and no key all who may write to the topic are trusted,
// and all who may read it see the passwords; the original demands this. With both, our own kinds are sealed and O-025 goes and is accepted in
// clear: an intruder can then still have agents let go or taken, by an O-025.
//
// # Beside an original connector
//
// An original sees our O-025, which is sent when the presence of an agent is up
// and then every interval, and lets go of an agent that it reads there. It
// ignores the other kinds. It sends no heartbeats, so nothing is taken from it
// by itself: an agent moves here when a command for it comes here ([State.Demand]),
// which is what happens when the broker finds the original's consumer gone.
//
// # Ownership
//
// The newest SubscriptionTime owns an agent; the greater node id breaks a tie. A
// node that takes an agent uses a time later than any it has heard for it, so
// skewed clocks do not matter. The other lets go when it reads the winner's
// announcement, and announcements are made only when the winner's presence at
// Finesse is up. A node takes agents by itself if it is the best of those that live
// (first those that reach Finesse, then priority, then node id) and if their owner is dead,
// restarted, draining, alive without a Finesse for GC_SYNC_TIMEOUT, or alive with
// a lower priority and GC_FAILBACK is set.
//
// # Memory
//
// What must outlive the death of every node is kept in a queue of the broker, sealed
// like our kinds on the topic, in kinds of its own: neither is read in the place of
// the other. It needs a key.
//
//	gcKept        as gcContext: an agent whom the sender holds
//	gcKeptGone    {"agent":"1001","subscriptionTime":1568724381123,"destination":"/topic/crm.1001"}
//	gcKeptIntent  one intent, as in the list of gcIntent
//	gcKeptMark    {}        comes back to its sender behind all that was kept before
//
// One node reads the queue and acknowledges only what counts no more ([Memory]): of an
// agent the newest message counts, for an hour after it was written, and one who is at
// work is kept anew before that. A gcKeptGone voids what was kept before, so that an
// older copy raises nobody; it counts for the same hour. A node that starts is ready
// when it has read the queue to its end, or a peer that lives has and told it
// ([State.Recall], [State.Recalled]); in vain it waits for twice the time-out of silence.
//
// # Order
//
// Each command that changes something is told to the others as it begins: by
// its intent if it must not run twice, else by its progress. A node that has an
// older command of the same producer for the same agent does not run it any more
// ([State.Overtaken]). A node that takes an agent while another lives waits for
// a moment before it serves them: the other may have commands for the agent, as
// owner or because it takes them over at the same time. If it has to let go, it
// says so at once and again when it has finished ([Handed]).
//
// # Death
//
// A peer is dead after GC_SYNC_TIMEOUT of silence, measured only while this
// node's own broker link was up and its own process was running. A node that has
// just come on line and whose peer breaks off in the middle of its answer may
// itself be the one that does not hear: it subscribes again, once ([Renew]). Lost
// messages are replaced by the announcements of every interval, and sooner with
// the help of the heartbeats, which carry the number of agents.
package connectorsync
