//go:build !linux

package compose

import "os/exec"

// dieWithParent has nothing to do it with on this system.
func dieWithParent(*exec.Cmd) {}
