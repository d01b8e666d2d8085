package sim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/xml"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	xmppo "github.com/xmppo/go-xmpp"
	"mellium.im/sasl"
	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gcbridge/test/wait"
)

// listener is an agent's XMPP client of either library.
type listener interface {
	// next is the text of the next notification.
	next(t *testing.T) string
	subscribe(t *testing.T, node string)
}

type note struct {
	From string `xml:"from,attr"`
	Text string `xml:"event>items>item>notification"`
}

func trust(t *testing.T, s *Server) *tls.Config {
	t.Helper()
	if s.CAPEM() == nil {
		return nil
	}
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(s.CAPEM()))
	return &tls.Config{RootCAs: pool, ServerName: s.Domain(), MinVersion: tls.VersionTLS12}
}

// melliumClient is mellium.im/xmpp on a connection of our own.
type melliumClient struct {
	session *xmpp.Session
	conn    net.Conn
	pubsub  jid.JID
	notes   chan note
	done    chan struct{}
}

func connectMellium(t *testing.T, s *Server, user, resource string) listener {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	conn, err := net.Dial("tcp", s.XMPPAddr())
	require.NoError(t, err)
	cfg := trust(t, s)
	state := xmpp.Secure
	features := []xmpp.StreamFeature{xmpp.SASL("", s.Password(user), sasl.Plain), xmpp.BindResource()}
	switch s.XMPPTLS() {
	case "direct":
		conn = tls.Client(conn, cfg)
	case "starttls":
		state = 0
		features = append([]xmpp.StreamFeature{xmpp.StartTLS(cfg)}, features...)
	}
	require.NoError(t, conn.SetDeadline(time.Now().Add(limit)))
	me := jid.MustParse(user + "@" + s.Domain() + "/" + resource)
	session, err := xmpp.NewSession(ctx, me.Domain(), me, conn, state, xmpp.NewNegotiator(
		func(*xmpp.Session, *xmpp.StreamConfig) xmpp.StreamConfig {
			return xmpp.StreamConfig{Features: features}
		}))
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Time{}))
	c := &melliumClient{session: session, conn: conn, pubsub: jid.MustParse(s.PubSub()), notes: make(chan note, 1000), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		_ = session.Serve(xmpp.HandlerFunc(func(r xmlstream.TokenReadEncoder, start *xml.StartElement) error {
			if start.Name.Local != "message" {
				return nil
			}
			var n note
			err := xml.NewTokenDecoder(xmlstream.Wrap(xmlstream.Inner(r), *start)).Decode(&n)
			c.notes <- n
			return err
		}))
	}()
	t.Cleanup(c.close)
	require.NoError(t, session.Send(ctx, stanza.Presence{}.Wrap(nil)))
	waitFor(t, func() bool { return len(s.Resources(user)) > 0 })
	return c
}

func (c *melliumClient) next(t *testing.T) string {
	t.Helper()
	n := wait.For(t, c.notes, "notification")
	require.Equal(t, c.pubsub.String(), n.From)
	return n.Text
}

func (c *melliumClient) subscribe(t *testing.T, node string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	name := func(s string) xml.Name { return xml.Name{Space: "http://jabber.org/protocol/pubsub", Local: s} }
	payload := xmlstream.Wrap(xmlstream.Wrap(nil, xml.StartElement{Name: name("subscribe"), Attr: []xml.Attr{
		{Name: xml.Name{Local: "node"}, Value: node}, {Name: xml.Name{Local: "jid"}, Value: c.session.LocalAddr().String()},
	}}), xml.StartElement{Name: name("pubsub")})
	var got struct {
		Subscription *struct {
			State string `xml:"subscription,attr"`
		} `xml:"subscription"`
	}
	require.NoError(t, c.session.UnmarshalIQElement(ctx, payload, stanza.IQ{Type: stanza.SetIQ, To: c.pubsub}, &got))
	require.NotNil(t, got.Subscription)
	require.Equal(t, "subscribed", got.Subscription.State)
}

func (c *melliumClient) close() {
	_ = c.conn.Close()
	<-c.done
}

// xmppoClient is github.com/xmppo/go-xmpp behind a guard: it dials by itself
// without a deadline, may hang in Recv and Close without end, and takes its proxy
// from the environment, so every call here is bounded from outside.
type xmppoClient struct {
	client *xmppo.Client
	notes  chan note
	iqs    chan xmppo.IQ
	done   chan struct{}
	pubsub string
}

func connectXmppo(t *testing.T, s *Server, user, resource string) listener {
	t.Helper()
	t.Setenv("HTTP_PROXY", "")
	cfg := trust(t, s)
	o := xmppo.Options{
		Host: s.XMPPAddr(), User: user + "@" + s.Domain(), Password: s.Password(user), Resource: resource, Mechanism: "PLAIN",
		TLSConfig: cfg, NoTLS: s.XMPPTLS() != "direct", StartTLS: s.XMPPTLS() == "starttls",
		InsecureAllowUnencryptedAuth: true, DialTimeout: limit, Session: true,
	}
	type result struct {
		client *xmppo.Client
		err    error
	}
	got := make(chan result, 1)
	go func() { c, err := o.NewClient(); got <- result{c, err} }()
	r := wait.For(t, got, "login")
	require.NoError(t, r.err)
	c := &xmppoClient{client: r.client, notes: make(chan note, 1000), iqs: make(chan xmppo.IQ, 10), done: make(chan struct{}), pubsub: s.PubSub()}
	go c.read()
	t.Cleanup(func() {
		s.DropXMPP(user) // ends Recv; its own Close leaves a goroutine behind for 10 s
		<-c.done
	})
	waitFor(t, func() bool { return len(s.Resources(user)) > 0 })
	return c
}

func (c *xmppoClient) read() {
	defer close(c.done)
	for {
		x, err := c.client.Recv()
		if err != nil {
			return
		}
		switch x := x.(type) {
		case xmppo.PubsubEvent:
			for _, item := range x.Items {
				var n struct {
					Text string `xml:",chardata"`
				}
				if xml.Unmarshal(item.InnerXML, &n) == nil {
					c.notes <- note{Text: n.Text}
				}
			}
		case xmppo.IQ:
			c.iqs <- x
		}
	}
}

func (c *xmppoClient) next(t *testing.T) string {
	t.Helper()
	return wait.For(t, c.notes, "notification").Text
}

func (c *xmppoClient) subscribe(t *testing.T, node string) {
	t.Helper()
	_, err := c.client.RawInformation(c.client.JID(), c.pubsub, "sub1", "set",
		"<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='"+node+"' jid='"+c.client.JID()+"'/></pubsub>")
	require.NoError(t, err)
	q := wait.For(t, c.iqs, "answer to subscribe")
	for q.ID != "sub1" { // one of the session request
		q = wait.For(t, c.iqs, "answer to subscribe")
	}
	require.Equal(t, "result", q.Type)
}
