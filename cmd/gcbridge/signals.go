package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// killed is the exit code after a second signal, as shells have it for SIGTERM.
const killed = 128 + int(syscall.SIGTERM)

// sameSignal is how long a repeat counts as the signal before: GNU timeout sends
// SIGTERM to the program and to its group, so it comes twice at once.
const sameSignal = 500 * time.Millisecond

// untilSignal makes a context that ends when the program is told to stop. A
// second signal, more than [sameSignal] after the first, ends the program at once.
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
		first := time.Now()
		for {
			select {
			case <-signals:
				if time.Since(first) < sameSignal {
					continue
				}
				fmt.Fprintln(os.Stderr, "gcbridge: second signal, exiting at once")
				os.Exit(killed)
			case <-over:
				return
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(over)
		cancel()
	}
}
