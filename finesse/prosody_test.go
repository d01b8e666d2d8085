package finesse_test

import (
	"context"
	"encoding/xml"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"mellium.im/xmlstream"

	"gcbridge/finesse"
	"gcbridge/finesse/prosodytest"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
	"gcbridge/test/wait"
)

const (
	userNode = "/finesse/api/User/1001"
	teamNode = "/finesse/api/Team/1/Users"
)

func update(state string) string {
	return `<Update><data><user><loginId>1001</loginId><lastName>O&apos;Neil &amp; Söhne</lastName><state>` + state +
		`</state></user></data><event>PUT</event><requestId></requestId><source>/finesse/api/User/1001</source></Update>`
}

func prosodyConfig(s *prosodytest.Server, mode, password string) finesse.StreamConfig {
	cfg := finesse.StreamConfig{
		Addr: s.Addr, TLSMode: mode, TLS: s.TLS(), Domain: s.Domain, PubSub: s.PubSub,
		Cred:     finesse.Credentials{User: "1001", Password: secret.New(password)},
		Resource: "gcbridge-test", PingEvery: time.Second,
	}
	if mode == finesse.TLSDirect {
		cfg.Addr = s.TLSAddr
	}
	return cfg
}

// next takes one notification, or fails after a while.
func next(t *testing.T, s *finesse.Stream) finesse.Notification {
	t.Helper()
	return wait.For(t, s.C(), "notification")
}

// ended waits for the end of the stream and says why it ended.
func ended(t *testing.T, s *finesse.Stream) error {
	t.Helper()
	wait.Closed(t, s.C(), "end of the stream")
	return s.Err()
}

func connect(t *testing.T, cfg finesse.StreamConfig) *finesse.Stream {
	t.Helper()
	s, err := finesse.Connect(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// TestProsody proves the notification client against a server that is not
// ours, in all three TLS modes.
func TestProsody(t *testing.T) {
	server := prosodytest.Start(t, prosodytest.Options{
		Accounts: map[string]string{"1001": "right"}, NoAutocreate: true,
	})
	pub := server.Publisher(t)
	pub.Create(t, userNode)
	pub.Create(t, teamNode)

	for _, mode := range []string{finesse.TLSNone, finesse.TLSStartTLS, finesse.TLSDirect} {
		t.Run(mode, func(t *testing.T) {
			t.Run("login, subscription, events in order", func(t *testing.T) {
				s := connect(t, prosodyConfig(server, mode, "right"))
				require.NoError(t, s.Subscribe(t.Context(), userNode))
				pub.Publish(t, userNode, "a1", "urn:xmpp:push:0", update("READY"))
				pub.Publish(t, userNode, "a2", "http://jabber.org/protocol/pubsub", update("TALKING"))

				n := next(t, s)
				require.Equal(t, userNode, n.Node)
				require.Equal(t, "a1", n.ItemID)
				require.Equal(t, finesse.EventPut, n.Event)
				require.Equal(t, finesse.StateReady, *n.User.State)
				require.Equal(t, "O'Neil & Söhne", *n.User.LastName)
				require.Equal(t, finesse.StateTalking, *next(t, s).User.State)

				require.NoError(t, s.Unsubscribe(t.Context(), userNode))
				require.NoError(t, s.Close())
				require.NoError(t, s.Err())
			})

			t.Run("a wrong password is ErrAuth", func(t *testing.T) {
				_, err := finesse.Connect(t.Context(), prosodyConfig(server, mode, "canary-3fb1"))
				require.ErrorIs(t, err, finesse.ErrAuth)
				require.Equal(t, errclass.Client, errclass.Of(err))
				require.NotContains(t, err.Error(), "canary-3fb1")
			})

			t.Run("an unknown node is ErrNodeNotFound", func(t *testing.T) {
				s := connect(t, prosodyConfig(server, mode, "right"))
				err := s.Subscribe(t.Context(), "/finesse/api/Team/404/Users")
				require.ErrorIs(t, err, finesse.ErrNodeNotFound)
				require.Equal(t, errclass.Upstream, errclass.Of(err))
			})
		})
	}

	t.Run("a forged event is dropped and counted", func(t *testing.T) {
		s := connect(t, prosodyConfig(server, finesse.TLSNone, "right"))
		require.NoError(t, s.Subscribe(t.Context(), userNode))
		pub.Send(t, "1001@"+server.Domain+"/gcbridge-test", forged(userNode, update("LOGOUT")))
		pub.Publish(t, userNode, "b1", "urn:xmpp:push:0", update("READY"))
		require.Equal(t, finesse.StateReady, *next(t, s).User.State)
		require.EqualValues(t, 1, s.Stats().Forged)
	})

	t.Run("Close takes the subscriptions along", func(t *testing.T) {
		s := connect(t, prosodyConfig(server, finesse.TLSNone, "right"))
		require.NoError(t, s.Subscribe(t.Context(), teamNode))
		require.NoError(t, s.Close())
		again := connect(t, prosodyConfig(server, finesse.TLSNone, "right"))
		require.NoError(t, again.Subscribe(t.Context(), userNode))
		pub.Publish(t, teamNode, "c1", "urn:xmpp:push:0", update("LOGOUT"))
		pub.Publish(t, userNode, "c2", "urn:xmpp:push:0", update("READY"))
		require.Equal(t, "c2", next(t, again).ItemID, "the team's event must not come")
	})

	t.Run("an idle stream lives on its pings", func(t *testing.T) {
		cfg := prosodyConfig(server, finesse.TLSDirect, "right")
		cfg.PingEvery = 20 * time.Millisecond
		s := connect(t, cfg)
		require.NoError(t, s.Subscribe(t.Context(), userNode))
		require.Never(t, func() bool { return s.Err() != nil || len(s.C()) > 0 }, 25*cfg.PingEvery, cfg.PingEvery, "it ends, or a notification comes that nobody published")
		pub.Publish(t, userNode, "d1", "urn:xmpp:push:0", update("READY"))
		require.Equal(t, "d1", next(t, s).ItemID)
	})

	t.Run("a certificate that is not trusted ends the login", func(t *testing.T) {
		cfg := prosodyConfig(server, finesse.TLSDirect, "right")
		cfg.TLS = nil
		_, err := finesse.Connect(t.Context(), cfg)
		require.Equal(t, errclass.Unavailable, errclass.Of(err))
		var se *finesse.StreamError
		require.True(t, errors.As(err, &se))
		require.Equal(t, "login", se.Op)
	})
}

// TestProsodyCrash shows that the death of the server ends the stream with an
// error and that nothing hangs.
func TestProsodyCrash(t *testing.T) {
	for _, mode := range []string{finesse.TLSNone, finesse.TLSDirect} {
		t.Run(mode, func(t *testing.T) {
			server := prosodytest.Start(t, prosodytest.Options{})
			s := connect(t, prosodyConfig(server, mode, "any"))
			server.Kill()
			err := ended(t, s)
			require.Equal(t, errclass.Unavailable, errclass.Of(err))
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			require.Error(t, s.Subscribe(ctx, userNode))
			require.NoError(t, s.Close())
			_, err = finesse.Connect(ctx, prosodyConfig(server, mode, "any"))
			require.Equal(t, errclass.Unavailable, errclass.Of(err))
		})
	}
}

// forged is an event as the pubsub service would send it, with text as its
// escaped payload.
func forged(node, text string) xml.TokenReader {
	start := func(ns, name string, attrs ...xml.Attr) xml.StartElement {
		return xml.StartElement{Name: xml.Name{Space: ns, Local: name}, Attr: attrs}
	}
	return xmlstream.Wrap(xmlstream.Wrap(xmlstream.Wrap(xmlstream.Wrap(
		xmlstream.Token(xml.CharData(text)), start("urn:xmpp:push:0", "notification")),
		start("", "item", xml.Attr{Name: xml.Name{Local: "id"}, Value: "forged"})),
		start("", "items", xml.Attr{Name: xml.Name{Local: "node"}, Value: node})),
		start("http://jabber.org/protocol/pubsub#event", "event"))
}
