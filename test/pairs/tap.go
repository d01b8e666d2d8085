package pairs

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Window is a moment in a command's life at which its node is killed.
type Window int

// The windows.
const (
	BeforeREST    Window = iota // the request does not reach Finesse
	BeforeAnswer                // Finesse acts, and its 202 does not reach the node
	BeforeAck                   // just after the 202
	AfterAck                    // when the command has most likely been acknowledged
	AnyTime                     // at a random moment, whatever happens
	numberWindows               // behind the last
)

func (w Window) String() string {
	return [numberWindows]string{"before REST", "before 202", "202 to ack", "after ack", "any time"}[w]
}

// Tap stands between the nodes and a Finesse's REST port and passes everything
// on. A trap in it kills a node at a chosen moment of a command.
type Tap struct {
	server *http.Server
	addr   string
	proxy  *httputil.ReverseProxy
	trap   atomic.Pointer[trap]
	slow   atomic.Int64 // nanoseconds that a request takes at most
	done   chan struct{}
}

// trap is sprung once.
type trap struct {
	window Window
	wait   time.Duration           // of BeforeAck and AfterAck: behind the 202
	kill   func(node string) error // called on a goroutine that Close waits for
	only   string                  // this node; "" = any
}

// errTrapped ends a request whose node was killed.
var errTrapped = errors.New("the node was killed")

type trapKey struct{}

// NewTap starts a tap of a Finesse at root, http://host:port/finesse/api.
func NewTap(t TB, rest string) *Tap {
	t.Helper()
	target, err := url.Parse(strings.TrimSuffix(rest, "/finesse/api"))
	if err != nil {
		t.Fatalf("tap: %v", err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("tap: %v", err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}
	p := &Tap{addr: listener.Addr().String(), done: make(chan struct{})}
	p.proxy = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:      transport,
		ModifyResponse: p.answered,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:       nil,
	}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(p.done)
		_ = p.server.Serve(listener) // it ends with Close
	}()
	t.Cleanup(func() {
		_ = p.server.Close()
		<-p.done
		transport.CloseIdleConnections()
	})
	return p
}

// RESTURL is what nodes are told.
func (p *Tap) RESTURL() string { return "http://" + p.addr + "/finesse/api" }

// Arm sets a trap for the next command of a node ("" = any) and returns a
// channel that is closed when it was sprung. kill is called with the node's name.
func (p *Tap) Arm(w Window, wait time.Duration, only string, kill func(node string)) <-chan struct{} {
	sprung := make(chan struct{})
	var once sync.Once
	p.trap.Store(&trap{window: w, wait: wait, only: only, kill: func(node string) error {
		once.Do(func() { kill(node); close(sprung) })
		return errTrapped
	}})
	return sprung
}

// Disarm takes a trap away that was not sprung.
func (p *Tap) Disarm() { p.trap.Store(nil) }

// Slow lets each request about an agent or a dialog take d/4 to d: a part of it
// before Finesse sees the request, the rest before the node sees the answer.
func (p *Tap) Slow(d time.Duration) { p.slow.Store(int64(d)) }

// slowDown is one part of that, of random length; it ends with the node.
func (p *Tap) slowDown(ctx context.Context, path string) {
	d := p.slow.Load()
	if d == 0 || !strings.Contains(path, "/api/User") && !strings.Contains(path, "/api/Dialog") {
		return
	}
	part := time.NewTimer(time.Duration(d/8 + rand.Int64N(3*d/8+1)))
	defer part.Stop()
	select {
	case <-part.C:
	case <-ctx.Done():
	}
}

// ServeHTTP implements [http.Handler].
func (p *Tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	node := nodeOf(r)
	p.slowDown(r.Context(), r.URL.Path)
	x := p.caught(r, node)
	if x == nil {
		p.proxy.ServeHTTP(w, r)
		return
	}
	if x.window == BeforeREST {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = x.kill(node)
		panic(http.ErrAbortHandler)
	}
	p.proxy.ServeHTTP(w, r.WithContext(context.WithValue(context.WithoutCancel(r.Context()), trapKey{}, x)))
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	delay := time.NewTimer(x.wait)
	defer delay.Stop()
	<-delay.C
	_ = x.kill(node)
}

// answered is where Finesse has acted and the node does not know yet.
func (p *Tap) answered(r *http.Response) error {
	if x, ok := r.Request.Context().Value(trapKey{}).(*trap); ok && x.window == BeforeAnswer {
		return x.kill(nodeOf(r.Request))
	}
	p.slowDown(r.Request.Context(), r.Request.URL.Path)
	return nil
}

// caught takes the trap if it is set for the request: a call, most dangerous to repeat.
func (p *Tap) caught(r *http.Request, node string) *trap {
	x := p.trap.Load()
	if x == nil || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/Dialogs") || x.only != "" && x.only != node ||
		!p.trap.CompareAndSwap(x, nil) {
		return nil
	}
	return x
}

// nodeOf is the node that made a request.
func nodeOf(r *http.Request) string {
	parts := strings.Split(lifeOf(r.Header.Get("requestId")), "-")
	return strings.Join(parts[:max(0, len(parts)-2)], "-")
}
