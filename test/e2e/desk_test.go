package e2e

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
	"gcbridge/test/wait"
)

// desk is the client of one agent, who has a topic and a format of his own [D3].
type desk struct {
	*phone
	lab       *lab
	topic     string
	dest      string // the topic as STOMP names it
	agent     string
	extension string
	format    string // DEFAULT or JSON
	dialog    string // the call that the agent is in
}

// desk makes the client of an agent of the lab; nothing is sent yet.
func (l *lab) desk(t *testing.T, agent, format string) *desk {
	t.Helper()
	topic := "desk." + agent
	return &desk{
		phone: newPhone(t, l.broker, "/topic/"+topic), lab: l, topic: topic, dest: "/topic/" + topic,
		agent: agent, extension: l.sim.Extension(agent), format: format,
	}
}

// signedIn makes the client of an agent and logs them in.
func (l *lab) signedIn(t *testing.T, agent, format string) *desk {
	t.Helper()
	d := l.desk(t, agent, format)
	d.connect()
	d.logIn()
	return d
}

// send sends a command in the agent's name and returns its correlation id.
func (d *desk) send(word, body string, headers ...string) string {
	d.t.Helper()
	return d.do(word+"#"+d.agent, body, headers...)
}

func (d *desk) password() string { return d.lab.sim.Password(d.agent) }

// connect sends a Connect in the desk's format and does not wait for its
// answer: in text there is none.
func (d *desk) connect() string {
	d.t.Helper()
	return d.send("Connect", d.topic+","+d.password(), "gcFormat", d.format)
}

// logIn signs the agent in at their own extension and waits for all of it.
func (d *desk) logIn() {
	d.t.Helper()
	corr := d.send("Login", d.password()+","+d.extension)
	for _, code := range []string{"O-011", "O-001", "O-024"} {
		require.Equal(d.t, corr, d.next(code).header.Get("correlation-id"), "[H3]")
	}
}

// ready makes the agent ready.
func (d *desk) ready() {
	d.t.Helper()
	d.answer(d.dest, d.send("MakeReady", ""), "READY")
}

// talk brings a call from outside to the agent and lets them answer it.
func (d *desk) talk() {
	d.t.Helper()
	var err error
	d.dialog, err = d.lab.sim.Call("5551000", d.extension)
	require.NoError(d.t, err)
	d.next("O-009")
	d.answer(d.dest, d.send("AnswerCall", d.dialog), "ACTIVE")
}

// next waits for the first message of a code and takes it, so that messages of
// one code are taken in the order in which they came.
func (d *desk) next(code string) got {
	d.t.Helper()
	var found got
	ok := wait.Until(patience, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		for i, g := range d.got {
			if g.dest == d.dest && g.header.Get("gcCode") == code {
				found = g
				d.got = append(d.got[:i], d.got[i+1:]...)
				return true
			}
		}
		return false
	})
	require.True(d.t, ok, "no %s; there are:\n%s", code, d.describe())
	d.story.Took(d.t.Name(), found.header, found.body)
	return found
}

// fields waits for a message of a code and splits it as clients of text do.
func (d *desk) fields(code string) []string {
	d.t.Helper()
	return strings.Split(d.next(code).body, "#")
}

// pick chooses the text of the desk's format.
func (d *desk) pick(text, json string) string {
	if d.format == "JSON" {
		return json
	}
	return text
}

// claim says that the test shows a clause that observation cannot tell.
func (d *desk) claim(clauses ...string) {
	for _, c := range clauses {
		d.story.Claim(d.t.Name(), c)
	}
}

// formats runs a story in both formats, on a lab of its own.
func formats(t *testing.T, story func(t *testing.T, l *lab, format string), simOpts ...sim.Option) {
	t.Helper()
	formatsWith(t, nil, story, simOpts...)
}

// formatsWith is formats with another configuration.
func formatsWith(t *testing.T, change func(*config.Config), story func(t *testing.T, l *lab, format string), simOpts ...sim.Option) {
	t.Helper()
	for _, format := range []string{"DEFAULT", "JSON"} {
		t.Run(format, func(t *testing.T) {
			story(t, newLab(t, brokers[1].start(t), change, simOpts...), format)
		})
	}
}

// gate is a way to a TCP address that can be shut.
type gate struct {
	listener net.Listener
	to       string
	wait     sync.WaitGroup

	mu   sync.Mutex
	shut bool
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := &gate{listener: l, to: to}
	g.wait.Go(g.serve)
	t.Cleanup(func() {
		_ = l.Close()
		g.wait.Wait()
	})
	return g
}

func (g *gate) addr() string { return g.listener.Addr().String() }

// set shuts or opens the gate for connections to come.
func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
}

func (g *gate) isShut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.shut
}

func (g *gate) serve() {
	for {
		in, err := g.listener.Accept()
		if err != nil {
			return
		}
		if g.isShut() {
			_ = in.Close()
			continue
		}
		out, err := net.Dial("tcp", g.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		g.wait.Go(func() { pump(in, out) })
		g.wait.Go(func() { pump(out, in) })
	}
}

// pump copies until either side ends, and then ends both.
func pump(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
