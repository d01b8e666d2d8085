package finesse_test

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/finesse/prosodytest"
	"gcbridge/finesse/sim"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
	"gcbridge/test/wait"
)

// TestWebSocketToTheSimulator: login, events, a subscription, pings and the end
// over WebSocket, secured and not.
func TestWebSocketToTheSimulator(t *testing.T) {
	for _, secured := range []bool{false, true} {
		s := sim.Start(t, sim.WithConfig(func(c *sim.Config) { c.TLS = secured }))
		cfg := finesse.StreamConfig{
			WebSocket: "ws" + strings.TrimSuffix(strings.TrimPrefix(s.RESTURL(), "http"), "/finesse/api") + "/ws",
			TLSMode:   finesse.TLSDirect, Domain: s.Domain(), PubSub: s.PubSub(), Resource: "gcbridge-test",
			Cred: finesse.Credentials{User: "1001", Password: secret.New("pw1001")},
		}
		if secured {
			roots := x509.NewCertPool()
			require.True(t, roots.AppendCertsFromPEM(s.CAPEM()))
			cfg.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
			require.True(t, strings.HasPrefix(cfg.WebSocket, "wss://"))
		}
		require.NoError(t, finesse.Probe(t.Context(), cfg))
		st := connect(t, cfg)
		require.Equal(t, []string{"gcbridge-test"}, s.Resources("1001"))
		require.NoError(t, st.Subscribe(t.Context(), teamNode))
		require.Equal(t, 1, s.Subscribers(teamNode))
		s.PublishEvent("1001", userNode, update("READY"))
		s.PublishEvent("1001", userNode, strings.Replace(update("READY"), "PUT", "PUT<!--"+strings.Repeat("-x", 40000)+"-->", 1))
		require.NotNil(t, next(t, st).Available, "presence of the user finesse")
		require.Equal(t, finesse.StateReady, *next(t, st).User.State)
		require.Equal(t, finesse.StateReady, *next(t, st).User.State, "a message of many frames")

		wrong := cfg
		wrong.Cred.Password = secret.New("wrong")
		_, err := finesse.Connect(t.Context(), wrong)
		require.ErrorIs(t, err, finesse.ErrAuth)

		require.Equal(t, 1, s.DropXMPP("1001"))
		require.Equal(t, errclass.Unavailable, errclass.Of(ended(t, st)))
		require.NoError(t, s.SetNotifications("down"))
		_, err = finesse.Connect(t.Context(), cfg)
		require.ErrorContains(t, err, "503")
		require.Equal(t, errclass.Unavailable, errclass.Of(err))
		require.NoError(t, s.SetNotifications("up"))
		st = connect(t, cfg)
		require.NoError(t, st.Close())
		require.True(t, wait.Until(10*time.Second, func() bool { return len(s.Resources("1001")) == 0 }))
	}
}

// TestWebSocketToProsody: the same framing with a server that is not ours.
func TestWebSocketToProsody(t *testing.T) {
	s := prosodytest.Start(t, prosodytest.Options{})
	cfg := prosodyConfig(s, finesse.TLSNone, "pw")
	cfg.WebSocket = s.WebSocket
	st := connect(t, cfg)
	require.NoError(t, st.Subscribe(t.Context(), teamNode))
	require.NoError(t, st.Unsubscribe(t.Context(), teamNode))
	require.NoError(t, finesse.Probe(t.Context(), cfg))
	require.NoError(t, st.Close())
}

// TestNoWebSocketThere: what answers and is no XMPP over WebSocket.
func TestNoWebSocketThere(t *testing.T) {
	s := sim.Start(t)
	_, err := finesse.Connect(t.Context(), finesse.StreamConfig{
		WebSocket: strings.Replace(s.RESTURL(), "http", "ws", 1) + "/nothing", TLSMode: finesse.TLSNone,
		Domain: s.Domain(), PubSub: s.PubSub(), Resource: "gcbridge-test", Cred: finesse.Credentials{User: "1001"},
	})
	require.ErrorContains(t, err, "404")
	require.Equal(t, errclass.Unavailable, errclass.Of(err))
}
