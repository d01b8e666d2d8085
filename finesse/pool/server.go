package pool

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/finesse"
	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
)

// defaultXMPPPort is that of direct TLS; Finesse names its port from 12.6 on.
const defaultXMPPPort = 5223

// Server is one Finesse: its REST client, and where its notification service
// is. Safe for concurrent use.
type Server struct {
	*finesse.Client
	name   string
	stream finesse.StreamConfig // Addr "" = from SystemInfo
	limit  *limiter
	log    zerolog.Logger
	health atomic.Pointer[health]
}

// ServerStatus is one Finesse as last probed. It holds no secret.
type ServerStatus struct {
	Server  string    `json:"server"`
	Serving bool      `json:"serving"`
	InUse   bool      `json:"inUse"`
	Status  string    `json:"status,omitempty"`
	Error   string    `json:"error,omitempty"`
	Probed  time.Time `json:"probed"`
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
// errors. A server that did not answer its last probe is Unavailable at once.
func (s *Server) Connect(ctx context.Context, cred finesse.Credentials) (*finesse.Stream, error) {
	h := s.health.Load()
	if h == nil || h.err != nil {
		return nil, &finesse.StreamError{Op: "connect to " + s.name, Class: errclass.Unavailable, Err: errNotServing}
	}
	cfg := s.stream
	cfg.Cred, cfg.Domain, cfg.PubSub = cred, h.info.XMPPDomain, h.info.PubSubDomain
	if cfg.Addr == "" {
		port := defaultXMPPPort
		if h.info.XMPPSecurePort > 0 {
			port = h.info.XMPPSecurePort
		}
		cfg.Addr = net.JoinHostPort(h.info.XMPPDomain, strconv.Itoa(port))
	}
	return finesse.Connect(ctx, cfg)
}

// probe reads SystemInfo, repeatedly if it does not answer in time, and keeps
// the outcome. A probe that ctx ended says nothing about the server.
func (s *Server) probe(ctx context.Context) {
	var (
		info finesse.SystemInfo
		err  error
	)
	for try := 1; ; try++ {
		info, err = s.ask(ctx)
		if ctx.Err() != nil {
			return
		}
		if !again(try, err) {
			break
		}
	}
	s.health.Store(after(s.health.Load(), info, err, time.Now()))
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
	st := ServerStatus{Server: s.name, InUse: inUse}
	st.Requests, st.Waiting = s.limit.load()
	h := s.health.Load()
	if h == nil {
		return st
	}
	st.Serving, st.Probed = h.serving(), h.at
	if h.err != nil {
		st.Error = h.err.Error()
		return st
	}
	st.Status = h.info.Status
	return st
}
