package broker

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// wire is the net.Conn that go-stomp gets. The library has no write deadline
// (trap 12), drops idle connections too early (trap 1) and leaks goroutines
// when its I/O goroutine ends before everything was registered with it (traps
// 3, 4 and 8), so wire decides when a connection is over:
//
//   - Every write has a deadline. A failed write closes the socket but is not
//     shown to the library: it learns of the end by its reader only, after it
//     has handled every frame that was read before.
//   - Silence for three heart-beat intervals is an end, too.
//   - From CONNECTED until the first BEGIN frame, reads are held back. Frames
//     are registered in the order they are written, so when BEGIN goes out all
//     subscriptions are known, and none can miss the end of the connection.
type wire struct {
	net.Conn              // TLS or plain
	socket       net.Conn // the TCP connection below
	rearm        func()   // after each read
	writeTimeout time.Duration
	recovered    func(where string, p any) error // see [Config.recovered]
	silence      atomic.Int64                    // nanoseconds, 0 = unlimited
	held         atomic.Pointer[chan struct{}]
	login        atomic.Bool // CONNECT and CONNECTED are being exchanged

	once  sync.Once
	cause error
	dead  chan struct{} // closed by kill, after cause was set
	freed chan struct{} // closed when the library's I/O goroutine has gone
	free  sync.Once
}

func newWire(c, socket net.Conn, writeTimeout time.Duration, recovered func(string, any) error) *wire {
	w := &wire{
		Conn: c, socket: socket, writeTimeout: writeTimeout, recovered: recovered, rearm: func() {},
		dead: make(chan struct{}), freed: make(chan struct{}),
	}
	if tcp, ok := socket.(*net.TCPConn); ok {
		w.rearm = quickAck(tcp)
	}
	w.login.Store(true)
	return w
}

// hold keeps reads back until a BEGIN frame was written or release is called.
// The library must not be reading when it is called.
func (w *wire) hold() {
	c := make(chan struct{})
	w.held.Store(&c)
	w.login.Store(false)
}

func (w *wire) release() {
	if c := w.held.Swap(nil); c != nil {
		close(*c)
	}
}

// Read implements net.Conn. It runs on a goroutine of the library, which
// contains nothing.
func (w *wire) Read(b []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, w.recovered("reading", p)
			w.kill(err)
		}
	}()
	if c := w.held.Load(); c != nil {
		<-*c
	}
	if d := w.silence.Load(); d > 0 {
		if err := w.SetReadDeadline(time.Now().Add(time.Duration(d))); err != nil {
			w.kill(err)
			return 0, err
		}
	}
	n, err = w.Conn.Read(b)
	w.rearm()
	if err != nil {
		w.kill(err)
	}
	return n, err
}

// plainConnect undoes the library's escapes: STOMP 1.2 has none in CONNECT,
// and a password with a colon or a backslash would arrive as another one.
var plainConnect = strings.NewReplacer(`\c`, ":", `\\`, `\`)

// Write implements net.Conn. After login it reports success whatever happens.
func (w *wire) Write(b []byte) (n int, err error) {
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		why := w.recovered("writing", p)
		w.kill(why)
		w.release()
		n, err = len(b), nil
		if w.login.Load() {
			err = why
		}
	}()
	if w.login.Load() {
		_, err = w.Conn.Write([]byte(plainConnect.Replace(string(b))))
		return len(b), err
	}
	err = w.SetWriteDeadline(time.Now().Add(w.writeTimeout))
	if err == nil {
		_, err = w.Conn.Write(b)
	}
	if err != nil {
		w.kill(err)
	}
	if w.held.Load() != nil && bytes.HasPrefix(b, []byte("BEGIN\n")) {
		w.release()
	}
	return len(b), nil
}

// Close is called by the library as the last act of its I/O goroutine.
func (w *wire) Close() error {
	w.kill(errDone)
	w.free.Do(func() { close(w.freed) })
	return nil
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
