package finesse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"mellium.im/xmpp"
	xmppstream "mellium.im/xmpp/stream"

	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
)

// How XMPP is secured. Finesse offers direct TLS on port 5223.
const (
	TLSDirect   = "direct"
	TLSStartTLS = "starttls"
	TLSNone     = "none"
)

const (
	// DefaultStreamTimeout bounds the whole login.
	DefaultStreamTimeout = 10 * time.Second
	// DefaultPingEvery is the interval of XEP-0199 pings; Finesse expects one
	// at least every 20 s.
	DefaultPingEvery = 10 * time.Second

	missedPings      = 2               // unanswered in a row: dead
	receiverPatience = 5 * time.Second // a full channel for that long ends the stream
	writeTimeout     = 5 * time.Second // of one write to the connection
	closeTimeout     = 2 * time.Second // of everything that Close does
	maxStanza        = 2 << 20         // bytes of one incoming stanza
	deliveryBuffer   = 32              // notifications waiting for the receiver
)

// StreamConfig is one agent's XMPP connection.
type StreamConfig struct {
	Addr      string // host:port, for XMPP over TCP
	WebSocket string // ws or wss URL; if set, XMPP over WebSocket there (RFC 7395) instead of TCP at Addr
	TLSMode   string // direct, starttls, none
	TLS       *tls.Config
	Domain    string // xmppDomain
	PubSub    string // xmppPubSubDomain
	Cred      Credentials
	Resource  string        // gcbridge-<node>
	Timeout   time.Duration // whole login, 0 = 10 s
	PingEvery time.Duration // 0 = 10 s; two missed = dead
	// DialTimeout bounds the opening of the connection; 0 = only what bounds the login.
	DialTimeout time.Duration
	Log         zerolog.Logger
	// Ended, if set, is called once when a stream that was opened has ended, with
	// what [Stream.Err] says then.
	Ended func(err error)
	// Dial, if set, replaces the TCP dial.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// OnRepaired, if set, is called for each event in which characters that XML
	// forbids were replaced.
	OnRepaired func()

	decode func(text []byte) ([]Notification, error) // DecodeUpdates, but for tests
}

// withDefaults fills the blanks and refuses what cannot work.
func (cfg StreamConfig) withDefaults() (StreamConfig, error) {
	wrong := func(what string) error {
		return &StreamError{Op: "configure", Class: errclass.Client, Err: errors.New(what)}
	}
	switch {
	case cfg.Domain == "" || cfg.PubSub == "":
		return cfg, wrong("the XMPP domain or the pubsub domain is missing")
	case cfg.Cred.User == "":
		return cfg, wrong("no user")
	case cfg.Resource == "" || cfg.Resource == "desktop":
		return cfg, wrong("a resource is needed, and desktop is reserved for Cisco's own")
	case cfg.TLSMode != TLSDirect && cfg.TLSMode != TLSStartTLS && cfg.TLSMode != TLSNone:
		return cfg, wrong("the TLS mode must be direct, starttls or none")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultStreamTimeout
	}
	if cfg.PingEvery == 0 {
		cfg.PingEvery = DefaultPingEvery
	}
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext
	}
	if cfg.decode == nil {
		cfg.decode = DecodeUpdates
	}
	return cfg, nil
}

// Stream is a live XMPP session that delivers one agent's notifications. It
// runs two goroutines, one that reads and one that pings; both have ended
// when Close or Abort returns.
type Stream struct {
	cfg     StreamConfig
	conn    *streamConn
	session *xmpp.Session
	log     zerolog.Logger

	c       chan Notification
	ctx     context.Context // ends with the stream: what waits for an answer stops
	cancel  context.CancelFunc
	closing chan struct{} // closed by Close and Abort: notifications are not wanted any more
	served  chan struct{} // the reader has ended
	pinged  chan struct{} // the pinger has ended

	delivered, forged, malformed atomic.Uint64

	shut sync.Once
	mu   sync.Mutex
	over bool  // cause is final
	err  error // why the stream ended by itself
	subs map[string]subscription
}

// StreamStats counts what a stream received.
type StreamStats struct {
	Delivered uint64 // notifications handed to C
	Forged    uint64 // events that did not come from the pubsub service: dropped
	Malformed uint64 // events whose payload could not be decoded
}

// Stats returns the counters so far.
func (s *Stream) Stats() StreamStats {
	return StreamStats{Delivered: s.delivered.Load(), Forged: s.forged.Load(), Malformed: s.malformed.Load()}
}

// C delivers notifications in order; it is closed when the stream ends. The
// receiver must keep reading: 32 notifications wait for it, and if it takes
// none for 5 s while more arrive the stream ends with [ErrSlowReceiver]. Only
// events of the pubsub service's JID come through, and the presence of the
// server's user "finesse".
func (s *Stream) C() <-chan Notification { return s.c }

// Err says why the stream ended; nil before and after Close. It is of class
// Internal if a defect of ours ended it ([*defect.Error]), else Unavailable.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Connect dials, logs in with PLAIN, binds and sends presence (priority 0).
// When it returns, events are being received: the server has answered a ping
// sent after the presence. A refused login is [ErrAuth]; everything else that
// goes wrong is a [*StreamError] of class Unavailable, or Internal for a defect
// of ours.
func Connect(ctx context.Context, cfg StreamConfig) (*Stream, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if _, _, err := identity(cfg); err != nil {
		return nil, err // no server could change that
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	cfg.Log = cfg.Log.With().Str("agent", cfg.Cred.User).Logger()
	log := cfg.Log
	conn, err := dialStream(ctx, cfg)
	if err != nil {
		return nil, failure("dial", err)
	}
	// Nothing that the login blocks on knows ctx; all of it ends with the
	// connection.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	var session *xmpp.Session
	err = defect.Contain(log, "login", func() (err error) {
		session, err = login(ctx, conn, cfg)
		return err
	})
	if err != nil {
		stop()
		_ = conn.Close()
		return nil, loginError(ctx, err)
	}
	s := newStream(cfg, log, conn, session)
	go s.serve()
	go s.pinger() // it lives as long as the stream, not as the login
	if err := defect.Contain(log, "login", func() error { return s.announce(ctx) }); err != nil || !stop() {
		stop()
		s.Abort()
		return nil, loginError(ctx, err)
	}
	return s, nil
}

func newStream(cfg StreamConfig, log zerolog.Logger, conn *streamConn, session *xmpp.Session) *Stream {
	s := &Stream{
		cfg: cfg, conn: conn, session: session, log: log,
		c:       make(chan Notification, deliveryBuffer),
		closing: make(chan struct{}),
		served:  make(chan struct{}),
		pinged:  make(chan struct{}),
		subs:    map[string]subscription{},
	}
	s.cfg.Cred = Credentials{User: cfg.Cred.User} // the password is not needed any more
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// loginError says that the login ran out of time, if it did: the error that a
// closed connection gives would hide it.
func loginError(ctx context.Context, err error) error {
	if cause := ctx.Err(); cause != nil {
		return unavailable("login", cause)
	}
	if err == nil || errors.Is(err, ErrAuth) {
		return err
	}
	return failure("login", err)
}

// serve reads stanzas until the stream ends, for whatever reason.
func (s *Stream) serve() {
	defer close(s.served)
	if s.cfg.Ended != nil {
		defer func() { s.cfg.Ended(s.Err()) }()
	}
	err := defect.Contain(s.log, "read", func() error { return s.session.Serve(xmpp.HandlerFunc(s.handle)) })
	if lost := s.conn.readError(); lost != nil && !defect.Is(err) {
		err = lost
	}
	if err == nil {
		err = ErrServerClosed
	}
	if errors.Is(err, xmppstream.Conflict) {
		err = ErrConflict
	}
	s.end(failure("read", err))
	_ = s.conn.Close()
	s.cancel()
	close(s.c)
}

// end records why the stream ended. Only the first reason counts; after Close
// and Abort there is none.
func (s *Stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.over = true
	s.err = err
	s.log.Debug().Err(err).Msg("Finesse notifications ended")
}

// fail ends the stream with err.
func (s *Stream) fail(err error) {
	s.end(err)
	_ = s.conn.Close()
}

// pinger keeps the stream alive and finds out when the other side is gone.
func (s *Stream) pinger() {
	defer close(s.pinged)
	if err := defect.Contain(s.log, "ping", s.keepAlive); err != nil {
		s.fail(failure("ping", err))
	}
}

// keepAlive pings until the stream ends (nil) or is found dead.
func (s *Stream) keepAlive() error {
	tick := time.NewTicker(s.cfg.PingEvery)
	defer tick.Stop()
	for missed := 0; missed < missedPings; {
		select {
		case <-s.ctx.Done():
			return nil
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(s.ctx, s.cfg.PingEvery)
		err := s.ping(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			missed++
			continue
		}
		if defect.Is(err) {
			return err
		}
		missed = 0
		s.conn.refill()
	}
	return ErrDeadLink
}

// Close unsubscribes what was subscribed, sends unavailable presence, closes
// the connection and waits for its goroutines. Idempotent, bounded to 2 s. It
// always returns nil.
func (s *Stream) Close() error {
	s.shutdown(s.signOff)
	return nil
}

// Abort closes the connection without telling the server (a take-over, a dead link)
// and waits for its goroutines.
func (s *Stream) Abort() {
	s.shutdown(func() {})
}

func (s *Stream) shutdown(signOff func()) {
	s.shut.Do(func() {
		s.mu.Lock()
		s.over, s.err = true, nil
		s.mu.Unlock()
		close(s.closing)
		_ = defect.Contain(s.log, "close", func() error { signOff(); return nil })
		_ = s.conn.Close()
	})
	<-s.served
	<-s.pinged
}

// signOff leaves nothing behind on the server. Explicit subscriptions would
// survive the session and multiply the traffic (finesse-api 1.8).
func (s *Stream) signOff() {
	ctx, cancel := context.WithTimeout(s.ctx, closeTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = s.conn.Close() })
	defer stop()
	for _, node := range s.subscribed() {
		if err := s.Unsubscribe(ctx, node); err != nil {
			s.log.Debug().Err(err).Str("node", node).Msg("Finesse subscription left behind")
		}
	}
	_ = s.sendPresence(ctx, unavailablePresence)
	_ = s.session.Close()
	select {
	case <-s.served:
	case <-ctx.Done():
	}
}

func unavailable(op string, err error) error {
	return &StreamError{Op: op, Class: errclass.Unavailable, Err: err}
}

// failure is of class Unavailable, but for a defect of ours.
func failure(op string, err error) error {
	if defect.Is(err) {
		return &StreamError{Op: op, Class: errclass.Internal, Err: err}
	}
	return unavailable(op, err)
}

// StreamError is a failure of an XMPP stream; Op is what was being done:
// dial, login, read, ping, subscribe, unsubscribe.
type StreamError struct {
	Op    string
	Class errclass.Class
	Err   error
}

func (e *StreamError) Error() string { return fmt.Sprintf("finesse: XMPP %s: %v", e.Op, e.Err) }

// Unwrap returns the cause.
func (e *StreamError) Unwrap() error { return e.Err }

// ErrorClass implements errclass.Classified.
func (e *StreamError) ErrorClass() errclass.Class { return e.Class }
