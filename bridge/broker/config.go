package broker

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/rs/zerolog"

	"gcbridge/protocol/secret"
)

// Config is a [Link]'s.
type Config struct {
	URLs     []string // stomp://host:port, stomp+ssl://host:port; ordered, the primary first
	User     string
	Password secret.Secret
	// PriorityBackup makes a link that runs on another than the first URL
	// return to the first when that answers a full login again.
	PriorityBackup bool
	ProbeInterval  time.Duration // between looks at the primary while on a backup, 0 = 5 s
	TLS            *tls.Config   // for stomp+ssl; nil = the system's roots
	Heartbeat      time.Duration // 0 = 5 s both ways
	// GatedBeat is what the connection of the gated subscriptions promises the broker
	// instead; 0 = Heartbeat. The broker drops a consumer that hangs after one to four
	// of them, and gives what it had to another one.
	GatedBeat time.Duration
	// Stall is for how long this process may stand still, 0 = 3 s: then it closes its
	// connections before anything that they have brought is handled, for the
	// broker and others may have given it up.
	Stall          time.Duration
	LoginTimeout   time.Duration // dial, TLS, login and subscriptions of one connection, 0 = 5 s
	ReceiptTimeout time.Duration // 0 = 4 s
	WriteTimeout   time.Duration // 0 = 5 s
	BackoffMin     time.Duration // 0 = 10 ms
	BackoffMax     time.Duration // 0 = 30 s
	SendBuffer     int           // messages kept while the link is down, 0 = 10,000
	Log            zerolog.Logger

	// The callbacks run on goroutines of the link and must not block. A panic in
	// one is logged and counted, and the link goes on.

	OnUp   func()                     // all three connections are up and subscriptions live
	OnDown func(err error)            // the link went down after it was up
	OnDrop func(m Message, err error) // a message was dropped (buffer full, refused, expired while waiting, link closed)

	defects *atomic.Uint64                                       // contained so far
	encode  func(m *Message, f *frame.Frame, deadline time.Time) // Message.fill, but for tests
	decode  func(m *frame.Frame, received time.Time) *Delivery   // newDelivery, but for tests
}

// endpoint is one URL of the list.
type endpoint struct {
	addr string // host:port
	host string
	tls  bool
	url  string // without credentials
}

// withDefaults fills what was left zero.
func (c Config) withDefaults() Config {
	c.ProbeInterval = cmp.Or(c.ProbeInterval, 5*time.Second)
	c.Heartbeat = cmp.Or(c.Heartbeat, 5*time.Second)
	c.GatedBeat = cmp.Or(c.GatedBeat, c.Heartbeat)
	c.Stall = cmp.Or(c.Stall, 3*time.Second)
	c.LoginTimeout = cmp.Or(c.LoginTimeout, 5*time.Second)
	c.ReceiptTimeout = cmp.Or(c.ReceiptTimeout, 4*time.Second)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 5*time.Second)
	c.BackoffMin = cmp.Or(c.BackoffMin, 10*time.Millisecond)
	c.BackoffMax = cmp.Or(c.BackoffMax, 30*time.Second)
	c.SendBuffer = cmp.Or(c.SendBuffer, 10_000)
	if c.encode == nil {
		c.encode = (*Message).fill
	}
	if c.decode == nil {
		c.decode = newDelivery
	}
	c.defects = new(atomic.Uint64)
	return c.contained()
}

// check validates c after withDefaults and parses its URLs.
func (c Config) check() ([]endpoint, error) {
	for _, t := range []struct {
		name string
		d    time.Duration
	}{
		{"ProbeInterval", c.ProbeInterval},
		{"Heartbeat", c.Heartbeat},
		{"GatedBeat", c.GatedBeat},
		{"Stall", c.Stall},
		{"LoginTimeout", c.LoginTimeout},
		{"ReceiptTimeout", c.ReceiptTimeout},
		{"WriteTimeout", c.WriteTimeout},
		{"BackoffMin", c.BackoffMin},
		{"BackoffMax", c.BackoffMax},
	} {
		if t.d < 0 {
			return nil, fmt.Errorf("%w: %s is negative", ErrConfig, t.name)
		}
	}
	if c.BackoffMax < c.BackoffMin {
		return nil, fmt.Errorf("%w: BackoffMax is less than BackoffMin", ErrConfig)
	}
	if c.SendBuffer < 0 {
		return nil, fmt.Errorf("%w: SendBuffer is negative", ErrConfig)
	}
	if strings.ContainsAny(c.User+c.Password.Reveal(), "\x00\r\n") {
		return nil, fmt.Errorf("%w: user and password must be free of NUL, CR and LF", ErrConfig)
	}
	if len(c.URLs) == 0 {
		return nil, fmt.Errorf("%w: no broker URL", ErrConfig)
	}
	ends := make([]endpoint, 0, len(c.URLs))
	for _, raw := range c.URLs {
		e, err := parseURL(raw)
		if err != nil {
			return nil, err
		}
		ends = append(ends, e)
	}
	return ends, nil
}

// schemes of broker URLs: whether TLS is spoken, and the usual port.
var schemes = map[string]struct {
	tls  bool
	port string
}{
	"stomp":     {false, "61613"},
	"stomp+ssl": {true, "61614"},
}

// parseURL reads one URL. Errors do not repeat it: it may hold a password.
func parseURL(raw string) (endpoint, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return endpoint{}, fmt.Errorf("%w: a broker URL does not parse", ErrConfig)
	}
	s, ok := schemes[u.Scheme]
	if !ok {
		return endpoint{}, fmt.Errorf("%w: broker URL scheme %q, want stomp or stomp+ssl", ErrConfig, u.Scheme)
	}
	if u.Hostname() == "" {
		return endpoint{}, fmt.Errorf("%w: a broker URL has no host", ErrConfig)
	}
	if u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" {
		return endpoint{}, fmt.Errorf("%w: a broker URL is scheme, host and port only", ErrConfig)
	}
	port := u.Port()
	if port == "" {
		port = s.port
	}
	addr := net.JoinHostPort(u.Hostname(), port)
	return endpoint{addr: addr, host: u.Hostname(), tls: s.tls, url: u.Scheme + "://" + addr}, nil
}
