//go:build !linux

package brokertest

import "os/exec"

// dieWithParent is a matter of Linux; elsewhere the test's cleanup has to do.
func dieWithParent(*exec.Cmd) {}
