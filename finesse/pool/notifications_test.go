package pool

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// services are the notification services of a world: what each does with a
// connection, and how often it was dialled.
type services struct {
	mu     sync.Mutex
	does   map[string]func(net.Conn) // by host; none: the connection is refused
	dialed map[string]int
}

func (s *services) dial(_ context.Context, _, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dialed[host]++
	do := s.does[host]
	if do == nil {
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	go do(theirs)
	return ours, nil
}

func (s *services) set(host string, do func(net.Conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.does[host] = do
}

// tries returns how often a host was dialled since the last call.
func (s *services) tries(host string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.dialed[host] = 0 }()
	return s.dialed[host]
}

// offers answers a stream header with features and whatever follows with the end.
func offers(c net.Conn) {
	defer c.Close()
	buf := make([]byte, 4096)
	_, _ = c.Read(buf)
	_, _ = io.WriteString(c, "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='x' version='1.0'>"+
		"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features>")
	_, _ = c.Read(buf)
}

// silence takes a connection and says nothing.
func silence(c net.Conn) {
	_, _ = io.Copy(io.Discard, c)
	_ = c.Close()
}

func (w *world) login(server int, agent string) error {
	st, err := w.servers[server].Connect(w.t.Context(), finesse.Credentials{User: agent, Password: secret.New("pw")})
	if err == nil {
		st.Abort()
	}
	return err
}

func notifying(t *testing.T, test func(t *testing.T, w *world, s *services)) {
	s := &services{does: map[string]func(net.Conn){"xmpp.one": offers, "xmpp.two": offers}, dialed: map[string]int{}}
	bubble(t, says("IN_SERVICE"), says("IN_SERVICE"), func(t *testing.T, w *world) { test(t, w, s) },
		func(c *Config) { c.Dial = s.dial })
}

func TestThreeFailedTriesGiveANotificationServiceUp(t *testing.T) {
	notifying(t, func(t *testing.T, w *world, s *services) {
		w.told()
		s.set("xmpp.one", nil)
		began := time.Now()
		require.Error(t, w.login(0, "1001")) // the first; the pool makes the other two
		synctest.Wait()
		require.Equal(t, "one", w.inUse(), "one failure is no outage")
		w.pass(doubtDelay)
		require.Equal(t, "two", w.inUse(), "after %s", time.Since(began))
		require.Equal(t, []change{{protocol.InService, true}}, w.told())
		require.Equal(t, 3, s.tries("xmpp.one"))
		require.ErrorIs(t, w.servers[0].notify.silent(), errSilent)
		require.Contains(t, w.List()[0].Notifications, "connection refused")
		require.False(t, w.List()[0].Serving)
		require.Equal(t, "IN_SERVICE", w.List()[0].Status)

		// However many agents want to: nobody tries there, but for one probe.
		for range 100 {
			err := w.login(0, "1002")
			require.ErrorIs(t, err, errSilent)
			require.Equal(t, errclass.Unavailable, errclass.Of(err))
		}
		require.Zero(t, s.tries("xmpp.one"))
		for _, wait := range []int{1, 2, 4, 8, 15, 15} {
			w.pass(time.Duration(wait)*time.Second - time.Millisecond)
			require.Zero(t, s.tries("xmpp.one"))
			w.pass(time.Millisecond)
			require.Equal(t, 1, s.tries("xmpp.one"), "the probe after %d s", wait)
		}

		s.set("xmpp.one", offers)
		w.pass(longestProbe)
		require.True(t, w.List()[0].Serving, "it is healthy again")
		require.Empty(t, w.List()[0].Notifications)
		require.Equal(t, "two", w.inUse(), "nobody moves back while the other serves")

		s.set("xmpp.two", nil)
		require.Error(t, w.login(1, "1001"))
		w.pass(doubtDelay)
		require.Equal(t, "one", w.inUse())
	})
}

func TestNobodyServesWithoutNotifications(t *testing.T) {
	notifying(t, func(t *testing.T, w *world, s *services) {
		require.Empty(t, w.Cause())
		s.set("xmpp.one", silence)
		s.set("xmpp.two", silence)
		for i := range w.servers {
			require.ErrorIs(t, w.login(i, "1001"), context.DeadlineExceeded)
		}
		w.pass(2*w.timeout + doubtDelay)
		require.Nil(t, w.Current())
		require.Equal(t, protocol.OutOfService, w.Status())
		require.Contains(t, w.Cause(), "one: IN_SERVICE, but the notification service does not serve: finesse: XMPP")
		s.set("xmpp.one", offers)
		w.pass(longestProbe)
		require.Equal(t, "one", w.inUse())
	})
}

func TestOneAgentsTroubleIsNotTheServices(t *testing.T) {
	notifying(t, func(t *testing.T, w *world, s *services) {
		for range 10 { // offers lets nobody in
			require.Error(t, w.login(0, "1001"))
			synctest.Wait()
		}
		require.Equal(t, "one", w.inUse(), "the service answers probes")
		require.Error(t, w.login(0, "1002"))
		synctest.Wait()
		require.Equal(t, "two", w.inUse(), "several fail and nobody is in: it answers and does not serve")
	})
}

func TestAStreamThatIsUpSpeaksForTheService(t *testing.T) {
	var n notifications
	n.opened()
	for _, agent := range []string{"1", "2", "3", "4"} {
		n.failed(agent, errors.New("refused"), time.Now())
		n.probed(nil, time.Now())
	}
	require.NoError(t, n.silent())
	n.ended(nil, time.Now())
	require.False(t, n.due(time.Now()), "it was closed")
	n.failed("1", errors.New("refused"), time.Now())
	require.ErrorIs(t, n.silent(), errSilent)
	n.opened()
	require.NoError(t, n.silent())
}

func TestNotificationsAreNotAskedWhileRESTDoesNotServe(t *testing.T) {
	notifying(t, func(t *testing.T, w *world, s *services) {
		s.set("xmpp.one", nil)
		require.Error(t, w.login(0, "1001"))
		w.now("one", says("OUT_OF_SERVICE"))
		s.tries("xmpp.one")
		w.probes()
		w.pass(10 * w.heartbeat)
		require.Zero(t, s.tries("xmpp.one"))
		require.Equal(t, 10, w.probes()["one"], "the heart-beat and no more")
	})
}

func TestTheCTIHeartbeatCounts(t *testing.T) {
	beats := func(element string) answer {
		return func(r *http.Request) (*http.Response, error) {
			resp, err := says("IN_SERVICE")(r)
			body, _ := io.ReadAll(resp.Body)
			resp.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), "<status>", element+"<status>", 1)))
			return resp, err
		}
	}
	const name = "lastCTIHeartbeatStatus"
	for element, want := range map[string]string{
		"": "one", "<" + name + "/>": "one",
		"<" + name + ">success</" + name + ">":    "one",
		"<" + name + ">unknown</" + name + ">":    "one",
		"<" + name + "> failure\n</" + name + ">": "two",
		"<" + name + ">Failure</" + name + ">":    "two",
		"<" + name + ">no failure</" + name + ">": "one",
	} {
		bubble(t, beats(element), says("IN_SERVICE"), func(t *testing.T, w *world) {
			require.Equal(t, want, w.inUse(), element)
			if want == "two" {
				require.Equal(t, "one: IN_SERVICE, but its heart-beat with the CTI server fails", w.Cause())
			}
		})
	}
}
