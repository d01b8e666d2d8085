package load

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrVictim is an error of a process that must not be killed.
var ErrVictim = errors.New("load: only a process of gcbridge serve is killed")

// NewVictim prepares to kill a process of this machine with SIGKILL, if it is a
// worker; kill does it. It is that process and no later one with the same number
// that is killed.
func NewVictim(pid int) (kill func() error, err error) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return nil, fmt.Errorf("load: process %d: %w", pid, err)
	}
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return nil, fmt.Errorf("load: process %d: %w", pid, err)
	}
	if !isWorker(string(line)) {
		return nil, fmt.Errorf("%w, and process %d is %q", ErrVictim, pid, strings.ReplaceAll(strings.TrimRight(string(line), "\x00"), "\x00", " "))
	}
	return process.Kill, nil
}

// isWorker reads /proc/PID/cmdline: the arguments, each with a NUL behind it.
func isWorker(line string) bool {
	args := strings.Split(line, "\x00")
	return strings.HasPrefix(filepath.Base(args[0]), "gcbridge") && slices.Contains(args[1:], "serve")
}
