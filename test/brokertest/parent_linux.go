package brokertest

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends the child when the test ends, however that comes about.
func dieWithParent(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
