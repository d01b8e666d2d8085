package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// stand is what tests have of package testing, for a program: it fails, cleans
// up and has folders. It implements [pairs.TB].
type stand struct {
	name   string
	ctx    context.Context
	failed atomic.Bool

	mu    sync.Mutex
	clean []func()
}

// play runs f, which may end early by FailNow; false means that it did.
func (s *stand) play(f func()) (finished bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
		finished = true
	}()
	<-done
	return finished
}

// end cleans up, the newest first.
func (s *stand) end() {
	s.mu.Lock()
	list := s.clean
	s.clean = nil
	s.mu.Unlock()
	for _, f := range slices.Backward(list) {
		f()
	}
}

func (s *stand) Helper()      {}
func (s *stand) Name() string { return s.name }
func (s *stand) Failed() bool { return s.failed.Load() }

func (s *stand) Logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, s.name+": "+format+"\n", args...)
}

func (s *stand) Errorf(format string, args ...any) {
	s.failed.Store(true)
	s.Logf(format, args...)
}

func (s *stand) Fatalf(format string, args ...any) {
	s.Errorf(format, args...)
	s.FailNow()
}

func (s *stand) FailNow() {
	s.failed.Store(true)
	runtime.Goexit()
}

func (s *stand) Cleanup(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clean = append(s.clean, f)
}

func (s *stand) TempDir() string {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		s.Fatalf("%v", err)
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
