// Package xmppd is the notification service of the simulator: a small XMPP
// server (RFC 6120/6121) with a pubsub service (XEP-0060) that only its
// owner publishes to. It knows nothing of agents and calls.
//
// It is written on encoding/xml instead of on mellium.im/xmpp's server side,
// for three reasons: the connector's client is built on mellium, and a
// simulator on the same library would agree with it in its mistakes; the
// captured stanzas must be reproduced to the byte, and broken ones must be
// sent on purpose, which a typed encoder prevents; and a client that does not
// read must never hold up the others, so every connection has a bounded
// outgoing buffer of its own.
//
// It offers: direct TLS, STARTTLS or plaintext, and WebSocket (RFC 7395); SASL PLAIN and nothing else;
// resource binding, the legacy session request, presence with priority,
// messages between users, ping, an empty roster, disco#info, and pubsub
// subscribe and unsubscribe. It does not offer: stream management, several
// subscriptions of one JID to one node, item retrieval, server-to-server.
package xmppd

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// Mode says how connections are secured.
type Mode string

// The modes.
const (
	Direct   Mode = "direct"   // TLS from the first byte
	StartTLS Mode = "starttls" // offered, not demanded
	Plain    Mode = "none"
)

// Config makes a [Server].
type Config struct {
	Domain string
	PubSub string // the pubsub service's JID
	Mode   Mode
	TLS    *tls.Config // for Direct and StartTLS
	// NotificationNS is the namespace of the notification element.
	NotificationNS string
	// Authenticate checks a password.
	Authenticate func(user, password string) bool
	// NodeExists says which nodes may be subscribed to.
	NodeExists func(node string) bool
	// Presence, if set, is told when a user's first resource becomes
	// available and when the last one goes. It must not block.
	Presence func(user string, available bool)
	// Log gets one line for each failed or refused connection.
	Log zerolog.Logger

	LoginTimeout time.Duration // 0: 30 s
	IdleTimeout  time.Duration // silence after which a client is pinged, and after as much again dropped; 0: 60 s
	WriteTimeout time.Duration // 0: 10 s
	MaxQueue     int           // bytes waiting for one client; 0: 4 MiB
}

// Server is the service. Its methods are safe for concurrent use.
type Server struct {
	cfg Config

	mu       sync.Mutex
	closed   bool
	conns    map[*conn]struct{}
	sessions map[string][]*conn           // bound, by user
	subs     map[string]map[string]string // node, JID: subid
	watched  bool                         // the user "finesse" is available
	service  Service
	tries    int // connections that clients have opened
	counter  int // of published items
	wg       sync.WaitGroup
}

// New makes a server; it listens nowhere yet.
func New(cfg Config) *Server {
	cfg.LoginTimeout = cmp.Or(cfg.LoginTimeout, 30*time.Second)
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, time.Minute)
	cfg.WriteTimeout = cmp.Or(cfg.WriteTimeout, 10*time.Second)
	cfg.MaxQueue = cmp.Or(cfg.MaxQueue, 4<<20)
	cfg.NotificationNS = cmp.Or(cfg.NotificationNS, "urn:xmpp:push:0")
	cfg.Mode = cmp.Or(cfg.Mode, Plain)
	return &Server{
		cfg: cfg, conns: map[*conn]struct{}{}, sessions: map[string][]*conn{},
		subs: map[string]map[string]string{}, watched: true, counter: 300,
	}
}

// Serve accepts on l until ctx ends or l is closed, then drops every client
// and waits for their goroutines.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	defer s.shutdown()
	for {
		nc, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		if c := s.admit(nc); c != nil {
			go func() {
				defer s.wg.Done()
				c.run(ctx)
			}()
		}
	}
}

// admit counts a connection in; nil if it is not served, and closed. Who runs it
// calls s.wg.Done.
func (s *Server) admit(nc net.Conn) *conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tries++
	if s.closed || s.service == Refusing {
		_ = nc.Close()
		return nil
	}
	c := newConn(s, nc)
	c.mute = s.service == Silent
	s.conns[c] = struct{}{}
	s.wg.Add(1)
	return c
}

func (s *Server) shutdown() {
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.kill()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Publish delivers payload on node: to the bare JID of user, as implicit
// nodes are (user "" for none), and to every explicit subscriber.
func (s *Server) Publish(user, node, payload string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item := s.newItem(node, payload)
	if user != "" {
		s.toBare(user, item)
	}
	for jid := range s.subs[node] {
		s.toJID(jid, item)
	}
}

// Broadcast delivers payload on node to every connected user.
func (s *Server) Broadcast(node, payload string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	item := s.newItem(node, payload)
	for user := range s.sessions {
		s.toBare(user, item)
	}
}

// Subscribers is how many JIDs are subscribed to node.
func (s *Server) Subscribers(node string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.subs[node])
}

// Resources lists the available resources of a user, in order of binding.
func (s *Server) Resources(user string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, c := range s.sessions[user] {
		if c.available {
			out = append(out, c.resource)
		}
	}
	return out
}

// Drop cuts every connection of user without closing its stream first, and says how many.
func (s *Server) Drop(user string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.sessions[user])
	for _, c := range s.sessions[user] {
		c.kill()
	}
	return n
}

// Send writes raw bytes, well formed or not, to every connection of user and
// says how many there were.
func (s *Server) Send(user, raw string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.sessions[user] {
		c.send(raw)
	}
	return len(s.sessions[user])
}

// SetServicePresence announces the user "finesse" as available or not: the
// web application's own connection.
func (s *Server) SetServicePresence(available bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched = available
	for _, list := range s.sessions {
		for _, c := range list {
			if c.available {
				c.send(s.servicePresence(c.full()))
			}
		}
	}
}

func (s *Server) servicePresence(to string) string {
	if s.watched {
		return "<presence from='finesse@" + esc(s.cfg.Domain) + "/finesse' to='" + esc(to) + "'/>"
	}
	return "<presence from='finesse@" + esc(s.cfg.Domain) + "/finesse' to='" + esc(to) + "' type='unavailable'/>"
}

// bind registers c under its full JID. An older connection with the same JID
// is told of the conflict and closed.
func (s *Server) bind(c *conn, resource string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if resource == "" {
		resource = randomHex(4)
	}
	for _, old := range s.sessions[c.user] {
		if old.resource == resource && old != c {
			old.fail("conflict")
		}
	}
	c.resource = resource
	s.sessions[c.user] = append(s.sessions[c.user], c)
}

// setPresence notes c's presence, tells the user's resources and the owner.
func (s *Server) setPresence(c *conn, available bool, priority int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.online(c.user)
	first := available && !c.available
	c.available, c.priority = available, priority
	s.counter++
	c.since = s.counter
	s.tellPresence(c)
	if first {
		c.send(s.servicePresence(c.full()))
	}
	s.report(c.user, before)
}

// tellPresence tells c and the user's other available resources about c.
func (s *Server) tellPresence(c *conn) {
	kind := ""
	if !c.available {
		kind = " type='unavailable'"
	}
	for _, x := range s.sessions[c.user] {
		if x.available || x == c {
			x.send("<presence from='" + esc(c.full()) + "' to='" + esc(x.full()) + "'" + kind + "/>")
		}
	}
}

// remove forgets c.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if c.user == "" {
		return
	}
	before := s.online(c.user)
	list := s.sessions[c.user]
	var kept []*conn
	replaced := false // by a connection with the same full JID
	for _, x := range list {
		if x != c {
			kept = append(kept, x)
			replaced = replaced || x.resource == c.resource
		}
	}
	was := c.available
	c.available = false
	if len(kept) == 0 {
		delete(s.sessions, c.user)
	} else {
		s.sessions[c.user] = kept
	}
	if was && !replaced {
		s.tellPresence(c)
	}
	s.report(c.user, before)
}

func (s *Server) online(user string) bool {
	for _, c := range s.sessions[user] {
		if c.available {
			return true
		}
	}
	return false
}

func (s *Server) report(user string, before bool) {
	if now := s.online(user); now != before && s.cfg.Presence != nil && !s.closed {
		s.cfg.Presence(user, now)
	}
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
