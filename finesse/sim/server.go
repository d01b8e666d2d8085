package sim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/finesse/sim/xmppd"
)

// Server is a running simulator. All methods are safe for concurrent use.
type Server struct {
	cfg      Config
	scenario *scenario
	dir      *directory
	centre   *centre
	xmpp     *xmppd.Server
	rest     *http.Server
	restL    net.Listener
	xmppL    net.Listener
	caPEM    []byte
	requests *requestLog
	faults   *faults
	started  time.Time

	outOfService atomic.Bool
	stop         chan struct{}
	stopOnce     sync.Once

	mu       sync.Mutex
	done     chan struct{} // set by Run, closed at its end
	closed   bool          // no further request is begun
	inFlight sync.WaitGroup
}

// New validates cfg and takes the ports; [Server.Run] serves on them.
func New(cfg Config) (*Server, error) {
	cfg.setDefaults()
	sc, err := readScenario(&cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Peer != nil {
		sc = cfg.Peer.scenario
	}
	mode := xmppd.Mode(cfg.XMPPTLS)
	if mode != xmppd.Direct && mode != xmppd.StartTLS && mode != xmppd.Plain {
		return nil, fmt.Errorf("sim: XMPP TLS mode %q is not direct, starttls or none", cfg.XMPPTLS)
	}
	if !slices.Contains([]string{dropBySupervisor, dropByController, dropByAll}, cfg.DropParticipantFor) {
		return nil, fmt.Errorf("sim: DropParticipantFor %q is none of %s, %s, %s", cfg.DropParticipantFor, dropBySupervisor, dropByController, dropByAll)
	}
	if !slices.Contains([]string{authPasswords, authTokens, authBoth}, cfg.AuthMode) {
		return nil, fmt.Errorf("sim: AuthMode %q is none of %s, %s, %s", cfg.AuthMode, authPasswords, authTokens, authBoth)
	}
	s := &Server{
		cfg: cfg, scenario: sc, dir: newDirectory(sc, &cfg), requests: newRequestLog(cfg.KeepRequests),
		faults: &faults{}, started: time.Now(), stop: make(chan struct{}),
	}
	if cfg.Peer != nil {
		s.centre = cfg.Peer.centre
	} else {
		s.centre = newCentre(sc.callControl(&cfg), cfg.EventDelay)
	}
	var tlsConfig *tls.Config
	if cfg.TLS || mode != xmppd.Plain {
		if tlsConfig, s.caPEM, err = makeCertificate(cfg.Domain); err != nil {
			return nil, fmt.Errorf("sim: certificate: %w", err)
		}
	}
	s.xmpp = xmppd.New(xmppd.Config{
		Domain: cfg.Domain, PubSub: s.pubSub(), Mode: mode, TLS: tlsConfig, NotificationNS: cfg.NotificationNS,
		Authenticate: s.mayConnect, NodeExists: s.nodeExists, Presence: s.onPresence, Log: cfg.Log, IdleTimeout: cfg.XMPPIdle,
	})
	var lc net.ListenConfig
	if s.restL, err = lc.Listen(context.Background(), "tcp", cfg.RESTAddr); err != nil {
		return nil, fmt.Errorf("sim: REST: %w", err)
	}
	if s.xmppL, err = lc.Listen(context.Background(), "tcp", cfg.XMPPAddr); err != nil {
		return nil, errors.Join(fmt.Errorf("sim: XMPP: %w", err), s.restL.Close())
	}
	s.rest = &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: silent(),
	}
	if cfg.TLS {
		s.restL = tls.NewListener(s.restL, tlsConfig)
	}
	s.centre.attach(s.publish)
	return s, nil
}

// Run serves until ctx ends or Close is called, then drops every client and
// returns nil. It must be called once.
func (s *Server) Run(ctx context.Context) error {
	done := make(chan struct{})
	defer close(done)
	s.mu.Lock()
	s.done = done
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.cfg.Log.Info().Str("rest", s.RESTURL()).Str("xmpp", s.XMPPAddr()).Str("domain", s.Domain()).
		Str("xmppTLS", s.cfg.XMPPTLS).Str("flavor", s.scenario.Flavor).Msg("the simulator serves")
	g, ctx := errgroup.WithContext(ctx)
	s.rest.BaseContext = func(net.Listener) context.Context { return ctx }
	g.Go(func() error {
		select {
		case <-ctx.Done():
		case <-s.stop:
		}
		s.begin(true)
		cancel()
		err := s.rest.Close()
		s.inFlight.Wait()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		return err
	})
	g.Go(func() error {
		if err := s.rest.Serve(s.restL); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("sim: REST: %w", err)
		}
		return nil
	})
	g.Go(func() error { return s.xmpp.Serve(ctx, s.xmppL) })
	g.Go(func() error { s.centre.run(ctx); return nil })
	return g.Wait()
}

// Close stops the server and waits for Run to return. Idempotent.
func (s *Server) Close() error {
	s.stopOnce.Do(func() {
		close(s.stop)
		_ = s.restL.Close()
		_ = s.xmppL.Close()
	})
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done != nil {
		<-done
	}
	return nil
}

// begin counts a request in, unless the server is closing; last closes it.
func (s *Server) begin(last bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last {
		s.closed = true
	}
	if s.closed {
		return false
	}
	s.inFlight.Add(1)
	return true
}

// RESTURL is the base of the API: http[s]://host:port/finesse/api.
func (s *Server) RESTURL() string { return s.root() + "/finesse/api" }

// ControlURL is the base of the control API: http[s]://host:port/sim.
func (s *Server) ControlURL() string { return s.root() + "/sim" }

func (s *Server) root() string {
	scheme := "http"
	if s.cfg.TLS {
		scheme = "https"
	}
	return scheme + "://" + s.restL.Addr().String()
}

// XMPPAddr is host:port of the notification service.
func (s *Server) XMPPAddr() string { return s.xmppL.Addr().String() }

// XMPPTLS is how the notification service is secured: direct, starttls, none.
func (s *Server) XMPPTLS() string { return s.cfg.XMPPTLS }

// Domain is the XMPP domain.
func (s *Server) Domain() string { return s.cfg.Domain }

// PubSub is the JID that events come from.
func (s *Server) PubSub() string { return s.pubSub() }

func (s *Server) pubSub() string { return "pubsub." + s.cfg.Domain }

// CAPEM is the certificate to trust, nil without TLS.
func (s *Server) CAPEM() []byte { return s.caPEM }

// Extension is the usual extension of an agent, "" if there is no such agent.
func (s *Server) Extension(agentID string) string {
	if p := s.dir.people[agentID]; p != nil {
		return p.Extension
	}
	return ""
}

// Password is the password of an agent, "" if there is no such agent.
func (s *Server) Password(agentID string) string {
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	if p := s.dir.people[agentID]; p != nil {
		return p.Password
	}
	return ""
}

// SetPassword changes the password of an agent: the old one is wrong at once. It
// does nothing if there is no such agent.
func (s *Server) SetPassword(agentID, password string) {
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	if p := s.dir.people[agentID]; p != nil {
		p.Password = password
	}
}

// BadPasswords are those refused so far, on REST and XMPP, the oldest first.
func (s *Server) BadPasswords() []BadPassword {
	s.dir.mu.Lock()
	defer s.dir.mu.Unlock()
	return slices.Clone(s.dir.bad)
}

// mayConnect checks an XMPP login: agents only, and only while the server
// could check a password at all.
func (s *Server) mayConnect(user, password string) bool {
	ok := s.dir.people[user] != nil && s.dir.secret(user, password)
	if !ok {
		s.dir.refused(user, true)
	}
	return ok
}

func (s *Server) onPresence(user string, available bool) {
	var c callcontrol.Command = callcontrol.PresenceLost{Agent: user}
	if available {
		c = callcontrol.PresenceBack{Agent: user}
	}
	s.centre.submit("presence "+user, "", c)
}

func (s *Server) status() string {
	if s.outOfService.Load() {
		return outOfService
	}
	return inService
}

const (
	inService    = "IN_SERVICE"
	outOfService = "OUT_OF_SERVICE"
)

func portOf(l net.Listener) string {
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return strconv.Itoa(a.Port)
	}
	return ""
}
