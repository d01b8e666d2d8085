package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"gcbridge/test/brokertest"
	"gcbridge/test/pairs"
)

// patience bounds what must come, far beyond every goal.
const patience = 60 * time.Second

// process is a program that is measured, or that others are measured with.
type process struct {
	*brokertest.Child
	name  string
	stdin io.WriteCloser
	lines chan string // of standard output, and of standard error if asked for
	log   *tail
}

// run starts a program. It ends with t. Its lines must be read, by [process.await]
// or to their end.
func run(t pairs.TB, name string, cmd *exec.Cmd, errors bool) *process {
	t.Helper()
	p := &process{name: name, lines: make(chan string, 1024), log: &tail{}}
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = io.MultiWriter(w, p.log), io.Writer(p.log)
	if errors {
		cmd.Stderr = cmd.Stdout
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p.stdin = stdin
	if p.Child, err = brokertest.Spawn(cmd); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		<-p.Ended
		_ = w.Close()
	}()
	go func() {
		defer close(p.lines)
		for lines := bufio.NewReader(r); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			p.lines <- strings.TrimSpace(line)
		}
	}()
	t.Cleanup(func() {
		_ = stdin.Close()
		p.Kill()
		if t.Failed() {
			t.Logf("end of what %s said:\n%s", name, p.log)
		}
	})
	return p
}

// await reads lines until one is it.
func (p *process) await(t pairs.TB, is func(line string) bool) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case line, open := <-p.lines:
			if !open {
				t.Fatalf("%s ended:\n%s", p.name, p.log)
			}
			if is(line) {
				return
			}
		case <-limit.C:
			t.Fatalf("%s does not come up:\n%s", p.name, p.log)
		}
	}
}

// drain drops what else is said.
func (p *process) drain() {
	go func() {
		for range p.lines {
		}
	}()
}

// tail keeps the end of what is written.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const keptTail = 8 << 10

func (w *tail) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.b.Write(p)
	if w.b.Len() > 2*keptTail {
		w.b.Next(w.b.Len() - keptTail)
	}
	return len(p), nil
}

func (w *tail) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// hundredths is the unit of times in /proc on every Linux that Go runs on: 10 ms.
const hundredths = 10 * time.Millisecond

// errProc: /proc says something else than expected.
var errProc = errors.New("unexpected text in /proc")

// cpuOf is the processor time that a process has used, in user and system mode.
func cpuOf(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(string(b))
}

// parseStat reads utime and stime: the 14th and 15th field; the second is a name in
// brackets that may contain anything.
func parseStat(stat string) (time.Duration, error) {
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(f) < 13 {
		return 0, errProc
	}
	user, err := strconv.ParseInt(f[11], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errProc, err)
	}
	system, err := strconv.ParseInt(f[12], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errProc, err)
	}
	return time.Duration(user+system) * hundredths, nil
}

// residentOf is a process's resident memory, in MiB.
func residentOf(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return parseResident(string(b))
}

func parseResident(status string) (float64, error) {
	for line := range strings.Lines(status) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kib, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				return 0, fmt.Errorf("%w: %w", errProc, err)
			}
			return kib / 1024, nil
		}
	}
	return 0, errProc
}

// pause lets load run for a while, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
