package connectorsync

// Effect is something that the worker has to do because of what the state
// learned: one of [Send], [TakeOver], [LetGo], [Handed], [PeerUp], [PeerDown],
// [Renew], [Ignored], [Remember].
// Effects are carried out in the order in which they are returned.
type Effect interface{ effect() }

// Send publishes a message on the topic, with a receipt.
type Send struct{ Message Message }

// TakeOver starts a session for an agent that another node held. The worker
// connects it to Finesse and reports [State.Taken] once the presence is up, or
// [State.Gone] if it gives up. It may try for as long as it likes: until then
// the former owner, if it lives, keeps the agent.
type TakeOver struct {
	Agent   string
	Context Context
	// Complete: the owner's context is known. Otherwise only an O-025 was
	// seen and the agent's client has to log in again [O-007].
	Complete bool
	From     string // the owner so far; "" is an original connector
	// Yields: another node lives that may hold the agent, or be taking it over
	// just now. If so, and if this node wins, the other says at once that it
	// finishes the commands that it has for the agent, and then that it has; see
	// [Handed].
	Yields bool
	Why    Why
}

// Why is the reason of a take-over.
type Why string

// The reasons.
const (
	WhyOwnerLost Why = "owner_lost" // its node died, restarted or left
	WhyHandOver  Why = "hand_over"  // its node is draining
	WhyFailback  Why = "failback"   // its node has a lower priority
	WhyUnable    Why = "unable"     // its node has no Finesse, and we have one
	WhyDemand    Why = "demand"     // a command for it came here
)

// LetGo ends a session here without logging out and without telling the
// client: Winner holds the agent now and its presence is up. When the session has
// finished the commands that it had, the worker reports [State.Yielded].
type LetGo struct {
	Agent  string
	Winner string
}

// Handed says that the node which had an agent before this one has finished the
// commands that it had for the agent, or died before it had, and that those which
// wait here may begin; or, if Busy, that it is working on them.
type Handed struct {
	Agent string
	Busy  bool
}

// PeerUp says that a node is heard for the first time, or again.
type PeerUp struct {
	Node      string
	Restarted bool // without having been missed
}

// PeerDown says that a node counts as dead.
type PeerDown struct {
	Node string
	Why  DownWhy
}

// DownWhy is how a node was lost.
type DownWhy string

// The ways.
const (
	DownSilent DownWhy = "silent" // no message for Config.Timeout
	DownLeft   DownWhy = "left"   // it said so
)

// Renew asks for a new subscription to the topic, that is for a [State.LinkDown]
// and a [State.LinkUp]: Node broke off in the middle of its answer, and this node
// may be the one that does not hear.
type Renew struct{ Node string }

// Ignored says that a message had no effect, to be counted by its reason.
type Ignored struct {
	Node   string
	Kind   Kind
	Reason Reason
}

func (Send) effect()     {}
func (TakeOver) effect() {}
func (LetGo) effect()    {}
func (Handed) effect()   {}
func (PeerUp) effect()   {}
func (PeerDown) effect() {}
func (Renew) effect()    {}
func (Ignored) effect()  {}
