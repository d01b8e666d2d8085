package bridge

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker/embedded"
	"gcbridge/bridge/config"
	"gcbridge/protocol/secret"
	"gcbridge/test/wait"
)

// notReady runs a worker until /readyz says all of want, and returns what it says.
func notReady(t *testing.T, change func(*config.Config), want ...string) string {
	t.Helper()
	b, err := embedded.Start(embedded.Config{User: "gc", Password: secret.New("right-canary"), Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	w, err := New(configured(func(c *config.Config) {
		c.BrokerURLs, c.BrokerUser, c.BrokerPassword = []string{b.URL()}, "gc", secret.New("right-canary")
		c.FinesseURLs, c.XMPPAddrs = []string{"http://127.0.0.1:1/finesse/api"}, []string{"127.0.0.1:1"}
	}, change), Options{Log: zerolog.Nop()})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	defer func() {
		cancel()
		require.NoError(t, <-ended)
	}()
	var why error
	says := func() bool {
		why = w.Ready()
		for _, s := range want {
			if why == nil || !strings.Contains(why.Error(), s) {
				return false
			}
		}
		return true
	}
	require.True(t, wait.Until(wait.Patience, says), "it says %v", why)
	return why.Error()
}

// TestReadyNamesTheCause: not only that something is out of service.
func TestReadyNamesTheCause(t *testing.T) {
	untrusted := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(untrusted.Close)
	t.Run("Finesse's certificate", func(t *testing.T) {
		notReady(t, func(c *config.Config) { c.FinesseURLs = []string{untrusted.URL + "/finesse/api"} },
			"finesse: OUT_OF_SERVICE", "x509: certificate signed by unknown authority")
	})
	t.Run("Finesse does not listen", func(t *testing.T) {
		notReady(t, func(*config.Config) {}, "finesse: OUT_OF_SERVICE; 127.0.0.1:1:", "connection refused")
	})
	t.Run("the broker's certificate", func(t *testing.T) {
		notReady(t, func(c *config.Config) { c.BrokerURLs = []string{"stomp+ssl://" + untrusted.Listener.Addr().String()} },
			"broker: not connected: ", "x509: certificate signed by unknown authority")
	})
	t.Run("the broker does not listen", func(t *testing.T) {
		notReady(t, func(c *config.Config) { c.BrokerURLs = []string{"stomp://127.0.0.1:1"} }, "broker: not connected: ", "connection refused")
	})
	t.Run("the broker's password", func(t *testing.T) {
		said := notReady(t, func(c *config.Config) { c.BrokerUser, c.BrokerPassword = "user-canary", secret.New("wrong-canary") },
			"broker: wrong user or password")
		require.NotContains(t, said, "canary", "neither user nor password")
	})
}

func TestBrief(t *testing.T) {
	require.Equal(t, "a b", brief("a\n\tb"))
	require.Len(t, []rune(brief(strings.Repeat("ä", 400))), 303)
	require.ErrorContains(t, brokerDown(errors.New("x")), "broker: not connected: x")
}
