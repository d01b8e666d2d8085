package xmppd

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	saslNS       = "urn:ietf:params:xml:ns:xmpp-sasl"
	tlsNS        = "urn:ietf:params:xml:ns:xmpp-tls"
	maxAttempts  = 3
	offerPlain   = "<mechanisms xmlns='" + saslNS + "'><mechanism>PLAIN</mechanism></mechanisms>"
	offerTLS     = "<starttls xmlns='" + tlsNS + "'/>"
	offerSession = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>" +
		"<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
)

var errRefused = errors.New("login refused")

// negotiate takes the client from its first byte to a bound resource.
func (c *conn) negotiate(ctx context.Context) error {
	_ = c.nc.SetDeadline(time.Now().Add(c.srv.cfg.LoginTimeout))
	if c.srv.cfg.Mode == Direct && !c.framed {
		if err := c.secure(ctx); err != nil {
			return err
		}
	}
	c.in.buf = bufio.NewReaderSize(c.in, 512)
	features := offerPlain
	if c.srv.cfg.Mode == StartTLS && !c.framed {
		features = offerTLS + offerPlain
	}
	if err := c.open(features); err != nil {
		return err
	}
	if err := c.authenticate(ctx); err != nil {
		return err
	}
	if err := c.open(offerSession); err != nil {
		return err
	}
	_ = c.nc.SetReadDeadline(time.Time{})
	c.in.idle = c.srv.cfg.IdleTimeout
	return nil
}

func (c *conn) secure(ctx context.Context) error {
	t := tls.Server(c.nc, c.srv.cfg.TLS)
	if err := t.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("tls: %w", err)
	}
	c.mu.Lock()
	c.nc = t
	c.mu.Unlock()
	return nil
}

type auth struct {
	Mechanism string `xml:"mechanism,attr"`
	Data      string `xml:",chardata"`
}

func (c *conn) authenticate(ctx context.Context) error {
	for attempts := 0; attempts < maxAttempts; {
		start, err := c.next()
		if err != nil {
			return err
		}
		var a auth
		if err := c.dec.DecodeElement(&a, &start); err != nil {
			return err
		}
		switch {
		case start.Name.Space == tlsNS && start.Name.Local == "starttls" && c.srv.cfg.Mode == StartTLS && c.plaintext():
			if err := c.upgrade(ctx); err != nil {
				return err
			}
		case start.Name.Space != saslNS || start.Name.Local != "auth":
			c.fail("not-authorized")
			return fmt.Errorf("%w: %s before login", errRefused, start.Name.Local)
		case a.Mechanism != "PLAIN":
			attempts++
			c.send("<failure xmlns='" + saslNS + "'><invalid-mechanism/></failure>")
		default:
			attempts++
			if c.login(a.Data) {
				c.send("<success xmlns='" + saslNS + "'/>")
				return nil
			}
			c.send("<failure xmlns='" + saslNS + "'><not-authorized/></failure>")
		}
	}
	c.fail("policy-violation")
	return errRefused
}

func (c *conn) plaintext() bool {
	_, secured := c.nc.(*tls.Conn)
	return !secured && !c.framed
}

// upgrade starts TLS on a stream that asked for it. The answer goes out
// before the handshake begins, on the plain connection.
func (c *conn) upgrade(ctx context.Context) error {
	c.send("<proceed xmlns='" + tlsNS + "'/>")
	c.flushed.Wait()
	if err := c.secure(ctx); err != nil {
		return err
	}
	c.in.buf.Reset(c.in)
	return c.open(offerPlain)
}

func (c *conn) login(data string) bool {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(data))
	if err != nil {
		return false
	}
	parts := strings.SplitN(string(raw), "\x00", 3)
	if len(parts) != 3 || parts[1] == "" || strings.Contains(parts[1], "@") || !c.srv.cfg.Authenticate(unescape(parts[1]), parts[2]) {
		return false // a JID is no name of a user
	}
	if parts[0] != "" && parts[0] != parts[1] && parts[0] != parts[1]+"@"+c.srv.cfg.Domain {
		return false // acting for another
	}
	c.user = unescape(parts[1])
	return true
}
