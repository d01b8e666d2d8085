package brokertest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	startTime = 60 * time.Second // most that a start may take
	stopTime  = 15 * time.Second // most that an orderly end may take
	keptLines = 200              // of the log
)

// What ActiveMQ logs on its way up.
var (
	listening = regexp.MustCompile(`Listening for connections at: (\w+)://[^:]+:(\d+)`)
	started   = regexp.MustCompile(`Apache ActiveMQ \S+ \(.*\) started`)
)

// process is a running broker.
type process struct {
	*Child
	up chan struct{} // closed when it says that it has started

	mu    sync.Mutex
	lines []string
	ports map[string]int
}

// launch starts program and follows what it prints.
func launch(program string, args ...string) (*process, error) {
	out, in := io.Pipe()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = in, in
	child, err := Spawn(cmd)
	if err != nil {
		return nil, fmt.Errorf("brokertest: %w", err)
	}
	p := &process{Child: child, up: make(chan struct{}), ports: make(map[string]int)}
	go func() {
		<-p.Ended // its log tells more than its exit code
		_ = in.Close()
	}()
	go p.follow(out)
	return p, nil
}

// follow reads the log until the end.
func (p *process) follow(r io.Reader) {
	lines := bufio.NewReader(r)
	up := false
	for {
		line, err := lines.ReadString('\n')
		line = strings.TrimRight(line, "\n")
		p.mu.Lock()
		p.lines = append(p.lines, line)
		if len(p.lines) > keptLines {
			p.lines = p.lines[1:]
		}
		if m := listening.FindStringSubmatch(line); m != nil {
			p.ports[m[1]], _ = strconv.Atoi(m[2]) // digits only
		}
		p.mu.Unlock()
		if !up && started.MatchString(line) {
			up = true
			close(p.up)
		}
		if err != nil {
			return
		}
	}
}

// ready waits until the broker is up and returns its ports by scheme.
func (p *process) ready() (map[string]int, error) {
	limit := time.NewTimer(startTime)
	defer limit.Stop()
	select {
	case <-p.up:
	case <-p.Ended:
		return nil, fmt.Errorf("brokertest: ActiveMQ ended at its start:\n%s", p.log())
	case <-limit.C:
		return nil, fmt.Errorf("brokertest: ActiveMQ not up after %s:\n%s", startTime, p.log())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, scheme := range []string{"stomp", "tcp"} {
		if p.ports[scheme] == 0 {
			return nil, errors.New("brokertest: ActiveMQ did not say on which ports it listens")
		}
	}
	return p.ports, nil
}

func (p *process) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// stop asks for an orderly end, and insists after stopTime.
func (p *process) stop() {
	_ = p.Signal(syscall.SIGTERM) // it may have ended already
	limit := time.NewTimer(stopTime)
	defer limit.Stop()
	select {
	case <-p.Ended:
	case <-limit.C:
		p.Kill()
	}
}
