package connectorsync

import (
	"cmp"
	"slices"
	"time"
)

// The times of the memory.
const (
	// keepFor is how long an agent is remembered after their last node was alive.
	// Finesse itself logs an agent out a minute after their presence is lost, so
	// what is restored later is where their client listens; and a client that was
	// not served for an hour has been restarted, or its agent has gone home. Each
	// password that has changed meanwhile costs one of the five wrong attempts
	// after which Finesse locks the agent.
	keepFor = time.Hour
	// keepAnew is how often an agent who is at work is kept anew: twice may fail.
	keepAnew = 20 * time.Minute
)

// MemoryConfig is what a [Memory] needs to know. Only Node and Boot have no default.
type MemoryConfig struct {
	Node string // GC_NODE_ID
	Boot Millis // when this process started

	Keep      time.Duration // how long an agent is remembered; 1 h
	IntentTTL time.Duration // and an intent; 10 min
	Freshness time.Duration // how far ahead of our clock a message may be; 30 s
	// MaxAgents bounds the agents of whom a message is held, at work or gone; 10,000.
	// MaxIntents and MaxStrange bound the intents, and the messages that cannot be
	// read, which are held: 4,000 each. The oldest go first. All of it together has to
	// fit into the window of the subscription, or its end is never reached.
	MaxAgents, MaxIntents, MaxStrange int
}

func (c MemoryConfig) withDefaults() MemoryConfig {
	c.Keep = cmp.Or(c.Keep, keepFor)
	c.IntentTTL = cmp.Or(c.IntentTTL, 10*time.Minute)
	c.Freshness = cmp.Or(c.Freshness, 30*time.Second)
	c.MaxAgents = cmp.Or(c.MaxAgents, 10_000)
	c.MaxIntents = cmp.Or(c.MaxIntents, 4000)
	c.MaxStrange = cmp.Or(c.MaxStrange, 4000)
	return c
}

// Ticket is a message that the memory holds: as long as its acknowledgement is
// not given, the broker keeps it.
type Ticket uint64

// Memory is what is kept beyond the death of every node, as the one node sees it that
// consumes it: a log of which the newest message of each agent counts. What is
// held is not acknowledged, so the broker keeps it and gives it to the next
// consumer; what is superseded or too old is to be acknowledged. It is pure, and
// one goroutine owns it.
type Memory struct {
	cfg     MemoryConfig
	seq     uint64
	opened  uint64 // our marks up to this one were sent before the subscription began
	read    bool   // a later one came back
	agents  map[string]record
	intents []heldIntent // oldest first
	ids     map[string]Millis
	strange []heldStrange // oldest first
}

// record is the newest message of an agent.
type record struct {
	claim
	written Millis
	seq     uint64
	gone    bool
	ticket  Ticket
	unread  *Message // what State.Recall is to get when the end is reached
}

// newer reports whether h says more than o.
func (h record) newer(o record) bool {
	if h.claim != o.claim {
		return o.claim.before(h.claim)
	}
	return cmp.Or(cmp.Compare(h.written, o.written), cmp.Compare(h.seq, o.seq)) > 0
}

type heldIntent struct {
	id     string
	at     Millis
	ticket Ticket
}

type heldStrange struct {
	since  time.Time
	ticket Ticket
}

// NewMemory makes the memory of a node that has just started.
func NewMemory(cfg MemoryConfig) *Memory {
	m := &Memory{cfg: cfg.withDefaults()}
	m.Opened()
	return m
}

// Opened says that a new subscription has begun: everything that is kept comes again.
func (m *Memory) Opened() {
	m.read, m.opened = false, m.seq
	m.agents, m.ids = map[string]record{}, map[string]Millis{}
	m.intents, m.strange = nil, nil
}

// Message is b as it is to be kept.
func (m *Memory) Message(b Body, now time.Time) Message {
	m.seq++
	return Message{Header{m.cfg.Node, m.cfg.Boot, m.seq, MillisOf(now)}, b}
}

// Taken is what follows from a message.
type Taken struct {
	Release []Ticket // to be acknowledged
	// Recall is for [State.Recall]. Of each agent it is what counts at the end of what
	// was kept: until that is reached, nobody knows who was held last.
	Recall  []Message
	Refused Reason // why it was not taken, "" = it was
}

// Take takes a message that [Codec.DecodeKept] accepted.
func (m *Memory) Take(msg Message, t Ticket, now time.Time) Taken {
	if msg.At.Time().Sub(now) > m.cfg.Freshness { // by another node's clock it may be right
		return Taken{Release: m.Strange(t, now), Refused: ReasonStale}
	}
	switch b := msg.Body.(type) {
	case Kept:
		return m.agent(b.Agent, m.record(msg, b.SubscriptionTime, t), now)
	case KeptGone:
		r := m.record(msg, b.SubscriptionTime, t)
		r.gone = true
		return m.agent(b.Agent, r, now)
	case KeptIntent:
		return m.intent(msg, b, t, now)
	case KeptMark:
		out := Taken{Release: []Ticket{t}}
		if !m.read && m.ours(msg) && msg.Seq > m.opened {
			m.read = true
			out.Recall = m.unread()
		}
		return out
	}
	return Taken{Release: []Ticket{t}, Refused: ReasonUnknownKind}
}

func (m *Memory) ours(msg Message) bool { return msg.Node == m.cfg.Node && msg.Boot == m.cfg.Boot }

func (m *Memory) record(msg Message, at Millis, t Ticket) record {
	r := record{claim: claim{at, msg.Node}, written: msg.At, seq: msg.Seq, ticket: t}
	if !m.ours(msg) {
		r.unread = &msg
	}
	return r
}

// unread hands out what was put aside until the end was reached.
func (m *Memory) unread() []Message {
	var out []Message
	for _, agent := range inOrder(m.agents) {
		if r := m.agents[agent]; r.unread != nil {
			out = append(out, *r.unread)
			r.unread = nil
			m.agents[agent] = r
		}
	}
	return out
}

func (m *Memory) agent(agent string, r record, now time.Time) Taken {
	if now.Sub(r.written.Time()) > m.cfg.Keep {
		return Taken{Release: []Ticket{r.ticket}, Refused: ReasonExpired}
	}
	old, known := m.agents[agent]
	switch {
	case known && old.claim == r.claim && old.written == r.written && old.seq == r.seq:
		return Taken{Release: []Ticket{r.ticket}, Refused: ReasonReplayed}
	case known && !r.newer(old):
		return Taken{Release: []Ticket{r.ticket}, Refused: ReasonOutdated}
	}
	var out Taken
	switch {
	case known:
		out.Release = []Ticket{old.ticket}
	case len(m.agents) >= m.cfg.MaxAgents:
		out.Release = m.dropOldest()
	}
	if m.read && r.unread != nil {
		out.Recall = []Message{*r.unread}
		r.unread = nil
	}
	m.agents[agent] = r
	return out
}

// dropOldest gives up the agent of whom nothing was written for longest, of those
// who are gone if there are any.
func (m *Memory) dropOldest() []Ticket {
	var oldest string
	for agent, r := range m.agents {
		o := m.agents[oldest]
		if oldest == "" || r.gone && !o.gone || r.gone == o.gone && r.written < o.written {
			oldest = agent
		}
	}
	t := m.agents[oldest].ticket
	delete(m.agents, oldest)
	return []Ticket{t}
}

func (m *Memory) intent(msg Message, b KeptIntent, t Ticket, now time.Time) Taken {
	if now.Sub(b.At.Time()) > m.cfg.IntentTTL {
		return Taken{Release: []Ticket{t}, Refused: ReasonExpired}
	}
	if at, known := m.ids[b.MessageID]; known && b.At <= at {
		return Taken{Release: []Ticket{t}, Refused: ReasonReplayed}
	}
	m.ids[b.MessageID] = b.At
	m.intents = append(m.intents, heldIntent{b.MessageID, b.At, t})
	out := Taken{Release: m.dropIntents(len(m.intents) - m.cfg.MaxIntents)}
	if !m.ours(msg) {
		out.Recall = []Message{msg}
	}
	return out
}

// dropIntents gives up the first n.
func (m *Memory) dropIntents(n int) []Ticket {
	var out []Ticket
	for _, i := range m.intents[:max(n, 0)] {
		out = append(out, i.ticket)
		if m.ids[i.id] == i.at {
			delete(m.ids, i.id)
		}
	}
	m.intents = m.intents[max(n, 0):]
	return out
}

// Strange takes a message that could not be read. It is held for a while: with the
// right key it may be what the nodes remember. What is to be acknowledged is returned.
func (m *Memory) Strange(t Ticket, now time.Time) []Ticket {
	m.strange = append(m.strange, heldStrange{now, t})
	return m.dropStrange(len(m.strange) - m.cfg.MaxStrange)
}

func (m *Memory) dropStrange(n int) []Ticket {
	var out []Ticket
	for _, s := range m.strange[:max(n, 0)] {
		out = append(out, s.ticket)
	}
	m.strange = m.strange[max(n, 0):]
	return out
}

// Expire gives up what has grown too old, for its acknowledgement.
func (m *Memory) Expire(now time.Time) []Ticket {
	var out []Ticket
	for agent, h := range m.agents {
		if now.Sub(h.written.Time()) > m.cfg.Keep {
			out = append(out, h.ticket)
			delete(m.agents, agent)
		}
	}
	slices.Sort(out)
	young := func(at time.Time, limit time.Duration) bool { return now.Sub(at) <= limit }
	n := slices.IndexFunc(m.intents, func(i heldIntent) bool { return young(i.at.Time(), m.cfg.IntentTTL) })
	if n < 0 {
		n = len(m.intents)
	}
	out = append(out, m.dropIntents(n)...)
	n = slices.IndexFunc(m.strange, func(s heldStrange) bool { return young(s.since, m.cfg.Keep) })
	if n < 0 {
		n = len(m.strange)
	}
	return append(out, m.dropStrange(n)...)
}

// Read reports whether everything has come that was kept when this subscription began.
func (m *Memory) Read() bool { return m.read }

// MemoryStatus is the memory as a status page shows it.
type MemoryStatus struct {
	Reader  bool `json:"reader"`  // this node consumes it; else a peer does
	Agents  int  `json:"agents"`  // who would be served again after the death of every node
	Gone    int  `json:"gone"`    // ends that void what was kept before
	Intents int  `json:"intents"` // calls that would not be made again
	Strange int  `json:"strange"` // messages that cannot be read: another key
}

// Status describes the memory. Only its reader sees how much is in it.
func (m *Memory) Status() MemoryStatus {
	st := MemoryStatus{Intents: len(m.intents), Strange: len(m.strange)}
	for _, h := range m.agents {
		if h.gone {
			st.Gone++
		} else {
			st.Agents++
		}
	}
	st.Reader = m.read || st.Agents+st.Gone+st.Intents+st.Strange > 0
	return st
}
