package xmppd

import (
	"encoding/xml"
	"strconv"
	"strings"
)

type empty struct{}

type subscription struct {
	Node string `xml:"node,attr"`
	JID  string `xml:"jid,attr"`
}

type iq struct {
	ID   string `xml:"id,attr"`
	Type string `xml:"type,attr"`
	To   string `xml:"to,attr"`

	Bind *struct {
		Resource string `xml:"resource"`
	} `xml:"urn:ietf:params:xml:ns:xmpp-bind bind"`
	Session *empty `xml:"urn:ietf:params:xml:ns:xmpp-session session"`
	Ping    *empty `xml:"urn:xmpp:ping ping"`
	Roster  *empty `xml:"jabber:iq:roster query"`
	Info    *empty `xml:"http://jabber.org/protocol/disco#info query"`
	Items   *empty `xml:"http://jabber.org/protocol/disco#items query"`
	PubSub  *struct {
		Subscribe   *subscription `xml:"subscribe"`
		Unsubscribe *subscription `xml:"unsubscribe"`
		Publish     *empty        `xml:"publish"`
	} `xml:"http://jabber.org/protocol/pubsub pubsub"`
}

type presence struct {
	Type     string `xml:"type,attr"`
	To       string `xml:"to,attr"`
	Priority string `xml:"priority"`
}

type message struct {
	To   string `xml:"to,attr"`
	ID   string `xml:"id,attr"`
	Type string `xml:"type,attr"`
	Body string `xml:",innerxml"`
}

// serve handles stanzas until the stream ends.
func (c *conn) serve() error {
	for {
		start, err := c.next()
		if err != nil {
			return err
		}
		switch start.Name.Local {
		case "iq":
			err = c.onIQ(start)
		case "presence":
			err = c.onPresence(start)
		case "message":
			err = c.onMessage(start)
		default:
			c.fail("unsupported-stanza-type")
			return nil
		}
		if err != nil {
			c.fail("not-well-formed")
			return err
		}
	}
}

func (c *conn) onIQ(start xml.StartElement) error {
	var q iq
	if err := c.dec.DecodeElement(&q, &start); err != nil {
		return err
	}
	if q.Type == "result" || q.Type == "error" {
		return nil
	}
	switch {
	case q.Bind != nil:
		if c.resource != "" {
			c.iqError(&q, "cancel", "not-allowed", "")
			return nil
		}
		c.srv.bind(c, q.Bind.Resource)
		c.iqResult(&q, "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>"+esc(c.full())+"</jid></bind>")
	case q.Session != nil, q.Ping != nil:
		c.iqResult(&q, "")
	case c.resource == "":
		c.iqError(&q, "cancel", "not-authorized", "")
	case q.PubSub != nil && q.To == c.srv.cfg.PubSub:
		c.srv.pubsub(c, &q)
	case q.Roster != nil && q.Type == "get":
		c.iqResult(&q, "<query xmlns='jabber:iq:roster'><item jid='finesse@"+esc(c.srv.cfg.Domain)+"' subscription='both'/></query>")
	case q.Info != nil:
		c.iqResult(&q, c.srv.describe(q.To))
	case q.Items != nil:
		c.iqResult(&q, "<query xmlns='http://jabber.org/protocol/disco#items'/>")
	default:
		c.iqError(&q, "cancel", "service-unavailable", "")
	}
	return nil
}

// describe is the disco#info answer of the server or its pubsub service.
func (s *Server) describe(jid string) string {
	if jid == s.cfg.PubSub {
		return "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='pubsub' type='service'/>" +
			"<feature var='http://jabber.org/protocol/pubsub'/></query>"
	}
	return "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im'/>" +
		"<feature var='http://jabber.org/protocol/disco#info'/><feature var='urn:xmpp:ping'/></query>"
}

func (c *conn) iqResult(q *iq, inner string) {
	c.send("<iq type='result' id='" + esc(q.ID) + "'" + c.addresses(q) + ">" + inner + "</iq>")
}

func (c *conn) iqError(q *iq, kind, condition, extra string) {
	c.send("<iq type='error' id='" + esc(q.ID) + "'" + c.addresses(q) + "><error type='" + kind + "'><" + condition +
		" xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>" + extra + "</error></iq>")
}

func (c *conn) addresses(q *iq) string {
	from := q.To
	if from == "" {
		from = c.srv.cfg.Domain
	}
	to := ""
	if c.resource != "" {
		to = " to='" + esc(c.full()) + "'"
	}
	return " from='" + esc(from) + "'" + to
}

func (c *conn) onPresence(start xml.StartElement) error {
	var p presence
	if err := c.dec.DecodeElement(&p, &start); err != nil {
		return err
	}
	if c.resource == "" || p.To != "" || p.Type != "" && p.Type != "unavailable" {
		return nil // directed presence and roster business
	}
	priority, _ := strconv.Atoi(strings.TrimSpace(p.Priority)) // unreadable is 0, as absent
	c.srv.setPresence(c, p.Type == "", priority)
	return nil
}

// onMessage passes a user's message on to another user, its sender stamped.
func (c *conn) onMessage(start xml.StartElement) error {
	var m message
	if err := c.dec.DecodeElement(&m, &start); err != nil {
		return err
	}
	if c.resource == "" {
		return nil
	}
	kind := ""
	if m.Type != "" {
		kind = " type='" + esc(m.Type) + "'"
	}
	c.srv.mu.Lock()
	defer c.srv.mu.Unlock()
	c.srv.toJID(m.To, item{
		head: "<message from='" + esc(c.full()) + "' to='",
		tail: "' id='" + esc(m.ID) + "'" + kind + ">" + m.Body + "</message>",
	})
	return nil
}
