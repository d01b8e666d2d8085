package stomp

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	gostomp "github.com/go-stomp/stomp/v3"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/protocol"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lab is a transport at a broker, and a client beside it.
type lab struct {
	t         *testing.T
	transport *Transport
	client    *brokertest.Client
	tel       *telemetry.Telemetry
	commands  chan *wire.Command
	messages  chan message
}

type message struct {
	dest string
	*gostomp.Message
}

// start runs a transport that Receive feeds, and a client that listens.
func start(t *testing.T, receive func(*wire.Command), listen []string, change ...func(*Config)) *lab {
	t.Helper()
	b, err := embedded.Start(embedded.Config{Log: zerolog.Nop()})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return startAt(t, b.URL(), receive, listen, change...)
}

// startAt is start at a broker of the test's own.
func startAt(t *testing.T, url string, receive func(*wire.Command), listen []string, change ...func(*Config)) *lab {
	t.Helper()
	l := &lab{t: t, tel: telemetry.New(nil), commands: make(chan *wire.Command, 64), messages: make(chan message, 64)}
	if receive == nil {
		receive = func(c *wire.Command) { l.commands <- c }
	}
	up := make(chan struct{})
	var once sync.Once
	cfg := Config{
		Link: broker.Config{URLs: []string{url}, Log: zerolog.Nop(), OnUp: func() { once.Do(func() { close(up) }) }}, Node: "n1",
		Commands: Commands{Queue: "Connector1"}, Rejects: "Connector1.rejected",
		Outputs: Outputs{JMSType: protocol.JMSTypeCode, TTL: 30 * time.Second}, Receive: receive, Telemetry: l.tel, Log: zerolog.Nop(),
	}
	for _, f := range change {
		f(&cfg)
	}
	var err error
	l.transport, err = New(cfg)
	require.NoError(t, err)
	require.False(t, l.transport.Up())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = l.transport.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	l.client, err = brokertest.Connect(t.Context(), url, listen, func(dest string, m *gostomp.Message) { l.messages <- message{dest, m} })
	require.NoError(t, err)
	t.Cleanup(l.client.Close)
	require.NoError(t, l.client.Settle())
	wait.Closed(t, up, "the link is up")
	require.True(t, l.transport.Up())
	require.True(t, l.transport.Stats().Up)
	return l
}

func (l *lab) command() *wire.Command {
	l.t.Helper()
	return wait.For(l.t, l.commands, "a command")
}

func (l *lab) message() message {
	l.t.Helper()
	return wait.For(l.t, l.messages, "a message")
}

func TestCommand(t *testing.T) {
	l := start(t, nil, nil)
	before := time.Now().Add(-time.Second)
	require.NoError(t, l.client.Send("/queue/Connector1", true, "55", "type", "AnswerCall#1001", "correlation-id", "c1",
		"reply-to", "/queue/replies", "gcFormat", "JSON", "expires", "33333333333333"))
	c := l.command()
	require.Equal(t, "AnswerCall#1001", c.Type)
	require.Equal(t, "55", string(c.Body))
	require.Equal(t, "c1", c.CorrelationID)
	require.NotEmpty(t, c.MessageID)
	require.Equal(t, "/queue/replies", c.ReplyTo.String())
	require.Equal(t, "JSON", c.Properties["gcFormat"])
	require.True(t, c.Sent.After(before) && c.Received.After(before))
	require.EqualValues(t, 33333333333333, c.Expires.UnixMilli())
	require.False(t, c.Redelivered)
	c.Ack()
	require.NoError(t, l.client.Send("/queue/Connector1", true, "", "type", "x", "reply-to", "nonsense"))
	c = l.command()
	require.Nil(t, c.ReplyTo, "an address that cannot be used is none")
	require.True(t, c.Expires.IsZero())
	c.Ack()
}

func TestOutput(t *testing.T) {
	l := start(t, nil, []string{"/topic/A", "/queue/replies"})
	d, err := protocol.NewDialect(protocol.Edition44, protocol.FormatDefault, "", time.UTC)
	require.NoError(t, err)
	e, ok := protocol.Encode(protocol.State{Addressee: protocol.Addressee{Agent: "1001"}, State: "READY"}, d)
	require.True(t, ok)
	to, err := l.transport.Named("A")
	require.NoError(t, err)
	done := make(chan error, 1)
	l.transport.Send(wire.Output{To: to, Agent: "1001", Message: e, CorrelationID: "c1", Recovered: true, Confirm: func(err error) { done <- err }})
	m := l.message()
	require.Equal(t, "/topic/A", m.dest)
	require.Equal(t, e.Body, string(m.Body))
	for name, want := range map[string]string{
		"type": "O-001", "correlation-id": "c1", "gcCode": "O-001", "gcCategory": e.Category, "gcAgent": "1001", "gcNode": "n1", "gcRecovered": "true",
	} {
		require.Equal(t, want, m.Header.Get(name), name)
	}
	require.NotEmpty(t, m.Header.Get("expires"), "[H4]")
	require.NoError(t, <-done)
	l.transport.Send(wire.Output{To: to, Message: e})
	require.Empty(t, l.message().Header.Get("gcRecovered"))

	require.NoError(t, l.client.Send("/queue/Connector1", true, "", "type", "x", "reply-to", "/queue/replies"))
	l.transport.Send(wire.Output{To: l.command().ReplyTo, Message: e})
	require.Equal(t, "/queue/replies", l.message().dest)

	l.transport.Send(wire.Output{To: strange("x"), Message: e, Confirm: func(err error) { done <- err }})
	require.ErrorIs(t, <-done, broker.ErrDestination)
	e.Body = "a\x00b"
	l.transport.Send(wire.Output{To: to, Message: e, Confirm: func(err error) { done <- err }})
	require.ErrorIs(t, <-done, broker.ErrMessage, "told, although it could not even be queued")
	l.transport.Send(wire.Output{To: to, Message: e})
}

// TestOwnDestinations: no client may make us talk to ourselves, or to our peers.
func TestOwnDestinations(t *testing.T) {
	l := start(t, nil, nil, func(c *Config) { c.Topics = []string{"ConnectorSync", "", "AgentStates"} })
	for _, name := range []string{"queue://Connector1", "queue:// Connector1 ", "queue://Connector1.rejected", "queue://Connector1.memory", "ConnectorSync", "topic://AgentStates"} {
		to, err := l.transport.Named(name)
		require.ErrorIs(t, err, broker.ErrDestination, name)
		require.True(t, to == nil, name)
	}
	for _, name := range []string{"Connector1", "queue://ConnectorSync", "connectorsync"} { // others of the kind
		_, err := l.transport.Named(name)
		require.NoError(t, err, name)
	}
	for _, path := range []string{"/queue/Connector1", "/queue/Connector1.rejected", "/topic/ConnectorSync"} {
		_, err := l.transport.Stored(path)
		require.ErrorIs(t, err, broker.ErrDestination, "not of a peer either")
		require.NoError(t, l.client.Send("/queue/Connector1", true, "", "type", "x", "reply-to", path))
		require.Nil(t, l.command().ReplyTo, path)
	}
	_, err := newTransport(func(c *Config) { c.Topics = []string{"a,b"} })
	require.ErrorContains(t, err, "stomp: GC_SYNC_TOPIC: ")
}

type strange string

func (s strange) String() string { return string(s) }

func TestAddresses(t *testing.T) {
	tr := transport(t)
	named, err := tr.Named("A")
	require.NoError(t, err)
	stored, err := tr.Stored(named.String())
	require.NoError(t, err)
	require.Equal(t, "/topic/A", named.String())
	require.True(t, named == stored, "one place, one value")
	queue, err := tr.Named("queue://A")
	require.NoError(t, err)
	require.False(t, queue == named)
	none, err := tr.Named("A,B")
	require.Error(t, err)
	require.True(t, none == nil, "not an address of nothing")
	_, err = tr.Stored("A")
	require.Error(t, err)
	topic, err := tr.Topic("AgentStates")
	require.NoError(t, err)
	require.Equal(t, "/topic/AgentStates", topic.String())
}

// transport is one that does not run.
func transport(t *testing.T, change ...func(*Config)) *Transport {
	t.Helper()
	tr, err := newTransport(change...)
	require.NoError(t, err)
	return tr
}

func newTransport(change ...func(*Config)) (*Transport, error) {
	cfg := Config{
		Link: broker.Config{URLs: []string{"stomp://localhost"}}, Node: "n1", Commands: Commands{Queue: "Connector1"}, Rejects: "Connector1.rejected",
		Receive: func(*wire.Command) {}, Telemetry: telemetry.New(nil), Log: zerolog.Nop(),
	}
	for _, f := range change {
		f(&cfg)
	}
	return New(cfg)
}

func TestConfigurationIsChecked(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"broker":        {func(c *Config) { c.Link.URLs = nil }, "no broker URL"},
		"command queue": {func(c *Config) { c.Commands.Queue = "a,b" }, "GC_COMMAND_QUEUE"},
		"reject queue":  {func(c *Config) { c.Rejects = "" }, "GC_REJECT_QUEUE"},
		"priority":      {func(c *Config) { c.Commands.Priority = 128 }, "priority"},
		"sync topic":    {func(c *Config) { c.Sync = &Sync{Topic: ">"} }, "GC_SYNC_TOPIC"},
	} {
		_, err := newTransport(tc.change)
		require.ErrorContains(t, err, tc.want, name)
	}
}

func TestRejectedCopy(t *testing.T) {
	tr := transport(t)
	d := &broker.Delivery{
		ID: "ID:1", Type: "Frob#1001\n", Body: []byte("a\x00b"), CorrelationID: "c1", ReplyTo: "/queue/r", Persistent: true,
		Properties: map[string]string{"site": "7", "gcNode": "forged", "gcReason": "forged"},
	}
	m := tr.rejected(d, "unknown\nword", true)
	require.Equal(t, "/queue/Connector1.rejected", m.To.String())
	require.Equal(t, "Frob#1001�", m.Type)
	require.Equal(t, "a�b", m.Body)
	require.Equal(t, "c1", m.CorrelationID)
	require.True(t, m.Persistent)
	require.Equal(t, map[string]string{
		"site": "7", "gcReason": "unknown�word", "gcNode": "n1", "gcMessageId": "ID:1", "gcReplyTo": "/queue/r",
	}, m.Properties, "[C8]")
	require.Equal(t, "[redacted, 3 bytes]", tr.rejected(d, "x", false).Body)
	d.Body = []byte(strings.Repeat("x", maxCopiedBody))
	require.Len(t, tr.rejected(d, "x", true).Body, maxCopiedBody)
	d.Body = append(d.Body, 'x')
	require.Equal(t, "[redacted, 65537 bytes]", tr.rejected(d, "x", true).Body)
	d.Body = []byte("\xff")
	require.Equal(t, "[redacted, 1 bytes]", tr.rejected(d, "x", true).Body)
	d.ReplyTo = ""
	require.NotContains(t, tr.rejected(d, "x", true).Properties, "gcReplyTo")
	for i := range 100 {
		d.Properties["p"+string(rune('a'+i%26))+string(rune('a'+i/26))] = "v"
	}
	require.Len(t, tr.rejected(d, "x", true).Properties, 64+3, "a client's many headers are cut, ours are not")
}

// TestRejectedCopyIsPrintable: whatever a client put into the headers of a
// command, no control character and no line of its own gets into the copy [C8].
func TestRejectedCopyIsPrintable(t *testing.T) {
	const bad, good = "a\r\n\x00\x1b\x7f\xffb", "a\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDb"
	m := transport(t).rejected(&broker.Delivery{
		ID: bad, Type: bad, CorrelationID: bad, ReplyTo: bad, Properties: map[string]string{bad: bad},
	}, bad, true)
	require.Equal(t, good, m.Type)
	require.Equal(t, good, m.CorrelationID)
	require.Equal(t, map[string]string{
		good: good, "gcReason": good, "gcNode": "n1", "gcMessageId": good, "gcReplyTo": good,
	}, m.Properties)
	long := strings.Repeat("x", 2000)
	m = transport(t).rejected(&broker.Delivery{
		ID: long, Type: long, CorrelationID: long, ReplyTo: long, Properties: map[string]string{long: long},
	}, long, true)
	for _, text := range []string{m.Type, m.CorrelationID, m.Properties["gcReason"], m.Properties["gcMessageId"], m.Properties["gcReplyTo"], m.Properties[long[:128]]} {
		require.Equal(t, long[:1024], text)
	}
}

func TestReject(t *testing.T) {
	l := start(t, nil, []string{"/queue/Connector1.rejected"})
	require.NoError(t, l.client.Send("/queue/Connector1", true, "x", "type", "Frob#1001", "site", "7"))
	c := l.command()
	done := make(chan error, 1)
	c.Reject("unknown word", true, func(err error) { done <- err })
	c.Ack()
	m := l.message()
	require.Equal(t, "x", string(m.Body))
	require.Equal(t, "unknown word", m.Header.Get("gcReason"))
	require.Equal(t, "7", m.Header.Get("site"))
	require.NoError(t, <-done)
	c.Reject("again, and nobody asks", false, nil)
	require.Equal(t, "[redacted, 1 bytes]", string(l.message().Body))
}

// TestRejectWithoutABroker: who rejects hears that the copy is lost, once; where
// it can wait for the broker, it does.
func TestRejectWithoutABroker(t *testing.T) {
	tr := transport(t, func(c *Config) { c.Link.SendBuffer = 1 })
	lost := make(chan error, 2)
	reject := func() { source{tr, &broker.Delivery{}}.Reject("x", false, func(err error) { lost <- err }) }
	reject()
	require.Empty(t, lost)
	reject()
	require.ErrorIs(t, <-lost, broker.ErrBufferFull)
	require.Empty(t, lost)
}

// TestDefectOfACommand: it is rejected, acknowledged and never comes again; the
// next one is served.
func TestDefectOfACommand(t *testing.T) {
	commands := make(chan *wire.Command, 8)
	l := start(t, func(c *wire.Command) {
		if c.Type == "poison#1" {
			panic("defect")
		}
		commands <- c
	}, []string{"/queue/Connector1.rejected"})
	require.NoError(t, l.client.Send("/queue/Connector1", true, "secret", "type", "poison#1"))
	m := l.message()
	require.Equal(t, "poison#1", m.Header.Get("type"))
	require.Contains(t, m.Header.Get("gcReason"), "defect")
	require.NotContains(t, string(m.Body), "secret")
	require.NoError(t, l.client.Send("/queue/Connector1", true, "", "type", "good#1"))
	c := wait.For(t, commands, "the next command")
	require.Equal(t, "good#1", c.Type)
	c.Ack()
	require.EqualValues(t, 1, l.tel.Counts()["panics_delivery"])
	require.Zero(t, l.transport.Stats().Reconnects, "and the link stays")
}

func TestBus(t *testing.T) {
	type heard struct{ body, from string }
	hears := make(chan heard, 8)
	l := start(t, nil, []string{"/topic/ConnectorSync"}, func(c *Config) {
		c.Sync = &Sync{Topic: "ConnectorSync", TTL: time.Minute, Hear: func(body, from string) {
			if body == "poison" {
				panic("defect")
			}
			hears <- heard{body, from}
		}}
	})
	bus, err := l.transport.Bus()
	require.NoError(t, err)
	sent := make(chan error, 1)
	bus.Tell("mine", func(err error) { sent <- err })
	m := l.message()
	require.Equal(t, "mine", string(m.Body))
	require.Equal(t, "n1", m.Header.Get("gcNode"))
	require.NoError(t, <-sent)
	for _, from := range []string{"n1", "n2"} { // what this node says, it does not hear
		require.NoError(t, l.client.Send("/topic/ConnectorSync", true, "poison", "gcNode", from))
		require.NoError(t, l.client.Send("/topic/ConnectorSync", true, "from "+from, "gcNode", from))
	}
	require.NoError(t, l.client.Send("/topic/ConnectorSync", true, "of an original"))
	require.NoError(t, l.client.Send("/topic/ConnectorSync", true, "end", "gcNode", "n3"))
	require.Equal(t, heard{"from n2", "n2"}, <-hears)
	require.Equal(t, heard{"end", "n3"}, <-hears, "an original is not heard here")
	require.EqualValues(t, 1, l.tel.Counts()["panics_cluster"])

	require.NoError(t, l.client.Send("/queue/Connector1", true, "", "type", "x#1"))
	require.NoError(t, l.client.Settle())
	require.Empty(t, l.commands, "the gate is shut")
	bus.Open()
	c := l.command()
	c.Ack()
	bus.Shut(t.Context())
	require.NoError(t, l.client.Send("/queue/Connector1", true, "", "type", "x#1"))
	require.NoError(t, l.client.Settle())
	require.Empty(t, l.commands)
	bus.Renew()
	require.True(t, wait.Until(wait.Patience, func() bool { return l.transport.Stats().Reconnects == 1 }))
	bus.Tell("a\x00b", func(err error) { sent <- err })
	require.ErrorIs(t, <-sent, broker.ErrMessage)
	bus.Tell("a\x00b", nil)
}

func TestOriginalsAreHeard(t *testing.T) {
	hears := make(chan string, 8)
	l := startAt(t, brokertest.ActiveMQ(t).URL(), nil, nil, func(c *Config) {
		c.Sync = &Sync{Topic: "ConnectorSync", Original: true, Hear: func(body, from string) { hears <- body + from }}
	})
	require.NoError(t, l.client.Send("/topic/ConnectorSync", true, "mine", "gcNode", "n1"))
	require.NoError(t, l.client.Send("/topic/ConnectorSync", true, "of an original"))
	require.Equal(t, "of an original", <-hears)
}

func TestDropped(t *testing.T) {
	tr := transport(t)
	tr.dropped(broker.Message{}, errors.New("full"))
	require.EqualValues(t, 1, tr.cfg.Telemetry.Counts()["messages_dropped"])
}
