package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
)

// clean removes every GC_ variable for the test.
func clean(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, Prefix+"_") {
			t.Setenv(name, "") // restores it afterwards
			require.NoError(t, os.Unsetenv(name))
		}
	}
}

func TestDefaults(t *testing.T) {
	clean(t)
	c, err := Load()
	require.NoError(t, err)
	require.Equal(t, []string{"stomp://localhost:61613"}, c.BrokerURLs)
	require.Equal(t, 30*time.Second, c.CommandMaxAge)
	require.Equal(t, 127, c.ConsumerPriority)
	require.Equal(t, 1000, c.CommandPrefetch)
	require.Equal(t, 5*time.Second, c.OutcomeTimeout)
	require.True(t, c.BrokerPriorityBackup)
	require.Empty(t, cmp.Diff(c, Default(), cmpopts.EquateEmpty(), cmp.Comparer(secret.Secret.Equal)),
		"Default is what an empty environment gives")
}

func TestLoadRefuses(t *testing.T) {
	for _, tc := range []struct{ name, value, want string }{
		{"GC_BROKER_URL", "x", "GC_BROKER_URL is not a known variable"},
		{"GC_BROKER_USER_FILE", "x", "GC_BROKER_USER_FILE is not a known variable"},
		{"GC_BROKER_URLS", "tcp://a:61616", "GC_BROKER_URLS"},
		{"GC_BROKER_URLS", "stomp://user:hunter2@a:61613", "separate variables"},
		{"GC_FINESSE_URLS", "fin1.example.com", "GC_FINESSE_URLS"},
		{"GC_CONSUMER_PRIORITY", "128", "GC_CONSUMER_PRIORITY"},
		{"GC_CONSUMER_PRIORITY", "high", "GC_CONSUMER_PRIORITY"},
		{"GC_COMMAND_MAX_AGE", "30", "GC_COMMAND_MAX_AGE"},
		{"GC_COMMAND_MAX_AGE", "-1s", "GC_COMMAND_MAX_AGE"},
		{"GC_COMMAND_PREFETCH", "0", "GC_COMMAND_PREFETCH"},
		{"GC_COMMAND_PREFETCH", "20001", "GC_COMMAND_PREFETCH"},
		{"GC_OUTCOME_TIMEOUT", "0s", "GC_OUTCOME_TIMEOUT"},
		{"GC_OUTPUT_JMSTYPE", "number", "GC_OUTPUT_JMSTYPE"},
		{"GC_EDITION", "5", "GC_EDITION"},
		{"GC_EDITION", "3", "GC_MESSAGE_FORMAT"},
		{"GC_MESSAGE_FORMAT", "XML", "GC_MESSAGE_FORMAT"},
		{"GC_TIMEZONE", "Mars/Olympus", "GC_TIMEZONE"},
		{"GC_XMPP_ADDRS", "a:5223,b:5223", "2 addresses for 1"},
		{"GC_XMPP_TLS", "maybe", "GC_XMPP_TLS"},
		{"GC_XMPP_PING", "0s", "GC_XMPP_PING"},
		{"GC_MAX_AGENTS", "-1", "GC_MAX_AGENTS"},
		{"GC_DEFAULT_LOGOUT_REASON", "Lunch", "GC_DEFAULT_LOGOUT_REASON"},
		{"GC_BROKER_CERT_FILE", "c.pem", "GC_BROKER_KEY_FILE"},
		{"GC_ADMIN_LISTEN", "0.0.0.0:8112", "GC_ADMIN_TOKEN"},
		{"GC_ADMIN_LISTEN", "8112", "GC_ADMIN_LISTEN"},
		{"GC_PASSWORD_CIPHER", "aes", "GC_PASSWORD_CIPHER"},
		{"GC_PASSWORD_CIPHER", "3des", "GC_PASSWORD_KEY"},
		{"GC_PASSWORD_KEY", "hunter2", "GC_PASSWORD_CIPHER=3des"},
		{"GC_FINESSE_ADMIN_USER", "admin", "GC_FINESSE_ADMIN_PASSWORD"},
		{"GC_FINESSE_ADMIN_PASSWORD", "hunter2", "GC_FINESSE_ADMIN_USER"},
		{"GC_RECORDING_PAUSE_URL", "recorder/pause", "GC_RECORDING_PAUSE_URL"},
		{"GC_RECORDING_PAUSE_URL", "http://u:hunter2@recorder/pause", "separate variables"},
		{"GC_RECORDING_RESUME_URL", "http://recorder/{call}", "placeholders"},
		{"GC_RECORDING_METHOD", "BREW", "GC_RECORDING_METHOD"},
		{"GC_RECORDING_TIMEOUT", "0s", "GC_RECORDING_TIMEOUT"},
		{"GC_RECORDING_PASSWORD", "hunter2", "GC_RECORDING_USER"},
		{"GC_AGENT_STATES_INTERVAL", "-1s", "GC_AGENT_STATES_INTERVAL"},
		{"GC_LOG_LEVEL", "loud", "GC_LOG_LEVEL"},
		{"GC_LOG_FORMAT", "xml", "GC_LOG_FORMAT"},
		{"GC_BROKER_PASSWORD_FILE", "/nonexistent/password", "GC_BROKER_PASSWORD_FILE"},
	} {
		t.Run(tc.name+"="+tc.value, func(t *testing.T) {
			clean(t)
			t.Setenv(tc.name, tc.value)
			_, err := Load()
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

// The ends of every range are within it.
func TestLoadAccepts(t *testing.T) {
	for _, tc := range []struct{ name, value string }{
		{"GC_CONSUMER_PRIORITY", "0"},
		{"GC_CONSUMER_PRIORITY", "127"},
		{"GC_COMMAND_PREFETCH", "1"},
		{"GC_COMMAND_PREFETCH", "20000"},
		{"GC_OUTCOME_TIMEOUT", "1ns"},
		{"GC_COMMAND_MAX_AGE", "0s"},
		{"GC_OUTPUT_TTL", "0s"},
		{"GC_MAX_AGENTS", "0"},
		{"GC_AGENT_STATES_INTERVAL", "0s"},
		{"GC_BROKER_URLS", "stomp://a:61613,stomp+ssl://b:61614"},
		{"GC_FINESSE_URLS", "http://a/finesse/api"},
		{"GC_RECORDING_PAUSE_URL", "http://recorder/{agent}/{extension}/{dialog}"},
		{"GC_RECORDING_RESUME_URL", "https://recorder/"},
		{"GC_DEFAULT_LOGOUT_REASON", "12"},
		{"GC_XMPP_ADDRS", "a:5223"},
		{"GC_LOG_LEVEL", "trace"},
		{"GC_BROKER_PASSWORD", "hunter2"},
	} {
		t.Run(tc.name+"="+tc.value, func(t *testing.T) {
			clean(t)
			t.Setenv(tc.name, tc.value)
			c, err := Load()
			require.NoError(t, err)
			for _, v := range Vars(&c) {
				if v.Name == tc.name && !v.Secret {
					require.Equal(t, tc.value, v.Value())
				}
			}
		})
	}
}

// A file that cannot be read keeps no other from being read or reported.
func TestEverySecretFileIsRead(t *testing.T) {
	clean(t)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "token"), []byte("t0ken"), 0o600))
	t.Setenv("GC_BROKER_PASSWORD_FILE", filepath.Join(dir, "missing"))
	t.Setenv("GC_SYNC_KEY_FILE", filepath.Join(dir, "missing too"))
	t.Setenv("GC_ADMIN_TOKEN_FILE", filepath.Join(dir, "token"))
	c, err := Load()
	require.ErrorContains(t, err, "GC_BROKER_PASSWORD_FILE")
	require.ErrorContains(t, err, "GC_SYNC_KEY_FILE")
	require.NotContains(t, err.Error(), "GC_ADMIN_TOKEN_FILE")
	require.Equal(t, "t0ken", c.AdminToken.Reveal())
}

func TestAllFindingsAtOnce(t *testing.T) {
	clean(t)
	t.Setenv("GC_NONSENSE", "1")
	t.Setenv("GC_MAX_AGENTS", "-1")
	t.Setenv("GC_XMPP_TLS", "maybe")
	_, err := Load()
	for _, want := range []string{"GC_NONSENSE", "GC_MAX_AGENTS", "GC_XMPP_TLS"} {
		require.ErrorContains(t, err, want)
	}
}

func TestOnlyPrefixedNamesCount(t *testing.T) {
	clean(t)
	t.Setenv("LOG_LEVEL", "trace")
	t.Setenv("MAX_AGENTS", "7")
	c, err := Load()
	require.NoError(t, err)
	require.Equal(t, "info", c.LogLevel)
	require.Zero(t, c.MaxAgents)
}

func TestEveryValueThatDoesNotParseIsNamed(t *testing.T) {
	clean(t)
	t.Setenv("GC_MAX_AGENTS", "many")
	t.Setenv("GC_SYNC_TIMEOUT", "soon")
	t.Setenv("GC_XMPP_TLS", "maybe")
	_, err := Load()
	for _, want := range []string{"GC_MAX_AGENTS", "GC_SYNC_TIMEOUT", "GC_XMPP_TLS"} {
		require.Equal(t, 1, strings.Count(err.Error(), want), "%s in %v", want, err)
	}
	require.Equal(t, "many", os.Getenv("GC_MAX_AGENTS"), "the environment stays")
	require.Equal(t, "soon", os.Getenv("GC_SYNC_TIMEOUT"), "the environment stays")
}

func TestParseEndsAtAMistakeThatIsNotInTheEnvironment(t *testing.T) {
	clean(t)
	var bad struct {
		X int `envconfig:"GC_X" default:"many"`
	}
	require.Len(t, parse(&bad), 1, "a default that does not parse")
	require.Len(t, parse(bad), 1, "not a pointer")
}

func TestNamesOfOthersAreNotRead(t *testing.T) {
	clean(t)
	t.Setenv("GCC_HOME", "x")
	_, err := Load()
	require.NoError(t, err)
}

func TestSecretFromFile(t *testing.T) {
	clean(t)
	path := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(path, []byte("s3cr3t \n"), 0o600))
	t.Setenv("GC_BROKER_PASSWORD_FILE", path)
	c, err := Load()
	require.NoError(t, err)
	require.Equal(t, "s3cr3t ", c.BrokerPassword.Reveal(), "only the line end goes")
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "s3cr3t")
	for _, v := range Vars(&c) {
		require.NotContains(t, v.Value(), "s3cr3t")
	}
	t.Setenv("GC_BROKER_PASSWORD", "other")
	_, err = Load()
	require.ErrorContains(t, err, "both set")
}

func TestEveryVariableIsDescribed(t *testing.T) {
	var c Config
	names := map[string]bool{}
	for _, v := range Vars(&c) {
		require.NotEmpty(t, v.Desc, v.Name)
		require.False(t, names[v.Name], "%s twice", v.Name)
		names[v.Name] = true
	}
}

func TestAdminBeyondLoopbackNeedsToken(t *testing.T) {
	c := Default()
	for addr, ok := range map[string]bool{"127.0.0.1:1": true, "[::1]:1": true, "localhost:1": true, ":1": false, "10.0.0.1:1": false, "": true} {
		c.AdminListen = addr
		require.Equal(t, ok, c.Validate() == nil, addr)
	}
	c.AdminListen, c.AdminToken = ":1", secret.New("t")
	require.NoError(t, c.Validate())
}
