package brokertest

import (
	"errors"
	"net"
	"strings"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
)

// Patience is how long the helpers wait for what has to happen.
const Patience = 15 * time.Second

// Peer is a STOMP 1.2 client that says exactly what a test makes it say. It is
// for one goroutine. What fails, fails the test.
type Peer struct {
	t    TB
	conn net.Conn
	in   *frame.Reader
	out  *frame.Writer
}

// Dial connects a peer to a stomp:// URL and logs in. headers (name, value,
// ...) go into its CONNECT frame. The test's end closes it.
func Dial(t TB, url string, headers ...string) *Peer {
	t.Helper()
	p := DialOnly(t, url)
	p.Write(frame.CONNECT, nil, append([]string{frame.AcceptVersion, "1.2", frame.Host, "test"}, headers...)...)
	p.Expect(frame.CONNECTED)
	return p
}

// DialOnly is Dial without the login.
func DialOnly(t TB, url string) *Peer {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(url, "stomp://"), Patience)
	if err != nil {
		t.Fatalf("peer: %v", err)
	}
	p := &Peer{t: t, conn: conn, in: frame.NewReader(conn), out: frame.NewWriter(conn)}
	t.Cleanup(p.Close)
	return p
}

// Close cuts the connection without a DISCONNECT.
func (p *Peer) Close() { _ = p.conn.Close() }

// Write sends a frame.
func (p *Peer) Write(command string, body []byte, headers ...string) {
	p.t.Helper()
	f := frame.New(command, headers...)
	f.Body = body
	err := p.conn.SetWriteDeadline(time.Now().Add(Patience))
	if err == nil {
		err = p.out.Write(f)
	}
	if err != nil {
		p.t.Fatalf("peer: %s: %v", command, err)
	}
}

// WriteRaw sends bytes that need not be a frame.
func (p *Peer) WriteRaw(b string) {
	p.t.Helper()
	if _, err := p.conn.Write([]byte(b)); err != nil {
		p.t.Fatalf("peer: %v", err)
	}
}

// Read returns the next frame, or the error that came within d instead.
func (p *Peer) Read(d time.Duration) (*frame.Frame, error) {
	if err := p.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		return nil, err
	}
	for {
		if f, err := p.in.Read(); f != nil || err != nil {
			return f, err
		}
	}
}

// Expect returns the next frame, which has to be of that command.
func (p *Peer) Expect(command string) *frame.Frame {
	p.t.Helper()
	f, err := p.Read(Patience)
	if err != nil {
		p.t.Fatalf("peer: no %s: %v", command, err)
	}
	if f.Command != command {
		p.t.Fatalf("peer: got %s %q, want %s", f.Command, f.Header.Get(frame.Message), command)
	}
	return f
}

// Quiet fails the test if a frame comes within d.
func (p *Peer) Quiet(d time.Duration) {
	p.t.Helper()
	f, err := p.Read(d)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		p.t.Fatalf("peer: got %+v, %v, want silence", f, err)
	}
}

// Gone fails the test unless the broker closes the connection now.
func (p *Peer) Gone() {
	p.t.Helper()
	f, err := p.Read(Patience)
	var timeout net.Error
	if err == nil || (errors.As(err, &timeout) && timeout.Timeout()) {
		p.t.Fatalf("peer: got %+v, %v, want a closed connection", f, err)
	}
}

// Send sends a message and waits for its receipt. Text goes without
// content-length, as a JMS TextMessage.
func (p *Peer) Send(to, text string, headers ...string) {
	p.t.Helper()
	p.Write(frame.SEND, []byte(text), append([]string{frame.Destination, to, frame.Receipt, "sent"}, headers...)...)
	p.Expect(frame.RECEIPT)
}

// Subscribe subscribes, acknowledging each message separately unless headers
// say otherwise, and waits until that is live.
func (p *Peer) Subscribe(from string, headers ...string) {
	p.t.Helper()
	all := append(headers, frame.Destination, from, frame.Id, "s:"+from, frame.Ack, frame.AckClientIndividual, frame.Receipt, "subscribed")
	p.Write(frame.SUBSCRIBE, nil, all...)
	p.Expect(frame.RECEIPT)
}

// Ack acknowledges a MESSAGE.
func (p *Peer) Ack(f *frame.Frame) {
	p.t.Helper()
	p.Write(frame.ACK, nil, frame.Id, f.Header.Get(frame.Ack))
}
