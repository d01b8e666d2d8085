// Package recorder tells a call recorder over HTTP to pause and resume [C18].
package recorder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"gcbridge/bridge/config"
	"gcbridge/bridge/session"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// Recorder calls the HTTP hooks of a call recorder. Make one with [New]; it is
// safe for concurrent use.
type Recorder struct {
	hooks    map[bool]string // by pause; "" = not configured
	method   string
	user     string
	password secret.Secret
	http     *http.Client
}

// New makes a recorder of the configured hooks.
func New(c config.Config) *Recorder {
	return &Recorder{
		hooks:  map[bool]string{true: c.RecordingPauseURL, false: c.RecordingResumeURL},
		method: c.RecordingMethod, user: c.RecordingUser, password: c.RecordingPassword,
		http: &http.Client{
			Timeout: c.RecordingTimeout,
			// A redirect would carry the credentials elsewhere.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Command implements [session.Recorder]; every answer that is not 2xx is an error.
func (r *Recorder) Command(ctx context.Context, c session.RecorderCommand) error {
	hook := r.hooks[c.Pause]
	if hook == "" {
		return session.ErrNoRecorder
	}
	target := strings.NewReplacer(
		"{agent}", escape(c.Agent), "{extension}", escape(c.Extension), "{dialog}", escape(c.Dialog),
	).Replace(hook)
	req, err := http.NewRequestWithContext(ctx, r.method, target, nil)
	if err != nil {
		return &recorderError{errors.New("the hook is not a URL"), errclass.Internal}
	}
	if r.user != "" {
		req.SetBasicAuth(r.user, r.password.Reveal())
	}
	resp, err := r.http.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // without the URL, which may hold a key
		}
		return &recorderError{err, errclass.Unavailable}
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return &recorderError{fmt.Errorf("HTTP %d", resp.StatusCode), errclass.Upstream}
	}
	return nil
}

// Close releases idle connections.
func (r *Recorder) Close() { r.http.CloseIdleConnections() }

// escape makes a value safe in a path as well as in a query.
func escape(v string) string { return strings.ReplaceAll(url.QueryEscape(v), "+", "%20") }

// recorderError is an order that the recorder did not take.
type recorderError struct {
	err   error
	class errclass.Class
}

func (e *recorderError) Error() string { return "call recorder: " + e.err.Error() }

// Unwrap returns the cause.
func (e *recorderError) Unwrap() error { return e.err }

// ErrorClass implements errclass.Classified.
func (e *recorderError) ErrorClass() errclass.Class { return e.class }
