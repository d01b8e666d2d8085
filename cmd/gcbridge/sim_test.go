package main

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/test/wait"
)

// lines is output that a test reads while it is written.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestSimPair: two nodes of one contact centre, with the settings that labs need.
func TestSimPair(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out := &lines{}
	c := simCommand()
	c.SetOut(out)
	c.SetErr(io.Discard)
	c.SetArgs([]string{
		"--tls=false", "--rest", "127.0.0.1:0", "--xmpp", "127.0.0.1:0", "--rest2", "127.0.0.1:0", "--xmpp2", "127.0.0.1:0", "--domain2", "node-b",
		"--xmpp-tls", "starttls", "--auth", "HYBRID", "--load", "--event-delay", "1ms", "--ring-timeout", "5s",
	})
	ended := make(chan error, 1)
	go func() { ended <- c.ExecuteContext(ctx) }()
	require.True(t, wait.Until(wait.Patience, func() bool { return strings.Contains(out.String(), "worker: ") }))
	line := regexp.MustCompile(`GC_FINESSE_URLS=(\S+),(\S+) GC_XMPP_ADDRS=\S+,\S+ GC_XMPP_TLS=starttls`).FindStringSubmatch(out.String())
	require.Len(t, line, 3, "%s", out)
	require.Contains(t, out.String(), "domain node-b")
	for _, url := range line[1:] {
		resp, err := http.Get(url + "/SystemInfo")
		require.NoError(t, err)
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Contains(t, string(b), "HYBRID")
		require.Contains(t, string(b), "IN_SERVICE")
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	require.NoError(t, wait.For(t, ended, "the end"))
}

func TestSimSecondNodeNeedsBothAddresses(t *testing.T) {
	c := simCommand()
	c.SetOut(io.Discard)
	c.SetErr(io.Discard)
	c.SetArgs([]string{"--rest2", "127.0.0.1:0"})
	require.ErrorContains(t, c.ExecuteContext(t.Context()), "go together")
}
