package bridge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/config"
	"gcbridge/bridge/session"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
)

// server is one Finesse: its REST client, where its notification service is,
// and what it last said of itself. It implements [session.Server].
type server struct {
	*finesse.Client
	url     string
	xmpp    string // host:port, "" = from SystemInfo
	stream  finesse.StreamConfig
	health  atomic.Pointer[health]
	lastLog atomic.Value // string: last logged condition, so that a change is logged once
}

// health is the outcome of one probe.
type health struct {
	info finesse.SystemInfo
	err  error
	at   time.Time
}

// Name implements [session.Server].
func (s *server) Name() string { return s.url }

// Connect implements [session.Server].
func (s *server) Connect(ctx context.Context, cred finesse.Credentials) (session.Stream, error) {
	h := s.health.Load()
	if h == nil || h.err != nil {
		return nil, fmt.Errorf("bridge: %s: %w", s.url, errNotProbed)
	}
	cfg := s.stream
	cfg.Cred, cfg.Domain, cfg.PubSub = cred, h.info.XMPPDomain, h.info.PubSubDomain
	cfg.Addr = s.xmpp
	if cfg.Addr == "" {
		cfg.Addr = net.JoinHostPort(h.info.XMPPDomain, xmppPort(h.info))
	}
	st, err := finesse.Connect(ctx, cfg)
	if err != nil {
		return nil, err // not st: a nil *Stream in the interface would not be nil
	}
	return st, nil
}

// errNotProbed: SystemInfo has not told the XMPP domain yet.
var errNotProbed = errors.New("the server has not answered SystemInfo yet")

func xmppPort(i finesse.SystemInfo) string {
	if i.XMPPSecurePort > 0 {
		return fmt.Sprint(i.XMPPSecurePort)
	}
	return "5223"
}

// serving reports whether the server takes requests.
func (h *health) serving() bool { return h != nil && h.err == nil && h.info.InService() }

// status is the system state that a set of probes amounts to [E3]: in service
// if any server serves; not reachable if every one timed out; else out of service.
func status(hs []*health) protocol.SystemStatus {
	timeouts := 0
	for _, h := range hs {
		if h.serving() {
			return protocol.InService
		}
		var fe *finesse.Error
		if h != nil && errors.As(h.err, &fe) && fe.Timeout() {
			timeouts++
		}
	}
	if timeouts == len(hs) {
		return protocol.NotReachable
	}
	return protocol.OutOfService
}

// choose picks the serving server: the one in use while it serves, else the
// first in configured order that does; -1 if none.
func choose(hs []*health, current int) int {
	if current >= 0 && hs[current].serving() {
		return current
	}
	for i, h := range hs {
		if h.serving() {
			return i
		}
	}
	return -1
}

// servers watches every Finesse and says which one serves. It implements
// [session.Servers].
type servers struct {
	list    []*server
	every   time.Duration
	timeout time.Duration
	log     zerolog.Logger
	poke    chan struct{}
	changed func(st protocol.SystemStatus, moved bool) // called by the watch goroutine

	mu      sync.Mutex
	current int // index, -1 = none serves
	status  protocol.SystemStatus
}

func newServers(c config.Config, tlsConf *tls.Config, observe *observer, log zerolog.Logger) (*servers, error) {
	p := &servers{
		every: c.FinesseHeartbeat, timeout: c.FinesseTimeout, current: -1, status: protocol.OutOfService,
		poke: make(chan struct{}, 1), log: log.With().Str("part", "finesse").Logger(),
	}
	for i, raw := range c.FinesseURLs {
		base := strings.TrimRight(strings.TrimSpace(raw), "/")
		u, err := url.Parse(base)
		if err != nil {
			return nil, fmt.Errorf("bridge: Finesse URL: %w", err)
		}
		client, err := finesse.NewClient(finesse.ClientConfig{
			BaseURL: base, Timeout: c.FinesseTimeout, TLS: tlsConf, Log: p.log, OnSent: observe.requestSent,
		})
		if err != nil {
			return nil, fmt.Errorf("bridge: Finesse %s: %w", u.Redacted(), err)
		}
		s := &server{Client: client, url: u.Host, stream: finesse.StreamConfig{
			TLSMode: c.XMPPTLS, TLS: tlsConf, Resource: "gcbridge-" + c.NodeID,
			PingEvery: c.XMPPPing, Log: p.log,
		}}
		if len(c.XMPPAddrs) > 0 {
			s.xmpp = strings.TrimSpace(c.XMPPAddrs[i])
		}
		p.list = append(p.list, s)
	}
	return p, nil
}

// Current implements [session.Servers].
func (p *servers) Current() session.Server {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current < 0 {
		return nil
	}
	return p.list[p.current]
}

// Status is the system state as last published.
func (p *servers) Status() protocol.SystemStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status
}

// Report implements [session.Servers]: what looks like a server in trouble is
// probed at once instead of at the next heart-beat.
func (p *servers) Report(err error) {
	if c := errclass.Of(err); c != errclass.Unavailable && c != errclass.Indeterminate {
		return
	}
	p.Notice()
}

// Notice implements [session.Servers].
func (p *servers) Notice() {
	select {
	case p.poke <- struct{}{}:
	default:
	}
}

// run watches until ctx ends. The first probe has been made when ready is called.
func (p *servers) run(ctx context.Context, ready func()) {
	p.probe(ctx)
	ready()
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-p.poke:
		}
		p.probe(ctx)
	}
}

// close releases idle connections.
func (p *servers) close() {
	for _, s := range p.list {
		s.Client.Close()
	}
}

// probe asks every server and acts on the outcome.
func (p *servers) probe(ctx context.Context) {
	var wg sync.WaitGroup
	for _, s := range p.list {
		wg.Go(func() { s.probe(ctx, p.timeout, p.log) })
	}
	wg.Wait()
	if ctx.Err() != nil {
		return
	}
	hs := make([]*health, len(p.list))
	for i, s := range p.list {
		hs[i] = s.health.Load()
	}
	p.mu.Lock()
	was, wasStatus := p.current, p.status
	p.current, p.status = choose(hs, was), status(hs)
	is, isStatus := p.current, p.status
	p.mu.Unlock()
	moved := is >= 0 && is != was
	if moved || isStatus != wasStatus {
		ev := p.log.Info().Str("status", string(isStatus))
		if is >= 0 {
			ev = ev.Str("server", p.list[is].url)
		}
		ev.Msg("Finesse")
		p.changed(isStatus, moved)
	}
}

// finalTries is how often a probe is made before a server is given up: two
// unsuccessful retries (gc-protocol 5.5).
const finalTries = 3

// probe reads SystemInfo. A refused connection is final at once, a time-out
// only after two more tries.
func (s *server) probe(ctx context.Context, timeout time.Duration, log zerolog.Logger) {
	var h health
	for try := 1; try <= finalTries; try++ {
		c, cancel := context.WithTimeout(ctx, timeout)
		info, err := s.SystemInfo(c)
		cancel()
		h = health{info: info, err: err, at: time.Now()}
		var fe *finesse.Error
		if err == nil || ctx.Err() != nil || !errors.As(err, &fe) || !fe.Timeout() {
			break
		}
	}
	if ctx.Err() != nil {
		return
	}
	if h.err != nil {
		if old := s.health.Load(); old != nil {
			h.info.XMPPDomain, h.info.PubSubDomain = old.info.XMPPDomain, old.info.PubSubDomain
		}
	}
	s.health.Store(&h)
	cond := h.info.Status
	if h.err != nil {
		cond = h.err.Error()
	}
	if prev, _ := s.lastLog.Swap(cond).(string); prev != cond {
		log.Info().Str("server", s.url).Str("condition", cond).Msg("Finesse server")
	}
}
