package pairs

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// Pipe is a TCP proxy whose connections can be cut, or left open with nothing
// passing, as a network does. Its methods may be called from any goroutine.
type Pipe struct {
	target   string
	listener net.Listener
	work     sync.WaitGroup

	mu      sync.Mutex
	state   pipeState
	changed chan struct{} // closed when state changes
	conns   map[net.Conn]struct{}
}

type pipeState int

const (
	passing pipeState = iota
	cut
	stalled
	muted
	closed
)

// NewPipe starts a proxy to target, host:port, which need not listen yet.
func NewPipe(t TB, target string) *Pipe {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("pipe: %v", err)
	}
	p := &Pipe{target: target, listener: l, changed: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	p.work.Go(p.accept)
	t.Cleanup(func() {
		p.set(closed)
		_ = l.Close()
		p.work.Wait()
	})
	return p
}

// Addr is host:port of the proxy.
func (p *Pipe) Addr() string { return p.listener.Addr().String() }

// Cut ends every connection and refuses new ones.
func (p *Pipe) Cut() { p.set(cut) }

// Stall keeps every connection, and accepts new ones, and lets nothing pass.
func (p *Pipe) Stall() { p.set(stalled) }

// Mute keeps what is connected, and accepts new connections, of which nothing
// passes.
func (p *Pipe) Mute() { p.set(muted) }

// Restore lets everything pass again.
func (p *Pipe) Restore() { p.set(passing) }

func (p *Pipe) set(st pipeState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = st
	close(p.changed)
	p.changed = make(chan struct{})
	if st == cut || st == closed {
		for c := range p.conns {
			_ = c.Close()
		}
	}
}

func (p *Pipe) now() (pipeState, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.changed
}

func (p *Pipe) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.serve(c) })
	}
}

func (p *Pipe) serve(near net.Conn) {
	defer near.Close()
	if !p.keep(near) {
		return
	}
	defer p.drop(near)
	if !p.wait(muted) {
		return
	}
	far, err := (&net.Dialer{Timeout: 5 * time.Second}).Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer far.Close()
	if !p.keep(far) {
		return
	}
	defer p.drop(far)
	var both sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{near: far, far: near} {
		both.Go(func() {
			_, _ = io.Copy(gate{p, to}, from)
			_, _ = near.Close(), far.Close()
		})
	}
	both.Wait()
}

// keep notes a connection; false if there must be none.
func (p *Pipe) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = struct{}{}
	return p.state != cut && p.state != closed
}

func (p *Pipe) drop(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// wait returns when something may pass; false when nothing will. It also waits
// while the pipe is in state also.
func (p *Pipe) wait(also pipeState) bool {
	for {
		st, changed := p.now()
		if st != stalled && st != also {
			return st == passing || st == muted
		}
		<-changed
	}
}

// gate writes when the pipe passes.
type gate struct {
	p  *Pipe
	to net.Conn
}

func (g gate) Write(b []byte) (int, error) {
	if !g.p.wait(stalled) {
		return 0, net.ErrClosed
	}
	return g.to.Write(b)
}
