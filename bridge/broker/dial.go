package broker

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// dial opens the TCP connection and speaks TLS if the URL asks for it. ctx
// bounds all of it. On error nothing stays open.
func (c *Config) dial(ctx context.Context, e endpoint) (*wire, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3,
	}}
	socket, err := d.DialContext(ctx, "tcp", e.addr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLost, err)
	}
	if !e.tls {
		return newWire(socket, socket, c.WriteTimeout), nil
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		conf = c.TLS.Clone()
	}
	if conf.ServerName == "" {
		conf.ServerName = e.host
	}
	secure := tls.Client(socket, conf)
	shaken := false
	defer func() {
		if !shaken { // it failed, or a function of conf panicked
			_ = socket.Close()
		}
	}()
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("%w: TLS: %w", ErrLost, err)
	}
	shaken = true
	return newWire(secure, socket, c.WriteTimeout), nil
}
