package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// machine is where and when it was measured.
type machine struct {
	Date     string
	Commit   string
	CPU      string
	Cores    int
	MemoryGB string
	Kernel   string
	Go       string
	Java     string
}

// thisMachine is what can be found out; the rest stays "unknown".
func thisMachine(ctx context.Context) machine {
	m := machine{
		Date: time.Now().UTC().Format(time.DateOnly), Cores: runtime.NumCPU(), Go: runtime.Version(),
		CPU: field("/proc/cpuinfo", "model name"), MemoryGB: field("/proc/meminfo", "MemTotal"),
		Commit: said(ctx, "git", "describe", "--tags", "--always", "--dirty"), Kernel: said(ctx, "uname", "-sr"), Java: said(ctx, "java", "--version"),
	}
	return m
}

// field is the value of a line "name : value".
func field(file, name string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return unknown
	}
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == name {
			return strings.TrimSpace(v)
		}
	}
	return unknown
}

const unknown = "unknown"

// said is the first line that a program prints.
func said(ctx context.Context, program string, args ...string) string {
	out, err := exec.CommandContext(ctx, program, args...).Output()
	first, _, _ := strings.Cut(string(out), "\n")
	if err != nil || first == "" {
		return unknown
	}
	return first
}
