package sim

import (
	"context"
)

// TB is what [Start] needs of a *testing.T or *testing.B, declared here so
// that package testing is not linked into the program.
type TB interface {
	Helper()
	Cleanup(f func())
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// Start runs a simulator until the test ends.
func Start(t TB, opts ...Option) *Server {
	t.Helper()
	var cfg Config
	for _, o := range opts {
		o(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatalf("start the simulator: %v", err)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Logf("the simulator ended: %v", err)
		}
		_ = s.Close() // after Run it only marks the server closed
	})
	return s
}
