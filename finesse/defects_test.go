package finesse_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
	"gcbridge/test/wait"
)

// defectiveConn panics where it is told to.
type defectiveConn struct {
	net.Conn
	read  atomic.Bool
	write atomic.Pointer[string] // of what holds this text
}

func (c *defectiveConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.read.Load() {
		panic("defect in Read")
	}
	return n, err
}

func (c *defectiveConn) Write(p []byte) (int, error) {
	if text := c.write.Load(); text != nil && bytes.Contains(p, []byte(*text)) {
		panic("defect in Write")
	}
	return c.Conn.Write(p)
}

func (c *defectiveConn) failWrites(of string) { c.write.Store(&of) }

// wrapped makes cfg's connection a defective one.
func wrapped(cfg *finesse.StreamConfig) *defectiveConn {
	c := &defectiveConn{}
	dial := cfg.Dial
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		raw, err := dial(ctx, network, addr)
		c.Conn = raw
		return c, err
	}
	return c
}

// panicOn is a log whose line of that text panics: a defect where it is written.
func panicOn(text string) zerolog.HookFunc {
	return func(_ *zerolog.Event, _ zerolog.Level, msg string) {
		if strings.HasPrefix(msg, text) {
			panic("defect in " + msg)
		}
	}
}

// TestPoisonPayload: a payload that makes the decoder panic each time is told
// as one that could not be read, and the stream stays.
func TestPoisonPayload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		cfg := script(t, func(s *scriptedServer) {
			s.login()
			s.event(pubsubJID, "", update("TALKING"))
			s.event(pubsubJID, "", update("TALKING"))
			s.event(pubsubJID, "", update("READY"))
			s.untilEnd()
		})
		cfg.Log = zerolog.New(&log)
		s, err := finesse.Connect(t.Context(), cfg.WithDecode(func(text []byte) ([]finesse.Notification, error) {
			if bytes.Contains(text, []byte("TALKING")) {
				panic("defect in the decoder")
			}
			return finesse.DecodeUpdates(text)
		}))
		require.NoError(t, err)
		for range 2 {
			n := <-s.C()
			require.ErrorIs(t, n.Malformed, finesse.ErrPayload)
			require.True(t, defect.Is(n.Malformed))
			require.Equal(t, userNode, n.Node)
			require.False(t, n.Received.IsZero())
		}
		n := <-s.C()
		require.Equal(t, finesse.StateReady, *n.User.State)
		require.NoError(t, s.Err())
		synctest.Wait() // it is counted when it is delivered
		require.Equal(t, finesse.StreamStats{Delivered: 3, Malformed: 2}, s.Stats())
		s.Abort()
		require.Equal(t, 2, strings.Count(log.String(), `"where":"decode","panic":"defect in the decoder","panic_stack":"`), log.String())
	})
}

// TestForbiddenCharactersInAnEvent: they are replaced and counted, and the event is
// read.
func TestForbiddenCharactersInAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := script(t, func(s *scriptedServer) {
			s.login()
			s.event(pubsubJID, "", update("READY"))
			s.event(pubsubJID, "", update("A&#x1;B&#x2;"))
			s.untilEnd()
		})
		repaired := 0
		cfg.OnRepaired = func() { repaired++ }
		s, err := finesse.Connect(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, finesse.StateReady, *(<-s.C()).User.State)
		require.Equal(t, finesse.AgentState("A\uFFFDB\uFFFD"), *(<-s.C()).User.State)
		synctest.Wait()
		require.Equal(t, finesse.StreamStats{Delivered: 2}, s.Stats())
		s.Abort()
		require.Equal(t, 1, repaired)
	})
}

// TestDefectsEndTheStream: a panic outside of a payload ends that stream, with
// an error of class internal, and leaves nothing behind.
func TestDefectsEndTheStream(t *testing.T) {
	for name, tc := range map[string]struct {
		arm  func(cfg *finesse.StreamConfig, c *defectiveConn) (now func())
		says string
	}{
		"in a stanza": {func(cfg *finesse.StreamConfig, _ *defectiveConn) func() {
			cfg.Log = cfg.Log.Hook(panicOn("Finesse event dropped"))
			return func() {}
		}, "finesse: XMPP read: a defect"},
		"while reading": {func(_ *finesse.StreamConfig, c *defectiveConn) func() {
			return func() { c.read.Store(true) }
		}, "finesse: XMPP read: a defect"},
		"in a ping": {func(_ *finesse.StreamConfig, c *defectiveConn) func() {
			return func() { c.failWrites("urn:xmpp:ping") }
		}, "finesse: XMPP ping: a defect"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				armed := make(chan struct{})
				cfg := script(t, func(s *scriptedServer) {
					s.login()
					<-armed
					if name != "in a ping" {
						s.event("1002@fin.example.com/evil", "", update("LOGOUT"))
					}
					s.untilEnd()
				})
				var log bytes.Buffer
				cfg.Log = zerolog.New(&log)
				now := tc.arm(&cfg, wrapped(&cfg))
				s, err := finesse.Connect(t.Context(), cfg)
				require.NoError(t, err)
				now()
				close(armed)
				_, open := <-s.C()
				require.False(t, open)
				require.ErrorContains(t, s.Err(), tc.says)
				require.True(t, defect.Is(s.Err()))
				require.Equal(t, errclass.Internal, errclass.Of(s.Err()))
				require.NoError(t, s.Close())
				require.Equal(t, 1, strings.Count(log.String(), `"panic_stack"`), log.String())
			})
		})
	}
}

// TestDefectsInLogin: a panic anywhere in a login is an error of class
// internal, and the connection is closed.
func TestDefectsInLogin(t *testing.T) {
	for name, arm := range map[string]func(cfg *finesse.StreamConfig, c *defectiveConn){
		"dial": func(cfg *finesse.StreamConfig, _ *defectiveConn) {
			cfg.Dial = func(context.Context, string, string) (net.Conn, error) { panic("defect in Dial") }
		},
		"reading":  func(_ *finesse.StreamConfig, c *defectiveConn) { c.read.Store(true) },
		"password": func(_ *finesse.StreamConfig, c *defectiveConn) { c.failWrites("PLAIN") },
		"resource": func(_ *finesse.StreamConfig, c *defectiveConn) { c.failWrites("gcbridge-a") },
		"session":  func(_ *finesse.StreamConfig, c *defectiveConn) { c.failWrites("xmpp-session") },
		"presence": func(_ *finesse.StreamConfig, c *defectiveConn) { c.failWrites("priority") },
		"ping":     func(_ *finesse.StreamConfig, c *defectiveConn) { c.failWrites("urn:xmpp:ping") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan struct{})
				cfg := script(t, func(s *scriptedServer) {
					s.header(mechanisms)
					if _, ok := s.read(); ok {
						s.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
						s.header(binding)
						bind, _ := s.read()
						s.send("<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>%s</jid></bind></iq>", bind.attr("id"), fullJID)
						session, _ := s.read()
						s.send("<iq type='result' id='%s'/>", session.attr("id"))
					}
					s.untilEnd()
					close(ended)
				})
				var log bytes.Buffer
				cfg.Log = zerolog.New(&log)
				dial := cfg.Dial
				arm(&cfg, wrapped(&cfg))
				start := time.Now()
				_, err := finesse.Connect(t.Context(), cfg)
				require.True(t, defect.Is(err), "%v", err)
				require.Equal(t, errclass.Internal, errclass.Of(err))
				require.Less(t, time.Since(start), finesse.DefaultStreamTimeout)
				require.Contains(t, log.String(), `"agent":"1001"`)
				require.Equal(t, 1, strings.Count(log.String(), `"panic_stack"`), log.String())
				require.NotContains(t, log.String(), canary)
				if name == "dial" { // nothing was opened
					raw, _ := dial(t.Context(), "", "")
					_ = raw.Close()
				}
				<-ended
			})
		})
	}
}

// TestDefectInRequest: the library panics on an answer that begins with text.
// That costs the request, and the stream stays.
func TestDefectInRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := finesse.Connect(t.Context(), script(t, func(s *scriptedServer) {
			s.login()
			sub, _ := s.read()
			s.send("<iq type='result' id='%s' from='%s'>text<pubsub xmlns='http://jabber.org/protocol/pubsub'/></iq>", sub.attr("id"), pubsubJID)
			s.event(pubsubJID, "", update("READY"))
			s.untilEnd()
		}))
		require.NoError(t, err)
		err = s.Subscribe(t.Context(), teamNode)
		require.True(t, defect.Is(err), "%v", err)
		require.Equal(t, errclass.Internal, errclass.Of(err))
		n := <-s.C()
		require.Equal(t, finesse.StateReady, *n.User.State)
		s.Abort()
	})
}

// TestDefectInFarewell: Close ends the stream all the same.
func TestDefectInFarewell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := script(t, func(s *scriptedServer) { s.login(); s.untilEnd() })
		c := wrapped(&cfg)
		s, err := finesse.Connect(t.Context(), cfg)
		require.NoError(t, err)
		c.failWrites("unavailable")
		require.NoError(t, s.Close())
		_, open := <-s.C()
		require.False(t, open)
	})
}

// TestDefectInOnSent: it runs on a goroutine of net/http's, where a panic would
// end the process.
func TestDefectInOnSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	defer server.Close()
	contained := make(chan string, 1)
	c, err := finesse.NewClient(finesse.ClientConfig{
		BaseURL: server.URL, OnSent: func(context.Context, time.Time) { panic("defect in OnSent") },
		Log: zerolog.New(io.Discard).Hook(zerolog.HookFunc(func(_ *zerolog.Event, _ zerolog.Level, msg string) { contained <- msg })),
	})
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetState(t.Context(), finesse.Credentials{User: "1001"}, "1001", finesse.StateChange{State: finesse.StateReady}, "r1"))
	require.Equal(t, "a defect was contained", wait.For(t, contained, "the log"))
}
