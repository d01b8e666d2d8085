package xmppd

import (
	"bufio"
	"context"
	"encoding/base64"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	userNode   = "/finesse/api/User/1001"
	limit      = 5 * time.Second
	streamOpen = "<?xml version='1.0'?><stream:stream to='fin.test' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)

// start serves until the test ends; change may alter the configuration.
func start(t *testing.T, change func(*Config)) (*Server, string) {
	t.Helper()
	cfg := Config{
		Domain: "fin.test", PubSub: "pubsub.fin.test",
		Authenticate: func(user, password string) bool { return password == "pw"+user },
		NodeExists:   func(node string) bool { return strings.HasPrefix(node, "/finesse/api/") },
	}
	if change != nil {
		change(&cfg)
	}
	s := New(cfg)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return s, l.Addr().String()
}

// raw is a client that writes and reads bytes.
type raw struct {
	t  *testing.T
	nc net.Conn
	r  *bufio.Reader
}

func dial(t *testing.T, addr string) *raw {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	require.NoError(t, nc.SetDeadline(time.Now().Add(limit)))
	return &raw{t, nc, bufio.NewReader(nc)}
}

func (c *raw) write(s string) *raw {
	c.t.Helper()
	_, err := c.nc.Write([]byte(s))
	require.NoError(c.t, err)
	return c
}

// until reads up to and with end.
func (c *raw) until(end string) string {
	c.t.Helper()
	var b strings.Builder
	for !strings.HasSuffix(b.String(), end) {
		x, err := c.r.ReadByte()
		require.NoError(c.t, err, "after %q, waiting for %q", b.String(), end)
		b.WriteByte(x)
	}
	return b.String()
}

// ended requires that the server closes the connection, and returns the rest.
func (c *raw) ended() string {
	c.t.Helper()
	var b strings.Builder
	for {
		x, err := c.r.ReadByte()
		if err != nil {
			var ne net.Error
			if ok := asNetError(err, &ne); ok && ne.Timeout() {
				c.t.Fatalf("the connection is still open after %q", b.String())
			}
			return b.String()
		}
		b.WriteByte(x)
	}
}

func asNetError(err error, ne *net.Error) bool {
	x, ok := err.(net.Error) //nolint:errorlint // a bare read error
	if ok {
		*ne = x
	}
	return ok
}

func plain(user, password string) string {
	return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
		base64.StdEncoding.EncodeToString([]byte("\x00"+user+"\x00"+password)) + "</auth>"
}

// login binds a resource and leaves presence to the caller.
func login(t *testing.T, addr, user, resource string) *raw {
	t.Helper()
	c := dial(t, addr)
	c.write(streamOpen).until("</stream:features>")
	c.write(plain(user, "pw"+user)).until("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
	c.write(streamOpen).until("</stream:features>")
	c.write("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" + resource + "</resource></bind></iq>").until("</iq>")
	c.write("<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>").until("</iq>")
	return c
}

// available sends presence and reads up to the presence of the service.
func (c *raw) available(priority string) *raw {
	c.t.Helper()
	c.write("<presence><priority>" + priority + "</priority></presence>").until("finesse@fin.test/finesse'")
	c.until("/>")
	return c
}

func TestTheCapturedLogin(t *testing.T) {
	_, addr := start(t, nil)
	c := dial(t, addr)
	features := c.write(streamOpen).until("</stream:features>")
	require.Contains(t, features, "<mechanism>PLAIN</mechanism></mechanisms>")
	require.NotContains(t, features, "SCRAM")
	require.NotContains(t, features, "starttls")
	c.write(plain("1001", "pw1001")).until("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>")
	require.Contains(t, c.write(streamOpen).until("</stream:features>"), "urn:ietf:params:xml:ns:xmpp-bind")
	require.Contains(t, c.write("<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>isi</resource></bind></iq>").until("</iq>"),
		"<jid>1001@fin.test/isi</jid>")
	require.Equal(t, "<iq type='result' id='2' from='fin.test' to='1001@fin.test/isi'></iq>",
		c.write("<iq type='get' id='2' to='fin.test'><ping xmlns='urn:xmpp:ping'/></iq>").until("</iq>"))
	c.write("</stream:stream>")
	require.Equal(t, "</stream:stream>", c.ended())
}

func TestRefusedLogins(t *testing.T) {
	_, addr := start(t, nil)
	for name, row := range map[string]struct{ send, want string }{
		"bad password": {plain("1001", "x"), "<not-authorized/></failure>"},
		"scram":        {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-1'>biws</auth>", "<invalid-mechanism/></failure>"},
		"no base64":    {"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>***</auth>", "<not-authorized/></failure>"},
		"early iq":     {"<iq type='get' id='1'/>", "</stream:stream>"},
		"not xml":      {"<<<", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, addr)
			c.write(streamOpen).until("</stream:features>")
			c.write(row.send)
			if row.want == "" {
				c.ended()
				return
			}
			c.until(row.want)
		})
	}
}

func TestThreeBadPasswordsEndTheConnection(t *testing.T) {
	_, addr := start(t, nil)
	c := dial(t, addr)
	c.write(streamOpen).until("</stream:features>")
	for range 3 {
		c.write(plain("1001", "x")).until("</failure>")
	}
	require.Contains(t, c.ended(), "policy-violation")
}

func TestSilentClientsAreDroppedWhileLoggingIn(t *testing.T) {
	_, addr := start(t, func(c *Config) { c.LoginTimeout = 20 * time.Millisecond })
	dial(t, addr).ended()
}

func TestIdleClientsArePingedAndThenDropped(t *testing.T) {
	_, addr := start(t, func(c *Config) { c.IdleTimeout = 50 * time.Millisecond })
	c := login(t, addr, "1001", "r")
	id := regexp.MustCompile(`id='(ping-[0-9a-f]+)'`)
	m := id.FindStringSubmatch(c.until("</iq>"))
	require.Len(t, m, 2)
	c.write("<iq type='result' id='" + m[1] + "'/>")
	c.until("</iq>") // it lives and is pinged again
	c.ended()
}

func TestEventsNeedPresence(t *testing.T) {
	s, addr := start(t, nil)
	c := login(t, addr, "1001", "r")
	s.Publish("1001", userNode, "too early")
	c.available("-1")
	s.Publish("1001", userNode, "negative")
	c.write("<presence/>").until("/>")
	c.write("<iq type='get' id='sync'><ping xmlns='urn:xmpp:ping'/></iq>")
	require.NotContains(t, c.until("id='sync' from='fin.test' to='1001@fin.test/r'></iq>"), "<message")
	s.Publish("1001", userNode, "<Update>a&amp;b</Update>")
	require.Regexp(t, `^<message from="pubsub\.fin\.test" to="1001@fin\.test" id="[A-Za-z0-9]{8}">`+
		`<event xmlns="http://jabber\.org/protocol/pubsub#event"><items node="/finesse/api/User/1001">`+
		`<item id="[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\d+">`+
		`<notification xmlns="urn:xmpp:push:0">&lt;Update&gt;a&amp;amp;b&lt;/Update&gt;</notification></item></items></event></message>$`,
		c.until("</message>"))
}

func TestBareJIDGoesToTheBestResource(t *testing.T) {
	s, addr := start(t, nil)
	low := login(t, addr, "1001", "low").available("0")
	high := login(t, addr, "1001", "high").available("5")
	s.Publish("1001", userNode, "one")
	high.until("one</notification></item></items></event></message>")
	newer := login(t, addr, "1001", "newer").available("5")
	s.Publish("1001", userNode, "two")
	newer.until("two</notification></item></items></event></message>")
	high.write("<presence type='unavailable'/>").until("unavailable'/>")
	newer.write("</stream:stream>").ended()
	s.Publish("1001", userNode, "three")
	require.NotContains(t, low.until("three</notification>"), "one</notification>")
}

func TestSameFullJIDIsAConflict(t *testing.T) {
	s, addr := start(t, nil)
	first := login(t, addr, "1001", "r").available("0")
	second := login(t, addr, "1001", "r").available("0")
	require.Contains(t, first.ended(), "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")
	s.Publish("1001", userNode, "x")
	second.until("</message>")
}

func TestPresenceReports(t *testing.T) {
	reports := make(chan bool, 10)
	_, addr := start(t, func(c *Config) { c.Presence = func(_ string, on bool) { reports <- on } })
	a := login(t, addr, "1001", "a").available("0")
	require.True(t, <-reports)
	b := login(t, addr, "1001", "b").available("0")
	require.NoError(t, a.nc.Close())
	b.until("type='unavailable'/>")
	b.write("<presence type='unavailable'/>").until("type='unavailable'/>")
	require.False(t, <-reports, "only the last one counts")
	require.Empty(t, reports)
}

func TestSubscriptions(t *testing.T) {
	s, addr := start(t, nil)
	sub := func(verb, node, jid string) string {
		return "<iq type='set' to='pubsub.fin.test' id='x'><pubsub xmlns='http://jabber.org/protocol/pubsub'><" + verb +
			" node='" + node + "' jid='" + jid + "'/></pubsub></iq>"
	}
	const node = "/finesse/api/Team/1/Users"
	c := login(t, addr, "1001", "r").available("0")
	require.Contains(t, c.write(sub("subscribe", "/other", "1001@fin.test/r")).until("</iq>"), "<item-not-found ")
	require.Contains(t, c.write(sub("subscribe", node, "1002@fin.test/r")).until("</iq>"), "<invalid-jid ")
	require.Regexp(t, `subscription='subscribed' subid='[0-9a-f]+'`, c.write(sub("subscribe", node, "1001@fin.test/r")).until("</iq>"))
	require.Contains(t, c.write("<iq type='set' to='pubsub.fin.test' id='p'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='"+node+"'><item/></publish></pubsub></iq>").until("</iq>"), "<forbidden ")
	s.Publish("", node, "news")
	require.Contains(t, c.until("</message>"), `to="1001@fin.test/r"`)

	require.NoError(t, c.nc.Close()) // the subscription survives the session
	require.Eventually(t, func() bool { return len(s.Resources("1001")) == 0 }, limit, time.Millisecond)
	again := login(t, addr, "1001", "other").available("0")
	s.Publish("", node, "leaked")
	require.Contains(t, again.until("</message>"), `to="1001@fin.test/r"`)

	require.Contains(t, again.write(sub("unsubscribe", node, "1001@fin.test/other")).until("</iq>"), "<not-subscribed ")
	require.Contains(t, again.write(sub("unsubscribe", node, "1001@fin.test/r")).until("</iq>"), "type='result'")
	require.Zero(t, s.Subscribers(node))
}

func TestUsersMayForgeButNotTheSender(t *testing.T) {
	_, addr := start(t, nil)
	victim := login(t, addr, "1001", "r").available("0")
	login(t, addr, "1002", "r").write("<message to='1001@fin.test' from='pubsub.fin.test'><event xmlns='http://jabber.org/protocol/pubsub#event'/></message>")
	require.Contains(t, victim.until("</message>"), "from='1002@fin.test/r'")
}

func TestClientThatDoesNotReadHoldsNobodyUp(t *testing.T) {
	s, addr := start(t, func(c *Config) { c.MaxQueue = 64 << 10 })
	stuck := login(t, addr, "1001", "r").available("0")
	reader := login(t, addr, "1002", "r").available("0")
	big := strings.Repeat("x", 32<<10)
	deadline := time.Now().Add(limit)
	for len(s.Resources("1001")) > 0 && time.Now().Before(deadline) {
		s.Publish("1001", userNode, big)
	}
	require.Empty(t, s.Resources("1001"), "the client that does not read is cut off")
	s.Publish("1002", userNode, "still served")
	reader.until("still served</notification>")
	_ = stuck.nc.Close()
}

func TestTooLongStanzaEndsTheConnection(t *testing.T) {
	_, addr := start(t, nil)
	c := login(t, addr, "1001", "r")
	_, _ = c.nc.Write([]byte("<message><body>" + strings.Repeat("x", maxStanza+1))) // the server may hang up in between
	c.ended()
}

func TestServicePresence(t *testing.T) {
	s, addr := start(t, nil)
	c := login(t, addr, "1001", "r").available("0")
	s.SetServicePresence(false)
	require.Equal(t, "<presence from='finesse@fin.test/finesse' to='1001@fin.test/r' type='unavailable'/>", c.until("/>"))
	s.SetServicePresence(true)
	require.Equal(t, "<presence from='finesse@fin.test/finesse' to='1001@fin.test/r'/>", c.until("/>"))
}

func TestRawInjectionAndDrop(t *testing.T) {
	s, addr := start(t, nil)
	c := login(t, addr, "1001", "r").available("0")
	require.Equal(t, 1, s.Send("1001", "<broken"))
	c.until("<broken")
	require.Equal(t, 1, s.Drop("1001"))
	require.Empty(t, c.ended())
	require.Zero(t, s.Send("1002", "x"))
}

func TestDiscoAndRoster(t *testing.T) {
	_, addr := start(t, nil)
	c := login(t, addr, "1001", "r")
	require.Contains(t, c.write("<iq type='get' id='1' to='fin.test'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>").until("</iq>"), "<identity category='server'")
	require.Contains(t, c.write("<iq type='get' id='2' to='pubsub.fin.test'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>").until("</iq>"), "<identity category='pubsub'")
	require.Contains(t, c.write("<iq type='get' id='3'><query xmlns='jabber:iq:roster'/></iq>").until("</iq>"), "finesse@fin.test")
	require.Contains(t, c.write("<iq type='get' id='4'><query xmlns='jabber:iq:version'/></iq>").until("</iq>"), "<service-unavailable ")
}
