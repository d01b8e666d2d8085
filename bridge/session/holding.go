package session

import (
	"slices"
	"time"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol/secret"
)

// Holding is what another node must know to go on with this agent.
type Holding struct {
	LoginID   string // the agent's id at Finesse, where their client names them otherwise; else ""
	Password  secret.Secret
	Bearer    bool  // the password is an SSO access token
	Token     Grant // what is known of that
	Extension string
	Binding   wire.Binding // not bound: only an original connector's O-025 was seen
	Teams     []string     // whose members' states they have asked for
	LoggedIn  bool
	Leaving   bool // a force_logout waits for the last call to end [C16]
	// Yields: another node may have commands of the agent, and finishes them; see
	// [Session.Handed]. It is no part of what is told on.
	Yields bool
}

func (h Holding) equal(o Holding) bool {
	return h.LoginID == o.LoginID && h.Password.Equal(o.Password) && h.Bearer == o.Bearer && h.Token.Equal(o.Token) && h.Extension == o.Extension && h.Binding.To == o.Binding.To &&
		h.Binding.Dialect.Format == o.Binding.Dialect.Format && slices.Equal(h.Teams, o.Teams) && h.LoggedIn == o.LoggedIn && h.Leaving == o.Leaving
}

// tenure is how this node came to have the agent, and whether it still has.
type tenure struct {
	inherited *Holding // of a successor; nil: the agent's Connect came here
	told      *Holding // what the other nodes know of this session, nil: nothing
	released  bool     // another node has the agent now
	waits     bool     // commands wait for the node that had the agent
	timer     *time.Timer
}

// The bounds of that wait. The other node learns of the take-over when the
// presence is up; it answers at once, if it lives and has the agent.
const (
	presenceTime = 2 * time.Second        // for the presence
	answerTime   = 250 * time.Millisecond // from then on, for the answer
	handOverTime = 5 * time.Second        // from then on, for the end of what it is at
)

// within waits for no longer than d from now on.
func (t *tenure) within(d time.Duration) {
	t.waits = true
	t.timer.Reset(d)
}

// busy gives the other node the time to finish.
func (t *tenure) busy() {
	if t.waits {
		t.timer.Reset(handOverTime)
	}
}

// leaving is a force_logout on its way [C16]: NOT_READY, then LOGOUT when the
// last dialog has ended. The client that asked may be gone, so nothing here
// waits for it; every step that it sees carries its correlation id.
type leaving struct {
	active      bool
	sent        finesse.AgentState // the step that waits for its event
	from        finesse.AgentState // the state it was sent in
	requestID   string             // of that step
	bare        bool               // it was sent without a reason code
	correlation string             // of the force_logout, "" after a take-over
}

// leaveStep is the next state to ask for on the way out, "" = wait for an
// event. over: the agent is out.
func leaveStep(u finesse.User, dialogs int, l leaving) (next finesse.AgentState, over bool) {
	switch {
	case !loggedIn(u):
		return "", true
	case u.State == finesse.StateNotReady && dialogs == 0:
		next = finesse.StateLogout
	case u.State == finesse.StateNotReady || u.PendingState == finesse.StateNotReady:
		return "", false // the last dialog has to end
	default:
		next = finesse.StateNotReady
	}
	if next == l.sent && u.State == l.from {
		return "", false
	}
	return next, false
}
