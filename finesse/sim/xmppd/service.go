package xmppd

import (
	"fmt"
	"io"
)

// Service is what the notification service does.
type Service string

// The services.
const (
	Serving  Service = "up"
	Refusing Service = "down"   // closes every connection at once
	Silent   Service = "silent" // takes connections and never says anything on them
)

// SetService makes the service fail or serve again. All connections are cut.
func (s *Server) SetService(to Service) error {
	if to != Serving && to != Refusing && to != Silent {
		return fmt.Errorf("xmppd: service %q is none of %s, %s, %s", to, Serving, Refusing, Silent)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.service = to
	for c := range s.conns {
		c.kill()
	}
	return nil
}

// Tries is how many connections clients have opened or tried to, so far.
func (s *Server) Tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

// ignore reads until the connection ends.
func (c *conn) ignore() error {
	_, err := io.Copy(io.Discard, c.raw)
	return err
}
