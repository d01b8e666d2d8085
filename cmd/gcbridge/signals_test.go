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

// TestSecondSignal: the second signal ends a program that takes its time, even if
// it comes in the very moment in which the first one has been understood.
func TestSecondSignal(t *testing.T) {
	const child = "GCBRIDGE_TEST_SIGNALS"
	if os.Getenv(child) != "" {
		ctx, _ := untilSignal()
		fmt.Println("up")
		<-ctx.Done()
		fmt.Println("stopping")
		select {} // takes its time
	}
	for range 20 {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSecondSignal$")
		c.Env = append(os.Environ(), child+"=1")
		out, err := c.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		lines := bufio.NewScanner(out)
		for _, want := range []string{"up", "stopping"} {
			require.True(t, lines.Scan())
			require.Equal(t, want, lines.Text())
			require.NoError(t, c.Process.Signal(syscall.SIGTERM))
		}
		late := time.AfterFunc(20*time.Second, func() { _ = c.Process.Kill() })
		err = c.Wait()
		require.True(t, late.Stop(), "it ended by itself")
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Equal(t, killed, exit.ExitCode())
	}
}
