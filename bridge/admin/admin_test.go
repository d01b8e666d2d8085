package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/protocol/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type source struct{ alive, ready error }

func (s source) Alive() error { return s.alive }
func (s source) Ready() error { return s.ready }
func (s source) Status() any  { return map[string]string{"node": "n1"} }

func TestEndpoints(t *testing.T) {
	for _, tc := range []struct {
		name, path, auth string
		src              source
		token            string
		code             int
		body             string
	}{
		{"alive", "/livez", "", source{}, "", 200, "ok\n"},
		{"dead", "/livez", "", source{alive: errors.New("stuck")}, "", 503, "stuck\n"},
		{"ready", "/readyz", "", source{}, "t", 200, "ok\n"},
		{"not ready", "/readyz", "", source{ready: errors.New("broker: not connected")}, "", 503, "broker: not connected\n"},
		{"status", "/status", "", source{}, "", 200, "{\n  \"node\": \"n1\"\n}\n"},
		{"status without token", "/status", "", source{}, "t", 401, "a bearer token is required\n"},
		{"status with a wrong token", "/status", "Bearer x", source{}, "t", 401, "a bearer token is required\n"},
		{"status with the token", "/status", "Bearer t", source{}, "t", 200, "{\n  \"node\": \"n1\"\n}\n"},
		{"unknown", "/", "", source{}, "", 404, "404 page not found\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, tc.path, nil)
			r.Header.Set("Authorization", tc.auth)
			w := httptest.NewRecorder()
			Handler(tc.src, secret.New(tc.token)).ServeHTTP(w, r)
			require.Equal(t, tc.code, w.Code)
			require.Equal(t, tc.body, w.Body.String())
		})
	}
}

func TestNothingCanBeChanged(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(source{}, secret.Secret{}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/status", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

func TestServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Listen(ctx, "127.0.0.1:0", secret.Secret{}, source{}, zerolog.Nop())
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	resp, err := http.Get("http://" + s.Addr() + "/livez")
	require.NoError(t, err)
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "ok\n", string(b))
	http.DefaultClient.CloseIdleConnections()
	_, err = Listen(ctx, s.Addr(), secret.Secret{}, source{}, zerolog.Nop())
	require.Error(t, err, "a taken address is an error, not a hang")
	cancel()
	require.NoError(t, <-done)
}
