package session

import (
	"context"
	"math/bits"
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
)

// Offer puts a command into the mailbox. It never blocks: false means that the
// mailbox is full or the session has ended, and the caller answers.
func (s *Session) Offer(r *Request) bool { return s.inbox.offer(r) }

// Done is closed when Run has returned.
func (s *Session) Done() <-chan struct{} { return s.inbox.done }

// Resync asks the session to re-read Finesse and publish O-024 and O-001 (M8).
func (s *Session) Resync() { s.inbox.signal(sigResync) }

// ServerChanged tells the session that the serving Finesse changed.
func (s *Session) ServerChanged() { s.inbox.signal(sigServer) }

// LetGo ends the session without a word to client or Finesse: another node has
// the agent now and its presence is up.
func (s *Session) LetGo() { s.inbox.signal(sigLetGo) }

// Handed says that the node which had the agent has finished their commands, or
// is at it.
func (s *Session) Handed(busy bool) {
	if busy {
		s.inbox.signal(sigHanding)
		return
	}
	s.inbox.signal(sigHanded)
}

// handleSignals obeys the signals that wait, in the order in which they are declared.
func (s *Session) handleSignals(ctx context.Context) {
	for set := s.inbox.signals.Swap(0); set != 0; set &= set - 1 {
		s.contain(nil, func() { signalHandlers[signal(bits.TrailingZeros32(set))](s, ctx) })
	}
}

// signalHandlers is what each signal makes a session do.
var signalHandlers = map[signal]func(*Session, context.Context){
	sigResync:  (*Session).outputsLost,
	sigServer:  (*Session).serverChanged,
	sigLetGo:   (*Session).letGo,
	sigHanding: func(s *Session, _ context.Context) { s.tenure.busy() },
	sigHanded:  func(s *Session, _ context.Context) { s.handOver() },
}

// returnQueued closes the mailbox and gives back the commands that are in it.
func (s *Session) returnQueued() {
	s.inbox.close()
	for r := s.inbox.take(); r != nil; r = s.inbox.take() {
		r.unserved()
	}
}
