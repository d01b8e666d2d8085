package broker

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-stomp/stomp/v3/frame"

	"gcbridge/protocol/defect"
)

// conn is one STOMP connection, from login to its end. It is dropped after the first
// ERROR frame, missed receipt or stalled write, never reused, and ended by closing
// the socket, never by DISCONNECT or UNSUBSCRIBE, which could hang while messages
// flow.
//
// One goroutine reads, and blocks on nothing but the socket: its end, over, comes
// whenever the socket is closed. Writers hold sending.
type conn struct {
	cfg    *Config
	role   string
	wire   *wire
	in     *frame.Reader
	wait   time.Duration // for a receipt
	serial atomic.Uint64 // names of transactions, receipts and subscriptions
	work   sync.WaitGroup

	sending sync.Mutex
	out     *frame.Writer // to buffer
	buffer  *bufio.Writer // to wire
	wrote   atomic.Int64  // when something last went out, in Unix nanoseconds

	mu       sync.Mutex
	receipts map[string]chan struct{}      // closed when they come
	handlers map[string]func(*frame.Frame) // of subscriptions; they must not block

	over    chan struct{} // closed when the reader has ended
	refused *RefusedError // the ERROR frame, if that was the end; read after over
}

// bufferSize is that of one connection and direction, in bytes.
const bufferSize = 32 << 10

// open dials e, logs in, calls subscribe (may be nil), and returns when the broker
// has handled all of it. On error everything is closed and no goroutine is left.
func (c *Config) open(ctx context.Context, e endpoint, role string, subscribe func(*conn) error) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.LoginTimeout)
	defer cancel()
	var w *wire
	err := c.contain(role, func() (err error) {
		w, err = c.dial(ctx, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s connection: %w", role, err)
	}
	stop := context.AfterFunc(ctx, func() { w.kill(context.Cause(ctx)) })
	defer stop()

	k := c.newConn(role, w)
	var b beats
	err = c.contain(role, func() (err error) {
		b, err = k.login(e)
		return err
	})
	if err != nil {
		w.kill(err)
		return nil, fmt.Errorf("%s connection: login: %w", role, loginError(explain(err, w)))
	}
	w.silence.Store(int64(b.silence))
	k.work.Go(k.read)
	if b.every > 0 {
		k.work.Go(func() { k.beat(b.every) })
	}
	err = c.contain(role, func() (err error) {
		if subscribe != nil {
			err = subscribe(k)
		}
		if err == nil {
			err = k.barrier()
		}
		return err
	})
	if err == nil && !stop() {
		err = fmt.Errorf("%w: %w", ErrLost, context.Cause(ctx))
	}
	if err != nil {
		k.close()
		return nil, fmt.Errorf("%s connection: %w", role, err)
	}
	return k, nil
}

func (c *Config) newConn(role string, w *wire) *conn {
	buffer := bufio.NewWriterSize(w, bufferSize)
	return &conn{
		cfg: c, role: role, wire: w, wait: c.ReceiptTimeout,
		in: frame.NewReaderSize(w, bufferSize), buffer: buffer,
		out:      frame.NewWriter(struct{ io.Writer }{buffer}), // else the library flushes it after each frame
		receipts: map[string]chan struct{}{}, handlers: map[string]func(*frame.Frame){},
		over: make(chan struct{}),
	}
}

// read handles what comes until the connection ends.
func (k *conn) read() {
	defer close(k.over)
	err := k.cfg.contain(k.role, func() error {
		for {
			f, err := k.in.Read()
			if err != nil {
				return err
			}
			if f == nil {
				continue // a heart-beat
			}
			if err := k.arrived(f); err != nil {
				return err
			}
		}
	})
	k.wire.kill(err)
}

// arrived handles one frame; an error ends the connection.
func (k *conn) arrived(f *frame.Frame) error {
	switch f.Command {
	case frame.MESSAGE:
		id := f.Header.Get(frame.Subscription)
		k.mu.Lock()
		handle := k.handlers[id]
		k.mu.Unlock()
		if handle == nil {
			return fmt.Errorf("%w: a message of subscription %q, which is none of ours", ErrLost, id)
		}
		handle(f)
	case frame.RECEIPT:
		id := f.Header.Get(frame.ReceiptId)
		k.mu.Lock()
		defer k.mu.Unlock()
		if done := k.receipts[id]; done != nil {
			delete(k.receipts, id)
			close(done)
		}
	case frame.ERROR:
		k.refused = refusedBy(f)
		return k.refused
	}
	return nil
}

// beat sends a heart-beat whenever nothing else went out for so long, until the
// connection ends.
func (k *conn) beat(every time.Duration) {
	timer := time.NewTimer(every)
	defer timer.Stop()
	for {
		select {
		case <-k.over:
			return
		case <-timer.C:
		}
		quiet := time.Since(time.Unix(0, k.wrote.Load()))
		if quiet >= every {
			if k.try(func() error { return k.write(nil, true) }) != nil {
				return
			}
			quiet = 0
		}
		timer.Reset(every - quiet)
	}
}

// write frames f; nil is a heart-beat. It may wait in the buffer unless flush is set
// here or in a later call.
func (k *conn) write(f *frame.Frame, flush bool) error {
	k.sending.Lock()
	defer k.sending.Unlock()
	if err := k.out.Write(f); err != nil || !flush {
		return err
	}
	k.wrote.Store(time.Now().UnixNano())
	return k.buffer.Flush()
}

// subscribe asks for the messages of a destination: handle gets them one after the
// other, and must not block.
func (k *conn) subscribe(to, ack string, handle func(*frame.Frame), header ...string) error {
	id := strconv.FormatUint(k.serial.Add(1), 10)
	k.mu.Lock()
	k.handlers[id] = handle
	k.mu.Unlock()
	f := frame.New(frame.SUBSCRIBE, append([]string{frame.Id, id, frame.Destination, to, frame.Ack, ack}, header...)...)
	return k.try(func() error { return k.write(f, true) })
}

// sendFrame is a SEND frame for m.
func (k *conn) sendFrame(m *Message, deadline time.Time) *frame.Frame {
	f := frame.New(frame.SEND, frame.Destination, m.To.String())
	f.Body = []byte(m.Body)
	k.cfg.encode(m, f, deadline)
	return f
}

// send hands m to the connection. It goes out with the next that is confirmed.
func (k *conn) send(m *Message, deadline time.Time) error {
	return k.try(func() error { return k.write(k.sendFrame(m, deadline), false) })
}

// sendConfirmed is send, and waits for the broker's receipt. As a broker
// handles the frames of a connection in order, the receipt speaks for
// everything sent before, too.
func (k *conn) sendConfirmed(m *Message, deadline time.Time) error {
	return k.confirmed(func() *frame.Frame { return k.sendFrame(m, deadline) })
}

// barrier returns when the broker has handled everything sent before. It is an
// empty transaction, which changes nothing.
func (k *conn) barrier() error {
	name := "barrier-" + strconv.FormatUint(k.serial.Add(1), 10)
	err := k.confirmed(func() *frame.Frame { return frame.New(frame.BEGIN, frame.Transaction, name) })
	if err != nil {
		return err
	}
	return k.try(func() error { return k.write(frame.New(frame.ABORT, frame.Transaction, name), true) })
}

// confirmed sends a frame with a receipt and waits for it, for k.wait. Without it the
// connection ends.
func (k *conn) confirmed(framed func() *frame.Frame) error {
	id, done := k.expect()
	err := k.try(func() error {
		f := framed()
		f.Header.Add(frame.Receipt, id)
		return k.write(f, true)
	})
	if err != nil {
		return err
	}
	timer := time.NewTimer(k.wait)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C:
		k.wire.kill(errReceiptTimeout)
		<-k.over
	case <-k.over:
	}
	select {
	case <-done: // it was the last that came
		return nil
	default:
		return k.ending()
	}
}

// expect names a receipt, and returns what is closed when it comes.
func (k *conn) expect() (id string, done <-chan struct{}) {
	c := make(chan struct{})
	id = strconv.FormatUint(k.serial.Add(1), 10)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.receipts[id] = c
	return id, c
}

// try runs a step of the connection; an error or a panic ends it.
func (k *conn) try(step func() error) error { return k.outcome(k.cfg.contain(k.role, step)) }

// outcome ends the connection if err is not nil, and says why it ended.
func (k *conn) outcome(err error) error {
	if err == nil {
		return nil
	}
	k.wire.kill(err)
	<-k.over
	return k.ending()
}

// ending says why the connection ended; call it after over is closed.
func (k *conn) ending() error {
	switch {
	case k.refused != nil:
		return k.refused
	case errors.Is(k.wire.cause, ErrLost):
		return k.wire.cause
	case defect.Is(k.wire.cause):
		return broken(k.wire.cause)
	}
	return fmt.Errorf("%w: %w", ErrLost, k.wire.cause)
}

// ended reports whether the connection has gone.
func (k *conn) ended() bool {
	select {
	case <-k.over:
		return true
	case <-k.wire.dead:
		return true
	default:
		return false
	}
}

// close ends the connection and returns when its goroutines have gone.
func (k *conn) close() {
	k.wire.kill(errDone)
	k.work.Wait()
}
