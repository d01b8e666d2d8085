package embedded

import (
	"net"
	"sync"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

const (
	// softOutput is how many unsent bytes make a consumer wait.
	softOutput = 1 << 20
	// hardOutput is how many unsent bytes end a session that does not read.
	hardOutput = 16 << 20
	// writeTime bounds one write.
	writeTime = 10 * time.Second
)

// output is what a session has still to send: bounded, written by a goroutine
// of its own, so that a client that does not read delays no other.
type output struct {
	mu     sync.Mutex
	chunks [][]byte
	bytes  int
	hungry bool // a consumer was refused room
	last   bool // close after what is there
	dead   bool

	wake chan struct{} // capacity 1
}

func newOutput() *output { return &output{wake: make(chan struct{}, 1)} }

// room reports whether a message may be added now; if not, the session asks
// for more when it has written.
func (o *output) room() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.last {
		return false
	}
	if o.bytes >= softOutput {
		o.hungry = true
		return false
	}
	return true
}

// add queues f; false when that is more than a session may hold.
func (o *output) add(f *frame.Frame, v version, last bool) bool {
	b := encodeFrame(f, v)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead || o.last {
		return true
	}
	o.chunks = append(o.chunks, b)
	o.bytes += len(b)
	o.last = last
	signal(o.wake)
	return o.bytes <= hardOutput
}

// end makes write return after what is there (flush) or at once.
func (o *output) end(flush bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = true
	o.dead = o.dead || !flush
	signal(o.wake)
}

// write sends until the end, and a heart-beat after beat of silence (0 = none).
// fed is called when a refused consumer may have more.
func (o *output) write(c net.Conn, beat func() time.Duration, fed func()) error {
	for {
		var silent <-chan time.Time
		if d := beat(); d > 0 {
			silent = time.After(d)
		}
		select {
		case <-o.wake:
		case <-silent:
			if err := writeAll(c, net.Buffers{{'\n'}}); err != nil {
				return err
			}
			continue
		}
		o.mu.Lock()
		chunks, last, dead := o.chunks, o.last, o.dead
		o.chunks = nil
		o.mu.Unlock()
		if dead {
			return nil
		}
		n := 0
		for _, b := range chunks {
			n += len(b)
		}
		if err := writeAll(c, chunks); err != nil {
			return err
		}
		o.mu.Lock()
		o.bytes -= n
		hungry := o.hungry
		o.hungry = false
		o.mu.Unlock()
		if hungry {
			fed()
		}
		if last {
			return nil
		}
	}
}

func writeAll(c net.Conn, chunks net.Buffers) error {
	if err := c.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return err
	}
	_, err := chunks.WriteTo(c)
	return err
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
