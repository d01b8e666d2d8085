package brokertest

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker/embedded"
)

// trial is a test that may fail, and what it said of that.
type trial struct {
	testing.TB

	failure string
	cleanup []func()
}

func (t *trial) Helper()          {}
func (t *trial) Cleanup(f func()) { t.cleanup = append(t.cleanup, f) }
func (t *trial) Fatalf(format string, args ...any) {
	t.failure = fmt.Sprintf(format, args...)
	t.FailNow()
}
func (t *trial) FailNow() { runtime.Goexit() }

// failure runs step as a test would, and returns why it failed, "" if it did not.
func failure(step func(t *trial)) string {
	t := &trial{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			for _, f := range t.cleanup {
				f()
			}
		}()
		step(t)
	}()
	<-ended
	return t.failure
}

// answering is a server that lets a peer in and then says exactly that.
func answering(t *testing.T, says string) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	served := make(chan struct{})
	go func() {
		defer close(served)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := frame.NewReader(c)
		if _, err := in.Read(); err != nil {
			return
		}
		_, _ = io.WriteString(c, "CONNECTED\nversion:1.2\n\n\x00"+says)
		if strings.HasSuffix(says, "GONE") {
			return
		}
		_, _ = io.Copy(io.Discard, c)
	}()
	t.Cleanup(func() { <-served })
	return "stomp://" + l.Addr().String()
}

// TestPeerNotices: what a broker does otherwise than a test expects fails that test.
func TestPeerNotices(t *testing.T) {
	const message, refusal = "MESSAGE\nmessage-id:1\n\nhello\x00", "ERROR\nmessage:no\n\n\x00"
	for name, tc := range map[string]struct {
		says string
		step func(p *Peer)
		want string
	}{
		"the frame that is due":        {message, func(p *Peer) { p.Expect(frame.MESSAGE) }, ""},
		"behind a heart-beat":          {"\n\n" + message, func(p *Peer) { p.Expect(frame.MESSAGE) }, ""},
		"another frame":                {refusal, func(p *Peer) { p.Expect(frame.MESSAGE) }, `peer: got ERROR "no", want MESSAGE`},
		"no frame":                     {"GONE", func(p *Peer) { p.Expect(frame.MESSAGE) }, "peer: no MESSAGE: "},
		"silence":                      {"", func(p *Peer) { p.Quiet(10 * time.Millisecond) }, ""},
		"a frame in place of silence":  {message, func(p *Peer) { p.Quiet(time.Minute) }, "want silence"},
		"an end in place of silence":   {"GONE", func(p *Peer) { p.Quiet(time.Minute) }, "want silence"},
		"the end":                      {"GONE", func(p *Peer) { p.Gone() }, ""},
		"a frame in place of the end":  {message, func(p *Peer) { p.Gone() }, "want a closed connection"},
		"a receipt":                    {"RECEIPT\nreceipt-id:sent\n\n\x00", func(p *Peer) { p.Send("/queue/q", "x") }, ""},
		"no receipt for a message":     {refusal, func(p *Peer) { p.Send("/queue/q", "x") }, "want RECEIPT"},
		"no receipt of a subscription": {refusal, func(p *Peer) { p.Subscribe("/queue/q") }, "want RECEIPT"},
		"a write on a closed peer":     {"", func(p *Peer) { p.Close(); p.Write(frame.SEND, nil) }, "peer: SEND: "},
		"raw bytes on a closed peer":   {"", func(p *Peer) { p.Close(); p.WriteRaw("x") }, "peer: "},
	} {
		t.Run(name, func(t *testing.T) {
			url := answering(t, tc.says)
			got := failure(func(trial *trial) { tc.step(Dial(trial, url)) })
			if tc.want == "" {
				require.Empty(t, got)
			} else {
				require.Contains(t, got, tc.want)
			}
		})
	}
	require.Contains(t, failure(func(t *trial) { DialOnly(t, "stomp://127.0.0.1:1") }), "peer: ")
}

// TestPeerSays: exactly what it was told.
func TestPeerSays(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	heard := make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			heard <- err.Error()
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "CONNECTED\nversion:1.2\n\n\x00RECEIPT\nreceipt-id:subscribed\n\n\x00RECEIPT\nreceipt-id:sent\n\n\x00")
		all, err := io.ReadAll(c)
		heard <- fmt.Sprint(string(all), err)
	}()
	p := Dial(t, "stomp://"+l.Addr().String(), "login", "me")
	p.Subscribe("/queue/q", "selector", "a = 1")
	p.Send("/queue/q", "hello", "type", "T")
	p.Ack(frame.New(frame.MESSAGE, "ack", "a1"))
	p.WriteRaw("raw")
	p.Close()
	require.Equal(t, strings.Join([]string{
		"CONNECT\naccept-version:1.2\nhost:test\nlogin:me\n\n\x00",
		"SUBSCRIBE\nselector:a = 1\ndestination:/queue/q\nid:s\\c/queue/q\nack:client-individual\nreceipt:subscribed\n\n\x00",
		"SEND\ndestination:/queue/q\nreceipt:sent\ntype:T\n\nhello\x00",
		"ACK\nid:a1\n\n\x00raw<nil>",
	}, ""), nextOf(t, heard))
}

func nextOf[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	return await(t, c, "what was sent")
}

func TestDestinationsAreNamedAfterTheTest(t *testing.T) {
	t.Run("a_b, c", func(t *testing.T) {
		require.Equal(t, "/queue/TestDestinationsAreNamedAfterTheTest.a-b-c", Queue(t).String())
		require.Equal(t, "/topic/TestDestinationsAreNamedAfterTheTest.a-b-c", Topic(t).String())
	})
}

// TestEveryCaseHasAName: a case is found by its name, and none hides another.
func TestEveryCaseHasAName(t *testing.T) {
	names := map[string]bool{}
	for _, c := range cases {
		require.NotEmpty(t, c.name)
		require.False(t, names[c.name], c.name)
		names[c.name] = true
	}
	for feature, ask := range refusals {
		require.NotEmpty(t, feature)
		require.NotEmpty(t, ask.command, feature)
		require.Zero(t, len(ask.headers)%2, feature)
	}
}

// embeddedBroker starts the broker in this process.
func embeddedBroker(t *testing.T) *embedded.Broker {
	t.Helper()
	b, err := embedded.Start(embedded.Config{})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// TestClient: a message that goes round, as text and as bytes, and the end.
func TestClient(t *testing.T) {
	b := embeddedBroker(t)
	type got struct {
		dest, body, kind string
		bytes            bool
	}
	received := make(chan got, 10)
	c, err := Connect(t.Context(), b.URL(), []string{"/queue/a", "/topic/b"}, func(dest string, m *stomp.Message) {
		_, isBytes := m.Header.Contains("content-length")
		received <- got{dest, string(m.Body), m.Header.Get("type"), isBytes}
	})
	require.NoError(t, err)
	require.NoError(t, c.Settle())
	require.NoError(t, c.Send("/queue/a", true, "text", "type", "T"))
	require.Equal(t, got{"/queue/a", "text", "T", false}, nextOf(t, received))
	require.NoError(t, c.Post("/topic/b", false, "bytes"))
	require.Equal(t, got{"/topic/b", "bytes", "", true}, nextOf(t, received))
	select {
	case <-c.Lost():
		t.Fatal("it is there")
	default:
	}
	b.Stop()
	nextOf(t, c.Lost())
	require.Error(t, c.Send("/queue/a", true, "x"))
	require.Error(t, c.Settle())
	c.Close()
	c.Close()

	_, err = Connect(t.Context(), b.URL(), nil, nil)
	require.ErrorContains(t, err, "brokertest: client: ")
	refusing := answering(t, "")
	quick, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() {
		if c, err := quick.Accept(); err == nil {
			_ = c.Close()
		}
	}()
	_, err = Connect(t.Context(), "stomp://"+quick.Addr().String(), nil, nil)
	require.ErrorContains(t, err, "client: login: ")
	require.NoError(t, quick.Close())
	p := Dial(t, refusing)
	p.Close()
}

// shell starts a script in place of a broker.
func shell(t *testing.T, script string) *process {
	t.Helper()
	p, err := launch("sh", "-c", script)
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

const (
	saysStomp = `echo "Listening for connections at: stomp://host:61613?x=y";`
	saysTCP   = `echo "Listening for connections at: tcp://host:61616?x=y";`
	saysUp    = `echo "Apache ActiveMQ 5.17.2 (broker-1, ID:1) started";`
)

// TestProcess: a broker is up when it says so, and on the ports that it names.
func TestProcess(t *testing.T) {
	t.Run("up", func(t *testing.T) {
		p := shell(t, saysStomp+saysTCP+saysUp+"exec sleep 60")
		ports, err := p.ready()
		require.NoError(t, err)
		require.Equal(t, map[string]int{"stomp": 61613, "tcp": 61616}, ports)
		require.Equal(t, 3, strings.Count(p.log(), "\n")+1, p.log())
		p.stop()
		require.Error(t, p.Err, "by a signal")
		require.ErrorIs(t, p.Signal(os.Interrupt), os.ErrProcessDone)
	})
	t.Run("without a port", func(t *testing.T) {
		for _, says := range []string{saysStomp, saysTCP} {
			_, err := shell(t, says+saysUp+"exec sleep 60").ready()
			require.ErrorContains(t, err, "did not say on which ports")
		}
	})
	t.Run("ended", func(t *testing.T) {
		_, err := shell(t, "echo no memory; exit 3").ready()
		require.ErrorContains(t, err, "ended at its start")
	})
	t.Run("a long log", func(t *testing.T) {
		p := shell(t, "i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done;"+saysStomp+saysTCP+saysUp+"exec sleep 60")
		_, err := p.ready()
		require.NoError(t, err)
		lines := strings.Split(p.log(), "\n")
		require.Len(t, lines, keptLines)
		require.Equal(t, "line 303", lines[0], "the end of it is kept")
	})
	t.Run("not there", func(t *testing.T) {
		_, err := launch(filepath.Join(t.TempDir(), "nothing"))
		require.ErrorContains(t, err, "brokertest: ")
	})
}

// TestShare: what XDG_DATA_DIRS names comes before Debian's folder.
func TestShare(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	t.Setenv("XDG_DATA_DIRS", first+string(os.PathListSeparator)+second)
	require.NoError(t, os.MkdirAll(filepath.Join(second, "java"), 0o700))
	own := filepath.Join(second, "java", "own.jar")
	require.NoError(t, os.WriteFile(own, nil, 0o600))
	got, err := share("java", "own.jar")
	require.NoError(t, err)
	require.Equal(t, own, got)
	_, err = share("java", "no-such.jar")
	require.ErrorIs(t, err, errMissing)
	require.ErrorContains(t, err, filepath.Join("java", "no-such.jar")+" is not installed (apt-get install ")
	_, err = share("java", "own.jar", "inside") // of what is no folder
	require.Error(t, err)
	require.NotErrorIs(t, err, errMissing)
}

func TestTestdata(t *testing.T) {
	dir, err := testdata("activemq")
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(dir, "activemq.xml.tmpl"))
	t.Chdir(t.TempDir())
	_, err = testdata("activemq")
	require.ErrorContains(t, err, "no go.mod above")
}

// TestSettings: what a test chooses of its broker gets into the configuration.
func TestSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my.tmpl")
	require.NoError(t, os.WriteFile(path, []byte("{{.Name}} {{.User}} {{.Password}} {{.QueueLimit}} {{.Peer}} {{.Stock}} {{.Data}}"), 0o600))
	b, err := prepare(t, []Option{
		Template(path), Name("b2"), Login("u", "p"), QueueLimit("1 mb"), Stock(), Network(&Broker{set: settings{OpenWirePort: 7}}),
	})
	require.NoError(t, err)
	xml, log, err := b.configure()
	require.NoError(t, err)
	require.FileExists(t, log)
	text, err := os.ReadFile(xml)
	require.NoError(t, err)
	require.Equal(t, "b2 u p 1 mb tcp://127.0.0.1:7 true "+filepath.Join(b.dir, "data"), string(text))
	for _, jar := range []string{"xstream.jar", "jettison.jar"} {
		require.FileExists(t, filepath.Join(b.dir, "lib", jar))
	}
	require.DirExists(t, filepath.Join(b.dir, "tmp"))

	b, err = prepare(t, []Option{NetworkAt("a:1")})
	require.NoError(t, err)
	require.Equal(t, "tcp://a:1", b.set.Peer)
	require.Equal(t, "broker-1", b.set.Name)
	b.set.template = path + "x"
	_, _, err = b.configure()
	require.ErrorContains(t, err, "brokertest: ")
	require.NoError(t, os.WriteFile(path, []byte("{{.Nothing}}"), 0o600))
	b.set.template = path
	_, _, err = b.configure()
	require.ErrorContains(t, err, "brokertest: ")

	b.set.StompPort, b.set.OpenWirePort = 1, 2
	require.Equal(t, "stomp://127.0.0.1:1", b.URL())
	require.Equal(t, "tcp://127.0.0.1:2", b.OpenWireURL())
	t.Setenv("PATH", "")
	_, err = prepare(t, nil)
	require.ErrorContains(t, err, "java is not installed (apt-get install ")
}
