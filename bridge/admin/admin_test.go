package admin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
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
	const text = "text/plain; charset=utf-8"
	contentTypes := map[string]string{ // by path and code
		"/livez 200": text, "/livez 503": text, "/readyz 200": text, "/readyz 503": text,
		"/status 200": "application/json", "/status 401": text, "/ 404": text,
	}
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
			require.Equal(t, contentTypes[tc.path+" "+strconv.Itoa(tc.code)], w.Header().Get("Content-Type"))
			if tc.code == http.StatusUnauthorized {
				require.Equal(t, `Bearer realm="gcbridge"`, w.Header().Get("WWW-Authenticate"))
			} else {
				require.NotContains(t, w.Header(), "Www-Authenticate")
			}
		})
	}
}

func TestNothingCanBeChanged(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(source{}, secret.Secret{}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/status", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

// TestForeignHosts: a page that gives its own name our address learns nothing.
func TestForeignHosts(t *testing.T) {
	ours := map[string]int{
		"localhost": 200, "node-1": 200, "Node-1:8112": 200, "LOCALHOST:8112": 200, "127.0.0.1": 200, "127.0.0.1:8112": 200, "127.1.2.3:1": 200, "[::1]": 200, "[::1]:8112": 200,
		"evil.example": 421, "evil.example:8112": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421, "10.0.0.1:8112": 421, "": 421, "[::2]:1": 421,
	}
	for _, path := range []string{"/livez", "/readyz", "/status", "/none"} {
		for host, code := range ours {
			for _, at := range []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback} {
				r := httptest.NewRequest(http.MethodGet, path, nil)
				r.Host = host
				w := httptest.NewRecorder()
				here("node-1:0", &net.TCPAddr{IP: at}, Handler(source{}, secret.Secret{})).ServeHTTP(w, r)
				if code == 200 && path == "/none" {
					code = 404
				}
				require.Equal(t, code, w.Code, "%s of %q", path, host)
			}
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/livez", nil)
	r.Host = ""
	w := httptest.NewRecorder()
	here(":0", &net.TCPAddr{IP: net.IPv6loopback}, Handler(source{}, secret.Secret{})).ServeHTTP(w, r)
	require.Equal(t, 421, w.Code, "no name is nobody's name")
	for _, at := range []net.Addr{&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}, &net.TCPAddr{IP: net.IPv6zero}, &net.UnixAddr{}} {
		r := httptest.NewRequest(http.MethodGet, "/livez", nil)
		r.Host = "node-1.example"
		w := httptest.NewRecorder()
		here(":0", at, Handler(source{}, secret.Secret{})).ServeHTTP(w, r)
		require.Equal(t, 200, w.Code, "beyond loopback a node has many names, and a token")
	}
}

// unprintable has a status that is no JSON.
type unprintable struct{ source }

func (unprintable) Status() any { return func() {} }

func TestAStatusThatDoesNotEncodeIsAnError(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(unprintable{}, secret.Secret{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/status", nil))
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, "status does not encode\n", w.Body.String())
}

// stuck is a worker that does not answer.
type stuck struct {
	source
	asked, release chan struct{}
}

func (s stuck) Alive() error {
	close(s.asked)
	<-s.release
	return nil
}

func TestTheEndDoesNotWaitForARequestThatHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	src := stuck{asked: make(chan struct{}), release: make(chan struct{})}
	s, err := Listen(ctx, "127.0.0.1:0", secret.Secret{}, src, zerolog.Nop())
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	refused := make(chan error, 1)
	go func() {
		resp, err := http.Get("http://" + s.Addr() + "/livez")
		if err == nil {
			_ = resp.Body.Close()
		}
		refused <- err
	}()
	<-src.asked
	cancel()
	require.NoError(t, <-done)
	require.Error(t, <-refused, "the connection is closed while the worker still hangs")
	close(src.release)
}

func TestALostListenerIsAnError(t *testing.T) {
	s, err := Listen(t.Context(), "127.0.0.1:0", secret.Secret{}, source{}, zerolog.Nop())
	require.NoError(t, err)
	require.NoError(t, s.ln.Close())
	require.ErrorContains(t, s.Run(t.Context()), "admin: ")
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
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Addr()+"/status", http.NoBody)
	require.NoError(t, err)
	req.Host = "evil.example"
	resp, err = http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusMisdirectedRequest, resp.StatusCode)
	http.DefaultClient.CloseIdleConnections()
	_, err = Listen(ctx, s.Addr(), secret.Secret{}, source{}, zerolog.Nop())
	require.Error(t, err, "a taken address is an error, not a hang")
	cancel()
	require.NoError(t, <-done)
}
