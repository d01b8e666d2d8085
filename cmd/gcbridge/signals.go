package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// killed is the exit code after a second signal, as shells have it for SIGTERM.
const killed = 128 + int(syscall.SIGTERM)

// untilSignal makes a context that ends when the program is told to stop. A
// second signal ends the program at once. Both are read from one channel, so the
// second counts however soon it comes.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals, over := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			cancel()
		case <-over:
			return
		}
		select {
		case <-signals:
			fmt.Fprintln(os.Stderr, "gcbridge: second signal, exiting at once")
			os.Exit(killed)
		case <-over:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(over)
		cancel()
	}
}
