package finesse

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/protocol/secret"
)

// DefaultTimeout bounds a REST request when [ClientConfig] names no other.
const DefaultTimeout = 3 * time.Second

// Credentials are what Finesse checks for one user, on REST and XMPP alike.
type Credentials struct {
	User     string
	Password secret.Secret
	// Bearer: the user signs on by SSO, and Password is the access token. REST
	// takes it as a bearer token, XMPP as the password (finesse-api 1.2).
	Bearer bool
}

// Equal reports whether c and o are the same proof of the same user.
func (c Credentials) Equal(o Credentials) bool {
	return c.User == o.User && c.Bearer == o.Bearer && c.Password.Equal(o.Password)
}

// ClientConfig makes a [Client].
type ClientConfig struct {
	BaseURL   string        // https://host:8445/finesse/api
	Timeout   time.Duration // per request, 0 = 3 s
	Transport http.RoundTripper
	TLS       *tls.Config // used when Transport is nil
	Log       zerolog.Logger
	// TokenURL is the service that gives SSO users their access tokens; "" =
	// Finesse itself. See [Client.RenewToken].
	TokenURL string
	// Limit bounds the requests under way; nil = no bound.
	Limit Limiter
	// OnSent, if set, is called when a request has been written to the wire.
	OnSent func(ctx context.Context, at time.Time)
	// OnRepaired, if set, is called for each answer in which characters that XML
	// forbids were replaced.
	OnRepaired func()
}

// Client speaks REST to one Finesse server. Safe for concurrent use; it holds
// no agent's state. Every call honours ctx and the configured timeout.
//
// A request that changes something is never sent twice: the client does not
// retry, does not follow redirects, and net/http repeats a PUT or POST only
// if not one byte of it was written. Reads may be repeated once by net/http
// when an idle connection turns out to be closed.
type Client struct {
	base     string
	tokenURL string
	timeout  time.Duration
	http     *http.Client
	log      zerolog.Logger
	limit    Limiter
	onSent   func(ctx context.Context, at time.Time)

	onRepaired func()
}

// NewClient validates cfg. The base URL must be absolute http or https,
// without credentials, query or fragment. Without a Transport it makes one of
// its own: HTTP/1.1, no proxy, idle connections kept for all agents together.
func NewClient(cfg ClientConfig) (*Client, error) {
	u, err := url.Parse(cfg.BaseURL)
	if err != nil {
		// A *url.Error repeats the whole URL, credentials included.
		return nil, errors.New("finesse: the base URL is malformed")
	}
	switch {
	case u.User != nil:
		return nil, errors.New("finesse: the base URL must not hold credentials")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("finesse: base URL %q: the scheme must be https or http", u.Redacted())
	case u.Host == "":
		return nil, fmt.Errorf("finesse: base URL %q: no host", u.Redacted())
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("finesse: base URL of %s: query and fragment are not allowed", u.Host)
	}
	c := &Client{
		base:     strings.TrimRight(u.String(), "/"),
		tokenURL: cfg.TokenURL,
		timeout:  cfg.Timeout,
		log:      cfg.Log,
		limit:    cfg.Limit,
		onSent:   cfg.OnSent,

		onRepaired: cfg.OnRepaired,
	}
	if c.timeout == 0 {
		c.timeout = DefaultTimeout
	}
	if c.limit == nil {
		c.limit = unlimited{}
	}
	transport := cfg.Transport
	if transport == nil {
		transport = newTransport(cfg.TLS, c.timeout)
	}
	c.http = &http.Client{
		Transport: transport,
		// A redirect would carry the agent's credentials elsewhere and could
		// repeat a call.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// maxIdle is how many connections are kept. Against a slow server hundreds of
// requests are under way at once; with fewer kept most of them would need a
// connection, and a TLS handshake, of their own.
const maxIdle = 256

// newTransport is shared by all agents of one server. Finesse speaks
// HTTP/1.1; staying with it keeps the rule about repeated requests simple.
func newTransport(tlsConfig *tls.Config, timeout time.Duration) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: timeout, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    timeout,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdle,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// Close releases idle connections. Requests under way are not touched.
func (c *Client) Close() { c.http.CloseIdleConnections() }
