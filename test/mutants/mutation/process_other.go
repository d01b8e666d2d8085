//go:build !linux

package mutation

import "os/exec"

// ownGroup is a matter of Linux; elsewhere the test binary alone is ended.
func ownGroup(*exec.Cmd) {}

// limitMemory is a matter of Linux; elsewhere the time limit has to do.
func limitMemory(int) {}
