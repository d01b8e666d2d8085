package pool

import (
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
	"gcbridge/finesse/sim"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

func agent() finesse.Credentials {
	return finesse.Credentials{User: "1001", Password: secret.New("pw1001")}
}

func TestWhereAStreamGoes(t *testing.T) {
	withPort := func(r *http.Request) (*http.Response, error) {
		resp, err := says("IN_SERVICE")(r)
		resp.Body = io.NopCloser(strings.NewReader("<SystemInfo><status>IN_SERVICE</status><xmppDomain>xmpp.one</xmppDomain>" +
			"<xmppPubSubDomain>pubsub.one</xmppPubSubDomain><primaryNode><xmppSecurePort>5333</xmppSecurePort><xmppPort>5332</xmppPort></primaryNode></SystemInfo>"))
		return resp, err
	}
	const direct, starttls, none = finesse.TLSDirect, finesse.TLSStartTLS, finesse.TLSNone
	for name, tc := range map[string]struct {
		one   answer
		mode  string
		addrs []string
		want  string
	}{
		"the domain and the usual port":       {says("IN_SERVICE"), direct, nil, "xmpp.one:5223"},
		"the usual port of STARTTLS":          {says("IN_SERVICE"), starttls, nil, "xmpp.one:5222"},
		"the usual port without TLS":          {says("IN_SERVICE"), none, nil, "xmpp.one:5222"},
		"the port that it names":              {withPort, direct, nil, "xmpp.one:5333"},
		"the port that it names for STARTTLS": {withPort, starttls, nil, "xmpp.one:5332"},
		"the port that it names without TLS":  {withPort, none, nil, "xmpp.one:5332"},
		"configured":                          {withPort, direct, []string{" first:1 ", "second:2"}, "first:1"},
		"out of service all the same":         {says("OUT_OF_SERVICE"), direct, nil, "xmpp.one:5223"},
	} {
		t.Run(name, func(t *testing.T) {
			var d dialled
			bubble(t, tc.one, says("IN_SERVICE"), func(t *testing.T, w *world) {
				_, err := w.servers[0].Connect(t.Context(), agent())
				require.ErrorContains(t, err, "no network in this test")
				synctest.Wait()
				require.Equal(t, tc.want, d.addr)
			}, func(c *Config) { c.Dial, c.XMPPAddrs, c.XMPPTLSMode = d.dial, tc.addrs, tc.mode })
		})
	}
}

func TestNoStreamToAServerThatDoesNotAnswer(t *testing.T) {
	var d dialled
	bubble(t, says("IN_SERVICE"), refuses, func(t *testing.T, w *world) {
		one, two := w.servers[0], w.servers[1]
		_, err := two.Connect(t.Context(), agent())
		require.ErrorIs(t, err, errNotServing, "it never answered")
		require.Equal(t, errclass.Unavailable, errclass.Of(err))
		require.ErrorContains(t, err, "two")

		w.now("one", refuses)
		_, err = one.Connect(t.Context(), agent())
		require.ErrorIs(t, err, errNotServing, "the domain is known, the server is gone")
		require.Empty(t, d.addr)
	}, func(c *Config) { c.Dial = d.dial })
	p, err := New(Config{URLs: []string{"https://one"}})
	require.NoError(t, err)
	_, err = p.servers[0].Connect(t.Context(), agent())
	require.ErrorIs(t, err, errNotServing, "not probed")
}

// A real simulator: REST and XMPP from SystemInfo to the stream.
func TestAgainstASimulator(t *testing.T) {
	simulator := sim.Start(t)
	var sent atomic.Int64
	p, err := New(Config{
		URLs: []string{simulator.RESTURL()}, XMPPAddrs: []string{simulator.XMPPAddr()},
		XMPPTLSMode: finesse.TLSNone, Resource: "gcbridge-test", Log: zerolog.Nop(),
		OnSent: func(context.Context, time.Time) { sent.Add(1) },
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		p.Run(ctx, func() { close(ready) })
	}()
	<-ready
	require.Equal(t, protocol.InService, p.Status())
	require.EqualValues(t, 1, sent.Load())

	_, err = p.Current().User(t.Context(), agent(), "1001")
	require.NoError(t, err)
	st, err := p.Current().Connect(t.Context(), agent())
	require.NoError(t, err)
	require.Equal(t, []string{"gcbridge-test"}, simulator.Resources("1001"))
	require.NoError(t, st.Close())
	cancel()
	<-done
	p.Close()
}

func TestCloseReleasesIdleConnections(t *testing.T) {
	closed := make(chan struct{})
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("<SystemInfo><status>IN_SERVICE</status></SystemInfo>"))
	}))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			close(closed)
		}
	}
	srv.Start()
	defer srv.Close()
	p, err := New(Config{URLs: []string{srv.URL}, Log: zerolog.Nop()})
	require.NoError(t, err)
	_, err = p.servers[0].SystemInfo(t.Context())
	require.NoError(t, err)
	p.Close()
	p.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // shorter than the client keeps it
	defer cancel()
	select {
	case <-closed:
	case <-ctx.Done():
		t.Fatal("the connection stays open")
	}
}
