// Package javapeer drives a Java JMS client over OpenWire from Go tests: the
// kind of client that a connector really has. The Java side is
// testdata/java/Peer.java, compiled with the JDK and Debian's jars.
package javapeer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	answerTimeout = 15 * time.Second // for what the peer itself answers
	quitTimeout   = 5 * time.Second
)

// Message is a received message as JMS shows it.
type Message struct {
	On            string            `json:"on"`    // the name given to Listen or made by TempQueue
	Class         string            `json:"class"` // TextMessage, BytesMessage, MapMessage, Message
	ID            string            `json:"id"`
	Type          string            `json:"type"` // JMSType, "" for null
	CorrelationID string            `json:"correlationId"`
	ReplyTo       string            `json:"replyTo"`
	Persistent    bool              `json:"persistent"`
	Redelivered   bool              `json:"redelivered"`
	Timestamp     int64             `json:"timestamp"`  // Unix milliseconds
	Expiration    int64             `json:"expiration"` // Unix milliseconds, 0 = never
	Properties    map[string]string `json:"properties"`
	Body          string            `json:"body"` // bytes are shown as UTF-8
}

// Kind is the JMS class of a message to send.
type Kind string

// The kinds. Map and Plain are what no command should be.
const (
	Text  Kind = "text"
	Bytes Kind = "bytes"
	Map   Kind = "map"
	Plain Kind = "plain"
)

// Send is a message to send.
type Send struct {
	To            string // queue://name, topic://name, or what TempQueue returned
	Kind          Kind   // "" = Text
	Type          string // JMSType, "" = null
	CorrelationID string
	ReplyTo       string
	Persistent    bool
	TTL           time.Duration // 0 = does not expire
	Properties    map[string]string
	Body          string
	NullBody      bool // a TextMessage without text; Body is ignored
}

// Peer is a running client. Its methods fail the test that started it, and
// belong to that test's goroutine.
type Peer struct {
	tb      testing.TB
	cancel  context.CancelFunc
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	stderr  *bytes.Buffer // read only after the process has ended
	answers chan answer
	done    chan struct{} // standard output has ended

	mu       sync.Mutex
	messages []Message
	arrived  chan struct{} // holds one token when messages has grown
}

type answer struct {
	Event string `json:"event"` // ready, listening, sent, error
	Error string `json:"error"`
	ID    string `json:"id"`
	On    string `json:"on"`
}

// Start starts a client of the broker at an OpenWire URL (tcp://host:port, or
// failover:(...)). The test's cleanup ends it.
func (c Classes) Start(tb testing.TB, url string) *Peer {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := &Peer{
		tb: tb, cancel: cancel, stderr: &bytes.Buffer{},
		answers: make(chan answer, 16), done: make(chan struct{}), arrived: make(chan struct{}, 1),
	}
	p.cmd = exec.CommandContext(ctx, "java",
		"-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", c.classpath, "Peer", url)
	p.cmd.Stderr = p.stderr
	stdin, err := p.cmd.StdinPipe()
	require.NoError(tb, err)
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(tb, err)
	p.stdin = stdin
	require.NoError(tb, p.cmd.Start())
	go p.read(stdout)
	tb.Cleanup(p.Close)
	p.answer("ready")
	return p
}

// Close ends the client and waits for it. Idempotent.
func (p *Peer) Close() {
	if p.cancel == nil {
		return
	}
	_, _ = io.WriteString(p.stdin, "quit\n")
	_ = p.stdin.Close()
	kill := time.AfterFunc(quitTimeout, p.cancel)
	<-p.done
	_ = p.cmd.Wait() // a killed client is ended too
	kill.Stop()
	p.cancel()
	p.cancel = nil
	if p.tb.Failed() && p.stderr.Len() > 0 {
		p.tb.Logf("java peer said:\n%s", p.stderr)
	}
}

// Listen consumes a destination (queue://name or topic://name) from now on.
func (p *Peer) Listen(on string) {
	p.tb.Helper()
	p.request("listen", field{"on", on})
	p.answer("listening")
}

// TempQueue makes a temporary queue, listens to it and returns its name, for
// Send.ReplyTo. It lives as long as the client.
func (p *Peer) TempQueue() string {
	p.tb.Helper()
	p.request("temp")
	return p.answer("listening").On
}

// Send sends a message and returns its JMSMessageID once the client has
// handed it over.
func (p *Peer) Send(m Send) string {
	p.tb.Helper()
	fields := []field{{"to", m.To}}
	optional := []field{{"kind", string(m.Kind)}, {"type", m.Type}, {"corr", m.CorrelationID}, {"reply", m.ReplyTo}}
	for _, f := range optional {
		if f.value != "" {
			fields = append(fields, f)
		}
	}
	if m.Persistent {
		fields = append(fields, field{"persistent", "true"})
	}
	if m.TTL > 0 {
		fields = append(fields, field{"ttl", strconv.FormatInt(m.TTL.Milliseconds(), 10)})
	}
	for name, value := range m.Properties {
		fields = append(fields, field{"prop." + name, value})
	}
	if !m.NullBody {
		fields = append(fields, field{"body", m.Body})
	}
	p.request("send", fields...)
	return p.answer("sent").ID
}

// Expect waits for a message that match accepts, removes it from those
// received and returns it. When none comes within the time the test fails and
// shows what came instead; what names the message in that report.
func (p *Peer) Expect(within time.Duration, what string, match func(Message) bool) Message {
	p.tb.Helper()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for {
		if m, ok := p.take(match); ok {
			return m
		}
		select {
		case <-p.arrived:
		case <-p.done:
			require.FailNow(p.tb, "java peer ended", "while waiting for %s", what)
		case <-deadline.C:
			require.FailNow(p.tb, "no "+what, "within %s; received and not taken:\n%s", within, p.describe())
		}
	}
}

// Received returns the messages that no Expect has taken.
func (p *Peer) Received() []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.messages)
}

func (p *Peer) take(match func(Message) bool) (Message, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.messages, match)
	if i < 0 {
		return Message{}, false
	}
	m := p.messages[i]
	p.messages = slices.Delete(p.messages, i, i+1)
	return m, true
}

func (p *Peer) describe() string {
	var b strings.Builder
	for _, m := range p.Received() {
		fmt.Fprintf(&b, "  %s %s type=%q corr=%q %s\n", m.On, m.Class, m.Type, m.CorrelationID, m.Body)
	}
	if b.Len() == 0 {
		return "  nothing"
	}
	return b.String()
}

// field is one argument of a request; values travel in Base64 and may hold anything.
type field struct{ name, value string }

func (p *Peer) request(verb string, fields ...field) {
	p.tb.Helper()
	line := verb
	for _, f := range fields {
		line += "\t" + f.name + "=" + base64.StdEncoding.EncodeToString([]byte(f.value))
	}
	_, err := io.WriteString(p.stdin, line+"\n")
	require.NoError(p.tb, err, "java peer does not read")
}

func (p *Peer) answer(event string) answer {
	p.tb.Helper()
	timeout := time.NewTimer(answerTimeout)
	defer timeout.Stop()
	select {
	case a := <-p.answers:
		require.Equal(p.tb, event, a.Event, a.Error)
		return a
	case <-p.done:
		require.FailNow(p.tb, "java peer ended", "instead of answering %q", event)
	case <-timeout.C:
		require.FailNow(p.tb, "java peer is silent", "instead of answering %q", event)
	}
	return answer{}
}

// read is the one goroutine of a peer; it ends with the process's output.
func (p *Peer) read(stdout io.Reader) {
	defer close(p.done)
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			a = answer{Event: "error", Error: "not understood: " + string(line)}
		}
		if a.Event != "message" {
			select {
			case p.answers <- a:
			default: // nobody asked sixteen times over: the test has failed
			}
			continue
		}
		var m Message
		if err := json.Unmarshal(line, &m); err != nil {
			m.Body = "not understood: " + string(line)
		}
		p.mu.Lock()
		p.messages = append(p.messages, m)
		p.mu.Unlock()
		select {
		case p.arrived <- struct{}{}:
		default:
		}
	}
}
