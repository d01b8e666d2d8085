package recorder

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/config"
	"gcbridge/bridge/session"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
	"gcbridge/test/wait"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hook is a recorder that answers with a status and notes what it was asked.
func hook(t *testing.T, status int) (*httptest.Server, *[]string) {
	t.Helper()
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		asked = append(asked, r.Method+" "+r.RequestURI+" "+user+":"+password)
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s, &asked
}

func hooked(t *testing.T, change func(*config.Config)) *Recorder {
	t.Helper()
	c := config.Default()
	change(&c)
	require.NoError(t, c.Validate())
	r := New(c)
	t.Cleanup(r.Close)
	return r
}

func TestRecorderHooks(t *testing.T) {
	s, asked := hook(t, http.StatusNoContent)
	r := hooked(t, func(c *config.Config) {
		c.RecordingPauseURL = s.URL + "/pause/{dialog}?agent={agent}&ext={extension}"
		c.RecordingResumeURL = s.URL + "/resume/{dialog}"
		c.RecordingMethod, c.RecordingUser, c.RecordingPassword = "PUT", "gc", secret.New("pw")
	})
	call := session.RecorderCommand{Pause: true, Agent: "a b&c", Extension: "2001", Dialog: "5/5"}
	require.NoError(t, r.Command(t.Context(), call))
	call.Pause = false
	require.NoError(t, r.Command(t.Context(), call))
	require.Equal(t, []string{"PUT /pause/5%2F5?agent=a%20b%26c&ext=2001 gc:pw", "PUT /resume/5%2F5 gc:pw"}, *asked)
}

// TestClose: no connection to the recorder is left behind.
func TestClose(t *testing.T) {
	closed := make(chan struct{})
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("done")) }))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateClosed {
			close(closed)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	r := hooked(t, func(c *config.Config) { c.RecordingPauseURL = s.URL })
	for range 2 { // over one connection
		require.NoError(t, r.Command(t.Context(), session.RecorderCommand{Pause: true}))
	}
	r.Close()
	wait.Closed(t, closed, "the end of the connection")
}

func TestRecorderThatDoesNot(t *testing.T) {
	pause := session.RecorderCommand{Pause: true, Agent: "1001"}
	t.Run("not configured", func(t *testing.T) {
		r := hooked(t, func(c *config.Config) { c.RecordingResumeURL = "http://recorder/resume" })
		require.ErrorIs(t, r.Command(t.Context(), pause), session.ErrNoRecorder)
	})
	for _, status := range []int{http.StatusFound, http.StatusNotFound, http.StatusInternalServerError} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			s, _ := hook(t, status)
			err := hooked(t, func(c *config.Config) { c.RecordingPauseURL = s.URL }).Command(t.Context(), pause)
			require.ErrorContains(t, err, "HTTP")
			require.Equal(t, errclass.Upstream, errclass.Of(err))
		})
	}
	t.Run("sends it elsewhere", func(t *testing.T) {
		other, asked := hook(t, http.StatusOK)
		s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
		t.Cleanup(s.Close)
		err := hooked(t, func(c *config.Config) {
			c.RecordingPauseURL, c.RecordingUser, c.RecordingPassword = s.URL, "gc", secret.New("pw")
		}).Command(t.Context(), pause)
		require.EqualError(t, err, "call recorder: HTTP 307")
		require.Equal(t, errclass.Upstream, errclass.Of(err))
		require.Empty(t, *asked, "a redirect would carry the credentials elsewhere")
	})
	t.Run("no URL", func(t *testing.T) {
		c := config.Default()
		c.RecordingPauseURL = "http://recorder/{agent}%"
		r := New(c)
		t.Cleanup(r.Close)
		err := r.Command(t.Context(), pause)
		require.ErrorContains(t, err, "not a URL")
		require.Equal(t, errclass.Internal, errclass.Of(err))
		require.NotContains(t, err.Error(), "recorder/", "it may hold a key")
	})
	t.Run("gone", func(t *testing.T) {
		s, _ := hook(t, http.StatusOK)
		s.Close()
		err := hooked(t, func(c *config.Config) { c.RecordingPauseURL = s.URL + "/?key=hunter2" }).Command(t.Context(), pause)
		require.Equal(t, errclass.Unavailable, errclass.Of(err))
		require.NotContains(t, err.Error(), "hunter2")
	})
	t.Run("silent", func(t *testing.T) {
		release := make(chan struct{})
		s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}))
		t.Cleanup(s.Close)
		t.Cleanup(func() { close(release) })
		r := hooked(t, func(c *config.Config) { c.RecordingPauseURL, c.RecordingTimeout = s.URL, 20*time.Millisecond })
		require.ErrorIs(t, r.Command(t.Context(), pause), context.DeadlineExceeded)
	})
}
