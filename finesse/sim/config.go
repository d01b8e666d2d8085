package sim

import (
	"cmp"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/finesse/sim/callcontrol"
)

// Config makes a [Server]. The zero value is the fixture on loopback ports of
// the system's choice, CCE, without TLS.
type Config struct {
	RESTAddr string // host:port, "" = 127.0.0.1:0
	XMPPAddr string // host:port, "" = 127.0.0.1:0
	Domain   string // XMPP domain and node name, "" = localhost
	// SecondaryHost is named in SystemInfo; "" = none.
	SecondaryHost string
	// TLS serves REST over HTTPS and XMPP with TLS from the first byte, with a
	// certificate made at start; see [Server.CAPEM].
	TLS bool
	// XMPPTLS overrides what TLS means for XMPP: direct, starttls or none.
	XMPPTLS string
	Flavor  string // uccx or ucce, "" = the scenario's, else ucce
	Scale   int    // further agents
	// Scenario is YAML, ScenarioPath a file with it; at most one of them.
	Scenario     []byte
	ScenarioPath string
	// Peer makes this the second node of a pair: both serve one contact
	// centre, whose scenario and call control settings are the peer's. Each
	// has its own status, faults, request log and XMPP sessions.
	Peer *Server
	Log  zerolog.Logger

	// EventDelay is between a 202 and its events; 0: at once, yet after it.
	EventDelay time.Duration
	// PresenceGrace is how long an agent may be without XMPP before being
	// forced out; 0 = 60 s.
	PresenceGrace time.Duration
	// RingTimeout is when a routed call leaves an agent who does not answer;
	// 0 = 30 s, negative = never.
	RingTimeout time.Duration
	// AnswerAfter is how long an outside number rings; 0 = 100 ms.
	AnswerAfter time.Duration
	// LogoutOnDisconnect is the CCE setting LOAD.
	LogoutOnDisconnect bool
	// ReasonRequired refuses NOT_READY and LOGOUT without a reason code.
	ReasonRequired bool
	// PartialUsers leaves media type, roles, settings and team out of the User
	// event of a RESERVED agent, as older releases do.
	PartialUsers bool
	// NoEcho leaves the requestId empty in every event, as a real Finesse 12.5
	// was captured doing; else it is the one of the request.
	NoEcho bool
	// DropParticipantFor is the CCE property enableDropParticipantFor:
	// supervisor_only, conference_controller_and_supervisor or all; "" =
	// supervisor_only.
	DropParticipantFor string
	// MaxConference is how many parties a conference may have before a barge
	// is refused with 20700; 0 = 16, negative = no limit.
	MaxConference int
	// AuthMode is systemAuthMode: NON_SSO, SSO or HYBRID; "" = NON_SSO. With
	// SSO agents present their token ([Server.Token]), to REST as bearer token
	// and to XMPP as password; with HYBRID it may be either. The administrator
	// has a password in every mode.
	AuthMode string
	// TokenLife lets access tokens end, on REST and at XMPP logins; they are JWTs
	// then, which [Server.SignOn] and /desktop/sso/token give. 0: the tokens of the
	// scenario, which never end.
	TokenLife time.Duration
	// RefreshLife is how long a refresh token is good; 0 = 10 hours.
	RefreshLife time.Duration
	// KeepRequests is how many REST requests [Server.Requests] remembers, the newest;
	// 0 = 100,000.
	KeepRequests int
	// NotificationNS is the namespace of the notification element; "" =
	// urn:xmpp:push:0.
	NotificationNS string
	// XMPPIdle is the silence after which a client is pinged, and after as
	// much again dropped; 0 = 60 s.
	XMPPIdle time.Duration
	// Now is the clock of the password lock-out; nil = time.Now. Calls run on
	// the real clock.
	Now func() time.Time
}

const (
	defaultDomain        = "localhost"
	defaultLoopback      = "127.0.0.1:0"
	defaultPresenceGrace = 60 * time.Second
	defaultRingTimeout   = 30 * time.Second
	defaultAnswerAfter   = 100 * time.Millisecond
	defaultMaxConference = 16
	defaultTokenLife     = 5 * time.Minute
	defaultRefreshLife   = 10 * time.Hour
)

func (c *Config) setDefaults() {
	c.RESTAddr = cmp.Or(c.RESTAddr, defaultLoopback)
	c.XMPPAddr = cmp.Or(c.XMPPAddr, defaultLoopback)
	c.Domain = cmp.Or(c.Domain, defaultDomain)
	c.PresenceGrace = cmp.Or(c.PresenceGrace, defaultPresenceGrace)
	c.RingTimeout = cmp.Or(c.RingTimeout, defaultRingTimeout)
	c.AnswerAfter = cmp.Or(c.AnswerAfter, defaultAnswerAfter)
	c.MaxConference = cmp.Or(c.MaxConference, defaultMaxConference)
	c.RingTimeout, c.MaxConference = max(c.RingTimeout, 0), max(c.MaxConference, 0)
	c.KeepRequests = cmp.Or(c.KeepRequests, maxRequests)
	c.RefreshLife = cmp.Or(c.RefreshLife, defaultRefreshLife)
	c.AuthMode = cmp.Or(c.AuthMode, authPasswords)
	c.DropParticipantFor = cmp.Or(c.DropParticipantFor, dropBySupervisor)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.XMPPTLS == "" {
		c.XMPPTLS = "none"
		if c.TLS {
			c.XMPPTLS = "direct"
		}
	}
}

// Option changes the [Config] that [Start] uses.
type Option func(*Config)

// WithTLS secures REST and XMPP.
func WithTLS() Option { return func(c *Config) { c.TLS = true } }

// WithXMPPTLS sets how XMPP is secured: direct, starttls or none.
func WithXMPPTLS(mode string) Option { return func(c *Config) { c.XMPPTLS = mode } }

// WithFlavor plays uccx or ucce.
func WithFlavor(f callcontrol.Flavor) Option { return func(c *Config) { c.Flavor = string(f) } }

// WithScenario replaces parts of the fixture by YAML.
func WithScenario(yaml string) Option { return func(c *Config) { c.Scenario = []byte(yaml) } }

// WithScale adds n agents.
func WithScale(n int) Option { return func(c *Config) { c.Scale = n } }

// WithPeer makes the server the second node of a pair.
func WithPeer(s *Server) Option { return func(c *Config) { c.Peer = s } }

// WithEnvironment takes from the environment what a whole test suite is run
// with: GCSIM_NO_ECHO=1 sets [Config.NoEcho]. getenv is os.Getenv.
func WithEnvironment(getenv func(string) string) Option {
	return func(c *Config) { c.NoEcho = c.NoEcho || getenv("GCSIM_NO_ECHO") == "1" }
}

// WithConfig changes anything else.
func WithConfig(change func(*Config)) Option { return change }
