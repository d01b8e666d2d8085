package finesse

// CONTRACT SKELETON: signatures that other packages build against. The
// implementation moves these into files of their own and deletes this file.

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// Merge returns u with the elements that p carries.
func (u User) Merge(p UserPatch) User { panic("contract") }

// Credentials are what Finesse checks for one user, on REST and XMPP alike.
type Credentials struct {
	User     string
	Password secret.Secret
}

// Client speaks REST to one Finesse server. Safe for concurrent use; it holds
// no agent's state. Every call honours ctx and the configured timeout.
type Client struct{}

// ClientConfig makes a [Client].
type ClientConfig struct {
	BaseURL   string        // https://host:8445/finesse/api
	Timeout   time.Duration // per request, 0 = 3 s
	Transport http.RoundTripper
	TLS       *tls.Config // used when Transport is nil
	Log       zerolog.Logger
	// OnSent, if set, is called when a request has been written to the wire.
	OnSent func(ctx context.Context, at time.Time)
}

// NewClient validates cfg.
func NewClient(cfg ClientConfig) (*Client, error) { panic("contract") }

// Close releases idle connections.
func (c *Client) Close() {}

// SystemInfo reads the server's state, without credentials.
func (c *Client) SystemInfo(ctx context.Context) (SystemInfo, error) { panic("contract") }

// User reads a user; the whole body as a patch on a zero User.
func (c *Client) User(ctx context.Context, cred Credentials, id string) (User, error) {
	panic("contract")
}

// Dialogs lists a user's voice dialogs.
func (c *Client) Dialogs(ctx context.Context, cred Credentials, id string) ([]Dialog, error) {
	panic("contract")
}

// ReasonCodes lists the codes of NOT_READY or LOGOUT.
func (c *Client) ReasonCodes(ctx context.Context, cred Credentials, id, category string) ([]ReasonCode, error) {
	panic("contract")
}

// WrapUpReasons lists a user's wrap-up reasons.
func (c *Client) WrapUpReasons(ctx context.Context, cred Credentials, id string) ([]WrapUpReason, error) {
	panic("contract")
}

// StateChange is a PUT on a User. 202 means queued: the outcome is an event.
type StateChange struct {
	State        AgentState // LOGIN, READY, NOT_READY, LOGOUT
	Extension    string     // LOGIN
	ReasonCodeID string     // database id, "" = none
	MobileMode   string     // CALL_BY_CALL, NAILED_CONNECTION, "" = not mobile
	MobileNumber string
}

// SetState sends a state change for user id; requestID "" = none.
func (c *Client) SetState(ctx context.Context, cred Credentials, id string, s StateChange, requestID string) error {
	panic("contract")
}

// MakeCall is POST Dialogs MAKE_CALL from extension from to to.
func (c *Client) MakeCall(ctx context.Context, cred Credentials, id, from, to, requestID string) error {
	panic("contract")
}

// Action is a PUT on a Dialog.
type Action struct {
	Name   string // requestedAction: ANSWER, HOLD, RETRIEVE, DROP, ...
	Target string // targetMediaAddress
	To     string // toAddress, "" = absent
}

// Act sends a dialog action.
func (c *Client) Act(ctx context.Context, cred Credentials, dialogID string, a Action, requestID string) error {
	panic("contract")
}

// Error is a refused or failed REST request. Class: 4xx Upstream, 503
// Unavailable, other 5xx Upstream, no connection Unavailable, time-out after
// the request went out Indeterminate.
type Error struct {
	Op     string // "PUT User", ... never with a secret
	Status int    // 0: no HTTP answer
	API    []APIError
	Err    error // the transport's error, when Status is 0
	Class  errclass.Class
}

func (e *Error) Error() string { panic("contract") }

// Unwrap returns the transport's error.
func (e *Error) Unwrap() error { return e.Err }

// ErrorClass implements errclass.Classified.
func (e *Error) ErrorClass() errclass.Class { return e.Class }

// Timeout reports that the server did not answer in time (NOT_REACHABLE);
// Status 0 without it is a connection failure (DOWN) [E1].
func (e *Error) Timeout() bool { panic("contract") }

// StreamConfig is one agent's XMPP connection.
type StreamConfig struct {
	Addr      string // host:port
	TLSMode   string // direct, starttls, none
	TLS       *tls.Config
	Domain    string // xmppDomain
	PubSub    string // xmppPubSubDomain
	Cred      Credentials
	Resource  string        // gcbridge-<node>
	Timeout   time.Duration // whole login, 0 = 10 s
	PingEvery time.Duration // 0 = 10 s; two missed = dead
	Log       zerolog.Logger
	// Dial, if set, replaces the TCP dial.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Stream is a live XMPP session that delivers one agent's notifications.
type Stream struct{}

// Connect dials, logs in with PLAIN, binds and sends presence (priority 0).
// When it returns, events are being received. A refused login is ErrAuth.
func Connect(ctx context.Context, cfg StreamConfig) (*Stream, error) { panic("contract") }

// C delivers notifications in order; it is closed when the stream ends. The
// receiver must keep reading. Only events of the pubsub service's JID come through.
func (s *Stream) C() <-chan Notification { panic("contract") }

// Err says why the stream ended; nil before and after Close.
func (s *Stream) Err() error { panic("contract") }

// Subscribe subscribes the full JID to node.
func (s *Stream) Subscribe(ctx context.Context, node string) error { panic("contract") }

// Unsubscribe ends a subscription.
func (s *Stream) Unsubscribe(ctx context.Context, node string) error { panic("contract") }

// Close unsubscribes what was subscribed, sends unavailable presence, closes
// the connection and waits for its goroutines. Idempotent, bounded to 2 s.
func (s *Stream) Close() error { panic("contract") }

// Abort closes the connection without a farewell (a take-over, a dead link).
func (s *Stream) Abort() { panic("contract") }

// ErrAuth is a refused XMPP login (class Client: SUBSCRIPTION_FAILED).
var ErrAuth error
