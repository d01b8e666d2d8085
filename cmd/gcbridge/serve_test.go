package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestServeWarns: what others can make use of is said at the start, a line each.
func TestServeWarns(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("hunter2"), 0o600))
	require.NoError(t, os.Chmod(password, 0o666))
	out, err := run(t, []string{
		"GC_NODE_ID", "n1", "GC_ADMIN_LISTEN", "127.0.0.1:99999", // so that it ends
		"GC_BROKER_URLS", "stomp://broker.example:61613", "GC_FINESSE_URLS", "http://finesse.example/finesse/api", "GC_XMPP_TLS", "none",
		"GC_FINESSE_INSECURE_TLS", "true", "GC_SYNC_PLAINTEXT", "true", "GC_BROKER_PASSWORD_FILE", password,
	}, "serve")
	require.ErrorContains(t, err, "admin: ")
	for _, setting := range []string{
		"GC_BROKER_URLS", "GC_FINESSE_URLS", "GC_XMPP_TLS", "GC_FINESSE_INSECURE_TLS", "GC_SYNC_PLAINTEXT", "GC_BROKER_PASSWORD_FILE",
	} {
		require.Equal(t, 1, strings.Count(out, `"level":"warn","setting":"`+setting+`"`), out)
	}
	require.NotContains(t, out, "hunter2")
	out, err = run(t, []string{"GC_NODE_ID", "n1", "GC_ADMIN_LISTEN", "127.0.0.1:99999"}, "serve")
	require.ErrorContains(t, err, "admin: ")
	require.NotContains(t, out, `"setting"`)
}
