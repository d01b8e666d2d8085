package pool

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync/atomic"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
)

// How notifications come: [Config.XMPPTransport].
const (
	TransportTCP       = "tcp"
	TransportWebSocket = "websocket"
	TransportAuto      = "auto" // TCP, and WebSocket where TCP cannot be opened
)

// ways are how a server's notification service can be reached: "" is TCP, the
// others are URLs of XMPP over WebSocket. Safe for concurrent use.
type ways struct {
	all    []string
	worked atomic.Int64 // the one that a connection was opened by last
}

// oldSecurePort is where releases before 12.6 have WebSocket; it is deprecated
// since (finesse-api 1.6).
const oldSecurePort = "7443"

// waysTo are those to the server with the given REST base.
func waysTo(transport string, base *url.URL) (*ways, error) {
	socket := url.URL{Scheme: "ws", Host: base.Host, Path: "/ws"}
	sockets := []string{socket.String()}
	if base.Scheme == "https" {
		socket.Scheme = "wss"
		sockets[0] = socket.String()
		socket.Host = net.JoinHostPort(base.Hostname(), oldSecurePort)
		sockets = append(sockets, socket.String())
	}
	switch transport {
	case TransportTCP, "":
		return &ways{all: []string{""}}, nil
	case TransportWebSocket:
		return &ways{all: sockets}, nil
	case TransportAuto:
		return &ways{all: append([]string{""}, sockets...)}, nil
	}
	return nil, fmt.Errorf("XMPP transport %q is none of %s, %s, %s", transport, TransportTCP, TransportWebSocket, TransportAuto)
}

// try opens by the way that worked last, else by the others in order. Only a
// connection that cannot be opened leads to the next: whoever answers, with
// whatever, is the service. What comes of all is one failure.
func (w *ways) try(ctx context.Context, cfg finesse.StreamConfig, open func(finesse.StreamConfig) error) error {
	first := int(w.worked.Load())
	order := make([]int, 0, len(w.all))
	for i := range w.all {
		order = append(order, i)
	}
	order = slices.Concat([]int{first}, slices.DeleteFunc(order, func(i int) bool { return i == first }))
	var failures []error
	for _, i := range order {
		cfg.WebSocket = w.all[i]
		err := open(cfg)
		if !notOpened(err) {
			w.worked.Store(int64(i))
			return err
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	if len(failures) == 1 {
		return failures[0]
	}
	return &finesse.StreamError{Op: "dial", Class: errclass.Unavailable, Err: errors.Join(failures...)}
}

// notOpened reports that there was no connection at all.
func notOpened(err error) bool {
	var se *finesse.StreamError
	return errors.As(err, &se) && se.Op == "dial" && se.Class == errclass.Unavailable
}

// name is the way that worked last, for the status.
func (w *ways) name() string {
	if way := w.all[w.worked.Load()]; way != "" {
		return way
	}
	return TransportTCP
}
