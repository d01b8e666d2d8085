package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSecondSignal: a repeat at once is the same signal, as GNU timeout sends it; a
// later one ends a program that takes its time.
func TestSecondSignal(t *testing.T) {
	const child = "GCBRIDGE_TEST_SIGNALS"
	if os.Getenv(child) != "" {
		ctx, _ := untilSignal()
		fmt.Println("up")
		<-ctx.Done()
		fmt.Println("stopping")
		select {} // takes its time
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSecondSignal$")
	c.Env = append(os.Environ(), child+"=1")
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	require.Equal(t, "up", lines.Text())
	first := time.Now()
	require.NoError(t, c.Process.Signal(syscall.SIGTERM))
	require.True(t, lines.Scan())
	require.Equal(t, "stopping", lines.Text())
	late := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for err = nil; err == nil; {
		select {
		case <-again.C:
			_ = c.Process.Signal(syscall.SIGTERM) // until it has ended
		case err = <-ended:
		}
	}
	require.True(t, late.Stop(), "it ended by itself")
	require.GreaterOrEqual(t, time.Since(first), sameSignal, "the repeats were the same signal")
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, killed, exit.ExitCode())
}
