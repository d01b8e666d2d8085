package finesse_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
)

// TestLoginFailures: each gives its class within the login time-out, and
// never the password.
func TestLoginFailures(t *testing.T) {
	failure := func(condition string) func(s *scriptedServer) {
		return func(s *scriptedServer) {
			s.header(mechanisms)
			s.read()
			s.send("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><text>no</text><%s/></failure>", condition)
			s.untilEnd()
		}
	}
	tests := map[string]struct {
		play  func(s *scriptedServer)
		class errclass.Class
	}{
		"wrong password":    {failure("not-authorized"), errclass.Client},
		"disabled account":  {failure("account-disabled"), errclass.Client},
		"temporary failure": {failure("temporary-auth-failure"), errclass.Unavailable},
		"silence":           {func(s *scriptedServer) { s.untilEnd() }, errclass.Unavailable},
		"no reader":         {func(s *scriptedServer) { <-s.t.Context().Done() }, errclass.Unavailable},
		"closed at once":    {func(*scriptedServer) {}, errclass.Unavailable},
		"no PLAIN": {func(s *scriptedServer) {
			s.header(strings.ReplaceAll(mechanisms, "PLAIN", "DIGEST-MD5"))
			_, asked := s.read()
			require.False(s.t, asked, "no password where none is asked for")
		}, errclass.Unavailable},
		"no login offered": {func(s *scriptedServer) { s.header(""); s.untilEnd() }, errclass.Unavailable},
		"HTTP":             {func(s *scriptedServer) { s.send("HTTP/1.1 400 Bad Request\r\n\r\n"); s.untilEnd() }, errclass.Unavailable},
		"silence after SASL": {func(s *scriptedServer) {
			s.header(mechanisms)
			s.read()
			s.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
			s.untilEnd()
		}, errclass.Unavailable},
		"silence after binding": {func(s *scriptedServer) { s.bound(); s.untilEnd() }, errclass.Unavailable},
		"closed after binding":  {func(s *scriptedServer) { s.bound() }, errclass.Unavailable},
		"session refused": {func(s *scriptedServer) {
			session := s.bound()
			s.send("<iq type='error' id='%s'><error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", session.attr("id"))
			_, more := s.read()
			require.False(s.t, more, "no presence without a session")
		}, errclass.Unavailable},
		"resource conflict": {func(s *scriptedServer) {
			s.header(mechanisms)
			s.read()
			s.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
			s.header(binding)
			bind, _ := s.read()
			s.send("<iq type='error' id='%s'><error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", bind.attr("id"))
			s.untilEnd()
		}, errclass.Unavailable},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				s, err := finesse.Connect(t.Context(), script(t, tc.play))
				require.Nil(t, s)
				require.Error(t, err)
				require.Equal(t, tc.class, errclass.Of(err), "%v", err)
				require.Equal(t, tc.class == errclass.Client, errors.Is(err, finesse.ErrAuth))
				require.NotContains(t, err.Error(), canary)
				require.NotContains(t, err.Error(), base64.StdEncoding.EncodeToString([]byte("\x001001\x00"+canary)))
				require.LessOrEqual(t, time.Since(start), finesse.DefaultStreamTimeout)
			})
		})
	}
	t.Run("the stream ends before the answer to the binding", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, err := finesse.Connect(t.Context(), script(t, func(s *scriptedServer) {
				s.header(mechanisms)
				s.read()
				s.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
				s.header(binding)
				s.read()
				s.send("<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
				s.untilEnd()
			}))
			require.ErrorContains(t, err, "system-shutdown")
		})
	})
	t.Run("the caller's context ends the login", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			_, err := finesse.Connect(ctx, script(t, func(s *scriptedServer) { s.untilEnd() }))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, errclass.Unavailable, errclass.Of(err))
			require.Equal(t, time.Second, time.Since(start))
		})
	})
	t.Run("a configuration that cannot work", func(t *testing.T) {
		for name, spoil := range map[string]func(*finesse.StreamConfig){
			"no domain": func(c *finesse.StreamConfig) { c.Domain = "" }, "no pubsub": func(c *finesse.StreamConfig) { c.PubSub = "" },
			"no user": func(c *finesse.StreamConfig) { c.Cred.User = "" }, "desktop": func(c *finesse.StreamConfig) { c.Resource = "desktop" },
			"TLS mode": func(c *finesse.StreamConfig) { c.TLSMode = "maybe" },
		} {
			cfg := script(t, func(*scriptedServer) {})
			spoil(&cfg)
			_, err := finesse.Connect(t.Context(), cfg)
			require.Equal(t, errclass.Client, errclass.Of(err), name)
		}
	})
}

// TestStanzasBeforeTheAnswerToTheBinding: a server may speak to the client as soon
// as it is logged in. None of that is a failed login.
func TestStanzasBeforeTheAnswerToTheBinding(t *testing.T) {
	for name, early := range map[string]string{
		"a ping":                          "<iq type='get' id='p1' from='fin.example.com'><ping xmlns='urn:xmpp:ping'/></iq>",
		"an IQ with the id of our own":    "<iq type='set' id='{id}'><query xmlns='jabber:iq:roster'/></iq>",
		"an answer to somebody else":      "<iq type='result' id='other'/>",
		"a message":                       "<message from='fin.example.com'><body>welcome</body></message>",
		"a presence, a message, and more": "<presence from='finesse@fin.example.com'/>\n<message/><iq type='get' id='x'><a><b/></a></iq>",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				st, err := finesse.Connect(t.Context(), script(t, func(s *scriptedServer) {
					s.header(mechanisms)
					s.read()
					s.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
					s.header(binding)
					bind, _ := s.read()
					s.send("%s", strings.ReplaceAll(early, "{id}", bind.attr("id")))
					s.send("<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>%s</jid></bind></iq>", bind.attr("id"), fullJID)
					session, _ := s.read()
					s.send("<iq type='result' id='%s'/>", session.attr("id"))
					s.read()
					s.pong()
					s.untilEnd()
				}))
				require.NoError(t, err)
				st.Abort()
			})
		})
	}
}

// TestProbe: it says whether somebody serves there, and logs nobody in.
func TestProbe(t *testing.T) {
	for name, tc := range map[string]struct {
		play func(s *scriptedServer)
		want string
	}{
		"serves": {func(s *scriptedServer) {
			s.header(mechanisms)
			_, asked := s.read()
			require.False(s.t, asked)
		}, ""},
		"silence":        {func(s *scriptedServer) { s.untilEnd() }, "context deadline exceeded"},
		"closed at once": {func(*scriptedServer) {}, "closed"},
		"HTTP":           {func(s *scriptedServer) { s.opened(); s.send("HTTP/1.1 400 Bad Request\r\n\r\n"); s.untilEnd() }, "context deadline exceeded"},
		"another thing":  {func(s *scriptedServer) { s.opened(); s.send("<html>no</html>"); s.untilEnd() }, "answers with html"},
		"no features": {func(s *scriptedServer) {
			s.opened()
			s.send("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>")
			s.untilEnd()
		}, "answers with error"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := script(t, tc.play)
				cfg.Cred, cfg.Resource = finesse.Credentials{}, ""
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := finesse.Probe(ctx, cfg)
				if tc.want == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, tc.want)
				require.Equal(t, errclass.Unavailable, errclass.Of(err))
			})
		})
	}
}
