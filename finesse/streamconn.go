package finesse

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// errStanzaTooLarge ends a stream whose server sends one stanza without end.
var errStanzaTooLarge = errors.New("finesse: a stanza larger than 2 MiB")

// streamConn is the connection under an XMPP session, below TLS. It bounds
// every write in time and every stanza in size, and it owns the deadlines:
// what the XMPP library sets is ignored, because it clears deadlines that it
// did not set. Closing it more than once is harmless.
type streamConn struct {
	net.Conn
	budget atomic.Int64          // bytes that may still come before the next refill
	lost   atomic.Pointer[error] // the first error of a read
	once   sync.Once
}

func newStreamConn(raw net.Conn) *streamConn {
	c := &streamConn{Conn: raw}
	c.refill()
	return c
}

// refill is called at the end of a stanza.
func (c *streamConn) refill() { c.budget.Store(maxStanza) }

func (c *streamConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.budget.Add(-int64(n)) < 0 {
		n, err = 0, errStanzaTooLarge
		_ = c.Close()
	}
	if err != nil {
		c.lost.CompareAndSwap(nil, &err)
	}
	return n, err
}

// readError is why reading ended, nil if it did not. The XMPP library tries
// to tell the server and returns that attempt's error instead.
func (c *streamConn) readError() error {
	if err := c.lost.Load(); err != nil {
		return *err
	}
	return nil
}

// Write bounds each write. After a failed one the stream is broken in the
// middle of a stanza, so the connection is closed.
func (c *streamConn) Write(p []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if err != nil {
		_ = c.Close()
	}
	return n, err
}

func (c *streamConn) Close() error {
	var err error
	c.once.Do(func() { err = c.Conn.Close() })
	return err
}

func (c *streamConn) SetDeadline(time.Time) error      { return nil }
func (c *streamConn) SetReadDeadline(time.Time) error  { return nil }
func (c *streamConn) SetWriteDeadline(time.Time) error { return nil }
