package session

import (
	"sync"
	"sync/atomic"
)

// mailboxSize bounds the commands that wait for one agent.
const mailboxSize = 64

// inbox is what others put before a session: commands and signals. Its methods
// may be called from any goroutine and do not block.
type inbox struct {
	gate    sync.RWMutex // held by offer; closed is set under it, so that no command slips in after the last look
	closed  bool
	mail    chan *Request
	full    atomic.Uint64
	signals atomic.Uint32 // a bit for each signal that waits
	wake    chan struct{} // there are signals
	done    chan struct{} // closed when the session has ended
}

func newInbox() *inbox {
	return &inbox{mail: make(chan *Request, mailboxSize), wake: make(chan struct{}, 1), done: make(chan struct{})}
}

func (b *inbox) offer(r *Request) bool {
	b.gate.RLock()
	defer b.gate.RUnlock()
	if b.closed {
		return false
	}
	select {
	case b.mail <- r:
		return true
	default:
		b.full.Add(1)
		return false
	}
}

// close takes no more commands: what is in the inbox is all that there will be.
func (b *inbox) close() {
	b.gate.Lock()
	defer b.gate.Unlock()
	b.closed = true
}

// take is the next command that waits, nil if none does.
func (b *inbox) take() *Request {
	select {
	case r := <-b.mail:
		return r
	default:
		return nil
	}
}

// signal leaves word. None is lost, however long a step takes: the same one
// twice says nothing more, and different ones do not push each other out.
func (b *inbox) signal(sig signal) {
	b.signals.Or(1 << sig)
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// signal is what the worker tells a session.
type signal int

const (
	// sigResync: outputs were lost, or the broker link had a gap (M8).
	sigResync signal = iota
	// sigServer: another Finesse serves now, or one serves again.
	sigServer
	// sigLetGo: another node has the agent.
	sigLetGo
	// sigHanding: the node that had the agent finishes their commands; sigHanded:
	// it has finished them.
	sigHanding
	sigHanded
	// sigForget: Finesse never accepted the agent, and there are many of these.
	sigForget
	// sigDisplaced: another session has the same agent of Finesse.
	sigDisplaced
)
