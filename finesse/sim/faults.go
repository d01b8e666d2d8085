package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// CloseConnection as a [Fault]'s status closes the connection unanswered.
const CloseConnection = -1

// Fault is what happens to REST requests under /finesse/api that match, or,
// if Events is set, to events.
type Fault struct {
	// Path is a prefix of the URL path, or a pattern of path.Match if it has
	// one of * ? [.
	Path   string `json:"path,omitempty"`
	Method string `json:"method,omitempty"` // "" = every method
	// Status is answered instead of the real thing; 0 = only Delay,
	// CloseConnection = none.
	Status int `json:"status"`
	// DelayMs is waited before the answer.
	DelayMs int `json:"delayMs"`
	// Count is how many requests or events are hit; 0 = until the faults are
	// cleared.
	Count int `json:"count"`
	// After lets the request take effect first: only its answer is lost.
	After bool `json:"after,omitempty"`

	// Events is DropEvents or NoEcho. Such a fault has a Count, Agent and Kind
	// and nothing else. It hits what goes to the agent's own nodes, not the
	// events of teams and queues.
	Events string `json:"events,omitempty"`
	Agent  string `json:"agent,omitempty"` // whose; "" = every agent's
	Kind   string `json:"kind,omitempty"`  // UserEvents, DialogEvents, ErrorEvents; "" = all
}

type faults struct {
	mu   sync.Mutex
	list []*Fault
}

func (f *faults) add(x Fault) error {
	if err := x.check(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, &x)
	return nil
}

func (x *Fault) check() error {
	switch {
	case x.Events != "":
		return x.checkEvents()
	case x.Agent != "" || x.Kind != "":
		return errors.New("fault: agent and kind are for faults of events")
	case !strings.HasPrefix(x.Path, "/"):
		return fmt.Errorf("fault: path %q must begin with /", x.Path)
	case x.Status != 0 && x.Status != CloseConnection && (x.Status < 200 || x.Status > 599):
		return fmt.Errorf("fault: status %d is none of 0, -1, 200 to 599", x.Status)
	case x.DelayMs < 0 || x.Count < 0:
		return fmt.Errorf("fault: delayMs and count must not be negative")
	}
	if _, err := path.Match(x.Path, ""); err != nil {
		return fmt.Errorf("fault: path %q: %w", x.Path, err)
	}
	return nil
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = nil
}

// take finds the first fault that matches and uses it up by one.
func (f *faults) take(matches func(*Fault) bool) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.list {
		if !matches(x) {
			continue
		}
		hit := *x
		if x.Count > 0 {
			if x.Count--; x.Count == 0 {
				f.list = append(f.list[:i:i], f.list[i+1:]...)
			}
		}
		return hit, true
	}
	return Fault{}, false
}

func (x *Fault) matches(method, urlPath string) bool {
	if x.Events != "" || x.Method != "" && !strings.EqualFold(x.Method, method) {
		return false
	}
	if strings.ContainsAny(x.Path, "*?[") {
		ok, _ := path.Match(x.Path, urlPath) // the pattern was checked by add
		return ok
	}
	return strings.HasPrefix(urlPath, x.Path)
}

// through serves next with the fault that applies, if any.
func (f *faults) through(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x, hit := f.take(func(x *Fault) bool { return x.matches(r.Method, r.URL.Path) })
		if !hit {
			next.ServeHTTP(w, r)
			return
		}
		done := &answer{header: http.Header{}, code: http.StatusOK}
		if x.After {
			next.ServeHTTP(done, r)
		}
		if !sleep(r.Context(), time.Duration(x.DelayMs)*time.Millisecond) {
			panic(http.ErrAbortHandler) // the client or the server is gone
		}
		switch {
		case x.Status == CloseConnection:
			panic(http.ErrAbortHandler)
		case x.Status > 0:
			answerFault(w, x.Status)
		case !x.After:
			next.ServeHTTP(w, r)
		default:
			maps.Copy(w.Header(), done.header)
			w.WriteHeader(done.code)
			_, _ = w.Write(done.body.Bytes())
		}
	})
}

// answer keeps what a handler says, to be sent later or never.
type answer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(code int)        { a.code = code }
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func answerFault(w http.ResponseWriter, status int) {
	switch status {
	case http.StatusServiceUnavailable:
		errOutOfService.write(w)
	case http.StatusUnauthorized:
		errUnauthorized("").write(w)
	default:
		apiError{status, "Generic Error", "", http.StatusText(status)}.write(w)
	}
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
