// Package config is the worker's configuration: environment variables with the
// prefix GC, and nothing else. The struct tags are the one source of names,
// defaults and descriptions.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"
	"github.com/rs/zerolog"

	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// Prefix starts every variable's name.
const Prefix = "GC"

// Config is a node's configuration. Load fills it from the environment; a test
// or an embedding program may start from Default.
type Config struct {
	NodeID string `envconfig:"GC_NODE_ID" desc:"names this node to its peers and in outputs; default: host name"`

	BrokerURLs           []string      `envconfig:"GC_BROKER_URLS" default:"stomp://localhost:61613" desc:"ordered, comma separated; stomp+ssl:// for TLS"`
	BrokerUser           string        `envconfig:"GC_BROKER_USER" desc:"broker login"`
	BrokerPassword       secret.Secret `envconfig:"GC_BROKER_PASSWORD" desc:"broker password"`
	BrokerPriorityBackup bool          `envconfig:"GC_BROKER_PRIORITY_BACKUP" default:"true" desc:"return to the first URL when it answers again"`
	BrokerCAFile         string        `envconfig:"GC_BROKER_CA_FILE" desc:"CA of the broker's certificate, PEM"`
	BrokerCertFile       string        `envconfig:"GC_BROKER_CERT_FILE" desc:"client certificate for mutual TLS, PEM"`
	BrokerKeyFile        string        `envconfig:"GC_BROKER_KEY_FILE" desc:"key of the client certificate, PEM"`

	CommandQueue     string        `envconfig:"GC_COMMAND_QUEUE" default:"Connector1" desc:"queue of client commands"`
	RejectQueue      string        `envconfig:"GC_REJECT_QUEUE" default:"Connector1.rejected" desc:"queue for commands that cannot be answered [C8]"`
	ConsumerPriority int           `envconfig:"GC_CONSUMER_PRIORITY" default:"127" desc:"0 to 127; the highest live node serves"`
	CommandMaxAge    time.Duration `envconfig:"GC_COMMAND_MAX_AGE" default:"30s" desc:"older commands are answered PLEASE_RETRY; 0 = off [C4]"`
	CommandPrefetch  int           `envconfig:"GC_COMMAND_PREFETCH" default:"1000" desc:"1 to 20000; commands that a node may hold unacknowledged"`
	ResyncInterval   time.Duration `envconfig:"GC_RESYNC_INTERVAL" default:"5m" desc:"how often each agent is read from Finesse although nothing happened, spread over the time; at least 10s; 0 = never"`
	OutcomeTimeout   time.Duration `envconfig:"GC_OUTCOME_TIMEOUT" default:"5s" desc:"how long a command that Finesse accepted may wait for its outcome before it is read and answered"`

	OutputTTL        time.Duration `envconfig:"GC_OUTPUT_TTL" default:"30s" desc:"time to live of outputs; 0 = never expires [H4]"`
	OutputPersistent bool          `envconfig:"GC_OUTPUT_PERSISTENT" default:"false" desc:"send outputs persistent [H4]"`
	OutputJMSType    string        `envconfig:"GC_OUTPUT_JMSTYPE" default:"code" desc:"code, category or none [H2]"`

	Edition         string `envconfig:"GC_EDITION" default:"4.4" desc:"3, page, 4.4 or 4.4.12; 3 and page only with GC_MESSAGE_FORMAT=DEFAULT [D1]"`
	MessageFormat   string `envconfig:"GC_MESSAGE_FORMAT" default:"JSON" desc:"JSON or DEFAULT (the # text) [D1]"`
	HashReplacement string `envconfig:"GC_HASH_REPLACEMENT" default:"00100011" desc:"stands for # inside data in text [D5]"`
	Timezone        string `envconfig:"GC_TIMEZONE" default:"Local" desc:"zone of printed times [D6]"`

	FinesseURLs          []string      `envconfig:"GC_FINESSE_URLS" default:"https://localhost:8445/finesse/api" desc:"primary, secondary"`
	FinesseTimeout       time.Duration `envconfig:"GC_FINESSE_TIMEOUT" default:"3s" desc:"time limit of one REST request"`
	FinesseHeartbeat     time.Duration `envconfig:"GC_FINESSE_HEARTBEAT" default:"5s" desc:"period of the SystemInfo poll"`
	FinesseMaxRequests   int           `envconfig:"GC_FINESSE_MAX_REQUESTS" default:"1000" desc:"1 to 10000; requests under way at one Finesse, fair among agents"`
	FinesseReturnRate    int           `envconfig:"GC_FINESSE_RETURN_RATE" default:"150" desc:"1 to 10000; agents per second who log in and are read again after an outage of Finesse"`
	FinesseCAFile        string        `envconfig:"GC_FINESSE_CA_FILE" desc:"CA of Finesse's certificates, PEM"`
	FinesseInsecureTLS   bool          `envconfig:"GC_FINESSE_INSECURE_TLS" default:"false" desc:"do not verify Finesse's certificates"`
	FinesseAdminUser     string        `envconfig:"GC_FINESSE_ADMIN_USER" desc:"Finesse administrator, for phone books and getallagents [C21]"`
	FinesseAdminPassword secret.Secret `envconfig:"GC_FINESSE_ADMIN_PASSWORD" desc:"the administrator's password"`
	SSOTokenURL          string        `envconfig:"GC_SSO_TOKEN_URL" desc:"service that gives SSO users' access tokens and renews them; empty = Finesse's own /desktop/sso/token"`
	XMPPAddrs            []string      `envconfig:"GC_XMPP_ADDRS" desc:"host:port of XMPP over TCP per Finesse URL, when it is not the domain and port of SystemInfo (else 5223, or 5222 without direct TLS)"`
	XMPPTLS              string        `envconfig:"GC_XMPP_TLS" default:"direct" desc:"direct, starttls or none; of XMPP over TCP"`
	XMPPTransport        string        `envconfig:"GC_XMPP_TRANSPORT" default:"auto" desc:"tcp, websocket (/ws beside the REST API, else port 7443), or auto: tcp, and websocket where tcp cannot be opened"`
	XMPPPing             time.Duration `envconfig:"GC_XMPP_PING" default:"10s" desc:"period of XMPP pings"`

	DefaultNotReadyReason string `envconfig:"GC_DEFAULT_NOT_READY_REASON" desc:"reason code sent when a client gives none [C16]"`
	DefaultLogoutReason   string `envconfig:"GC_DEFAULT_LOGOUT_REASON" desc:"reason code sent when a client gives none [C16]"`

	SupervisorNotReadyReason string        `envconfig:"GC_SUPERVISOR_NOT_READY_REASON" desc:"reason code sent when a supervisor makes an agent not ready, and left out where Finesse refuses it [C15]"`
	SupervisorLogoutReason   string        `envconfig:"GC_SUPERVISOR_LOGOUT_REASON" desc:"reason code sent when a supervisor logs an agent out, and left out where Finesse refuses it [C15]"`
	ReadyAfterLogin          bool          `envconfig:"GC_READY_AFTER_LOGIN" default:"false" desc:"ask for READY after each login that a client asked for"`
	InactivityLogout         time.Duration `envconfig:"GC_INACTIVITY_LOGOUT" default:"0s" desc:"log the agents of a destination out, as by force_logout, when no Hello, Beat or command of theirs came for that long; a node that takes over counts anew; at least 10s; 0 = off"`

	MaxAgents int `envconfig:"GC_MAX_AGENTS" default:"0" desc:"logged-in agents at most; 0 = no limit [C20]"`

	PasswordCipher string        `envconfig:"GC_PASSWORD_CIPHER" default:"none" desc:"cipher of passwords in commands: none or 3des [C23]"`
	PasswordKey    secret.Secret `envconfig:"GC_PASSWORD_KEY" desc:"24 or 16 bytes in hex or base64"`
	PasswordIV     secret.Secret `envconfig:"GC_PASSWORD_IV" desc:"8 bytes in hex or base64"`

	RecordingPauseURL  string        `envconfig:"GC_RECORDING_PAUSE_URL" desc:"hook of ZOOMPauseRecording; {agent}, {extension} and {dialog} are filled in [C18]"`
	RecordingResumeURL string        `envconfig:"GC_RECORDING_RESUME_URL" desc:"hook of ZOOMResumeRecording, with the same placeholders"`
	RecordingMethod    string        `envconfig:"GC_RECORDING_METHOD" default:"POST" desc:"GET, POST or PUT"`
	RecordingUser      string        `envconfig:"GC_RECORDING_USER" desc:"basic authentication at the recorder; empty = none"`
	RecordingPassword  secret.Secret `envconfig:"GC_RECORDING_PASSWORD" desc:"the recorder's password"`
	RecordingTimeout   time.Duration `envconfig:"GC_RECORDING_TIMEOUT" default:"3s" desc:"time limit of one request to the recorder"`

	SendControls           bool          `envconfig:"GC_SEND_CONTROLS" default:"false" desc:"send an O-017 whenever what an agent may do with a call changes [C22]"`
	IncludeLoggedOutAgents bool          `envconfig:"GC_INCLUDE_LOGGED_OUT_AGENTS" default:"true" desc:"getteamusers lists logged-out members too"`
	AgentStatesInterval    time.Duration `envconfig:"GC_AGENT_STATES_INTERVAL" default:"0s" desc:"period in which the states of all agents go to topic AgentStates; 0 = off"`

	SyncTopic     string        `envconfig:"GC_SYNC_TOPIC" default:"ConnectorSync" desc:"topic of the pair; empty = never paired"`
	SyncInterval  time.Duration `envconfig:"GC_SYNC_INTERVAL" default:"10s" desc:"between two announcements of an agent"`
	SyncTimeout   time.Duration `envconfig:"GC_SYNC_TIMEOUT" default:"3s" desc:"silence after which a peer counts as dead"`
	SyncKey       secret.Secret `envconfig:"GC_SYNC_KEY" desc:"32 random bytes in base64 or hex, the same on all nodes; switches pairing on"`
	SyncPlaintext bool          `envconfig:"GC_SYNC_PLAINTEXT" default:"false" desc:"send passwords in clear, for a pair with an original GC; switches pairing on"`
	Memory        string        `envconfig:"GC_MEMORY" default:"on" desc:"on or off; with GC_SYNC_KEY, keep agents and the calls they are about to make, sealed, in the queue <GC_COMMAND_QUEUE>.memory, so that they outlive all nodes"`
	Failback      bool          `envconfig:"GC_FAILBACK" default:"true" desc:"agents return to the node of the higher priority"`

	AdminListen string        `envconfig:"GC_ADMIN_LISTEN" default:"127.0.0.1:8112" desc:"address of /livez /readyz /status; empty = none"`
	AdminToken  secret.Secret `envconfig:"GC_ADMIN_TOKEN" desc:"bearer token; required beyond loopback"`

	LogLevel  string `envconfig:"GC_LOG_LEVEL" default:"info" desc:"trace, debug, info, warn, error"`
	LogFormat string `envconfig:"GC_LOG_FORMAT" default:"json" desc:"json, or console for people"`
}

// Load reads the environment. Every secret NAME may come as NAME_FILE instead,
// the path of a file that holds it. Unknown GC_ names, both forms of one
// secret at once and invalid values are errors; all of them are reported together.
func Load() (Config, error) {
	var c Config
	errs := append(unknown(&c), parse(&c)...)
	errs = append(errs, secretFiles(&c)...)
	if err := c.Validate(); err != nil {
		errs = append(errs, err)
	}
	return c, errors.Join(errs...)
}

// Default is the configuration of an empty environment.
func Default() Config {
	var c Config
	for _, v := range Vars(&c) {
		v.setDefault()
	}
	return c
}

// parse lets envconfig fill spec. It ends at the first value that does not parse:
// such a value is noted and put aside, and the rest is read; at the end the
// environment is as it was. The tags are whole names: with a prefix envconfig
// would take LOG_LEVEL where GC_LOG_LEVEL is missing.
func parse(spec any) []error {
	var errs []error
	for {
		err := envconfig.Process("", spec)
		if err == nil {
			return errs
		}
		errs = append(errs, fmt.Errorf("config: %w", err))
		var wrong *envconfig.ParseError
		if !errors.As(err, &wrong) {
			return errs
		}
		value, set := os.LookupEnv(wrong.KeyName)
		if !set {
			return errs // a default that does not parse
		}
		_ = os.Unsetenv(wrong.KeyName)        // a name that was found is a valid one
		defer os.Setenv(wrong.KeyName, value) //nolint:errcheck // as before
	}
}

// serviceLink is what Kubernetes puts into the environment of every pod for a
// service named gc or gc-...: it is no setting, and nobody can leave it out.
var serviceLink = regexp.MustCompile(`^GC_(.+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// ServiceLink reports whether a name is a service link of Kubernetes.
func ServiceLink(name string) bool { return serviceLink.MatchString(name) }

// ServiceLinks are the service links in the environment, which are ignored.
func ServiceLinks() []string {
	var found []string
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); ServiceLink(name) {
			found = append(found, name)
		}
	}
	return found
}

// unknown finds GC_ variables that no field reads.
func unknown(c *Config) []error {
	known := map[string]bool{}
	for _, v := range Vars(c) {
		known[v.Name] = true
		if v.Secret {
			known[v.Name+"_FILE"] = true
		}
	}
	var errs []error
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, Prefix+"_") && !known[name] && !ServiceLink(name) {
			errs = append(errs, unknownName(name))
		}
	}
	return errs
}

// unknownName says what is wrong with a name, and what it may be meant to be.
func unknownName(name string) error {
	if advice, known := ofOriginal(name); known {
		return fmt.Errorf("config: %s is not a known variable (%s)", name, advice)
	}
	return fmt.Errorf("config: %s is not a known variable", name)
}

// secretFiles reads the secrets given as files.
func secretFiles(c *Config) []error {
	var errs []error
	for _, v := range Vars(c) {
		if !v.Secret {
			continue
		}
		path := os.Getenv(v.Name + "_FILE")
		switch {
		case path == "":
		case os.Getenv(v.Name) != "":
			errs = append(errs, fmt.Errorf("config: %s and %s_FILE are both set", v.Name, v.Name))
		default:
			b, err := os.ReadFile(path)
			if err != nil {
				errs = append(errs, fmt.Errorf("config: %s_FILE: %w", v.Name, err))
				continue
			}
			v.setSecret(strings.TrimRight(string(b), "\r\n"))
		}
	}
	return errs
}

// Dialect is the node's dialect.
func (c Config) Dialect() (protocol.Dialect, error) {
	loc, err := time.LoadLocation(c.Timezone)
	if err != nil {
		return protocol.Dialect{}, fmt.Errorf("config: GC_TIMEZONE: %w", err)
	}
	d, err := protocol.NewDialect(protocol.Edition(c.Edition), protocol.Format(strings.ToUpper(c.MessageFormat)), c.HashReplacement, loc)
	if err != nil {
		return d, fmt.Errorf("config: GC_EDITION, GC_MESSAGE_FORMAT: %w", err)
	}
	return d, nil
}

// Validate checks every value that can be checked without asking another
// machine; all findings come back joined.
func (c Config) Validate() error {
	var errs []error
	bad := func(name, format string, a ...any) {
		errs = append(errs, fmt.Errorf("config: GC_%s: %s", name, fmt.Sprintf(format, a...)))
	}
	if _, err := c.Dialect(); err != nil {
		errs = append(errs, err)
	}
	checkURLs(c.BrokerURLs, []string{"stomp", "stomp+ssl"}, func(s string) { bad("BROKER_URLS", "%s", s) })
	checkURLs(c.FinesseURLs, []string{"http", "https"}, func(s string) { bad("FINESSE_URLS", "%s", s) })
	if c.SSOTokenURL != "" {
		checkURLs([]string{c.SSOTokenURL}, []string{"http", "https"}, func(s string) { bad("SSO_TOKEN_URL", "%s", s) })
	}
	if len(c.XMPPAddrs) > 0 && len(c.XMPPAddrs) != len(c.FinesseURLs) {
		bad("XMPP_ADDRS", "%d addresses for %d Finesse URLs", len(c.XMPPAddrs), len(c.FinesseURLs))
	}
	for _, a := range c.XMPPAddrs {
		if _, _, err := net.SplitHostPort(a); err != nil {
			bad("XMPP_ADDRS", "%v", err)
		}
	}
	if c.ConsumerPriority < 0 || c.ConsumerPriority > 127 {
		bad("CONSUMER_PRIORITY", "%d is not within 0 to 127", c.ConsumerPriority)
	}
	for name, n := range map[string]int{"FINESSE_MAX_REQUESTS": c.FinesseMaxRequests, "FINESSE_RETURN_RATE": c.FinesseReturnRate} {
		if n < 1 || n > 10_000 {
			bad(name, "%d is not within 1 to 10000", n)
		}
	}
	if c.CommandPrefetch < 1 || c.CommandPrefetch > 20_000 {
		bad("COMMAND_PREFETCH", "%d is not within 1 to 20000", c.CommandPrefetch)
	}
	oneOf := map[string]struct {
		value   string
		allowed []string
	}{
		"OUTPUT_JMSTYPE": {c.OutputJMSType, []string{"code", "category", "none"}},
		"XMPP_TLS":       {c.XMPPTLS, []string{"direct", "starttls", "none"}},
		"XMPP_TRANSPORT": {c.XMPPTransport, []string{"tcp", "websocket", "auto"}},
		"MEMORY":         {c.Memory, []string{"on", "off"}},
		"LOG_FORMAT":     {c.LogFormat, []string{"json", "console"}},
	}
	for name, o := range oneOf {
		if !slices.Contains(o.allowed, o.value) {
			bad(name, "%q is not one of %s", o.value, strings.Join(o.allowed, ", "))
		}
	}
	if _, err := zerolog.ParseLevel(c.LogLevel); err != nil || c.LogLevel == "" {
		bad("LOG_LEVEL", "%q is not a level", c.LogLevel)
	}
	for name, d := range map[string]time.Duration{"OUTCOME_TIMEOUT": c.OutcomeTimeout, "FINESSE_TIMEOUT": c.FinesseTimeout, "FINESSE_HEARTBEAT": c.FinesseHeartbeat, "XMPP_PING": c.XMPPPing, "SYNC_INTERVAL": c.SyncInterval, "SYNC_TIMEOUT": c.SyncTimeout} {
		if d <= 0 {
			bad(name, "must be more than 0")
		}
	}
	for name, d := range map[string]time.Duration{"COMMAND_MAX_AGE": c.CommandMaxAge, "OUTPUT_TTL": c.OutputTTL} {
		if d < 0 {
			bad(name, "must not be negative")
		}
	}
	if c.ResyncInterval != 0 && c.ResyncInterval < 10*time.Second {
		bad("RESYNC_INTERVAL", "must be at least 10s, or 0")
	}
	if c.InactivityLogout != 0 && c.InactivityLogout < 10*time.Second {
		bad("INACTIVITY_LOGOUT", "must be at least 10s, or 0")
	}
	if c.MaxAgents < 0 {
		bad("MAX_AGENTS", "must not be negative")
	}
	for name, code := range map[string]string{
		"DEFAULT_NOT_READY_REASON": c.DefaultNotReadyReason, "DEFAULT_LOGOUT_REASON": c.DefaultLogoutReason,
		"SUPERVISOR_NOT_READY_REASON": c.SupervisorNotReadyReason, "SUPERVISOR_LOGOUT_REASON": c.SupervisorLogoutReason,
	} {
		if _, err := strconv.Atoi(code); code != "" && err != nil {
			bad(name, "%q is not a number", code)
		}
	}
	if (c.BrokerCertFile == "") != (c.BrokerKeyFile == "") {
		bad("BROKER_CERT_FILE", "needs GC_BROKER_KEY_FILE, and the other way round")
	}
	c.validateCommands(bad)
	if err := c.validateAdmin(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c Config) validateAdmin() error {
	if c.AdminListen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.AdminListen)
	if err != nil {
		return fmt.Errorf("config: GC_ADMIN_LISTEN: %w", err)
	}
	if loopback(host) || !c.AdminToken.IsZero() {
		return nil
	}
	return errors.New("config: GC_ADMIN_LISTEN is not loopback: set GC_ADMIN_TOKEN")
}

func checkURLs(urls, schemes []string, bad func(string)) {
	if len(urls) == 0 {
		bad("is empty")
	}
	for _, raw := range urls {
		u, err := url.Parse(strings.TrimSpace(raw))
		switch {
		case err != nil:
			bad("not a URL") // the error would print the URL, and with it a password
		case !slices.Contains(schemes, u.Scheme) || u.Host == "":
			bad(fmt.Sprintf("%s is not %s://host:port", u.Redacted(), strings.Join(schemes, ":// or ")))
		case u.User != nil:
			bad(fmt.Sprintf("%s: credentials belong in separate variables", u.Redacted()))
		}
	}
}
