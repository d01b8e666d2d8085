package broker

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a connection below STOMP. Every write has a deadline, and a failed one ends
// the connection, for nobody knows how much of a frame has gone out. Silence for
// three heart-beat intervals is an end, too.
type wire struct {
	net.Conn              // TLS or plain
	socket       net.Conn // the TCP connection below
	rearm        func()   // after each read
	writeTimeout time.Duration
	silence      atomic.Int64 // nanoseconds, 0 = unlimited

	once  sync.Once
	cause error
	dead  chan struct{} // closed by kill, after cause was set
}

func newWire(c, socket net.Conn, writeTimeout time.Duration) *wire {
	w := &wire{Conn: c, socket: socket, writeTimeout: writeTimeout, rearm: func() {}, dead: make(chan struct{})}
	if tcp, ok := socket.(*net.TCPConn); ok {
		w.rearm = quickAck(tcp)
	}
	return w
}

// Read implements net.Conn.
func (w *wire) Read(b []byte) (int, error) {
	if d := w.silence.Load(); d > 0 {
		if err := w.SetReadDeadline(time.Now().Add(time.Duration(d))); err != nil {
			w.kill(err)
			return 0, err
		}
	}
	n, err := w.Conn.Read(b)
	w.rearm()
	if err != nil {
		w.kill(err)
	}
	return n, err
}

// Write implements net.Conn.
func (w *wire) Write(b []byte) (n int, err error) {
	if err = w.SetWriteDeadline(time.Now().Add(w.writeTimeout)); err == nil {
		n, err = w.Conn.Write(b)
	}
	if err != nil {
		w.kill(err)
	}
	return n, err
}

// kill ends the connection, for the first cause only. It closes the socket
// below TLS: the closing alert of TLS could block.
func (w *wire) kill(cause error) {
	w.once.Do(func() {
		w.cause = cause
		close(w.dead)
		_ = w.socket.Close()
	})
}
