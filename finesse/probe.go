package finesse

import (
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	xmppstream "mellium.im/xmpp/stream"

	"gcbridge/protocol/defect"
)

// Probe asks whether the notification service of cfg answers: it opens a stream,
// waits for what the server offers, and logs nobody in, so that it needs neither
// user nor resource. The error is a [*StreamError] of class Unavailable, or
// Internal for a defect of ours. ctx bounds it.
func Probe(ctx context.Context, cfg StreamConfig) error {
	if cfg.Dial == nil {
		cfg.Dial = (&net.Dialer{}).DialContext
	}
	conn, err := dialStream(ctx, cfg)
	if err != nil {
		return failure("dial", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	err = defect.Contain(cfg.Log, "probe", func() error { return offered(ctx, conn, cfg) })
	if cause := ctx.Err(); cause != nil {
		err = cause // the error of a closed connection would hide it
	}
	if err == nil {
		return nil
	}
	return failure("probe", err)
}

// dialStream opens the connection of a stream.
func dialStream(ctx context.Context, cfg StreamConfig) (conn *streamConn, err error) {
	if cfg.DialTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, cfg.DialTimeout)
		defer cancel()
	}
	open := func() (net.Conn, error) { return cfg.Dial(ctx, "tcp", cfg.Addr) }
	if cfg.WebSocket != "" {
		open = func() (net.Conn, error) { return dialWebSocket(ctx, cfg) }
	}
	err = defect.Contain(cfg.Log, "dial", func() error {
		raw, err := open()
		if err == nil {
			conn = newStreamConn(raw)
		}
		return err
	})
	return conn, err
}

// offered opens a stream on conn and reads up to the server's features.
func offered(ctx context.Context, conn *streamConn, cfg StreamConfig) error {
	var rw io.ReadWriter = conn
	if cfg.TLSMode == TLSDirect && cfg.WebSocket == "" {
		secured := tls.Client(conn, tlsFor(cfg))
		if err := secured.HandshakeContext(ctx); err != nil {
			return err
		}
		rw = secured
	}
	var to strings.Builder
	if err := xml.EscapeText(&to, []byte(cfg.Domain)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(rw, "<?xml version='1.0'?><stream:stream to='%s' xmlns='jabber:client' xmlns:stream='%s' version='1.0'>", to.String(), xmppstream.NS)
	if err != nil {
		return err
	}
	d := xml.NewDecoder(rw)
	for {
		start, err := nextElement(d)
		switch {
		case err != nil:
			return err
		case start.Name.Space == xmppstream.NS && start.Name.Local == "stream":
		case start.Name.Space == xmppstream.NS && start.Name.Local == "features":
			_, _ = io.WriteString(rw, "</stream:stream>") // politeness
			return nil
		default:
			return errors.New("the server answers with " + clip(start.Name.Local))
		}
	}
}
