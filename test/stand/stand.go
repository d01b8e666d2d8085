// Package stand is what tests have of package testing, for a program that plays
// scenarios: it fails, cleans up and has folders.
package stand

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Stand stands in for a *testing.T; see [Stand.Play].
type Stand struct {
	name   string
	ctx    context.Context
	failed atomic.Bool

	mu    sync.Mutex
	clean []func()
}

// New makes one that has not failed. ctx is for who plays: it ends nothing here.
func New(ctx context.Context, name string) *Stand { return &Stand{name: name, ctx: ctx} }

// Next makes another one for the same who plays.
func (s *Stand) Next(name string) *Stand { return New(s.ctx, name) }

// Context is what the stand was made with.
func (s *Stand) Context() context.Context { return s.ctx }

// Play runs f, which may end early by FailNow; false means that it did.
func (s *Stand) Play(f func()) (finished bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
		finished = true
	}()
	<-done
	return finished
}

// End cleans up, the newest first.
func (s *Stand) End() {
	s.mu.Lock()
	list := s.clean
	s.clean = nil
	s.mu.Unlock()
	for _, f := range slices.Backward(list) {
		f()
	}
}

// Helper does nothing: see *testing.T.
func (s *Stand) Helper() {}

// Name is what the stand was made with.
func (s *Stand) Name() string { return s.name }

// Failed reports whether anything has failed.
func (s *Stand) Failed() bool { return s.failed.Load() }

// Logf writes a line to standard error.
func (s *Stand) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, s.name+": "+format+"\n", args...)
}

// Errorf is Logf, and the stand has failed.
func (s *Stand) Errorf(format string, args ...any) {
	s.failed.Store(true)
	s.Logf(format, args...)
}

// Fatalf is Errorf, and ends [Stand.Play].
func (s *Stand) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	s.FailNow()
}

// FailNow ends [Stand.Play]; the stand has failed.
func (s *Stand) FailNow() {
	s.failed.Store(true)
	runtime.Goexit()
}

// Cleanup lets [Stand.End] call f, the newest first.
func (s *Stand) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clean = append(s.clean, f)
}

// TempDir is a new folder, which [Stand.End] removes.
func (s *Stand) TempDir() string {
	dir, err := os.MkdirTemp("", "stand")
	if err != nil {
		s.Fatalf("%v", err)
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
