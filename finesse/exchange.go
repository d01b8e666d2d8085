package finesse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
)

// bodyLimits bound an answer: a phone book range of 6000 contacts or a site's
// 2000 users fit.
func bodyLimits() limits { return limits{bytes: 16 << 20, depth: 32, elements: 500000} }

// acceptedLimits bound the body of an accepted PUT or POST.
func acceptedLimits() limits { return limits{bytes: 64 << 10, depth: 16, elements: 1000} }

// errorLimits bound the body of a refusal.
func errorLimits() limits { return limits{bytes: 64 << 10, depth: 16, elements: 1000} }

// request is one exchange with the server.
type request struct {
	op        string // for errors and logs: "PUT User"
	method    string
	url       string   // the whole of it, in place of path and query
	path      []string // below the base URL, each segment still unescaped
	query     url.Values
	cred      *Credentials // nil: without Authorization
	agent     string       // for whom it is, where no credentials say so
	body      []byte
	requestID string
	header    map[string]string
}

// read runs a GET and returns the root of the answer, which must be called
// root.
func (c *Client) read(ctx context.Context, r request, root string) (*element, error) {
	return get(ctx, c, r, func(body []byte) (*element, error) { return parseRoot(body, root) })
}

// get runs a GET and returns what parse makes of the answer.
func get[T any](ctx context.Context, c *Client, r request, parse func(body []byte) (T, error)) (T, error) {
	var none T
	r.method = http.MethodGet
	body, status, err := c.exchange(ctx, r)
	if err != nil {
		return none, err
	}
	body, replaced := legal(body)
	if replaced > 0 && c.onRepaired != nil {
		c.log.Debug().Str("op", r.op).Int("replaced", replaced).Msg("characters that XML forbids were replaced")
		_ = defect.Contain(c.log, "OnRepaired", func() error { c.onRepaired(); return nil })
	}
	v, err := parse(body)
	if err != nil {
		return none, &Error{Op: r.op, Status: status, Err: err, Class: errclass.Upstream}
	}
	return v, nil
}

// write runs a PUT or POST. An accepted one is answered 202 or 200 with an
// empty body (finesse-api 1.4); XML is taken as well. Anything else, such as
// the page of a captive portal or proxy, did not come from Finesse.
func (c *Client) write(ctx context.Context, r request) error {
	body, status, err := c.exchange(ctx, r)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	roots, err := parseElements(body, acceptedLimits())
	if err == nil && (len(roots) != 1 || roots[0].is("html")) {
		err = fmt.Errorf("%w: the answer is not Finesse's", ErrPayload)
	}
	if err != nil {
		return &Error{Op: r.op, Status: status, Err: err, Class: errclass.Upstream}
	}
	return nil
}

// exchange asks once, when the limiter gives a place. The request's time runs
// from then on.
func (c *Client) exchange(ctx context.Context, r request) (body []byte, status int, err error) {
	if agent := agentOf(ctx, r); agent != "" {
		release, refused := c.limit.Acquire(ctx, agent)
		if refused != nil {
			return nil, 0, &Error{Op: r.op, Err: fmt.Errorf("%w: %w", errNoPlace, refused), Class: errclass.Unavailable}
		}
		defer func() { release(err) }()
	}
	return c.askOnce(ctx, r)
}

// errNoPlace: too many requests were under way all the time.
var errNoPlace = errors.New("no place for the request")

func (c *Client) askOnce(ctx context.Context, r request) (body []byte, status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var sent sentState
	req, err := c.newRequest(httptrace.WithClientTrace(ctx, c.trace(ctx, &sent)), r)
	if err != nil {
		return nil, 0, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, 0, c.failed(r.op, &sent, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, resp.StatusCode, c.refused(r.op, resp)
	}
	limit := bodyLimits().bytes
	if r.method != http.MethodGet {
		limit = acceptedLimits().bytes
	}
	body, err = io.ReadAll(io.LimitReader(resp.Body, int64(limit)+1))
	if err != nil && r.method != http.MethodGet && len(bytes.TrimSpace(body)) == 0 {
		return nil, resp.StatusCode, nil // the status has decided; nothing that came says otherwise
	}
	if err != nil {
		return nil, 0, c.failed(r.op, &sent, err)
	}
	if len(body) > limit {
		return nil, resp.StatusCode, &Error{Op: r.op, Status: resp.StatusCode, Class: errclass.Upstream, Err: fmt.Errorf("%w: the answer is larger than %d bytes", ErrPayload, limit)}
	}
	return body, resp.StatusCode, nil
}

func (c *Client) newRequest(ctx context.Context, r request) (*http.Request, error) {
	target, err := c.target(r)
	if err != nil {
		return nil, err
	}
	var body io.Reader
	if r.body != nil {
		// A bytes.Reader sets GetBody. net/http uses it to repeat a PUT or POST
		// only when nothing of the first attempt was written.
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, body)
	if err != nil {
		return nil, &Error{Op: r.op, Class: errclass.Internal, Err: errors.New("the request cannot be formed")}
	}
	req.Header.Set("Accept", "application/xml")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/xml")
	}
	if r.requestID != "" {
		req.Header.Set("requestId", headerValue(r.requestID))
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	switch {
	case r.cred == nil:
	case r.cred.Bearer:
		req.Header.Set("Authorization", "Bearer "+r.cred.Password.Reveal())
	default:
		req.SetBasicAuth(r.cred.User, r.cred.Password.Reveal())
	}
	return req, nil
}

// target is where a request goes.
func (c *Client) target(r request) (string, error) {
	if r.url != "" {
		return r.url, nil
	}
	var target strings.Builder
	target.WriteString(c.base)
	for _, segment := range r.path {
		if segment == "" || segment == "." || segment == ".." {
			return "", &Error{Op: r.op, Class: errclass.Client, Err: errors.New("an empty or relative id")}
		}
		target.WriteString("/" + url.PathEscape(segment))
	}
	if len(r.query) > 0 {
		target.WriteString("?" + r.query.Encode())
	}
	return target.String(), nil
}

// headerValue keeps what may stand in an HTTP header: net/http refuses a
// request with anything else, and a request id comes from a client.
func headerValue(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '_'
		}
		return r
	}, s)
}

// sentState is how far a request got. net/http's writer goroutine sets it.
type sentState struct{ started, failed atomic.Bool }

// reached reports that the whole request may be with the server.
func (s *sentState) reached() bool { return s.started.Load() && !s.failed.Load() }

func (c *Client) trace(ctx context.Context, sent *sentState) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// A connection for this attempt: forget an earlier one of which
		// net/http knows that nothing was written.
		GotConn: func(httptrace.GotConnInfo) { sent.started.Store(false); sent.failed.Store(false) },
		// From here on bytes may be on the wire, though still in a buffer.
		WroteHeaders: func() { sent.started.Store(true) },
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err != nil {
				// The server cannot have the whole request, so it does not act.
				sent.failed.Store(true)
				return
			}
			sent.started.Store(true)
			if c.onSent == nil {
				return
			}
			// This is a goroutine of net/http's: nobody above contains a defect.
			_ = defect.Contain(c.log, "OnSent", func() error { c.onSent(ctx, time.Now()); return nil })
		},
	}
}

// failed makes the error of a request without an answer.
func (c *Client) failed(op string, sent *sentState, err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err // drop method and URL: Op says what was asked
	}
	e := &Error{Op: op, Err: err, Class: errclass.Unavailable}
	if sent.reached() {
		e.Class = errclass.Indeterminate
	}
	c.log.Debug().Str("op", op).Str("class", string(e.Class)).Err(err).Msg("Finesse request failed")
	return e
}

// refused makes the error of an answer that is not 2xx.
func (c *Client) refused(op string, resp *http.Response) error {
	e := &Error{Op: op, Status: resp.StatusCode, Class: errclass.Upstream}
	if resp.StatusCode == http.StatusServiceUnavailable {
		e.Class = errclass.Unavailable
	}
	limit := errorLimits()
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(limit.bytes)))
	if err == nil {
		// Proxies and Tomcat answer HTML: then the status alone must do.
		if roots, err := parseElements(body, limit); err == nil && len(roots) == 1 && roots[0].is("ApiErrors") {
			e.API = decodeAPIErrors(&roots[0])
		}
	}
	c.log.Debug().Str("op", op).Int("status", e.Status).Msg("Finesse request refused")
	return e
}
