package xmppd

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// maxStanza is the longest stanza a client may send, in bytes.
const maxStanza = 256 << 10

// conn is one client. Its run method reads; writing is done by a goroutine
// that lives only while something waits to be written.
type conn struct {
	srv    *Server
	in     *input
	dec    *xml.Decoder
	framed bool // over WebSocket, which HTTP secures
	// mute: the service hangs; nothing is answered.
	mute bool

	// Guarded by Server.mu after bind.
	user, resource string
	available      bool
	priority       int
	since          int

	mu      sync.Mutex
	raw     net.Conn // as accepted
	nc      net.Conn // raw, or TLS over it
	queue   []byte
	writing bool
	ending  bool // close after the queue is written
	dead    bool
	flushed sync.WaitGroup
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{srv: s, raw: nc, nc: nc}
	c.in = &input{c: c, left: maxStanza}
	return c
}

func (c *conn) full() string { return escape(c.user) + "@" + c.srv.cfg.Domain + "/" + c.resource }

// run serves the connection until it ends.
func (c *conn) run(ctx context.Context) {
	if c.mute {
		_ = c.ignore()
		c.srv.remove(c)
		c.kill()
		return
	}
	err := c.negotiate(ctx)
	if err == nil {
		err = c.serve()
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
		c.srv.cfg.Log.Debug().Err(err).Str("agent", c.user).Msg("xmpp connection ended")
	}
	c.srv.remove(c)
	if errors.Is(err, io.EOF) {
		c.send("</stream:stream>")
	}
	c.finish()
}

// finish lets what is queued go out, closes and waits for the writer.
func (c *conn) finish() {
	c.flushed.Wait()
	c.mu.Lock()
	t, secured := c.nc.(*tls.Conn)
	closeTLS := secured && !c.dead
	c.ending = true
	c.mu.Unlock()
	if closeTLS {
		_ = t.CloseWrite() // outside the lock: a stuck peer may hold it up for seconds
	}
	c.kill()
}

// send queues s. A client that lets too much pile up is cut off.
func (c *conn) send(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.ending {
		return
	}
	if len(c.queue)+len(s) > c.srv.cfg.MaxQueue {
		c.closeLocked()
		return
	}
	c.queue = append(c.queue, s...)
	if !c.writing {
		c.writing = true
		c.flushed.Add(1)
		go c.write()
	}
}

func (c *conn) write() {
	defer c.flushed.Done()
	for {
		c.mu.Lock()
		out := c.queue
		c.queue = nil
		if len(out) == 0 || c.dead {
			c.writing = false
			if c.ending {
				c.closeLocked()
			}
			c.mu.Unlock()
			return
		}
		nc := c.nc
		c.mu.Unlock()
		_ = nc.SetWriteDeadline(time.Now().Add(c.srv.cfg.WriteTimeout))
		if _, err := nc.Write(out); err != nil {
			c.kill()
		}
	}
}

// kill closes at once; what is queued is lost.
func (c *conn) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closeLocked()
}

func (c *conn) closeLocked() {
	if !c.dead {
		c.dead = true
		c.queue = nil
		_ = c.raw.Close() // not the TLS layer's Close, which may wait for a stuck peer
	}
}

// fail sends a stream error and closes after it.
func (c *conn) fail(condition string) {
	c.send("<stream:error><" + condition + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>")
	c.mu.Lock()
	c.ending = true
	if !c.writing {
		c.closeLocked()
	}
	c.mu.Unlock()
}

// input reads from the connection. A stanza may not be longer than
// maxStanza; a silent client is pinged once and then given up.
type input struct {
	c     *conn
	buf   *bufio.Reader
	left  int
	idle  time.Duration // 0 while logging in: the deadline is absolute
	asked bool
}

var errStanzaTooLong = errors.New("stanza too long")

func (r *input) Read(p []byte) (int, error) {
	for {
		if r.idle > 0 {
			_ = r.c.nc.SetReadDeadline(time.Now().Add(r.idle))
		}
		n, err := r.c.nc.Read(p)
		if n > 0 {
			r.asked = false
			return n, nil
		}
		var ne net.Error
		if r.idle > 0 && !r.asked && errors.As(err, &ne) && ne.Timeout() && !r.c.isDead() {
			r.asked = true
			r.c.send("<iq type='get' id='ping-" + randomHex(3) + "' from='" + esc(r.c.srv.cfg.Domain) + "'><ping xmlns='urn:xmpp:ping'/></iq>")
			continue
		}
		return n, err
	}
}

func (c *conn) isDead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dead
}

// ReadByte makes the XML decoder take exactly what it parses, so that a new
// one can go on after a stream restart.
func (r *input) ReadByte() (byte, error) {
	if r.left <= 0 {
		return 0, errStanzaTooLong
	}
	r.left--
	return r.buf.ReadByte()
}

// byteReader hides input's Read from the decoder.
type byteReader struct{ *input }

func (b byteReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	x, err := b.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = x
	return 1, nil
}

// open reads a stream header and answers it with features.
func (c *conn) open(features string) error {
	c.dec = xml.NewDecoder(byteReader{c.in})
	for {
		c.in.left = maxStanza
		t, err := c.dec.Token()
		if err != nil {
			return err
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != "stream" || start.Name.Space != "http://etherx.jabber.org/streams" {
			c.send(c.header())
			c.fail("bad-format")
			return fmt.Errorf("no stream header but %q", start.Name.Local)
		}
		c.send(c.header() + "<stream:features>" + features + "</stream:features>")
		return nil
	}
}

func (c *conn) header() string {
	return "<?xml version='1.0' encoding='UTF-8'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' from='" +
		esc(c.srv.cfg.Domain) + "' id='" + randomHex(4) + "' xml:lang='en' version='1.0'>"
}

// next reads up to the next stanza's start.
func (c *conn) next() (xml.StartElement, error) {
	c.in.left = maxStanza
	for {
		t, err := c.dec.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t, nil
		case xml.EndElement:
			return xml.StartElement{}, io.EOF
		}
	}
}
