package prosodytest

import (
	"context"
	"encoding/xml"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/component"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

const nsPubSub = "http://jabber.org/protocol/pubsub"

// Publisher is the Finesse side: an external component (XEP-0114) that may
// publish to every node.
type Publisher struct {
	server  *Server
	session *xmpp.Session
}

// Publisher connects a publisher that lives until the test ends.
func (s *Server) Publisher(t testing.TB) *Publisher {
	t.Helper()
	conn, err := dial(s.component, 5*time.Second)
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
	session, err := component.NewSession(context.Background(), jid.MustParse("publisher."+s.Domain), []byte(s.secret), conn)
	require.NoError(t, err, s.Log())
	require.NoError(t, conn.SetDeadline(time.Time{}))
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = session.Serve(nil) // ends with the connection
	}()
	t.Cleanup(func() { _ = conn.Close(); <-served })
	return &Publisher{server: s, session: session}
}

// Publish puts an Update on a node, escaped inside <notification> of the
// namespace ns, as Finesse does. It returns when the service has taken it.
func (p *Publisher) Publish(t testing.TB, node, itemID, ns, update string) {
	t.Helper()
	payload := pubsub(xmlstream.Wrap(
		xmlstream.Wrap(
			xmlstream.Wrap(xmlstream.Token(xml.CharData(update)), element(ns, "notification")),
			element("", "item", attr("id", itemID))),
		element("", "publish", attr("node", node))))
	p.set(t, payload)
}

// Create makes a node, for servers without autocreation.
func (p *Publisher) Create(t testing.TB, node string) {
	t.Helper()
	p.set(t, pubsub(xmlstream.Wrap(nil, element("", "create", attr("node", node)))))
}

// Send sends payload as a message to a JID, from the publisher itself and not
// from the pubsub service: a forged event.
func (p *Publisher) Send(t testing.TB, to string, payload xml.TokenReader) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := p.session.Send(ctx, stanza.Message{
		To: jid.MustParse(to), From: jid.MustParse("publisher." + p.server.Domain),
	}.Wrap(payload))
	require.NoError(t, err)
}

func (p *Publisher) set(t testing.TB, payload xml.TokenReader) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := p.session.UnmarshalIQElement(ctx, payload, stanza.IQ{
		Type: stanza.SetIQ,
		From: jid.MustParse("publisher." + p.server.Domain),
		To:   jid.MustParse(p.server.PubSub),
	}, nil)
	require.NoError(t, err, p.server.Log())
}

func pubsub(r xml.TokenReader) xml.TokenReader { return xmlstream.Wrap(r, element(nsPubSub, "pubsub")) }

func element(ns, name string, attrs ...xml.Attr) xml.StartElement {
	return xml.StartElement{Name: xml.Name{Space: ns, Local: name}, Attr: attrs}
}

func attr(name, value string) xml.Attr {
	return xml.Attr{Name: xml.Name{Local: name}, Value: value}
}
