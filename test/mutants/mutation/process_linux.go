package mutation

import (
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// mostMemory is what one process of a mutant's tests may write to: a loop that
// never ends may also append.
const mostMemory = 4 << 30

// ownGroup lets what a test started end together with it.
func ownGroup(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
}

// limitMemory bounds a process and those that it starts from now on.
func limitMemory(pid int) {
	// Without the bound the time limit has to do.
	_ = unix.Prlimit(pid, unix.RLIMIT_DATA, &unix.Rlimit{Cur: mostMemory, Max: mostMemory}, nil)
}
