package load

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/test/wait"
)

// child starts a shell that waits until it is ended, with the given arguments.
func child(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := &exec.Cmd{Path: "/bin/sh", Args: args}
	_, err := c.StdinPipe() // Wait closes it
	require.NoError(t, err)
	require.NoError(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	line := filepath.Join("/proc", strconv.Itoa(c.Process.Pid), "cmdline")
	require.True(t, wait.Until(wait.Patience, func() bool { // its arguments are there a little later than it
		text, err := os.ReadFile(line)
		return err == nil && len(text) > 0
	}))
	return c
}

func TestVictimIsAWorker(t *testing.T) {
	c := child(t, "/opt/gcbridge", "-c", "read x", "serve")
	kill, err := NewVictim(c.Process.Pid)
	require.NoError(t, err)
	require.NoError(t, kill())
	var ended *exec.ExitError
	require.ErrorAs(t, c.Wait(), &ended)
	require.Equal(t, syscall.SIGKILL, ended.Sys().(syscall.WaitStatus).Signal())
	require.ErrorIs(t, kill(), os.ErrProcessDone, "no later process with its number")
}

func TestVictimIsNothingElse(t *testing.T) {
	for _, args := range [][]string{{"/opt/gcbridge", "-c", "read x", "sim"}, {"postgres", "-c", "read x", "serve"}} {
		c := child(t, args...)
		_, err := NewVictim(c.Process.Pid)
		require.ErrorIs(t, err, ErrVictim)
		require.ErrorContains(t, err, args[0])
	}
	_, err := NewVictim(os.Getpid())
	require.ErrorIs(t, err, ErrVictim)
	_, err = NewVictim(0)
	require.Error(t, err)
}
