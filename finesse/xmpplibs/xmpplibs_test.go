package xmpplibs_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	xmppo "github.com/xmppo/go-xmpp"
	"go.uber.org/goleak"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
	"gcbridge/test/wait"
)

// victimAddr makes this test binary the victim of TestXmppoHangs...: a process
// of its own, because what hangs there hangs for good.
const victimAddr = "GCBRIDGE_TEST_XMPPO_ADDR"

// patience is how long a defect must last to count as "does not end".
const (
	patience = 2 * time.Second
	tick     = 20 * time.Millisecond
)

func TestMain(m *testing.M) {
	if addr := os.Getenv(victimAddr); addr != "" {
		victim(addr)
		return
	}
	goleak.VerifyTestMain(m)
}

func xmppoOptions(addr string) xmppo.Options {
	return xmppo.Options{
		Host: addr, User: "1001@" + domain, Password: "pw", NoTLS: true, InsecureAllowUnencryptedAuth: true,
		Mechanism: "PLAIN", DialTimeout: 100 * time.Millisecond,
	}
}

func streamConfig(addr string) finesse.StreamConfig {
	return finesse.StreamConfig{
		Addr: addr, TLSMode: finesse.TLSNone, Domain: domain, PubSub: "pubsub." + domain, Resource: "gcbridge-a",
		Cred: finesse.Credentials{User: "1001", Password: secret.New("pw")}, Timeout: 200 * time.Millisecond,
	}
}

// TestXmppoHasNoLoginTimeout: a server that accepts and says nothing holds
// NewClient until the server lets go.
func TestXmppoHasNoLoginTimeout(t *testing.T) {
	release := make(chan struct{})
	addr := listen(t, connUntil(release))
	result := make(chan error, 1)
	go func() {
		_, err := xmppoOptions(addr).NewClient()
		result <- err
	}()
	require.Never(t, func() bool { return len(result) > 0 }, patience, tick, "xmppo/go-xmpp has a login time-out now")
	close(release)
	require.Error(t, <-result)
}

// TestStreamHasALoginTimeout: the same server, our Stream.
func TestStreamHasALoginTimeout(t *testing.T) {
	_, err := finesse.Connect(t.Context(), streamConfig(listen(t, silent)))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, errclass.Unavailable, errclass.Of(err))
}

// malformed is a stanza with a crossed tag.
const malformed = "<message from='a@b'><body></message>"

// victim logs in with xmppo/go-xmpp and receives until it hangs.
func victim(addr string) {
	c, err := xmppoOptions(addr).NewClient()
	if err != nil {
		fmt.Println("login failed:", err)
		return
	}
	if _, err := c.Recv(); err != nil {
		fmt.Println("first Recv: error")
	}
	if _, err := c.Recv(); err != nil {
		fmt.Println("second Recv: error")
	}
}

// TestXmppoHangsAfterAMalformedStanza: the first Recv after it returns an
// error and keeps a lock; the second never returns, closing the connection
// does not help.
func TestXmppoHangsAfterAMalformedStanza(t *testing.T) {
	addr := listen(t, loggedIn(malformed))
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimAddr+"="+addr)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	lines := make(chan string, 10)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	defer func() {
		_ = cmd.Process.Kill()
		for range lines {
			continue
		}
	}()
	require.Equal(t, "first Recv: error", wait.For(t, lines, "first line of the victim"))
	require.Never(t, func() bool { return len(lines) > 0 }, patience, tick, "xmppo/go-xmpp survives a malformed stanza now")
}

// TestStreamEndsAfterAMalformedStanza: the same server, our Stream.
func TestStreamEndsAfterAMalformedStanza(t *testing.T) {
	s, err := finesse.Connect(t.Context(), streamConfig(listen(t, loggedIn(malformed))))
	if err == nil { // else the stanza came before the login was over
		wait.Closed(t, s.C(), "end of the stream")
		err = s.Err()
		require.NoError(t, s.Close())
	}
	require.Equal(t, errclass.Unavailable, errclass.Of(err))
}

// TestXmppoEventsHaveNoSender: another user's message arrives as an event
// that equals the service's own.
func TestXmppoEventsHaveNoSender(t *testing.T) {
	genuine := "<message from='pubsub." + domain + "'>" + event + "</message>"
	forged := "<message from='1002@" + domain + "/evil'>" + event + "</message>"
	addr := listen(t, loggedIn(genuine+forged))
	c, err := xmppoOptions(addr).NewClient()
	require.NoError(t, err)
	var got []any
	for len(got) < 2 {
		stanza, err := c.Recv()
		require.NoError(t, err)
		if e, ok := stanza.(xmppo.PubsubEvent); ok {
			got = append(got, e)
		}
	}
	require.Equal(t, got[0], got[1])
}

// TestStreamDropsForgedEvents: the same messages, our Stream.
func TestStreamDropsForgedEvents(t *testing.T) {
	forged := "<message from='1002@" + domain + "/evil'>" + event + "</message>"
	genuine := "<message from='pubsub." + domain + "'>" + event + "</message>"
	s, err := finesse.Connect(t.Context(), streamConfig(listen(t, loggedIn(forged+genuine))))
	require.NoError(t, err)
	defer s.Abort()
	n := <-s.C()
	require.Equal(t, finesse.StateLogout, *n.User.State)
	require.EqualValues(t, 1, s.Stats().Forged)
	select {
	case n := <-s.C():
		require.FailNow(t, "the forged event came through", "%+v", n)
	default:
	}
}
