package main

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestFollow: every stanza counts once, wherever the network cuts.
func TestFollow(t *testing.T) {
	text := strings.Repeat("<message to='x'><event>&lt;/message></event></message>", 5) + "<iq></iq>"
	for size := 1; size < 40; size++ {
		here, there := net.Pipe()
		go func() {
			defer there.Close()
			for rest := text; rest != ""; {
				n := min(size, len(rest))
				if _, err := there.Write([]byte(rest[:n])); err != nil {
					return
				}
				rest = rest[n:]
			}
		}()
		n := 0
		err := (&stream{nc: here}).follow(func() error { n++; return nil })
		require.Error(t, err, "the end of the stream")
		require.Equal(t, 5, n, "pieces of %d", size)
		require.NoError(t, here.Close())
	}
}

// TestFollowEnds: who cannot go on says so.
func TestFollowEnds(t *testing.T) {
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		_, _ = there.Write([]byte("</message>"))
	}()
	broken := errors.New("broken")
	require.ErrorIs(t, (&stream{nc: here}).follow(func() error { return broken }), broken)
	require.NoError(t, here.Close())
}
