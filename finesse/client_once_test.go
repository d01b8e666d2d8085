package finesse_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
)

// rawServer answers HTTP by hand, so that it can misbehave between reading a
// request and answering it. It counts the complete requests per method.
type rawServer struct {
	net.Listener
	posts, gets atomic.Int64
}

// newRawServer calls answer with the number of the connection and of the
// request on it, both from 0; answer returns false to close the connection.
func newRawServer(t *testing.T, answer func(conn net.Conn, connection, request int) bool) *rawServer {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &rawServer{Listener: l}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for connection := 0; ; connection++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.serve(conn, connection, answer)
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return s
}

func (s *rawServer) serve(conn net.Conn, connection int, answer func(net.Conn, int, int) bool) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for n := 0; ; n++ {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		if req.Method == http.MethodGet {
			s.gets.Add(1)
		} else {
			s.posts.Add(1)
		}
		if !answer(conn, connection, n) {
			return
		}
	}
}

func accept(conn net.Conn) bool {
	_, err := io.WriteString(conn, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
	return err == nil
}

func rawClient(t *testing.T, s *rawServer, onSent func(context.Context, time.Time)) *finesse.Client {
	return newClient(t, finesse.ClientConfig{
		BaseURL: "http://" + s.Addr().String() + "/finesse/api", Timeout: 2 * time.Second, OnSent: onSent,
	})
}

// TestACallIsNeverMadeTwice: the server reads MAKE_CALL on a used, idle
// connection and closes it without an answer, which is where net/http repeats
// what it may repeat. Exactly one request arrives, and its outcome is
// unknown. It fails if requests ever become replayable.
func TestACallIsNeverMadeTwice(t *testing.T) {
	s := newRawServer(t, func(conn net.Conn, connection, n int) bool {
		return connection == 0 && n == 0 && accept(conn) // the first is answered, then never again
	})
	var sent atomic.Int64
	c := rawClient(t, s, func(context.Context, time.Time) { sent.Add(1) })
	require.NoError(t, c.SetState(t.Context(), agent(), "1001", finesse.StateChange{State: finesse.StateReady}, ""))

	err := c.MakeCall(t.Context(), agent(), "1001", "2001", "2002", "r-1")
	require.Equal(t, errclass.Indeterminate, errclass.Of(err))
	var fe *finesse.Error
	require.True(t, errors.As(err, &fe))
	require.Zero(t, fe.Status)
	require.False(t, fe.Timeout())
	require.EqualValues(t, 2, s.posts.Load(), "READY and one MAKE_CALL")
	require.EqualValues(t, 2, sent.Load())
}

// TestAReadIsRepeatedOnce: the same situation with a GET costs nothing.
func TestAReadIsRepeatedOnce(t *testing.T) {
	s := newRawServer(t, func(conn net.Conn, connection, n int) bool {
		if connection == 0 && n == 1 {
			return false
		}
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n<Dialogs/>")
		return err == nil
	})
	c := rawClient(t, s, nil)
	for range 2 {
		_, err := c.Dialogs(t.Context(), agent(), "1001")
		require.NoError(t, err)
	}
	require.EqualValues(t, 3, s.gets.Load())
}

// TestTimeouts: a request that went out and got no answer is indeterminate; a
// connection that never came about is unavailable.
func TestTimeouts(t *testing.T) {
	t.Run("after the request went out", func(t *testing.T) {
		release := make(chan struct{})
		s := newRawServer(t, func(net.Conn, int, int) bool { <-release; return false })
		defer close(release)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := rawClient(t, s, nil).MakeCall(ctx, agent(), "1001", "2001", "2002", "")
		var fe *finesse.Error
		require.ErrorAs(t, err, &fe)
		require.True(t, fe.Timeout())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, errclass.Indeterminate, errclass.Of(err))
	})
	t.Run("before it went out", func(t *testing.T) {
		c := newClient(t, finesse.ClientConfig{BaseURL: "http://fin", Timeout: 50 * time.Millisecond, Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() },
		}})
		err := c.MakeCall(t.Context(), agent(), "1001", "2001", "2002", "")
		var fe *finesse.Error
		require.ErrorAs(t, err, &fe)
		require.True(t, fe.Timeout())
		require.Equal(t, errclass.Unavailable, errclass.Of(err))
	})
	t.Run("while it goes out", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			client, server := net.Pipe()
			defer server.Close()
			transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return client, nil }}
			c := newClient(t, finesse.ClientConfig{BaseURL: "http://fin", Timeout: time.Second, Transport: transport})
			go func() { _, _ = io.CopyN(io.Discard, server, 10) }() // and then no more
			err := c.MakeCall(t.Context(), agent(), "1001", "2001", "2002", "")
			var fe *finesse.Error
			require.ErrorAs(t, err, &fe)
			require.True(t, fe.Timeout())
			require.Equal(t, errclass.Indeterminate, errclass.Of(err), "nobody knows how much of it arrived")
		})
	})
	t.Run("a refused connection is no time-out", func(t *testing.T) {
		s := newRawServer(t, func(net.Conn, int, int) bool { return false })
		require.NoError(t, s.Close())
		err := rawClient(t, s, nil).MakeCall(t.Context(), agent(), "1001", "2001", "2002", "")
		var fe *finesse.Error
		require.ErrorAs(t, err, &fe)
		require.False(t, fe.Timeout())
		require.Equal(t, errclass.Unavailable, errclass.Of(err))
	})
}

// TestAnAcceptedRequestIsAccepted: the status decides; what becomes of the
// connection afterwards does not turn a 202 into a failure. Only half of some
// answer leaves it open whether Finesse has the request.
func TestAnAcceptedRequestIsAccepted(t *testing.T) {
	for name, tc := range map[string]struct {
		body string
		want errclass.Class
	}{
		"nothing came":   {"", ""},
		"white space":    {" \r\n", ""},
		"half an answer": {"half", errclass.Indeterminate},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRawServer(t, func(conn net.Conn, _, _ int) bool {
				_, _ = io.WriteString(conn, "HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n"+tc.body)
				return false
			})
			require.Equal(t, tc.want, errclass.Of(rawClient(t, s, nil).MakeCall(t.Context(), agent(), "1001", "2001", "2002", "")))
		})
	}
}
