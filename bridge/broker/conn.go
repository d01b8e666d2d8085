package broker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"github.com/rs/zerolog"

	"gcbridge/protocol/defect"
)

// watchID is the local name under which the library reports a connection's
// end. It is never sent.
const watchID = "gcbridge-watch"

// conn is one STOMP connection, from login to its end. It is dropped after the
// first ERROR frame, missed receipt or stalled write, never reused (traps 3, 4
// and 11), and ended by closing the socket, never by DISCONNECT or UNSUBSCRIBE
// (trap 7).
type conn struct {
	cfg    *Config
	role   string
	wire   *wire
	stomp  *stomp.Conn
	wait   time.Duration // for a receipt
	serial atomic.Uint64 // transaction names

	over    chan struct{} // closed when the library has seen the end
	refused *RefusedError // the ERROR frame, if that was the end; read after over
	work    sync.WaitGroup
}

// open dials e, logs in, calls subscribe (may be nil), which may only make
// subscriptions with window unacknowledged messages in all, and returns when the
// broker has handled all of it. On error everything is closed and no goroutine
// is left.
func (c *Config) open(ctx context.Context, e endpoint, role string, window int, subscribe func(*conn) error) (*conn, error) {
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

	var sc *stomp.Conn
	err = c.contain(role, func() (err error) {
		sc, err = stomp.Connect(w, c.options(e, w, role, window)...)
		return err
	})
	if err != nil {
		w.kill(err) // the library leaves the socket of a failed login open (trap 8)
		w.release()
		return nil, fmt.Errorf("%s connection: login: %w", role, loginError(explain(err, w)))
	}
	k := &conn{cfg: c, role: role, wire: w, stomp: sc, wait: c.ReceiptTimeout, over: make(chan struct{})}
	err = c.contain(role, func() error {
		err := k.watch()
		if err == nil && subscribe != nil {
			err = subscribe(k)
		}
		return errors.Join(err, k.barrier())
	})
	w.release()
	if err == nil && !stop() {
		err = fmt.Errorf("%w: %w", ErrLost, context.Cause(ctx))
	}
	if err != nil {
		k.close()
		return nil, fmt.Errorf("%s connection: %w", role, err)
	}
	return k, nil
}

// options are the library's, set so that wire's limits are met first and the
// library's own are only a second line.
func (c *Config) options(e endpoint, w *wire, role string, window int) []func(*stomp.Conn) error {
	const buffer = 32 << 10
	beat, early := c.Heartbeat, c.Heartbeat/5
	if role == roleGated { // several in the time that is promised, because ActiveMQ may allow no more
		beat, early = c.GatedBeat, c.GatedBeat*3/4
	}
	opts := []func(*stomp.Conn) error{
		stomp.ConnOpt.Host(e.host),
		stomp.ConnOpt.AcceptVersion(stomp.V12),
		stomp.ConnOpt.HeartBeat(beat, c.Heartbeat),
		// The library subtracts this from the interval at which it beats.
		stomp.ConnOpt.HeartBeatError(early),
		// ActiveMQ may let two intervals pass between beats (trap 1); wire allows three.
		stomp.ConnOpt.HeartBeatGracePeriodMultiplier(1000),
		stomp.ConnOpt.MsgSendTimeout(c.WriteTimeout + time.Second),
		stomp.ConnOpt.RcvReceiptTimeout(c.ReceiptTimeout + time.Second/2),
		// The size for reading is used for writing, too, if the other is set at all (trap 12).
		stomp.ConnOpt.ReadBufferSize(buffer),
		stomp.ConnOpt.WriteBufferSize(buffer),
		// What follows an ERROR must fit, or the reader leaks (trap 8).
		stomp.ConnOpt.ReadChannelCapacity(1024 + window),
		stomp.ConnOpt.WriteChannelCapacity(128),
		stomp.ConnOpt.Logger(libraryLog{c.Log}),
		stomp.ConnOpt.ResponseHeaders(func(h *frame.Header) {
			if theirs, _, err := frame.ParseHeartBeat(h.Get(frame.HeartBeat)); err == nil && theirs > 0 {
				w.silence.Store(int64(3 * max(theirs, c.Heartbeat)))
			}
			w.hold()
		}),
	}
	if c.User != "" || !c.Password.IsZero() {
		opts = append(opts, stomp.ConnOpt.Login(c.User, c.Password.Reveal()))
	}
	return opts
}

// watch makes the library tell when the connection ends, and of the ERROR
// frame if there was one; it has no signal of its own. A subscription with a
// reply-to header is known to the library only and never sent.
func (k *conn) watch() error {
	sub, err := k.stomp.Subscribe(watchID, stomp.AckAuto, stomp.SubscribeOpt.Header(headerReplyTo, watchID))
	if err != nil {
		close(k.over)
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	k.work.Go(func() {
		defer close(k.over)
		for m := range sub.C { // to its end, whatever happens
			err := k.cfg.contain(k.role, func() error {
				if r := errorFrame(m.Err); r != nil {
					k.refused = r
					k.wire.kill(r)
				}
				return nil
			})
			if err != nil {
				k.wire.kill(err)
			}
		}
	})
	return nil
}

// errorFrame returns what the ERROR frame in a library error said, nil if it
// holds none. The library makes up ERROR frames for a lost connection; only
// those that came over the wire have a body, be it empty.
func errorFrame(err error) *RefusedError {
	var f *frame.Frame
	var p *stomp.Error
	var v stomp.Error
	switch {
	case errors.As(err, &p):
		f = p.Frame
	case errors.As(err, &v):
		f = v.Frame
	}
	if f == nil || f.Command != frame.ERROR || f.Body == nil {
		return nil
	}
	const most = 500
	return &RefusedError{Message: f.Header.Get(frame.Message), Detail: string(f.Body[:min(len(f.Body), most)])}
}

// explain turns a library error of a login into one of ours.
func explain(err error, w *wire) error {
	if r := errorFrame(err); r != nil {
		return r
	}
	select {
	case <-w.dead:
		if w.cause != nil && !errors.Is(err, w.cause) {
			return fmt.Errorf("%w: %w: %w", ErrLost, w.cause, err)
		}
	default:
	}
	return fmt.Errorf("%w: %w", ErrLost, err)
}

// send hands m to the broker without waiting.
func (k *conn) send(m *Message, deadline time.Time) error {
	return k.try(func() error {
		return k.stomp.Send(m.To.String(), "", []byte(m.Body), func(f *frame.Frame) error { return k.cfg.encode(m, f, deadline) })
	})
}

// sendConfirmed is send, and waits for the broker's receipt. As a broker
// handles the frames of a connection in order, the receipt speaks for
// everything sent before, too.
func (k *conn) sendConfirmed(m *Message, deadline time.Time) error {
	return k.confirmed(m.To.String(), []byte(m.Body), stomp.SendOpt.Receipt,
		func(f *frame.Frame) error { return k.cfg.encode(m, f, deadline) })
}

// barrier returns when the broker has handled everything sent before. It is an
// empty transaction: a SUBSCRIBE with a receipt would end the subscription
// (trap 10), and the library's own transactions wait for as long as a
// heart-beat takes, not for as long as asked (trap 5).
func (k *conn) barrier() error {
	name := "barrier-" + strconv.FormatUint(k.serial.Add(1), 10)
	if err := k.confirmed("", nil, stomp.SendOpt.Receipt, become(frame.BEGIN, name)); err != nil {
		return err
	}
	return k.try(func() error { return k.stomp.Send("", "", nil, become(frame.ABORT, name)) })
}

// become turns a SEND frame into one of a transaction, keeping its receipt.
func become(command, transaction string) func(*frame.Frame) error {
	return func(f *frame.Frame) error {
		receipt, asked := f.Header.Contains(frame.Receipt)
		f.Command = command
		f.Header = frame.NewHeader(frame.Transaction, transaction)
		if asked {
			f.Header.Add(frame.Receipt, receipt)
		}
		return nil
	}
}

// confirmed sends a frame with a receipt and waits for it, for k.wait. The
// library waits on a goroutine of its own, because a frame that it takes while
// it is going down is never answered (trap 4), and is never left alone with a
// late receipt, which would block it forever (trap 3): the socket is closed
// before its own waiting ends.
func (k *conn) confirmed(to string, body []byte, opts ...func(*frame.Frame) error) error {
	result := make(chan error, 1)
	k.work.Go(func() {
		result <- k.cfg.contain(k.role, func() error { return k.stomp.Send(to, "", body, opts...) })
	})
	timer := time.NewTimer(k.wait)
	defer timer.Stop()
	select {
	case err := <-result:
		return k.outcome(err)
	case <-timer.C:
		k.wire.kill(errReceiptTimeout)
		<-k.over
	case <-k.over:
	}
	select {
	case err := <-result:
		return k.outcome(err)
	default:
		return k.ending()
	}
}

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

// close ends the connection and returns when its goroutines have gone.
func (k *conn) close() {
	k.wire.kill(errDone)
	<-k.wire.freed
	k.work.Wait()
}

// libraryLog writes the library's messages at debug level.
type libraryLog struct{ log zerolog.Logger }

func (l libraryLog) Debugf(f string, v ...any)   { l.log.Debug().Msgf("go-stomp: "+f, v...) }
func (l libraryLog) Infof(f string, v ...any)    { l.log.Debug().Msgf("go-stomp: "+f, v...) }
func (l libraryLog) Warningf(f string, v ...any) { l.log.Debug().Msgf("go-stomp: "+f, v...) }
func (l libraryLog) Errorf(f string, v ...any)   { l.log.Debug().Msgf("go-stomp: "+f, v...) }
func (l libraryLog) Debug(m string)              { l.log.Debug().Msg("go-stomp: " + m) }
func (l libraryLog) Info(m string)               { l.log.Debug().Msg("go-stomp: " + m) }
func (l libraryLog) Warning(m string)            { l.log.Debug().Msg("go-stomp: " + m) }
func (l libraryLog) Error(m string)              { l.log.Debug().Msg("go-stomp: " + m) }
