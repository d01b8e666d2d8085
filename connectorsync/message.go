package connectorsync

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gcbridge/protocol/secret"
)

// Kind is the first word of a message on the topic.
type Kind string

// The kinds. An original connector knows AgentState alone and ignores the others.
const (
	KindAgentState  Kind = "AgentState" // [O-025]
	KindHeartbeat   Kind = "gcHeartbeat"
	KindContext     Kind = "gcContext"
	KindSyncRequest Kind = "gcSyncRequest"
	KindSyncDone    Kind = "gcSyncDone"
	KindAgentGone   Kind = "gcAgentGone"
	KindOrphan      Kind = "gcOrphan"
	KindIntent      Kind = "gcIntent"
	KindProgress    Kind = "gcProgress"
	KindYielded     Kind = "gcYielded"
)

// Millis is a point in time: milliseconds since 1970, as O-025 prints it.
type Millis int64

// MillisOf is t in milliseconds.
func MillisOf(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time is m as a time.Time.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)) }

// latest is the last time that is taken for a time: the year 2248.
const latest Millis = 1 << 43

// Header says which node sent a message, in which boot, and when. Sequence
// numbers start at 1 in each boot and grow by one with each message. The
// AgentState of an original connector has a zero Header: there is none in its
// layout.
type Header struct {
	Node string // GC_NODE_ID of the sender; "" is an original connector
	Boot Millis // when the sender started
	Seq  uint64
	At   Millis // when it was sent, by the sender's clock
}

// Message is one message on the topic.
type Message struct {
	Header
	Body Body
}

// Body is what a kind says: one of [AgentState], [Heartbeat], [AgentContext],
// [SyncRequest], [SyncDone], [AgentGone], [Orphan], [Intents], [Progress], [Yielded];
// in the memory one of [Kept], [KeptGone], [KeptIntent], [KeptMark].
type Body interface {
	Kind() Kind
	check() error
	apply(s *State, h Header, now time.Time)
}

// AgentState says that the sender holds an agent and that its presence at
// Finesse is up [O-025].
type AgentState struct {
	Agent            string
	Password         secret.Secret
	Extension        string
	SubscriptionTime Millis
	// Sealed reports how it came; Encode does not look at it.
	Sealed bool
}

// Role is what a node does, as it says in its heartbeats.
type Role string

// The roles. An unknown one counts as RoleServing.
const (
	RoleServing  Role = "serving"
	RoleStandby  Role = "standby"  // a node of higher priority lives, and this one holds no agent
	RoleDraining Role = "draining" // about to stop: its agents are to be taken
	RoleLeft     Role = "left"     // the last message of this boot
)

// Heartbeat says that a node lives.
type Heartbeat struct {
	Priority int  `json:"priority"` // GC_CONSUMER_PRIORITY
	Role     Role `json:"role"`
	// Unable: no Finesse serves this node, so another should take orphans.
	Unable  bool   `json:"unable,omitempty"`
	Agents  int    `json:"agents"`  // how many it holds
	Version string `json:"version"` // of these messages, see [Version]
}

// AgentContext is the replica of an agent that the sender holds. Like
// [AgentState] it says that the sender's presence is up.
type AgentContext struct {
	Agent            string `json:"agent"`
	SubscriptionTime Millis `json:"subscriptionTime"`
	Context
}

// SyncRequest asks a node, or with To "" all, to say everything it knows.
type SyncRequest struct {
	To string `json:"to,omitempty"`
}

// SyncDone ends the answer to a [SyncRequest] of node To.
type SyncDone struct {
	To string `json:"to"`
	// Unread: the sender has not read yet what was kept before it started, and will
	// answer again when it has.
	Unread bool `json:"unread,omitempty"`
}

// AgentGone says that the sender's session of an agent ended.
type AgentGone struct {
	Agent            string `json:"agent"`
	SubscriptionTime Millis `json:"subscriptionTime"`
}

// Orphan hands on the replica of an agent whose owner has died or restarted,
// so that a node which did not hear of it can take it over.
type Orphan struct {
	Agent            string `json:"agent"`
	SubscriptionTime Millis `json:"subscriptionTime"`
	Owner            string `json:"owner"`
	OwnerBoot        Millis `json:"ownerBoot"`
	Context
}

// Intent says that a command which must not run twice is about to go to Finesse.
type Intent struct {
	MessageID string `json:"id"`
	Agent     string `json:"agent"`
	Word      string `json:"word"`
	Node      string `json:"node"` // which ran it
	At        Millis `json:"at"`
}

// Intents are one intent as it is made, or many in the answer to a [SyncRequest].
type Intents struct {
	List []Intent `json:"intents"`
}

// Progress says which commands have begun: one as it begins, or the newest of
// many agents in the answer to a [SyncRequest].
type Progress struct {
	List []Mark `json:"progress"`
}

// Yielded says that the sender, which has let an agent go to node To, has
// finished the commands that it had for the agent, or is working on them.
type Yielded struct {
	Agent string `json:"agent"`
	To    string `json:"to"`
	Busy  bool   `json:"busy,omitempty"` // it is working on them, and will say when it has finished
}

// listedPerMessage bounds an [Intents] or [Progress] that this package makes.
const listedPerMessage = 64

// Kind implements [Body].
func (AgentState) Kind() Kind { return KindAgentState }

// Kind implements [Body].
func (Heartbeat) Kind() Kind { return KindHeartbeat }

// Kind implements [Body].
func (AgentContext) Kind() Kind { return KindContext }

// Kind implements [Body].
func (SyncRequest) Kind() Kind { return KindSyncRequest }

// Kind implements [Body].
func (SyncDone) Kind() Kind { return KindSyncDone }

// Kind implements [Body].
func (AgentGone) Kind() Kind { return KindAgentGone }

// Kind implements [Body].
func (Orphan) Kind() Kind { return KindOrphan }

// Kind implements [Body].
func (Intents) Kind() Kind { return KindIntent }

// Kind implements [Body].
func (Progress) Kind() Kind { return KindProgress }

// Kind implements [Body].
func (Yielded) Kind() Kind { return KindYielded }

// kind is the row of one of our own kinds: how its payload is written and read.
type kind struct {
	kind   Kind
	encode func(Body) ([]byte, error)
	decode func([]byte) (Body, error)
}

var kinds = []kind{
	{KindHeartbeat, encodeJSON, decodeJSON[Heartbeat]},
	{KindContext, encodeContext, decodeContext},
	{KindSyncRequest, encodeJSON, decodeJSON[SyncRequest]},
	{KindSyncDone, encodeJSON, decodeJSON[SyncDone]},
	{KindAgentGone, encodeJSON, decodeJSON[AgentGone]},
	{KindOrphan, encodeOrphan, decodeOrphan},
	{KindIntent, encodeJSON, decodeJSON[Intents]},
	{KindProgress, encodeJSON, decodeJSON[Progress]},
	{KindYielded, encodeJSON, decodeJSON[Yielded]},
}

func kindOf(k Kind) (kind, bool) { return rowOf(kinds, k) }

func encodeJSON(b Body) ([]byte, error) { return json.Marshal(b) }

func decodeJSON[T Body](payload []byte) (Body, error) {
	var b T
	if err := json.Unmarshal(payload, &b); err != nil {
		return nil, err
	}
	return b, nil
}

// Bounds of what a message may hold.
const (
	maxSeq   = 1 << 62
	maxName  = 256
	maxValue = 1024
	// maxSecret holds a signed and encrypted access token of Cisco's identity service.
	maxSecret = 16 << 10
	maxTeams  = 1000
)

var errField = errors.New("a field is missing, too long or holds what it must not")

// isName reports whether v can be a node or an agent: nothing else may hold
// the separator of the frame.
func isName(v string) bool {
	return v != "" && len(v) <= maxName && isText(v) && !strings.Contains(v, "#")
}

func isText(v string) bool { return isClean(v, maxValue) }

func isSecret(s secret.Secret) bool { return isClean(s.Reveal(), maxSecret) }

func isClean(v string, longest int) bool {
	return len(v) <= longest && utf8.ValidString(v) && !strings.ContainsFunc(v, unicode.IsControl)
}

func isTime(m Millis) bool { return m > 0 && m < latest }

func all(ok ...bool) error {
	if slices.Contains(ok, false) {
		return errField
	}
	return nil
}

func (h Header) check() error {
	return all(isName(h.Node), isTime(h.Boot), h.Seq > 0, h.Seq < maxSeq, isTime(h.At))
}

func (b AgentState) check() error {
	return all(isName(b.Agent), isSecret(b.Password), isText(b.Extension), isTime(b.SubscriptionTime))
}

func (b Heartbeat) check() error {
	return all(b.Agents >= 0, isText(string(b.Role)), isText(b.Version))
}

func (b AgentContext) check() error {
	return all(isName(b.Agent), isTime(b.SubscriptionTime), b.isSound())
}
func (b SyncRequest) check() error { return all(b.To == "" || isName(b.To)) }
func (b SyncDone) check() error    { return all(isName(b.To)) }
func (b AgentGone) check() error   { return all(isName(b.Agent), isTime(b.SubscriptionTime)) }

func (b Orphan) check() error {
	return all(isName(b.Agent), isTime(b.SubscriptionTime), isName(b.Owner), isTime(b.OwnerBoot), b.isSound())
}

func (b Intents) check() error {
	bad := func(i Intent) bool {
		return i.MessageID == "" || !isText(i.MessageID) || !isName(i.Agent) || !isText(i.Word) || !isName(i.Node) || !isTime(i.At)
	}
	return all(len(b.List) > 0, !slices.ContainsFunc(b.List, bad))
}

func (b Progress) check() error {
	bad := func(m Mark) bool {
		return m.MessageID == "" || !isText(m.MessageID) || !isName(m.Agent) || !isTime(m.At)
	}
	return all(len(b.List) > 0, !slices.ContainsFunc(b.List, bad))
}

func (b Yielded) check() error { return all(isName(b.Agent), isName(b.To)) }
