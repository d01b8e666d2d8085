package telemetry

// Counter is a row of the counters; each is listed once, in [rows].
type Counter int

// The counters.
const (
	Commands Counter = iota
	CommandsRedelivered
	CommandsExpired
	CommandsTooOld
	ClocksOff
	CommandsOvertaken
	CommandsRefusedFull
	CommandsRejected
	CommandsCopied
	CommandsAwaitingNewcomers
	CommandsNotRepeated
	Answers
	Errors
	OutputsLost
	RepliesLost
	RejectsLost
	MessagesDropped
	AgentStatesLost
	Outcomes
	TakeOvers
	LetGo
	HandOversUnconfirmed
	PeersLost
	LinksRenewed
	SyncLost
	SyncRefused
	SyncIgnored
	MemoryWritten
	MemoryLost
	MemoryLate
	MemoryRead
	MemoryRefused
	Panics
	SessionPanics
	StreamsLost
	EventsMalformed
	PayloadsRepaired
	DialogsUnreadable
	Resyncs
	ResyncsFailed
	Rereads
	Healed
	EventsStolen
	SignedInAgain
	PasswordsRefused
	PasswordsNotTried
	StrangersForgotten
	StrangersRefused
	DestinationsForgotten
	TokensRenewed
	TokensRefused
	TokenRenewalsFailed
	counters // how many there are
)

// row is what is said of a counter. Its values appear in /status under its name,
// and under name_value where it has a label.
type row struct {
	name  string
	help  string
	label string // what its values are told apart by; "" = it has one value
}

// rows is the table of the counters.
var rows = [counters]row{
	Commands:                  {"commands", "Commands taken off the command queue.", ""},
	CommandsRedelivered:       {"commands_redelivered", "Commands that were delivered again while this node had them.", ""},
	CommandsExpired:           {"commands_expired", "Commands dropped because they had expired [C4].", ""},
	CommandsTooOld:            {"commands_too_old", "Commands answered PLEASE_RETRY because they were older than GC_COMMAND_MAX_AGE [C4].", ""},
	ClocksOff:                 {"clocks_off", "Clocks found to be off against this node's, by whose they are.", "whose"},
	CommandsOvertaken:         {"commands_overtaken", "Commands answered PLEASE_RETRY because a later one had begun [C24].", ""},
	CommandsRefusedFull:       {"commands_refused_full", "Commands answered PLEASE_RETRY because the agent's mailbox was full.", ""},
	CommandsRejected:          {"commands_rejected", "Commands that could not be answered [C8].", ""},
	CommandsCopied:            {"commands_copied", "Commands that were answered and copied to the reject queue [C8].", ""},
	CommandsAwaitingNewcomers: {"commands_awaiting_newcomers", "Commands that waited for an agent who was on the way to this node.", ""},
	CommandsNotRepeated:       {"commands_not_repeated", "Redelivered commands that were not run again.", ""},
	Answers:                   {"answers", "Answers given without asking a session, by output.", "code"},
	Errors:                    {"errors", "Errors told to clients, by code [O-002].", "code"},
	OutputsLost:               {"outputs_lost", "Outputs that could not be queued or were given up.", ""},
	RepliesLost:               {"replies_lost", "Answers given without a session that were lost.", ""},
	RejectsLost:               {"rejects_lost", "Copies of rejected commands that were lost.", ""},
	MessagesDropped:           {"messages_dropped", "Messages that the link to the broker gave up.", ""},
	AgentStatesLost:           {"agent_states_lost", "Rounds of the topic AgentStates that were cut short.", ""},
	Outcomes:                  {"outcomes", "Outcomes of commands that Finesse had accepted, by what showed them.", "by"},
	TakeOvers:                 {"take_overs", "Agents taken over from another node, by reason.", "why"},
	LetGo:                     {"let_go", "Agents let go to another node.", ""},
	HandOversUnconfirmed:      {"hand_overs_unconfirmed", "Take-overs whose former node never said that it had finished.", ""},
	PeersLost:                 {"peers_lost", "Times that a peer was counted as dead.", ""},
	LinksRenewed:              {"links_renewed", "Times that the link was renewed because a peer broke off in its answer.", ""},
	SyncLost:                  {"sync_lost", "Messages to the pair that were lost.", ""},
	SyncRefused:               {"sync_refused", "Messages on the pair's topic that could not be read, by reason.", "reason"},
	SyncIgnored:               {"sync_ignored", "Messages of the pair without effect, by reason.", "reason"},
	MemoryWritten:             {"memory_written", "Messages that the broker keeps beyond the death of all nodes.", ""},
	MemoryLost:                {"memory_lost", "Messages that were to be kept and are not.", ""},
	MemoryLate:                {"memory_late", "Calls that went to Finesse before the broker had confirmed that they are kept.", ""},
	MemoryRead:                {"memory_read", "Messages of other lives and nodes that this node read.", ""},
	MemoryRefused:             {"memory_refused", "Messages of the memory that were not taken, by reason.", "reason"},
	Panics:                    {"panics", "Defects contained outside of the sessions, by place.", "where"},
	SessionPanics:             {"session_panics", "Defects contained in sessions.", ""},
	StreamsLost:               {"streams_lost", "Notification streams of agents that were lost.", ""},
	EventsMalformed:           {"events_malformed", "Events of Finesse that could not be read.", ""},
	PayloadsRepaired:          {"payloads_repaired", "Answers and events of Finesse in which characters that XML forbids were replaced.", ""},
	DialogsUnreadable:         {"dialogs_unreadable", "Dialogs in answers of Finesse that could not be read; they stay as they were known.", ""},
	Resyncs:                   {"resyncs", "Agents read again after a gap (M8).", ""},
	ResyncsFailed:             {"resyncs_failed", "Reads after a gap that failed and are tried again.", ""},
	Rereads:                   {"rereads", "Agents read although nothing had happened (GC_RESYNC_INTERVAL), or after an event out of order.", ""},
	Healed:                    {"rereads_healed", "Of these, those that showed what no event had told.", ""},
	EventsStolen:              {"events_stolen", "Times that another XMPP resource was suspected to take the events of an agent.", ""},
	SignedInAgain:             {"signed_in_again", "Agents signed in again whom a fail-over had logged out.", ""},
	PasswordsRefused:          {"passwords_refused", "Passwords that Finesse refused, on REST and XMPP.", ""},
	PasswordsNotTried:         {"passwords_not_tried", "Times that a password was refused without asking Finesse: it was wrong before, or the agent's tries were used up.", ""},
	StrangersForgotten:        {"strangers_forgotten", "Sessions ended of agents whom Finesse never accepted, because there were too many of them.", ""},
	StrangersRefused:          {"strangers_refused", "Connects answered PLEASE_RETRY because too many agents were being tried for the first time.", ""},
	DestinationsForgotten:     {"destinations_forgotten", "Destinations forgotten because too many were named that no agent uses.", ""},
	TokensRenewed:             {"tokens_renewed", "Access tokens of SSO users that were renewed.", ""},
	TokensRefused:             {"tokens_refused", "Renewals that the token service refused.", ""},
	TokenRenewalsFailed:       {"token_renewals_failed", "Renewals that failed otherwise and are tried again.", ""},
}

// Stage is a stretch of a message's way that the worker times.
type Stage string

// The stages.
const (
	// CommandToRequest: from a command read off the broker to the first REST
	// request that it caused being written to Finesse.
	CommandToRequest Stage = "command_to_request"
	// EventToPublish: from an XMPP stanza read to the broker's receipt of each
	// output that it caused.
	EventToPublish Stage = "stanza_to_publish"
)
