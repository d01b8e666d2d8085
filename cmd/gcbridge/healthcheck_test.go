package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// run runs the program with a clean environment and the variables given as
// name, value pairs.
func run(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	cleanEnvironment(t)
	for i := 0; i < len(env); i += 2 {
		t.Setenv(env[i], env[i+1])
	}
	var out strings.Builder
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestHealthcheck(t *testing.T) {
	ready := true
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/livez" || r.URL.Path == "/readyz" && ready:
		case r.URL.Path == "/readyz":
			http.Error(w, "broker: not connected", http.StatusServiceUnavailable)
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	loopback := srv.Listener.Addr().String()
	_, port, _ := strings.Cut(loopback, ":")

	for _, listen := range []string{loopback, ":" + port, "0.0.0.0:" + port} {
		env := []string{"GC_ADMIN_LISTEN", listen, "GC_ADMIN_TOKEN", "not asked for"}
		ready = true
		_, err := run(t, env, "healthcheck")
		require.NoError(t, err, listen)
		ready = false
		_, err = run(t, env, "healthcheck")
		require.ErrorContains(t, err, "503 Service Unavailable: broker: not connected", listen)
		_, err = run(t, env, "healthcheck", "--live")
		require.NoError(t, err, listen)
	}
	srv.Close()
	_, err := run(t, []string{"GC_ADMIN_LISTEN", loopback}, "healthcheck")
	require.ErrorContains(t, err, "refused")
}

func TestHealthcheckCannotAsk(t *testing.T) {
	_, err := run(t, []string{"GC_ADMIN_LISTEN", ""}, "healthcheck")
	require.ErrorContains(t, err, "GC_ADMIN_LISTEN is empty")
	_, err = run(t, []string{"GC_ADMIN_LISTEN", "8112"}, "healthcheck")
	require.ErrorContains(t, err, "GC_ADMIN_LISTEN")
	require.ErrorContains(t, askHealth(t.Context(), "8112", "/readyz"), "GC_ADMIN_LISTEN")
}

func TestHealthcheckDoesNotWaitForEver(t *testing.T) {
	asked := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done() // a node that hangs
	}))
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := askHealth(ctx, srv.Listener.Addr().String(), "/livez")
	<-asked
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
