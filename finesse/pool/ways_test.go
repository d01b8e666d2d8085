package pool

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/finesse/sim"
	"gcbridge/protocol/errclass"
)

func TestTheWaysToAServer(t *testing.T) {
	secure, plain := "https://fin1.example.com:8445/finesse/api", "http://[::1]:8082/finesse/api"
	for _, tc := range []struct {
		transport, base string
		want            []string
	}{
		{"", secure, []string{""}},
		{TransportTCP, secure, []string{""}},
		{TransportWebSocket, secure, []string{"wss://fin1.example.com:8445/ws", "wss://fin1.example.com:7443/ws"}},
		{TransportAuto, secure, []string{"", "wss://fin1.example.com:8445/ws", "wss://fin1.example.com:7443/ws"}},
		{TransportAuto, plain, []string{"", "ws://[::1]:8082/ws"}},
	} {
		u, err := url.Parse(tc.base)
		require.NoError(t, err)
		w, err := waysTo(tc.transport, u)
		require.NoError(t, err)
		require.Equal(t, tc.want, w.all)
	}
	_, err := New(Config{URLs: []string{"https://one"}, XMPPTransport: "pigeon"})
	require.ErrorContains(t, err, "pigeon")
}

func TestTheWayThatWorkedComesFirst(t *testing.T) {
	closed := &finesse.StreamError{Op: "dial", Class: errclass.Unavailable, Err: errors.New("refused")}
	answers := map[string]error{"tcp": closed, "a": closed}
	w := &ways{all: []string{"", "a", "b"}}
	try := func() (tried []string, err error) {
		err = w.try(t.Context(), finesse.StreamConfig{}, func(cfg finesse.StreamConfig) error {
			way := cfg.WebSocket
			if way == "" {
				way = "tcp"
			}
			tried = append(tried, way)
			return answers[way]
		})
		return tried, err
	}
	require.Equal(t, "tcp", w.name())
	tried, err := try()
	require.NoError(t, err)
	require.Equal(t, []string{"tcp", "a", "b"}, tried)
	require.Equal(t, "b", w.name())
	tried, _ = try()
	require.Equal(t, []string{"b"}, tried, "remembered")

	answers["b"] = closed
	delete(answers, "tcp")
	tried, err = try()
	require.NoError(t, err)
	require.Equal(t, []string{"b", "tcp"}, tried)

	for name, failure := range map[string]error{
		"wrong password": finesse.ErrAuth,
		"it hangs":       &finesse.StreamError{Op: "login", Class: errclass.Unavailable, Err: context.DeadlineExceeded},
		"a defect":       &finesse.StreamError{Op: "dial", Class: errclass.Internal, Err: errors.New("a defect")},
	} {
		answers["tcp"] = failure
		tried, err = try()
		require.Equal(t, []string{"tcp"}, tried, name)
		require.ErrorIs(t, err, failure)
	}
	answers["tcp"] = closed
	tried, err = try()
	require.Equal(t, []string{"tcp", "a", "b"}, tried)
	require.ErrorIs(t, err, closed)
	require.Equal(t, errclass.Unavailable, errclass.Of(err))
}

// TestWebSocketWhereTCPIsClosed: against a simulator whose XMPP port nobody can
// reach, auto comes by WebSocket, with tcp nothing comes.
func TestWebSocketWhereTCPIsClosed(t *testing.T) {
	s := sim.Start(t)
	for transport, works := range map[string]bool{TransportAuto: true, TransportWebSocket: true, TransportTCP: false} {
		p, err := New(Config{
			URLs: []string{s.RESTURL()}, XMPPAddrs: []string{"127.0.0.1:1"}, XMPPTransport: transport,
			XMPPTLSMode: finesse.TLSDirect, Resource: "gcbridge-test", Log: zerolog.Nop(),
		})
		require.NoError(t, err)
		defer p.Close()
		p.round(t.Context())
		st, err := p.Current().Connect(t.Context(), agent())
		if !works {
			require.Equal(t, errclass.Unavailable, errclass.Of(err))
			continue
		}
		require.NoError(t, err, transport)
		require.Contains(t, p.List()[0].Transport, "/ws")
		require.NoError(t, st.Close())
	}
}
