package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
)

// cleanEnvironment removes every GC_ variable for the test.
func cleanEnvironment(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if strings.HasPrefix(name, config.Prefix+"_") {
			t.Setenv(name, "") // restores it afterwards
			require.NoError(t, os.Unsetenv(name))
		}
	}
}

func TestConfigDoc(t *testing.T) {
	out, err := run(t, nil, "config", "doc")
	require.NoError(t, err)
	var c config.Config
	for _, v := range config.Vars(&c) {
		row := `(?m)^\| ` + v.Name + `(, ` + v.Name + `_FILE)? \|.*` + regexp.QuoteMeta(v.Desc) + ` \|$`
		require.Regexp(t, row, out)
		require.Equal(t, v.Secret, strings.Contains(out, v.Name+"_FILE"), v.Name)
	}
	file, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	require.NoError(t, err)
	require.Equal(t, out, string(file), "docs/configuration.md is not current: go generate ./cmd/gcbridge")
}

func TestConfigWithoutACommandItKnows(t *testing.T) {
	for _, args := range [][]string{{"config"}, {"config", "bogus"}} {
		out, err := run(t, nil, args...)
		require.ErrorContains(t, err, "config needs one of doc, check and print")
		require.Contains(t, out, "Usage:")
	}
}

// TestServiceLinksOfKubernetes: a service named gc or gc-... must not stop the start.
func TestServiceLinksOfKubernetes(t *testing.T) {
	cleanEnvironment(t)
	links := []string{
		"GC_PORT", "GC_SERVICE_HOST", "GC_SERVICE_PORT", "GC_SERVICE_PORT_ADMIN", "GC_PORT_8112_TCP", "GC_PORT_8112_TCP_ADDR",
		"GC_PORT_8112_TCP_PORT", "GC_PORT_8112_TCP_PROTO", "GC_BROKER_SERVICE_HOST", "GC_BROKER_PORT_61613_TCP_ADDR",
	}
	for _, name := range links {
		t.Setenv(name, "tcp://10.0.0.1:8112")
	}
	_, err := config.Load()
	require.NoError(t, err)
	require.ElementsMatch(t, links, config.ServiceLinks())
	t.Setenv("GC_PORTS", "1")
	_, err = config.Load()
	require.ErrorContains(t, err, "GC_PORTS is not a known variable")
}

func TestConfigCheck(t *testing.T) {
	out, err := run(t, nil, "config", "check")
	require.NoError(t, err)
	require.Equal(t, "ok\n", out)

	_, err = run(t, []string{"GC_NONSENSE", "1", "GC_MAX_AGENTS", "-1", "GC_BROKER_PASSWORD_FILE", "/nonexistent/password"}, "config", "check")
	for _, want := range []string{"GC_NONSENSE", "GC_MAX_AGENTS", "GC_BROKER_PASSWORD_FILE"} {
		require.ErrorContains(t, err, want)
	}

	for name, value := range map[string]string{
		"GC_SYNC_KEY": "too short", "GC_FINESSE_CA_FILE": "/nonexistent/ca.pem", "GC_COMMAND_QUEUE": "a,b",
	} {
		_, err = run(t, []string{name, value}, "config", "check")
		require.ErrorContains(t, err, name)
	}
}

// TestConfigCheckListsAll: every mistake, also of one kind, and what is a warning only.
func TestConfigCheckListsAll(t *testing.T) {
	out, err := run(t, []string{
		"GC_MAX_AGENTS", "many", "GC_FINESSE_CA_FILE", "/nonexistent/ca.pem", "GC_BROKER_CA_FILE", "/nonexistent/ca2.pem",
		"GC_BROKER_CERT_FILE", "/nonexistent/c.pem", "GC_BROKER_KEY_FILE", "/nonexistent/k.pem",
		"GC_COMMAND_QUEUE", "a,b", "GC_REJECT_QUEUE", "c,d", "GC_SYNC_TOPIC", "e,f", "GC_SYNC_KEY", "too short",
		"GC_FINESSE_INSECURE_TLS", "true", "GC_PORT", "tcp://10.0.0.1:8112",
		"GC_HEARTBEAT_SLEEP", "10000", "MAKE_AGENT_READY", "true",
	}, "config", "check")
	require.Error(t, err)
	for _, name := range []string{
		"GC_MAX_AGENTS", "GC_FINESSE_CA_FILE", "GC_BROKER_CA_FILE", "GC_BROKER_CERT_FILE", "GC_COMMAND_QUEUE", "GC_REJECT_QUEUE",
		"GC_SYNC_TOPIC", "GC_SYNC_KEY", "GC_HEARTBEAT_SLEEP is not a known variable (a name of the original connector; here it is GC_SYNC_INTERVAL)",
	} {
		require.ErrorContains(t, err, name)
	}
	require.Len(t, strings.Split(err.Error(), "\n"), 1+9, "each is named once: %v", err)
	for _, name := range []string{"GC_FINESSE_INSECURE_TLS", "GC_PORT", "MAKE_AGENT_READY"} {
		require.Contains(t, out, "warning: "+name+": ")
	}
}

func TestConfigPrint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("c4n4ry-1\n"), 0o600))
	out, err := run(t, []string{
		"GC_BROKER_PASSWORD_FILE", file, "GC_ADMIN_TOKEN", "c4n4ry-2", "GC_CONSUMER_PRIORITY", "100", "GC_NODE_ID", "node-2",
	}, "config", "print")
	require.NoError(t, err)
	require.NotContains(t, out, "c4n4ry")
	for _, line := range []string{
		`GC_NODE_ID +node-2 +environment`,
		`GC_BROKER_PASSWORD +\[redacted\] +` + regexp.QuoteMeta(file),
		`GC_ADMIN_TOKEN +\[redacted\] +environment`,
		`GC_CONSUMER_PRIORITY +100 +environment`,
		`GC_COMMAND_MAX_AGE +30s +default`,
		`GC_BROKER_USER +- +default`,
	} {
		require.Regexp(t, `(?m)^`+line+`$`, out)
	}
	var c config.Config
	require.Equal(t, len(config.Vars(&c)), strings.Count(out, "\n"))

	_, err = run(t, []string{"GC_XMPP_TLS", "maybe"}, "config", "print")
	require.ErrorContains(t, err, "GC_XMPP_TLS")

	host, err := os.Hostname()
	require.NoError(t, err)
	out, err = run(t, nil, "config", "print")
	require.NoError(t, err)
	require.Regexp(t, `(?m)^GC_NODE_ID +`+regexp.QuoteMeta(host)+` +host name$`, out)
}
