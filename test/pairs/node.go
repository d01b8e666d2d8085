package pairs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"gcbridge/bridge"
	"gcbridge/test/brokertest"
)

// Build compiles the program into dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	bin := filepath.Join(dir, "gcbridge")
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", bin, "gcbridge/cmd/gcbridge").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("pairs: build: %w\n%s", err, out)
	}
	return bin, nil
}

// Node is a place where `gcbridge serve` runs, one life after the other. Its
// methods belong to one goroutine, but for Kill and Alive.
type Node struct {
	Name string
	t    TB
	bin  string
	env  []string
	log  nodeLog // of all its lives

	mu   sync.Mutex
	life *brokertest.Child
}

// Start starts the process; it need not be ready when Start returns.
func (n *Node) Start() {
	n.t.Helper()
	cmd := exec.CommandContext(context.Background(), n.bin, "serve")
	n.log.begin()
	cmd.Env, cmd.Stderr = n.env, &n.log
	l, err := brokertest.Spawn(cmd)
	if err != nil {
		n.t.Fatalf("start %s: %v", n.Name, err)
	}
	n.mu.Lock()
	n.life = l
	n.mu.Unlock()
}

func (n *Node) current() *brokertest.Child {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.life
}

// Alive reports whether the process runs.
func (n *Node) Alive() bool {
	l := n.current()
	if l == nil {
		return false
	}
	select {
	case <-l.Ended:
		return false
	default:
		return true
	}
}

// Kill ends the process as a power failure would, and waits. It returns when it was sent.
func (n *Node) Kill() time.Time {
	l := n.current()
	at := time.Now()
	if l != nil {
		l.Kill()
	}
	return at
}

// Signal sends the process a signal.
func (n *Node) Signal(sig syscall.Signal) {
	n.t.Helper()
	if err := n.current().Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		n.t.Fatalf("signal %s: %v", n.Name, err)
	}
}

// Ended waits until the process has ended and returns how; the test fails if it
// does not within limit.
func (n *Node) Ended(limit time.Duration) error {
	n.t.Helper()
	l := n.current()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-l.Ended:
		return l.Err
	case <-timer.C:
		n.t.Fatalf("%s still runs after %s\n%s", n.Name, limit, n.Log())
		return nil
	}
}

// Log is what the node has logged in its lives, as far as it is kept.
func (n *Node) Log() string { return n.log.String() }

// Status is the node's status document.
func (n *Node) Status() (bridge.Status, error) {
	var st bridge.Status
	resp, err := n.get("/status")
	if err != nil {
		return st, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil {
		return st, fmt.Errorf("status of %s: %w", n.Name, err)
	}
	return st, nil
}

// Ready reports whether the node says that it is.
func (n *Node) Ready() bool {
	resp, err := n.get("/readyz")
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// errNoAdmin: the node has not said where its admin endpoints are.
var errNoAdmin = errors.New("no admin endpoints yet")

// get asks an admin endpoint, on a connection that is not kept: the node may die.
func (n *Node) get(path string) (*http.Response, error) {
	addr := n.log.admin()
	if addr == "" || !n.Alive() {
		return nil, errNoAdmin
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", n.Name, err)
	}
	body := &bytes.Buffer{}
	_, err = body.ReadFrom(resp.Body)
	_ = resp.Body.Close()
	resp.Body = readCloser{body}
	return resp, err
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }

// nodeLog keeps the end of what a node logs, and the address of its admin endpoints.
type nodeLog struct {
	mu   sync.Mutex
	b    bytes.Buffer
	addr string
}

const keptLog = 32 << 20

// begin forgets the address: another life has another one.
func (l *nodeLog) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addr = ""
}

func (l *nodeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.addr == "" && bytes.Contains(p, []byte("admin endpoints")) {
		for line := range bytes.Lines(p) {
			var e struct{ Message, Address string }
			if json.Unmarshal(line, &e) == nil && e.Message == "admin endpoints" {
				l.addr = e.Address
			}
		}
	}
	if l.b.Len() > keptLog {
		l.b.Next(l.b.Len() / 2)
	}
	return l.b.Write(p)
}

func (l *nodeLog) admin() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

func (l *nodeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Clone(l.b.String())
}
