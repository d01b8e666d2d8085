package main

import (
	"context"
	"net"
)

// freeAddr is addr if it can be bound, else a free port of the same host.
// Another program may take it before the caller does; the caller then gets the error.
func freeAddr(ctx context.Context, addr string) string {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		host, _, splitErr := net.SplitHostPort(addr)
		if splitErr != nil {
			return addr
		}
		if ln, err = lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0")); err != nil {
			return addr
		}
	}
	defer ln.Close()
	return ln.Addr().String()
}
