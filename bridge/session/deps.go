package session

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// Deps is what a session needs of the worker. All functions are safe for
// concurrent use and do not block.
type Deps struct {
	Node    string
	Epoch   int64 // unix milliseconds of the worker's start; makes request ids unique over restarts
	Dialect protocol.Dialect
	Servers Servers
	// Publish sends an output. confirmed (may be nil) is called once when the
	// broker has it, or when it was given up.
	Publish func(e Envelope, confirmed func(error))
	// Bound tells which destination the agent belongs to from now on.
	Bound func(agent string, b Binding)
	// Held tells the pair what a session holds, when its stream is up and at
	// each change; Lost that it holds the agent no more.
	Held func(agent string, h Holding)
	Lost func(agent string)
	// Yielded tells the pair that a session which was let go has finished its
	// commands.
	Yielded func(agent string)
	// Begin makes known that a command begins. For one that must not run twice
	// it returns when the broker has it; Intended reports that some node did so
	// for this message before. Overtaken reports that a later command of the
	// same producer for the same agent has begun somewhere.
	Begin     func(ctx context.Context, r *Request) error
	Intended  func(messageID string) bool
	Overtaken func(r *Request) bool
	// Admit reports whether one more agent may log in [C20]; a true answer is
	// given back with Release when the agent logs out or the session ends.
	Admit   func(agent string) bool
	Release func(agent string)
	// Count counts an event by name, for status and metrics.
	Count func(name string)
	// CommandTimeout bounds one command, all its requests together.
	CommandTimeout time.Duration
	// LoginWait bounds the wait for the events of a LOGIN.
	LoginWait time.Duration
	// Linger is how long the session of a silent, logged-out agent is kept.
	Linger time.Duration
	// DefaultNotReadyReason and DefaultLogoutReason are codes [C16], "" = none.
	DefaultNotReadyReason string
	DefaultLogoutReason   string
	// Admin is Finesse's administrator [C21]; the zero Credentials = none.
	Admin finesse.Credentials
	// Decipher makes a password of what a command carries in its place; nil:
	// passwords come in clear [C23].
	Decipher func(secret.Secret) (secret.Secret, error)
	// Recorder pauses and resumes the recording of a call [C18]. It returns
	// ErrNoRecorder where none is configured for that.
	Recorder func(ctx context.Context, c RecorderCommand) error
	// SendControls: an O-017 goes out whenever a dialog's controls change [C22].
	SendControls bool
	// ListLoggedOut: getteamusers lists logged-out members too.
	ListLoggedOut bool
	Log           zerolog.Logger
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
	// Notice tells that the notification service spoke of the server's own
	// state (SystemInfo, presence of the Finesse user), so that it is probed.
	Notice()
}

// Server is one Finesse as a session uses it: [finesse.Client] and the
// notification service beside it.
type Server interface {
	// Name is for logs.
	Name() string
	API
	// Connect opens an agent's notification stream.
	Connect(ctx context.Context, cred finesse.Credentials) (Stream, error)
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

// Stream is the part of [finesse.Stream] that sessions use.
type Stream interface {
	C() <-chan finesse.Notification
	Subscribe(ctx context.Context, node string) error
	Unsubscribe(ctx context.Context, node string) error
	Err() error
	Close() error
	Abort()
}

// Binding is the destination that an agent's messages go to, and its dialect.
type Binding struct {
	Destination string // broker path; "" = not bound
	Dialect     protocol.Dialect
}

// Envelope is an output on its way to a destination.
type Envelope struct {
	Destination   string
	Agent         string
	Message       protocol.Encoded
	CorrelationID string    // of the command it answers [H3]
	Recovered     bool      // made by a take-over or re-sync [H1]
	Caused        time.Time // when the stanza that caused it was read; zero: none did
}

// Snapshot is a session as the status page sees it. It holds no secret.
type Snapshot struct {
	Agent       string    `json:"agent"`
	Phase       Phase     `json:"phase"`
	Destination string    `json:"destination"`
	State       string    `json:"state"`
	Extension   string    `json:"extension"`
	Dialogs     int       `json:"dialogs"`
	Supervisor  bool      `json:"supervisor,omitempty"`
	Teams       []string  `json:"teams,omitempty"` // whose members he watches
	Server      string    `json:"server,omitempty"`
	Waiting     int       `json:"waiting"` // commands in the mailbox
	Refused     uint64    `json:"refused"` // commands refused because the mailbox was full
	Panics      uint64    `json:"panics"`
	Changed     time.Time `json:"changed"`
}

// Phase is where a session is in its life.
type Phase string

// The phases.
const (
	PhaseNew       Phase = "new"       // no Connect served yet
	PhaseConnected Phase = "connected" // notifications flow, not logged in
	PhaseLoggedIn  Phase = "logged_in"
	PhaseBroken    Phase = "reconnecting" // the notification stream is down
	PhaseRefused   Phase = "refused"      // Finesse refused the credentials
)

// Snapshot returns the session as of its last step.
func (s *Session) Snapshot() Snapshot {
	sn := *s.snap.Load()
	sn.Waiting, sn.Refused, sn.Panics = len(s.mailbox), s.full.Load(), s.panics.Load()
	return sn
}

func (s *Session) publishSnapshot() {
	u := s.view.User()
	sn := Snapshot{
		Agent: s.agent, Phase: s.phase(), Destination: s.binding.Destination,
		State: string(u.State), Extension: u.Extension, Dialogs: len(s.view.Dialogs()),
		Supervisor: u.Supervisor(), Teams: s.watch.roster.Teams(),
		Server: s.link.name(), Changed: u.StateChangeTime,
	}
	s.snap.Store(&sn)
	if u.State != "" {
		st := s.view.State()
		s.state.Store(&st)
	}
}

// State is the agent's O-001 as of the last step; ok is false as long as
// Finesse has not told his state.
func (s *Session) State() (st protocol.State, ok bool) {
	if p := s.state.Load(); p != nil {
		return *p, true
	}
	return st, false
}

func (s *Session) phase() Phase {
	switch {
	case s.link.refused != "":
		return PhaseRefused
	case s.link.cred.User == "":
		return PhaseNew
	case !s.link.up():
		return PhaseBroken
	case loggedIn(s.view.User()):
		return PhaseLoggedIn
	}
	return PhaseConnected
}

func loggedIn(u finesse.User) bool {
	return u.State != "" && u.State != finesse.StateLogout && u.State != finesse.StateUnknown
}
