package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/session/presence"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// Deps is what all sessions share. Everything in it is safe for concurrent use,
// and nothing but Recorder and Cluster.Begin blocks.
type Deps struct {
	Node    string
	Epoch   int64 // unix milliseconds of the worker's start; makes request ids unique over restarts
	Dialect protocol.Dialect
	Options Options

	Finesse   Servers
	Cluster   Membership
	Out       Outbox
	Book      Book
	Recorder  Recorder
	Places    *Places
	Trust     *Trust
	Telemetry *telemetry.Telemetry
	Log       zerolog.Logger

	once sync.Once
	rows map[protocol.Word]row
}

// Options are the settings of all sessions.
type Options struct {
	// CommandTimeout bounds one command, all its requests together.
	CommandTimeout time.Duration
	// OutcomeTimeout is GC_OUTCOME_TIMEOUT: how long a command that Finesse has
	// accepted may be without an outcome.
	OutcomeTimeout time.Duration
	// ResyncInterval is GC_RESYNC_INTERVAL: how often an agent is read although
	// nothing happened; 0: never.
	ResyncInterval time.Duration
	// Linger is how long the session of a silent, logged-out agent is kept.
	Linger time.Duration
	// DefaultNotReadyReason and DefaultLogoutReason are codes [C16], "" = none.
	DefaultNotReadyReason string
	DefaultLogoutReason   string
	// SupervisorNotReadyReason and SupervisorLogoutReason are the codes that go
	// with what a supervisor makes a team member do [C15], "" = none.
	SupervisorNotReadyReason string
	SupervisorLogoutReason   string
	// ReadyAfterLogin: READY is asked for after a login that a client asked for.
	ReadyAfterLogin bool
	// InactivityLogout is after how long a silence of their client an agent is
	// logged out as by force_logout; 0: never.
	InactivityLogout time.Duration
	// Admin is Finesse's administrator [C21]; the zero Credentials = none.
	Admin finesse.Credentials
	// Decipher makes a password of what a command carries in its place; nil:
	// passwords come in clear [C23].
	Decipher func(secret.Secret) (secret.Secret, error)
	// TokenService: an SSO user's Connect may carry a password, for which the token
	// service of GC_SSO_TOKEN_URL gives an access token.
	TokenService bool
	// SendControls: an O-017 goes out whenever a dialog's controls change [C22].
	SendControls bool
	// ListLoggedOut: getteamusers lists logged-out members too.
	ListLoggedOut bool
}

// Outbox is the one way out.
type Outbox interface {
	// Send queues an output, in order; see [wire.Output.Confirm].
	Send(o wire.Output)
}

// Book knows where clients listen.
type Book interface {
	// Belongs notes that an agent's messages go to b from now on. proven: Finesse
	// has accepted the agent's credentials.
	Belongs(agent string, b wire.Binding, proven bool)
	// Heard is when something last came from the client at an address; now, while
	// nothing can come from anybody.
	Heard(at wire.Address) time.Time
}

// Membership is a session's part in a cluster of nodes.
type Membership interface {
	// Begin makes known that a command begins. For one that must not run twice
	// it returns when the broker has it, or fails when it could not be made known.
	Begin(ctx context.Context, r *Request) error
	// Intended reports that some node made known before that it was about to run
	// the command of this message.
	Intended(messageID string) bool
	// Overtaken reports that a later command of the same producer for the same
	// agent has begun somewhere.
	Overtaken(messageID, agent string) bool
	// Held tells what a session holds, when its stream is up and at each change.
	Held(agent string, h Holding)
	// Lost tells that the agent is not held any more.
	Lost(agent string)
	// Yielded tells that a session which was let go has finished its commands.
	Yielded(agent string)
}

// Recorder pauses and resumes the recording of a call [C18].
type Recorder interface {
	// Command returns [ErrNoRecorder] where none is configured for that.
	Command(ctx context.Context, c RecorderCommand) error
}

// RecorderCommand is one order to the call recorder [C18].
type RecorderCommand struct {
	Pause                    bool // else resume
	Agent, Extension, Dialog string
}

// ErrNoRecorder says that nothing is configured that could be told.
var ErrNoRecorder = errors.New("session: no recorder configured")

// Servers is where sessions find Finesse.
type Servers interface {
	// Current is the serving server; nil while none serves.
	Current() Server
	// Report tells that a request failed, so that the server is probed at once.
	Report(err error)
	// Turn asks for a turn to come back after an outage: comes is closed when it
	// is time. Agents who have calls are urgent. drop gives the turn up.
	Turn(urgent bool) (comes <-chan struct{}, drop func())
	// Displaced tells that an agent was pushed out again by another client with
	// this node's resource, and tries again at t.
	Displaced(t time.Time)
	// Notice tells that the notification service spoke of the server's own
	// state (SystemInfo, presence of the Finesse user), so that it is probed.
	Notice()
}

// Stream is an agent's notification stream.
type Stream = presence.Stream

// Server is one Finesse as a session uses it: [finesse.Client] and the
// notification service beside it.
type Server interface {
	presence.Server
	API
	// RenewToken asks for the next access token of an SSO user; see
	// [finesse.TokenRefused].
	RenewToken(ctx context.Context, p finesse.TokenProof) (finesse.Token, error)
}

// API is the part of [finesse.Client] that sessions call.
type API interface {
	User(ctx context.Context, cred finesse.Credentials, id string) (finesse.User, error)
	Dialogs(ctx context.Context, cred finesse.Credentials, id string) ([]finesse.Dialog, error)
	ReasonCodes(ctx context.Context, cred finesse.Credentials, id, category string) ([]finesse.ReasonCode, error)
	WrapUpReasons(ctx context.Context, cred finesse.Credentials, id string) ([]finesse.WrapUpReason, error)
	SetState(ctx context.Context, cred finesse.Credentials, id string, s finesse.StateChange, requestID string) error
	MakeCall(ctx context.Context, cred finesse.Credentials, id, from, to, requestID string) error
	Monitor(ctx context.Context, cred finesse.Credentials, id, from, to, requestID string) error
	Barge(ctx context.Context, cred finesse.Credentials, id, from, to, monitorID, requestID string) error
	Act(ctx context.Context, cred finesse.Credentials, dialogID string, a finesse.Action, requestID string) error
	Team(ctx context.Context, cred finesse.Credentials, id string, includeLoggedOut bool) (finesse.Team, error)
	Users(ctx context.Context, cred finesse.Credentials) ([]finesse.User, error)
	Queues(ctx context.Context, cred finesse.Credentials, id string) ([]finesse.Queue, error)
	UserPhoneBooks(ctx context.Context, cred finesse.Credentials, id string, contacts int) ([]finesse.PhoneBook, error)
	PhoneBooks(ctx context.Context, cred finesse.Credentials) ([]finesse.PhoneBook, error)
	TeamPhoneBooks(ctx context.Context, cred finesse.Credentials, teamID string) ([]finesse.PhoneBook, error)
	PhoneBookContacts(ctx context.Context, cred finesse.Credentials, bookID string) ([]finesse.Contact, error)
}

// Places counts the agents who are logged in against GC_MAX_AGENTS [C20]. Safe
// for concurrent use.
type Places struct {
	mu    sync.Mutex
	taken map[string]struct{}
	limit int
}

// NewPlaces makes so many places; 0 = no limit.
func NewPlaces(limit int) *Places { return &Places{taken: map[string]struct{}{}, limit: limit} }

// Admit reports whether one more agent may log in; a true answer is given back
// with Release when the agent logs out or the session ends.
func (p *Places) Admit(agent string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.limit > 0 && len(p.taken) >= p.limit {
		return false
	}
	p.taken[agent] = struct{}{}
	return true
}

// Release gives a place back.
func (p *Places) Release(agent string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.taken, agent)
}

// Taken is how many places are taken.
func (p *Places) Taken() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.taken)
}
