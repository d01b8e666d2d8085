// Package pool watches several Finesse servers and says which one to use. It
// polls the SystemInfo of each, keeps the server in use while it serves, and
// tells when the state of the whole or the server in use changes [E3].
package pool

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
)

// DefaultHeartbeat is the period of the SystemInfo poll when [Config] names
// no other.
const DefaultHeartbeat = 5 * time.Second

// Config makes a [Pool].
type Config struct {
	URLs        []string      // REST base of each server, the preferred first
	XMPPAddrs   []string      // host:port per URL; empty: domain and port of SystemInfo
	Timeout     time.Duration // of one request, 0 = finesse.DefaultTimeout
	Heartbeat   time.Duration // period of the SystemInfo poll, 0 = DefaultHeartbeat
	MaxRequests int           // under way at one server, 0 = DefaultMaxRequests
	ReturnRate  int           // agents per second who come back, 0 = DefaultReturnRate
	TLS         *tls.Config   // of REST and XMPP
	TokenURL    string        // of SSO users' access tokens, "" = each Finesse's own
	XMPPTLSMode string        // finesse.TLSDirect, TLSStartTLS or TLSNone
	// XMPPTransport is TransportTCP, TransportWebSocket or TransportAuto; "" = TCP.
	XMPPTransport string
	Resource      string        // XMPP resource: gcbridge-<node>
	PingEvery     time.Duration // of XMPP streams, 0 = finesse.DefaultPingEvery
	Log           zerolog.Logger
	// OnSent, if set, is called when a REST request has been written to the wire.
	OnSent func(ctx context.Context, at time.Time)
	// OnRepaired, if set, is called for each answer and event in which characters
	// that XML forbids were replaced.
	OnRepaired func()
	// Changed, if set, is called by Run when the status changed, or when
	// another server than before is in use (moved). It must not block.
	Changed func(st protocol.SystemStatus, moved bool)
	// Transport, if set, replaces the network of REST, and Dial that of XMPP.
	Transport http.RoundTripper
	Dial      func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Pool is a set of Finesse servers. Safe for concurrent use.
type Pool struct {
	servers   []*Server
	heartbeat time.Duration
	timeout   time.Duration
	log       zerolog.Logger
	changed   func(st protocol.SystemStatus, moved bool)
	poke      chan struct{}
	pace      *pace
	displaced displaced

	mu      sync.Mutex
	current int // index, -1 = none serves
	status  protocol.SystemStatus
	probed  time.Time // end of the last round of probes; before the first: of New
}

// New validates cfg and opens nothing. The pool is OUT_OF_SERVICE until Run
// has probed it.
func New(cfg Config) (*Pool, error) {
	if len(cfg.URLs) == 0 {
		return nil, errors.New("pool: no Finesse URL")
	}
	if len(cfg.XMPPAddrs) > 0 && len(cfg.XMPPAddrs) != len(cfg.URLs) {
		return nil, fmt.Errorf("pool: %d XMPP addresses for %d Finesse URLs", len(cfg.XMPPAddrs), len(cfg.URLs))
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = finesse.DefaultTimeout
	}
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = DefaultHeartbeat
	}
	p := &Pool{
		pace:      newPace(cmp.Or(cfg.ReturnRate, DefaultReturnRate)),
		heartbeat: cfg.Heartbeat, timeout: cfg.Timeout, log: cfg.Log, changed: cfg.Changed,
		poke: make(chan struct{}, 1), current: -1, status: protocol.OutOfService, probed: time.Now(),
	}
	cfg.MaxRequests = cmp.Or(cfg.MaxRequests, DefaultMaxRequests)
	for i, raw := range cfg.URLs {
		s, err := newServer(cfg, strings.TrimSpace(raw))
		if err != nil {
			return nil, fmt.Errorf("pool: Finesse URL %d: %w", i+1, err)
		}
		s.doubt = p.Notice
		if len(cfg.XMPPAddrs) > 0 {
			s.stream.Addr = strings.TrimSpace(cfg.XMPPAddrs[i])
		}
		p.servers = append(p.servers, s)
	}
	return p, nil
}

func newServer(cfg Config, base string) (*Server, error) {
	limit := newLimiter(cfg.MaxRequests)
	client, err := finesse.NewClient(finesse.ClientConfig{
		BaseURL: base, Timeout: cfg.Timeout, Transport: cfg.Transport, TLS: cfg.TLS, TokenURL: cfg.TokenURL, Limit: limit, Log: cfg.Log,
		OnSent: cfg.OnSent, OnRepaired: cfg.OnRepaired,
	})
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	ways, err := waysTo(cfg.XMPPTransport, u)
	if err != nil {
		return nil, err
	}
	return &Server{
		ways:   ways,
		Client: client, name: u.Host, limit: limit, timeout: cfg.Timeout, log: cfg.Log,
		stream: finesse.StreamConfig{
			TLSMode: cfg.XMPPTLSMode, TLS: cfg.TLS, Resource: cfg.Resource,
			PingEvery: cfg.PingEvery, DialTimeout: cfg.Timeout, Log: cfg.Log, Dial: cfg.Dial, OnRepaired: cfg.OnRepaired,
		},
	}, nil
}

// Run probes the servers until ctx ends. ready, if not nil, is called once,
// after the first round of probes and what Changed was told of it.
func (p *Pool) Run(ctx context.Context, ready func()) {
	p.round(ctx)
	if ready != nil {
		ready()
	}
	tick := time.NewTicker(p.heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-p.poke:
		case <-p.probeDue():
		}
		p.round(ctx)
	}
}

// probeDue fires when the next probe of a notification service is due; nil while
// none is.
func (p *Pool) probeDue() <-chan time.Time {
	var due <-chan time.Time
	first := p.heartbeat
	for _, s := range p.servers {
		if d, ok := s.notify.wait(time.Now()); ok && d < first && s.health.Load().answers() {
			first, due = d, time.After(d)
		}
	}
	return due
}

// Cause says what is the matter with each server that does not serve, in one
// line; "" if all serve. It holds no secret.
func (p *Pool) Cause() string {
	var causes []string
	for _, s := range p.servers {
		if h := s.health.Load(); h != nil && !h.serving() {
			causes = append(causes, s.name+": "+h.condition())
		}
	}
	return strings.Join(causes, "; ")
}

// Current is the server to use; nil while none serves.
func (p *Pool) Current() *Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current < 0 {
		return nil
	}
	return p.servers[p.current]
}

// Turn asks for a turn to come back to Finesse after an outage, with a login and
// two reads: comes is closed when it is time, which is at once while few agents
// want one. Agents who have calls are urgent. drop gives the turn up.
func (p *Pool) Turn(urgent bool) (comes <-chan struct{}, drop func()) { return p.pace.turn(urgent) }

// Returning is how many agents wait for their turn.
func (p *Pool) Returning() int { return p.pace.waiting() }

// Status is the system state as of the last round of probes.
func (p *Pool) Status() protocol.SystemStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// List is every server as last probed, in configured order.
func (p *Pool) List() []ServerStatus {
	current := p.Current()
	list := make([]ServerStatus, 0, len(p.servers))
	for _, s := range p.servers {
		list = append(list, s.status(s == current))
	}
	return list
}

// Alive is an error when the watch stands still: no round of probes has ended
// for much longer than one can take.
func (p *Pool) Alive() error {
	p.mu.Lock()
	idle := time.Since(p.probed)
	p.mu.Unlock()
	if limit := 3*p.heartbeat + finalTries*p.timeout; idle >= limit {
		return fmt.Errorf("pool: no Finesse probe for %s", limit)
	}
	return nil
}

// Report tells that a request or a stream failed: what looks like a server in
// trouble is probed at once instead of at the next heart-beat. It never blocks.
func (p *Pool) Report(err error) {
	if c := errclass.Of(err); c == errclass.Unavailable || c == errclass.Indeterminate {
		p.Notice()
	}
}

// Notice asks for a probe at once. It never blocks.
func (p *Pool) Notice() {
	select {
	case p.poke <- struct{}{}:
	default: // one is asked for already
	}
}

// Close releases idle connections; call it when Run has returned. Idempotent.
func (p *Pool) Close() {
	p.pace.stop()
	for _, s := range p.servers {
		s.Client.Close()
	}
}

// round probes every server and acts on the outcome.
func (p *Pool) round(ctx context.Context) {
	before := p.healths()
	var wg sync.WaitGroup
	for _, s := range p.servers {
		wg.Go(func() { s.probe(ctx) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		return
	}
	now := p.healths()
	p.mu.Lock()
	was, wasStatus := p.current, p.status
	is, isStatus := choose(now, was), statusOf(now)
	p.current, p.status, p.probed = is, isStatus, time.Now()
	p.mu.Unlock()
	for i, s := range p.servers {
		p.log.WithLevel(levelOf(before[i], now[i])).Str("server", s.name).Str("condition", now[i].condition()).
			Str("status", string(isStatus)).Str("in_use", p.name(is)).Msg("Finesse status changed")
	}
	if moved := is >= 0 && is != was; moved || isStatus != wasStatus {
		p.tell(isStatus, moved)
	}
}

func (p *Pool) healths() []*health {
	hs := make([]*health, 0, len(p.servers))
	for _, s := range p.servers {
		hs = append(hs, s.health.Load())
	}
	return hs
}

func (p *Pool) name(i int) string {
	if i < 0 {
		return ""
	}
	return p.servers[i].name
}

// tell calls Changed. A panic in it must not end the watch.
func (p *Pool) tell(st protocol.SystemStatus, moved bool) {
	if p.changed != nil {
		_ = defect.Contain(p.log, "Changed", func() error { p.changed(st, moved); return nil })
	}
}
