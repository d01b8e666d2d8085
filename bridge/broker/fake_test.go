package broker_test

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a STOMP server that misbehaves as told. By itself it lets everybody
// in, answers receipts and beats as asked.
type fake struct {
	t        *testing.T
	listener net.Listener
	serving  sync.WaitGroup
	open     atomic.Int64 // connections
	accepted atomic.Int64

	// on sees each frame first; true: it did all that is to be done.
	on func(c *fakeConn, f *frame.Frame) bool
	// beaten, if there is one, sees each heart-beat that comes.
	beaten func(c *fakeConn)
	// beat is how long the server is silent between beats; nil: as agreed.
	beat func(agreed time.Duration) time.Duration
}

// fakeConn is one client of it.
type fakeConn struct {
	*fake
	net.Conn
	number int64        // 1, 2, ...
	beats  atomic.Int64 // heart-beats that came
	in     *frame.Reader
	sub    string // id of its last subscription

	mu  sync.Mutex
	out *frame.Writer
}

func newFake(t *testing.T, on func(*fakeConn, *frame.Frame) bool) *fake {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &fake{t: t, listener: l, on: on}
	var conns sync.Map
	s.serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Store(c, nil)
			s.serving.Go(func() { s.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		conns.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
		s.serving.Wait()
	})
	return s
}

func (s *fake) url() string { return "stomp://" + s.listener.Addr().String() }

func (s *fake) serve(nc net.Conn) {
	defer nc.Close()
	s.open.Add(1)
	defer s.open.Add(-1)
	c := &fakeConn{fake: s, Conn: nc, number: s.accepted.Add(1), in: frame.NewReader(nc), out: frame.NewWriter(nc)}
	ended := make(chan struct{})
	defer close(ended)
	for {
		f, err := c.in.Read()
		if err != nil {
			return
		}
		if f == nil {
			c.beats.Add(1)
			if s.beaten != nil {
				s.beaten(c)
			}
			continue
		}
		if s.on != nil && s.on(c, f) {
			continue
		}
		if id, ok := f.Header.Contains(frame.Id); ok && f.Command == frame.SUBSCRIBE {
			c.sub = id
		}
		if f.Command == frame.CONNECT {
			c.welcome(f, ended)
		}
		c.receipt(f)
	}
}

func (c *fakeConn) welcome(f *frame.Frame, ended chan struct{}) {
	beats := f.Header.Get(frame.HeartBeat)
	theirs, every, err := frame.ParseHeartBeat(beats)
	if err != nil {
		c.t.Errorf("heart-beat %q: %v", beats, err)
	}
	if c.beat != nil {
		every = c.beat(every)
	}
	if every == 0 {
		beats = fmt.Sprintf("0,%d", theirs.Milliseconds())
	}
	_ = c.send(frame.New(frame.CONNECTED, frame.Version, "1.2", frame.HeartBeat, beats))
	if every == 0 {
		return
	}
	c.serving.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				_ = c.send(nil)
			}
		}
	})
}

func (c *fakeConn) receipt(f *frame.Frame) {
	if id, ok := f.Header.Contains(frame.Receipt); ok {
		_ = c.send(frame.New(frame.RECEIPT, frame.ReceiptId, id))
	}
}

// send returns an error if the client has gone, as some tests want it to.
func (c *fakeConn) send(f *frame.Frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(f)
}

// delivery is a message for the last subscription.
func (c *fakeConn) delivery(id, body string) *frame.Frame {
	f := frame.New(frame.MESSAGE, frame.Subscription, c.sub, frame.MessageId, id, frame.Ack, "ack-"+id, frame.Destination, "/queue/in")
	f.Body = []byte(body)
	return f
}

func (c *fakeConn) message(id, body string) { _ = c.send(c.delivery(id, body)) }

func (c *fakeConn) refuse(why string) { _ = c.send(frame.New(frame.ERROR, frame.Message, why)) }
