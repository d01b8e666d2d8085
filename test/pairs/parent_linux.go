package pairs

import (
	"os/exec"
	"syscall"
)

// dieWithParent lets the kernel end the child if this process is killed.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
