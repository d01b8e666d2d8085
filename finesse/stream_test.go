package finesse_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// scriptedServer is the server's end of a stream over net.Pipe, driven line
// by line by a test. It is strict about what it reads, so a test pins the
// bytes that Finesse gets.
type scriptedServer struct {
	t    *testing.T
	conn net.Conn
	dec  *xml.Decoder
}

// elem is one stanza as the server read it.
type elem struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Inner   string     `xml:",innerxml"`
}

func (e elem) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (s *scriptedServer) send(format string, args ...any) {
	_, err := fmt.Fprintf(s.conn, format, args...)
	if err != nil {
		s.t.Logf("server write: %v", err)
	}
}

// read returns the next element, ok false at the end of the stream.
func (s *scriptedServer) read() (e elem, ok bool) {
	for {
		tok, err := s.dec.Token()
		if err != nil {
			return elem{}, false
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if err := s.dec.DecodeElement(&e, &tok); err != nil {
				return elem{}, false
			}
			return e, true
		case xml.EndElement:
			return elem{}, false
		}
	}
}

// header reads the client's stream header and answers it with features.
func (s *scriptedServer) header(features string) {
	s.opened()
	s.send("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='fin.example.com' version='1.0'><stream:features>%s</stream:features>", features)
}

// opened reads the client's stream header.
func (s *scriptedServer) opened() {
	s.dec = xml.NewDecoder(bufio.NewReader(s.conn))
	for {
		tok, err := s.dec.Token()
		if err != nil {
			return
		}
		if start, ok := tok.(xml.StartElement); ok && start.Name.Local == "stream" {
			return
		}
	}
}

const (
	mechanisms = `<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism></mechanisms>`
	binding    = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>`
	fullJID    = "1001@fin.example.com/gcbridge-a"
)

// login plays Finesse's side of a login up to the answered ping.
func (s *scriptedServer) login() {
	session := s.bound()
	require.Contains(s.t, session.Inner, "xmpp-session")
	s.send("<iq type='result' id='%s'/>", session.attr("id"))
	presence, _ := s.read()
	require.Equal(s.t, "presence", presence.XMLName.Local)
	require.Contains(s.t, presence.Inner, "<priority>0</priority>")
	s.pong()
}

// bound plays a login up to the binding and returns what comes then: the
// request for a session.
func (s *scriptedServer) bound() elem {
	s.header(mechanisms)
	auth, _ := s.read()
	require.Equal(s.t, "PLAIN", auth.attr("mechanism"))
	plain, err := base64.StdEncoding.DecodeString(auth.Inner)
	require.NoError(s.t, err)
	require.Equal(s.t, "\x001001\x00"+canary, string(plain))
	s.send("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
	s.header(binding)
	bind, _ := s.read()
	require.Contains(s.t, bind.Inner, "<resource>gcbridge-a</resource>")
	s.send("<iq type='result' id='%s'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>%s</jid></bind></iq>", bind.attr("id"), fullJID)
	session, _ := s.read()
	return session
}

// pong answers one ping.
func (s *scriptedServer) pong() {
	ping, ok := s.read()
	require.True(s.t, ok)
	require.Contains(s.t, ping.Inner, "urn:xmpp:ping")
	s.send("<iq type='result' id='%s' from='fin.example.com'/>", ping.attr("id"))
}

func (s *scriptedServer) event(from, typ, text string) {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(text))
	s.send("<message from='%s' to='1001@fin.example.com' type='%s'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/finesse/api/User/1001'><item id='i'><notification xmlns='urn:xmpp:push:0'>%s</notification></item></items></event></message>", from, typ, escaped.String())
}

// script runs a server; the stream's config dials it.
func script(t *testing.T, play func(s *scriptedServer)) finesse.StreamConfig {
	t.Helper()
	client, server := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer server.Close()
		play(&scriptedServer{t: t, conn: server})
	}()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return finesse.StreamConfig{
		Addr: "fin:5222", TLSMode: finesse.TLSNone, Domain: "fin.example.com", PubSub: "pubsub.fin.example.com",
		Cred: finesse.Credentials{User: "1001", Password: secret.New(canary)}, Resource: "gcbridge-a",
		Dial: func(context.Context, string, string) (net.Conn, error) { return client, nil },
	}
}

const pubsubJID = "pubsub.fin.example.com"

// untilEnd reads on until the client has gone.
func (s *scriptedServer) untilEnd() { _, _ = io.Copy(io.Discard, s.conn) }

func TestStreamDelivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		cfg := script(t, func(s *scriptedServer) {
			s.login()
			s.event("1002@fin.example.com/evil", "", update("LOGOUT"))                   // forged
			s.event("pubsub.fin.example.com.evil.org", "headline", update("LOGOUT"))     // forged
			s.event("", "", update("LOGOUT"))                                            // forged
			s.event(pubsubJID, "error", update("LOGOUT"))                                // bounced
			s.event(pubsubJID, "", update("READY"))                                      // as Openfire
			s.event("PubSub.Fin.example.com", "headline", update("TALKING"))             // as Prosody
			s.event(pubsubJID, "normal", update("HOLD")+update("TALKING"))               // two Updates
			s.event(pubsubJID, "", "<Update>")                                           // broken
			s.send("<presence from='finesse@fin.example.com/x' type='unavailable'/>")    // web app gone
			s.send("<presence from='1002@fin.example.com/finesse' type='unavailable'/>") // not ours
			s.send("<presence from='finesse@fin.example.com/x'/>")                       // and back
			s.send("<iq type='get' id='q1' from='fin.example.com'><ping xmlns='urn:xmpp:ping'/></iq>")
			pong, _ := s.read()
			require.Equal(s.t, "result", pong.attr("type"))
			require.Equal(s.t, "q1", pong.attr("id"))
			s.send("<iq type='get' id='q2' from='fin.example.com'><query xmlns='jabber:iq:version'/></iq>")
			refusal, _ := s.read()
			require.Equal(s.t, "error", refusal.attr("type"))
			s.send(" </stream:stream>")
			s.untilEnd()
		})
		cfg.Log = zerolog.New(&log)
		s, err := finesse.Connect(t.Context(), cfg)
		require.NoError(t, err)
		var states []string
		for n := range s.C() {
			switch {
			case n.User != nil:
				states = append(states, string(*n.User.State))
				require.Equal(t, userNode, n.Node)
				require.Equal(t, "i", n.ItemID)
				require.False(t, n.Received.IsZero())
			case n.Available != nil:
				states = append(states, fmt.Sprint(*n.Available))
			case n.Malformed != nil:
				require.ErrorIs(t, n.Malformed, finesse.ErrPayload)
				states = append(states, "malformed")
			}
		}
		require.Equal(t, []string{"READY", "TALKING", "HOLD", "TALKING", "malformed", "false", "true"}, states)
		require.Equal(t, finesse.StreamStats{Delivered: 7, Forged: 3, Malformed: 1}, s.Stats())
		require.ErrorIs(t, s.Err(), finesse.ErrServerClosed)
		require.Equal(t, errclass.Unavailable, errclass.Of(s.Err()))
		require.NoError(t, s.Close())
		require.NoError(t, s.Err())
		for _, line := range []string{
			`"from":"1002@fin.example.com/evil","message":"Finesse event dropped: it did not come from the notification service"`,
			`"node":"` + userNode + `","message":"Finesse event that cannot be decoded"`,
			`"agent":"1001","error":"finesse: XMPP read: the server closed the stream","message":"Finesse notifications ended"`,
		} {
			require.Equal(t, 1, strings.Count(log.String(), line), log.String())
		}
		require.NotContains(t, log.String(), canary)
	})
}

// TestOneStanzaIsBoundedNotTheStream: megabytes come through between two pings
// if no single stanza is too large.
func TestOneStanzaIsBoundedNotTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := finesse.Connect(t.Context(), script(t, func(s *scriptedServer) {
			s.login()
			for range 5 {
				s.send("<message><body>%s</body></message>", strings.Repeat("x", 1<<20))
			}
			s.event(pubsubJID, "", update("READY"))
			s.untilEnd()
		}))
		require.NoError(t, err)
		n, open := <-s.C()
		require.True(t, open, s.Err())
		require.Equal(t, finesse.StateReady, *n.User.State)
		s.Abort()
	})
}

// TestStreamDies: every way to lose the other side ends the stream with an
// error in bounded time.
func TestStreamDies(t *testing.T) {
	tests := map[string]struct {
		play   func(s *scriptedServer)
		want   error // nil: any
		within time.Duration
	}{
		"malformed stanza": {func(s *scriptedServer) { s.send("<message><body></message>"); s.untilEnd() }, nil, time.Second},
		"closed":           {func(*scriptedServer) {}, nil, time.Second},
		"stream error": {func(s *scriptedServer) {
			s.send("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")
			s.untilEnd()
		}, finesse.ErrConflict, time.Second},
		"silence":     {func(s *scriptedServer) { s.untilEnd() }, finesse.ErrDeadLink, 31 * time.Second},
		"stalled":     {func(s *scriptedServer) { <-s.t.Context().Done() }, nil, 31 * time.Second},
		"a huge text": {func(s *scriptedServer) { s.send("<message><body>%s", strings.Repeat("x", 3<<20)); s.untilEnd() }, nil, time.Second},
		"a document type": {func(s *scriptedServer) {
			s.send("<!DOCTYPE a><message/>")
			s.untilEnd()
		}, nil, time.Second},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := finesse.Connect(t.Context(), script(t, func(s *scriptedServer) { s.login(); tc.play(s) }))
				require.NoError(t, err)
				start := time.Now()
				_, open := <-s.C()
				require.False(t, open)
				require.Error(t, s.Err())
				if tc.want != nil {
					require.ErrorIs(t, s.Err(), tc.want)
				}
				require.Equal(t, errclass.Unavailable, errclass.Of(s.Err()))
				require.LessOrEqual(t, time.Since(start), tc.within)
				s.Abort()
			})
		})
	}
}

// TestSlowReceiver: nobody reads C; the stream ends with an error instead of
// blocking or dropping in silence.
func TestSlowReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := finesse.Connect(t.Context(), script(t, func(s *scriptedServer) {
			s.login()
			for range 40 {
				s.event(pubsubJID, "", update("READY"))
			}
			s.untilEnd()
		}))
		require.NoError(t, err)
		synctest.Wait()
		time.Sleep(6 * time.Second)
		got := 0
		for range s.C() {
			got++
		}
		require.Equal(t, 32, got, "what was delivered stays readable")
		require.ErrorIs(t, s.Err(), finesse.ErrSlowReceiver)
		require.NoError(t, s.Close())
	})
}

// TestFarewell: Close unsubscribes with the full JID and the id it was given,
// sends unavailable presence and ends the stream; against a server that has
// gone silent it takes at most 2 s.
func TestFarewell(t *testing.T) {
	subscribe := func(s *scriptedServer) {
		sub, _ := s.read()
		require.Equal(s.t, pubsubJID, sub.attr("to"))
		require.Contains(s.t, sub.Inner, `<subscribe node="`+teamNode+`" jid="`+fullJID+`">`)
		s.send("<iq type='result' id='%s' from='%s'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscription node='%s' jid='%s' subscription='subscribed' subid='s7'/></pubsub></iq>", sub.attr("id"), pubsubJID, teamNode, fullJID)
	}
	t.Run("polite", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			heard := make(chan string, 4)
			var log bytes.Buffer
			cfg := script(t, func(s *scriptedServer) {
				s.login()
				subscribe(s)
				unsub, _ := s.read()
				heard <- unsub.Inner
				s.send("<iq type='result' id='%s' from='%s'/>", unsub.attr("id"), pubsubJID)
				presence, _ := s.read()
				heard <- presence.attr("type")
				_, ok := s.read()
				heard <- fmt.Sprint(ok)
				s.send("</stream:stream>")
			})
			cfg.Log = zerolog.New(&log)
			s, err := finesse.Connect(t.Context(), cfg)
			require.NoError(t, err)
			require.NoError(t, s.Subscribe(t.Context(), teamNode))
			require.NoError(t, s.Close())
			require.Contains(t, <-heard, `<unsubscribe node="`+teamNode+`" jid="`+fullJID+`" subid="s7">`)
			require.Equal(t, "unavailable", <-heard)
			require.Equal(t, "false", <-heard)
			require.NoError(t, s.Err())
			require.NoError(t, s.Close(), "idempotent")
			require.Empty(t, log.String())
		})
	})
	for name, leave := range map[string]struct {
		do     func(s *finesse.Stream)
		within time.Duration
		left   int // subscriptions that are logged as left behind
	}{
		"Close of a silent server": {func(s *finesse.Stream) { _ = s.Close() }, 2 * time.Second, 1},
		"Abort of a silent server": {(*finesse.Stream).Abort, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				cfg := script(t, func(s *scriptedServer) { s.login(); subscribe(s); <-t.Context().Done() })
				cfg.Log = zerolog.New(&log)
				s, err := finesse.Connect(t.Context(), cfg)
				require.NoError(t, err)
				require.NoError(t, s.Subscribe(t.Context(), teamNode))
				start := time.Now()
				leave.do(s)
				require.LessOrEqual(t, time.Since(start), leave.within)
				require.Equal(t, leave.left, strings.Count(log.String(), `"node":"`+teamNode+`","message":"Finesse subscription left behind"`))
				require.NoError(t, s.Err())
				_, open := <-s.C()
				require.False(t, open)
			})
		})
	}
}
