package brokertest

import (
	"os"
	"os/exec"
	"runtime"
)

// Child is a process that does not outlive this one, however this one ends.
type Child struct {
	Ended chan struct{} // closed when it has ended and has been waited for
	Err   error         // how it ended; read it after Ended

	cmd *exec.Cmd
}

// Spawn starts a child. cmd is the child's from now on.
func Spawn(cmd *exec.Cmd) (*Child, error) {
	c := &Child{Ended: make(chan struct{}), cmd: cmd}
	dieWithParent(cmd)
	started := make(chan error, 1)
	go func() {
		// The thread that starts a process is its parent to the kernel.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			c.Err = cmd.Wait()
			close(c.Ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// PID is its process id.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Signal sends it a signal; [os.ErrProcessDone] if it has ended.
func (c *Child) Signal(sig os.Signal) error { return c.cmd.Process.Signal(sig) }

// Kill ends it at once and waits for it. Idempotent.
func (c *Child) Kill() {
	_ = c.cmd.Process.Kill() // it may have ended already
	<-c.Ended
}
