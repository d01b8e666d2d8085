// Package admin is the worker's HTTP side: liveness, readiness and status.
// Nothing in it changes anything.
package admin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/protocol/secret"
)

// Source is the worker as this package sees it. Safe for concurrent use.
type Source interface {
	// Alive is nil while the worker makes progress.
	Alive() error
	// Ready is nil when a command sent now would be served; else why not.
	Ready() error
	// Status is the document of /status; it must marshal to JSON and hold no secret.
	Status() any
}

// Server serves one worker's endpoints.
type Server struct {
	ln   net.Listener
	http *http.Server
	log  zerolog.Logger
}

// Listen binds addr; beyond loopback the token is required of every request
// but /livez and /readyz, as "Authorization: Bearer <token>".
func Listen(ctx context.Context, addr string, token secret.Secret, src Source, log zerolog.Logger) (*Server, error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("admin: %w", err)
	}
	s := &Server{ln: ln, log: log}
	s.http = &http.Server{
		Handler: here(addr, ln.Addr(), Handler(src, token)), ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	return s, nil
}

// Addr is the bound address.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// Run serves until ctx ends, then gives open requests one second.
func (s *Server) Run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- s.http.Serve(s.ln) }()
	select {
	case err := <-done:
		return fmt.Errorf("admin: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := s.http.Shutdown(stop); err != nil {
		s.log.Debug().Err(err).Msg("admin shutdown")
		_ = s.http.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("admin: %w", err)
	}
	return nil
}

// Handler is the endpoints alone.
func Handler(src Source, token secret.Secret) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", probe(src.Alive))
	mux.HandleFunc("GET /readyz", probe(src.Ready))
	mux.Handle("GET /status", guard(token, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		if err := enc.Encode(src.Status()); err != nil {
			http.Error(w, "status does not encode", http.StatusInternalServerError)
		}
	}))
	return mux
}

// here lets requests to a listener on loopback through only if they are meant for
// this machine. A page of the web can give its own name this machine's address
// (DNS rebinding), and the browser then sends what it asks for, with that name as
// its Host. The name that the configuration uses is ours, too. Beyond loopback the
// token keeps such pages out.
func here(configured string, at net.Addr, next http.Handler) http.Handler {
	own, _, err := net.SplitHostPort(configured)
	if err != nil {
		own = ""
	}
	if tcp, ok := at.(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if !strings.EqualFold(host, "localhost") && (own == "" || !strings.EqualFold(host, own)) && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this is not the host that you asked for", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// probe answers 200 "ok", or 503 with the reason.
func probe(check func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := check(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}

// guard asks for the token, if there is one.
func guard(token secret.Secret, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !token.IsZero() && subtle.ConstantTimeCompare([]byte(got), []byte(token.Reveal())) != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="gcbridge"`)
			http.Error(w, "a bearer token is required", http.StatusUnauthorized)
			return
		}
		next(w, r)
	})
}
