package config

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

// TestValidateNamesTheVariable holds the whole text of every finding: it is all
// that an operator gets to see.
func TestValidateNamesTheVariable(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string // without "config: "
	}{
		"no broker":           {func(c *Config) { c.BrokerURLs = nil }, "GC_BROKER_URLS: is empty"},
		"no Finesse":          {func(c *Config) { c.FinesseURLs = []string{} }, "GC_FINESSE_URLS: is empty"},
		"no URL":              {func(c *Config) { c.BrokerURLs = []string{"stomp://a:b c"} }, "GC_BROKER_URLS: not a URL"},
		"scheme of a broker":  {func(c *Config) { c.BrokerURLs = []string{"tcp://a:1"} }, "GC_BROKER_URLS: tcp://a:1 is not stomp:// or stomp+ssl://host:port"},
		"broker without host": {func(c *Config) { c.BrokerURLs = []string{"stomp:a"} }, "GC_BROKER_URLS: stomp:a is not stomp:// or stomp+ssl://host:port"},
		"scheme of a Finesse": {func(c *Config) { c.FinesseURLs = []string{"ftp://a"} }, "GC_FINESSE_URLS: ftp://a is not http:// or https://host:port"},
		"credentials": {
			func(c *Config) { c.FinesseURLs = []string{"http://u:hunter2@a"} },
			"GC_FINESSE_URLS: http://u:xxxxx@a: credentials belong in separate variables",
		},
		"addresses without a Finesse": {func(c *Config) { c.XMPPAddrs = []string{"a:1", "b:1"} }, "GC_XMPP_ADDRS: 2 addresses for 1 Finesse URLs"},
		"one address for two Finesses": {
			func(c *Config) { c.FinesseURLs, c.XMPPAddrs = []string{"http://a", "http://b"}, []string{"a:1"} },
			"GC_XMPP_ADDRS: 1 addresses for 2 Finesse URLs",
		},
		"scheme of a token service": {func(c *Config) { c.SSOTokenURL = "ftp://a" }, "GC_SSO_TOKEN_URL: ftp://a is not http:// or https://host:port"},
		"password in a token service": {
			func(c *Config) { c.SSOTokenURL = "https://u:secret@a" },
			"GC_SSO_TOKEN_URL: https://u:xxxxx@a: credentials belong in separate variables",
		},
		"address without a port":    {func(c *Config) { c.XMPPAddrs = []string{"a"} }, "GC_XMPP_ADDRS: address a: missing port in address"},
		"priority below":            {func(c *Config) { c.ConsumerPriority = -1 }, "GC_CONSUMER_PRIORITY: -1 is not within 0 to 127"},
		"priority above":            {func(c *Config) { c.ConsumerPriority = 128 }, "GC_CONSUMER_PRIORITY: 128 is not within 0 to 127"},
		"JMS type":                  {func(c *Config) { c.OutputJMSType = "x" }, `GC_OUTPUT_JMSTYPE: "x" is not one of code, category, none`},
		"TLS of XMPP":               {func(c *Config) { c.XMPPTLS = "x" }, `GC_XMPP_TLS: "x" is not one of direct, starttls, none`},
		"log format":                {func(c *Config) { c.LogFormat = "x" }, `GC_LOG_FORMAT: "x" is not one of json, console`},
		"log level":                 {func(c *Config) { c.LogLevel = "loud" }, `GC_LOG_LEVEL: "loud" is not a level`},
		"no log level":              {func(c *Config) { c.LogLevel = "" }, `GC_LOG_LEVEL: "" is not a level`},
		"no request":                {func(c *Config) { c.FinesseMaxRequests = 0 }, "GC_FINESSE_MAX_REQUESTS: 0 is not within 1 to 10000"},
		"too many requests":         {func(c *Config) { c.FinesseMaxRequests = 10_001 }, "GC_FINESSE_MAX_REQUESTS: 10001 is not within 1 to 10000"},
		"nobody returns":            {func(c *Config) { c.FinesseReturnRate = 0 }, "GC_FINESSE_RETURN_RATE: 0 is not within 1 to 10000"},
		"all return at once":        {func(c *Config) { c.FinesseReturnRate = 10_001 }, "GC_FINESSE_RETURN_RATE: 10001 is not within 1 to 10000"},
		"request time":              {func(c *Config) { c.FinesseTimeout = 0 }, "GC_FINESSE_TIMEOUT: must be more than 0"},
		"poll":                      {func(c *Config) { c.FinesseHeartbeat = 0 }, "GC_FINESSE_HEARTBEAT: must be more than 0"},
		"memory":                    {func(c *Config) { c.Memory = "yes" }, `GC_MEMORY: "yes" is not one of on, off`},
		"transport of XMPP":         {func(c *Config) { c.XMPPTransport = "x" }, `GC_XMPP_TRANSPORT: "x" is not one of tcp, websocket, auto`},
		"ping":                      {func(c *Config) { c.XMPPPing = -1 }, "GC_XMPP_PING: must be more than 0"},
		"announcements":             {func(c *Config) { c.SyncInterval = 0 }, "GC_SYNC_INTERVAL: must be more than 0"},
		"silence":                   {func(c *Config) { c.SyncTimeout = 0 }, "GC_SYNC_TIMEOUT: must be more than 0"},
		"routine reading":           {func(c *Config) { c.ResyncInterval = time.Second }, "GC_RESYNC_INTERVAL: must be at least 10s, or 0"},
		"age of commands":           {func(c *Config) { c.CommandMaxAge = -1 }, "GC_COMMAND_MAX_AGE: must not be negative"},
		"life of outputs":           {func(c *Config) { c.OutputTTL = -1 }, "GC_OUTPUT_TTL: must not be negative"},
		"agents":                    {func(c *Config) { c.MaxAgents = -1 }, "GC_MAX_AGENTS: must not be negative"},
		"reason of not ready":       {func(c *Config) { c.DefaultNotReadyReason = "x" }, `GC_DEFAULT_NOT_READY_REASON: "x" is not a number`},
		"reason of logout":          {func(c *Config) { c.DefaultLogoutReason = "x" }, `GC_DEFAULT_LOGOUT_REASON: "x" is not a number`},
		"certificate alone":         {func(c *Config) { c.BrokerCertFile = "c" }, "GC_BROKER_CERT_FILE: needs GC_BROKER_KEY_FILE, and the other way round"},
		"key alone":                 {func(c *Config) { c.BrokerKeyFile = "k" }, "GC_BROKER_CERT_FILE: needs GC_BROKER_KEY_FILE, and the other way round"},
		"zone":                      {func(c *Config) { c.Timezone = "x" }, "GC_TIMEZONE: unknown time zone x"},
		"reason of a forced state":  {func(c *Config) { c.SupervisorNotReadyReason = "x" }, `GC_SUPERVISOR_NOT_READY_REASON: "x" is not a number`},
		"reason of a forced logout": {func(c *Config) { c.SupervisorLogoutReason = "x" }, `GC_SUPERVISOR_LOGOUT_REASON: "x" is not a number`},
		"hasty inactivity logout":   {func(c *Config) { c.InactivityLogout = 9 * time.Second }, "GC_INACTIVITY_LOGOUT: must be at least 10s, or 0"},

		"cipher":              {func(c *Config) { c.PasswordCipher = "aes" }, `GC_PASSWORD_CIPHER: "aes" is neither none nor 3des`},
		"key without cipher":  {func(c *Config) { c.PasswordKey = secret.New("k") }, "GC_PASSWORD_KEY: needs GC_PASSWORD_CIPHER=3des"},
		"IV without cipher":   {func(c *Config) { c.PasswordIV = secret.New("v") }, "GC_PASSWORD_KEY: needs GC_PASSWORD_CIPHER=3des"},
		"administrator alone": {func(c *Config) { c.FinesseAdminUser = "a" }, "GC_FINESSE_ADMIN_USER: needs GC_FINESSE_ADMIN_PASSWORD, and the other way round"},
		"hook to pause":       {func(c *Config) { c.RecordingPauseURL = "ftp://a" }, "GC_RECORDING_PAUSE_URL: not an http or https URL"},
		"hook to resume":      {func(c *Config) { c.RecordingResumeURL = "http:" }, "GC_RECORDING_RESUME_URL: not an http or https URL"},
		"hook of nonsense":    {func(c *Config) { c.RecordingPauseURL = "http://a:b c" }, "GC_RECORDING_PAUSE_URL: not a URL"},
		"hook with password":  {func(c *Config) { c.RecordingPauseURL = "http://u:hunter2@a" }, "GC_RECORDING_PAUSE_URL: credentials belong in separate variables"},
		"placeholder": {
			func(c *Config) { c.RecordingPauseURL = "http://a/{call}" },
			"GC_RECORDING_PAUSE_URL: the placeholders are {agent}, {extension} and {dialog}",
		},
		"method of a hook":  {func(c *Config) { c.RecordingMethod = "BREW" }, `GC_RECORDING_METHOD: "BREW" is not one of GET, POST, PUT`},
		"time of a hook":    {func(c *Config) { c.RecordingTimeout = 0 }, "GC_RECORDING_TIMEOUT: must be more than 0"},
		"password of none":  {func(c *Config) { c.RecordingPassword = secret.New("hunter2") }, "GC_RECORDING_PASSWORD: needs GC_RECORDING_USER"},
		"states":            {func(c *Config) { c.AgentStatesInterval = -1 }, "GC_AGENT_STATES_INTERVAL: must not be negative"},
		"no address":        {func(c *Config) { c.AdminListen = "8112" }, "GC_ADMIN_LISTEN: address 8112: missing port in address"},
		"open to the world": {func(c *Config) { c.AdminListen = ":8112" }, "GC_ADMIN_LISTEN is not loopback: set GC_ADMIN_TOKEN"},
	} {
		t.Run(name, func(t *testing.T) {
			c := Default()
			tc.change(&c)
			require.EqualError(t, c.Validate(), "config: "+tc.want)
		})
	}
}

// TestValidateAccepts goes to the ends of what is allowed.
func TestValidateAccepts(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"defaults":          func(*Config) {},
		"TLS to the broker": func(c *Config) { c.BrokerURLs = []string{"stomp+ssl://a:1", " stomp://b:1"} },
		"plain Finesse":     func(c *Config) { c.FinesseURLs = []string{"http://a", "https://b"} },
		"one address each":  func(c *Config) { c.XMPPAddrs = []string{"a:5223"} },
		"lowest priority":   func(c *Config) { c.ConsumerPriority = 0 },
		"highest priority":  func(c *Config) { c.ConsumerPriority = 127 },
		"category":          func(c *Config) { c.OutputJMSType = "category" },
		"no JMS type":       func(c *Config) { c.OutputJMSType = "none" },
		"starttls":          func(c *Config) { c.XMPPTLS = "starttls" },
		"fewest requests":   func(c *Config) { c.FinesseMaxRequests, c.FinesseReturnRate = 1, 1 },
		"most requests":     func(c *Config) { c.FinesseMaxRequests, c.FinesseReturnRate = 10_000, 10_000 },
		"no TLS":            func(c *Config) { c.XMPPTLS = "none" },
		"console":           func(c *Config) { c.LogFormat = "console" },
		"shortest times": func(c *Config) {
			c.FinesseTimeout, c.FinesseHeartbeat, c.XMPPPing, c.SyncInterval, c.SyncTimeout, c.RecordingTimeout = 1, 1, 1, 1, 1, 1
		},
		"off":           func(c *Config) { c.CommandMaxAge, c.OutputTTL, c.AgentStatesInterval, c.MaxAgents = 0, 0, 0, 0 },
		"reasons":       func(c *Config) { c.DefaultNotReadyReason, c.DefaultLogoutReason = "8", "-1" },
		"mutual TLS":    func(c *Config) { c.BrokerCertFile, c.BrokerKeyFile = "c", "k" },
		"administrator": func(c *Config) { c.FinesseAdminUser, c.FinesseAdminPassword = "a", secret.New("p") },
		"hooks": func(c *Config) {
			c.RecordingPauseURL, c.RecordingResumeURL = "http://{agent}:{extension}/{dialog}", "https://a/"
			c.RecordingUser, c.RecordingPassword, c.RecordingMethod = "u", secret.New("p"), "PUT"
		},
		"hook at the agent's host":                 func(c *Config) { c.RecordingPauseURL = "http://{agent}/" },
		"hook at the extension's host":             func(c *Config) { c.RecordingPauseURL = "http://{extension}/" },
		"hook at the dialog's host":                func(c *Config) { c.RecordingPauseURL = "http://{dialog}/" },
		"hook with a digit before the placeholder": func(c *Config) { c.RecordingPauseURL = "http://a:8{dialog}/{agent}" },
		"no admin server":                          func(c *Config) { c.AdminListen = "" },
	} {
		t.Run(name, func(t *testing.T) {
			c := Default()
			change(&c)
			require.NoError(t, c.Validate())
		})
	}
}

func TestPasswordDecipherer(t *testing.T) {
	c := Default()
	d, err := c.PasswordDecipherer()
	require.NoError(t, err)
	require.Nil(t, d)
	c.PasswordCipher = "3des"
	require.ErrorContains(t, c.Validate(), "config: GC_PASSWORD_CIPHER: GC_PASSWORD_KEY, GC_PASSWORD_IV: ")
	c.PasswordKey, c.PasswordIV = secret.New("0123456789abcdeffedcba9876543210"), secret.New("0123456789abcdef")
	require.NoError(t, c.Validate())
	d, err = c.PasswordDecipherer()
	require.NoError(t, err)
	require.NotNil(t, d)
}

func TestValues(t *testing.T) {
	c := Default()
	c.BrokerURLs, c.BrokerPassword = []string{"stomp://a:1", "stomp://b:1"}, secret.New("s3cr3t")
	c.FinesseTimeout, c.ConsumerPriority = 1500*time.Millisecond, 7
	got := map[string]string{}
	for _, v := range Vars(&c) {
		got[v.Name] = v.Value()
	}
	for name, want := range map[string]string{
		"GC_BROKER_URLS": "stomp://a:1,stomp://b:1", "GC_BROKER_PASSWORD": "[redacted]", "GC_ADMIN_TOKEN": "",
		"GC_FINESSE_TIMEOUT": "1.5s", "GC_CONSUMER_PRIORITY": "7", "GC_BROKER_PRIORITY_BACKUP": "true", "GC_LOG_LEVEL": "info",
	} {
		require.Equal(t, want, got[name], name)
	}
}
