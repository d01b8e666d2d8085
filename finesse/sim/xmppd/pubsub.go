package xmppd

import (
	"crypto/rand"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// item is an event on its way: the stanza before and after its addressee.
type item struct{ head, tail string }

// newItem renders the stanza as captured: payload as escaped text, no type,
// item id a UUID with a counter, message id eight characters.
func (s *Server) newItem(node, payload string) item {
	s.counter++
	return item{
		head: `<message from="` + esc(s.cfg.PubSub) + `" to="`,
		tail: `" id="` + messageID() + `"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="` + esc(node) +
			`"><item id="` + uuid.NewString() + strconv.Itoa(s.counter) + `"><notification xmlns="` + esc(s.cfg.NotificationNS) + `">` +
			esc(payload) + `</notification></item></items></event></message>`,
	}
}

// toBare delivers to the user's available resource with the highest
// priority, among equals the one whose presence is newest.
func (s *Server) toBare(user string, it item) {
	if c := s.best(user); c != nil {
		c.send(it.head + esc(user+"@"+s.cfg.Domain) + it.tail)
	}
}

func (s *Server) best(user string) *conn {
	var best *conn
	for _, c := range s.sessions[user] {
		if !c.available || c.priority < 0 {
			continue
		}
		if best == nil || c.priority > best.priority || c.priority == best.priority && c.since > best.since {
			best = c
		}
	}
	return best
}

// toJID delivers to a subscriber. What is addressed to a resource that is
// gone goes to the user's best one: so forgotten subscriptions pile up.
func (s *Server) toJID(jid string, it item) {
	user, resource := split(jid)
	for _, c := range s.sessions[user] {
		if resource != "" && c.resource == resource && c.available && c.priority >= 0 {
			c.send(it.head + esc(jid) + it.tail)
			return
		}
	}
	if c := s.best(user); c != nil {
		c.send(it.head + esc(jid) + it.tail)
	}
}

// pubsub answers a request to the pubsub service.
func (s *Server) pubsub(c *conn, q *iq) {
	switch p := q.PubSub; {
	case q.Type == "set" && p.Subscribe != nil:
		s.subscribe(c, q, *p.Subscribe)
	case q.Type == "set" && p.Unsubscribe != nil:
		s.unsubscribe(c, q, *p.Unsubscribe)
	case p.Publish != nil:
		c.iqError(q, "auth", "forbidden", "")
	default:
		c.iqError(q, "cancel", "feature-not-implemented", "")
	}
}

func (s *Server) subscribe(c *conn, q *iq, r subscription) {
	if user, _ := split(r.JID); user != c.user {
		c.iqError(q, "modify", "bad-request", "<invalid-jid xmlns='http://jabber.org/protocol/pubsub#errors'/>")
		return
	}
	if s.cfg.NodeExists == nil || !s.cfg.NodeExists(r.Node) {
		c.iqError(q, "cancel", "item-not-found", "")
		return
	}
	s.mu.Lock()
	if s.subs[r.Node] == nil {
		s.subs[r.Node] = map[string]string{}
	}
	subid := s.subs[r.Node][r.JID]
	if subid == "" {
		subid = randomHex(10)
		s.subs[r.Node][r.JID] = subid
	}
	s.mu.Unlock()
	c.iqResult(q, "<pubsub xmlns='http://jabber.org/protocol/pubsub'><subscription node='"+esc(r.Node)+"' jid='"+esc(r.JID)+
		"' subscription='subscribed' subid='"+subid+"'/></pubsub>")
}

func (s *Server) unsubscribe(c *conn, q *iq, r subscription) {
	if user, _ := split(r.JID); user != c.user {
		c.iqError(q, "auth", "forbidden", "")
		return
	}
	s.mu.Lock()
	_, known := s.subs[r.Node][r.JID]
	delete(s.subs[r.Node], r.JID)
	if len(s.subs[r.Node]) == 0 {
		delete(s.subs, r.Node)
	}
	s.mu.Unlock()
	switch {
	case known:
		c.iqResult(q, "")
	case s.cfg.NodeExists == nil || !s.cfg.NodeExists(r.Node):
		c.iqError(q, "cancel", "item-not-found", "")
	default:
		c.iqError(q, "cancel", "unexpected-request", "<not-subscribed xmlns='http://jabber.org/protocol/pubsub#errors'/>")
	}
}

// split takes a JID apart: user and resource.
func split(jid string) (user, resource string) {
	bare, resource, _ := strings.Cut(jid, "/")
	user, _, _ = strings.Cut(bare, "@")
	return unescape(user), resource
}

func esc(s string) string {
	if !strings.ContainsAny(s, "<>&'\"\r\n\t") {
		return s
	}
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}

const idLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

func messageID() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	for i := range b {
		b[i] = idLetters[int(b[i])%len(idLetters)]
	}
	return string(b)
}
