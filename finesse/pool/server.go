package pool

import (
	"cmp"
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/finesse"
	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
)

// The ports of the notification service with TLS from the first byte, and
// without; Finesse names its own from 12.6 on.
const (
	defaultSecurePort = 5223
	defaultXMPPPort   = 5222
)

// Server is one Finesse: its REST client, and where its notification service
// is. Safe for concurrent use.
type Server struct {
	*finesse.Client
	name    string
	stream  finesse.StreamConfig // Addr "" = from SystemInfo
	limit   *limiter
	timeout time.Duration
	log     zerolog.Logger
	health  atomic.Pointer[health]
	ways    *ways
	notify  notifications
	doubt   func() // asks for a round of probes; it never blocks
}

// ServerStatus is one Finesse as last probed. It holds no secret.
type ServerStatus struct {
	Server  string `json:"server"`
	Serving bool   `json:"serving"`
	InUse   bool   `json:"inUse"`
	Status  string `json:"status,omitempty"`
	Error   string `json:"error,omitempty"`
	// Notifications is why the notification service has been given up.
	Notifications string `json:"notifications,omitempty"`
	// Transport is how notifications come: tcp, or the URL of a WebSocket.
	Transport string    `json:"transport"`
	Probed    time.Time `json:"probed"`
	// Requests are under way, and Waiting is how many wait for a place.
	Requests int `json:"requests"`
	Waiting  int `json:"waiting"`
}

// errNotServing: SystemInfo has not been answered, so there is no XMPP domain
// or no server behind it.
var errNotServing = errors.New("the server has not answered SystemInfo")

// Name is the server's host and port, for logs and status.
func (s *Server) Name() string { return s.name }

// Connect opens an agent's notification stream; see [finesse.Connect] for its
// errors. A server that did not answer its last probe, or whose notification
// service has been given up, is Unavailable at once.
func (s *Server) Connect(ctx context.Context, cred finesse.Credentials) (*finesse.Stream, error) {
	h := s.health.Load()
	err := s.notify.silent()
	if h == nil || h.err != nil {
		err = errNotServing
	}
	if err != nil {
		return nil, &finesse.StreamError{Op: "connect to " + s.name, Class: errclass.Unavailable, Err: err}
	}
	cfg := s.streamAt(h.info)
	cfg.Cred, cfg.Ended = cred, s.ended
	var st *finesse.Stream
	err = s.ways.try(ctx, cfg, func(cfg finesse.StreamConfig) (err error) {
		st, err = finesse.Connect(ctx, cfg)
		return err
	})
	switch {
	case err == nil:
		s.notify.opened()
	case h.info.InService() && errclass.Of(err) == errclass.Unavailable && !errors.Is(err, context.Canceled):
		s.notify.failed(cred.User, err, time.Now())
		s.doubt()
	}
	return st, err
}

// ended notes the end of a stream; if that came by itself the service is asked.
func (s *Server) ended(err error) {
	if errors.Is(err, finesse.ErrConflict) || errclass.Of(err) != errclass.Unavailable {
		err = nil
	}
	s.notify.ended(err, time.Now())
	if err != nil {
		s.doubt()
	}
}

// streamAt is where the server's notification service is.
func (s *Server) streamAt(info finesse.SystemInfo) finesse.StreamConfig {
	cfg := s.stream
	cfg.Domain, cfg.PubSub = info.XMPPDomain, info.PubSubDomain
	if cfg.Addr == "" {
		port := cmp.Or(info.XMPPPort, defaultXMPPPort)
		if cfg.TLSMode == finesse.TLSDirect {
			port = cmp.Or(info.XMPPSecurePort, defaultSecurePort)
		}
		cfg.Addr = net.JoinHostPort(info.XMPPDomain, strconv.Itoa(port))
	}
	return cfg
}

// probe reads SystemInfo, repeatedly if it does not answer in time, and keeps
// the outcome; meanwhile it asks a notification service that is in doubt. A probe
// that ctx ended says nothing about the server.
func (s *Server) probe(ctx context.Context) {
	var (
		info finesse.SystemInfo
		err  error
		wg   sync.WaitGroup
	)
	wg.Go(func() { s.probeNotifications(ctx) })
	for try := 1; ; try++ {
		info, err = s.ask(ctx)
		if ctx.Err() != nil || !again(try, err) {
			break
		}
	}
	wg.Wait()
	if ctx.Err() != nil {
		return
	}
	h := after(s.health.Load(), info, err, time.Now())
	h.silent = s.notify.silent()
	s.health.Store(h)
}

// probeNotifications asks the notification service if that is due, each way for at
// most the time-out of a request. A server whose REST does not serve is not asked:
// what its notification service does says nothing then.
func (s *Server) probeNotifications(ctx context.Context) {
	h := s.health.Load()
	if !h.answers() || !s.notify.due(time.Now()) {
		return
	}
	err := s.ways.try(ctx, s.streamAt(h.info), func(cfg finesse.StreamConfig) error {
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		return finesse.Probe(ctx, cfg)
	})
	if ctx.Err() == nil {
		s.notify.probed(err, time.Now())
	}
}

// ask reads SystemInfo once, within the client's time-out. A panic is a failed probe: it must not end the
// process, nor the watch over the other servers.
func (s *Server) ask(ctx context.Context) (info finesse.SystemInfo, err error) {
	err = defect.Contain(s.log.With().Str("server", s.name).Logger(), "probe", func() (err error) {
		info, err = s.SystemInfo(ctx)
		return err
	})
	return info, err
}

func (s *Server) status(inUse bool) ServerStatus {
	st := ServerStatus{Server: s.name, InUse: inUse, Transport: s.ways.name()}
	st.Requests, st.Waiting = s.limit.load()
	h := s.health.Load()
	if h == nil {
		return st
	}
	st.Serving, st.Probed = h.serving(), h.at
	if h.silent != nil {
		st.Notifications = h.silent.Error()
	}
	if h.err != nil {
		st.Error = h.err.Error()
		return st
	}
	st.Status = h.info.Status
	return st
}
