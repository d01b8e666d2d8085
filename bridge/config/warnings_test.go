package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWarnings has a configuration per warning, and what is one line of it.
func TestWarnings(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   []Warning
	}{
		"the defaults": {func(*Config) {}, nil},
		"everything on loopback": {func(c *Config) {
			c.BrokerURLs = []string{"stomp://127.0.0.1:61613", "stomp://[::1]:61613"}
			c.FinesseURLs, c.XMPPTLS, c.XMPPAddrs = []string{"http://localhost:8082/finesse/api"}, "none", []string{"127.0.0.1:5222"}
			c.RecordingPauseURL = "http://LOCALHOST/pause"
		}, nil},
		"all with TLS": {func(c *Config) {
			c.BrokerURLs, c.FinesseURLs, c.XMPPTLS = []string{"stomp+ssl://a:1"}, []string{"https://b"}, "starttls"
			c.RecordingPauseURL, c.RecordingResumeURL = "https://c/{agent}", "https://c/{agent}"
		}, nil},
		"insecure TLS": {func(c *Config) { c.FinesseInsecureTLS = true }, []Warning{
			{"GC_FINESSE_INSECURE_TLS", "Finesse's certificates are not verified: whoever is in between gets the agents' passwords"},
		}},
		"passwords on the pair's topic": {func(c *Config) { c.SyncPlaintext = true }, []Warning{
			{"GC_SYNC_PLAINTEXT", "the agents' passwords go in clear to the topic ConnectorSync: whoever may read it has them"},
		}},
		"no topic": {func(c *Config) { c.SyncPlaintext, c.SyncTopic = true, "" }, nil},
		"STOMP": {func(c *Config) {
			c.BrokerURLs = []string{"stomp://a:61613", "stomp+ssl://b:61613", " stomp://c:61613", "stomp://localhost:1"}
		}, []Warning{
			{"GC_BROKER_URLS", "stomp without TLS to a:61613, c:61613: commands go to the broker in clear, with the agents' passwords"},
		}},
		"http": {func(c *Config) {
			c.FinesseURLs = []string{"http://10.0.0.1:8082/finesse/api", "https://b/finesse/api"}
			c.RecordingPauseURL, c.RecordingResumeURL = "http://recorder/{agent}", "http://recorder/{agent}/resume"
		}, []Warning{
			{"GC_FINESSE_URLS", "http without TLS to 10.0.0.1:8082: the agents' passwords go to Finesse in clear"},
			{"GC_RECORDING_PAUSE_URL", "http without TLS to recorder: the call recorder is told in clear"},
			{"GC_RECORDING_RESUME_URL", "http without TLS to recorder: the call recorder is told in clear"},
		}},
		"XMPP at Finesse's own host": {func(c *Config) { c.FinesseURLs, c.XMPPTLS = []string{"https://a:8445/finesse/api"}, "none" }, []Warning{
			{"GC_XMPP_TLS", "XMPP without TLS to a: the agents' passwords go in clear"},
		}},
		"XMPP elsewhere": {func(c *Config) { c.XMPPAddrs, c.XMPPTLS = []string{"a:5222", "127.0.0.1:5222"}, "none" }, []Warning{
			{"GC_XMPP_TLS", "XMPP without TLS to a:5222: the agents' passwords go in clear"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			clean(t)
			c := Default()
			tc.change(&c)
			require.Equal(t, tc.want, c.Warnings())
		})
	}
}

func TestSecretFilesThatOthersCanWrite(t *testing.T) {
	for mode, bad := range map[os.FileMode]string{
		0o600: "", 0o400: "", 0o644: "", 0o440: "", 0o620: "0620", 0o602: "0602", 0o666: "0666",
	} {
		clean(t)
		path := filepath.Join(t.TempDir(), "secret")
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o600))
		require.NoError(t, os.Chmod(path, mode))
		t.Setenv("GC_BROKER_PASSWORD_FILE", path)
		var want []Warning
		if bad != "" {
			want = []Warning{{"GC_BROKER_PASSWORD_FILE", "others can write " + path + " (mode " + bad + "), and so choose the secret"}}
		}
		require.Equal(t, want, Default().Warnings(), "%o", mode)
	}
	t.Setenv("GC_BROKER_PASSWORD_FILE", filepath.Join(t.TempDir(), "none"))
	require.Empty(t, Default().Warnings(), "Load says that there is none")
}
