package embedded_test

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker/embedded"
	"gcbridge/test/brokertest"
)

func start(t *testing.T, cfg embedded.Config) *embedded.Broker {
	t.Helper()
	b, err := embedded.Start(cfg)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

func TestStartRefusesNonsense(t *testing.T) {
	_, err := embedded.Start(embedded.Config{QueueLimit: -1})
	require.Error(t, err)
	b := start(t, embedded.Config{})
	_, err = embedded.Start(embedded.Config{Addr: b.Addr()})
	require.Error(t, err, "address in use")
}

// refusals: what ends a session, by the reason that its ERROR frame gives.
var refusals = []struct{ name, raw, why string }{
	{"no CONNECT", "SEND\ndestination:/queue/a\n\n\x00", "before CONNECT"},
	{"unknown version", "CONNECT\naccept-version:1.3\n\n\x00", "supported versions"},
	{"bad heart-beat", "CONNECT\nheart-beat:x\n\n\x00", "heart-beat"},
	{"unknown command", "CONNECT\n\n\x00HELO\n\n\x00", "unknown command"},
	{"endless command", strings.Repeat("x", 10_000), "too large"},
	{"endless header", "CONNECT\n" + strings.Repeat("x", 20<<10), "too large"},
	{"many headers", "CONNECT\n" + strings.Repeat("a:b\n", 1001), "too large"},
	{"header without colon", "CONNECT\nx\n\n\x00", "malformed"},
	{"announced body", "CONNECT\n\n\x00SEND\ndestination:/queue/a\ncontent-length:4294967295\n\n", "too large"},
	{"body", "CONNECT\n\n\x00SEND\ndestination:/queue/a\n\n" + strings.Repeat("x", 10_000), "too large"},
	{"negative length", "CONNECT\n\n\x00SEND\ncontent-length:-1\n\n\x00", "malformed"},
	{"short length", "CONNECT\n\n\x00SEND\ncontent-length:1\n\nxx\x00", "malformed"},
	{"undefined escape", "CONNECT\naccept-version:1.2\n\n\x00SEND\na:\\t\n\n\x00", "malformed"},
	{"no destination", "CONNECT\n\n\x00SEND\n\nx\x00", "destination"},
	{"wildcard", "CONNECT\n\n\x00SEND\ndestination:/queue/>\n\nx\x00", "destination"},
	{"no id", "CONNECT\naccept-version:1.1\n\n\x00SUBSCRIBE\ndestination:/queue/a\n\n\x00", "without id"},
	{"same id", "CONNECT\n\n\x00SUBSCRIBE\nid:1\ndestination:/queue/a\n\n\x00SUBSCRIBE\nid:1\ndestination:/queue/b\n\n\x00", "already"},
	{"ack mode", "CONNECT\n\n\x00SUBSCRIBE\nid:1\ndestination:/queue/a\nack:never\n\n\x00", "ack mode"},
	{"not subscribed", "CONNECT\n\n\x00UNSUBSCRIBE\nid:1\n\n\x00", "no subscription"},
	{"unknown ACK", "CONNECT\n\n\x00ACK\nmessage-id:1\n\n\x00", "Unexpected ACK"},
	{"no transaction", "CONNECT\n\n\x00SEND\ndestination:/queue/a\ntransaction:x\n\n\x00", "no transaction"},
	{"same transaction", "CONNECT\n\n\x00BEGIN\ntransaction:x\n\n\x00BEGIN\ntransaction:x\n\n\x00", "BEGIN"},
	{"transaction without a name", "CONNECT\n\n\x00BEGIN\n\n\x00", "BEGIN"},
	{"many transactions", "CONNECT\n\n\x00" + begins(101), "BEGIN"},
	{"long transaction", "CONNECT\n\n\x00BEGIN\ntransaction:x\n\n\x00" + strings.Repeat("SEND\ndestination:/queue/a\ntransaction:x\n\n\x00", 10_001), "too long"},
	{"nothing to commit", "CONNECT\n\n\x00COMMIT\ntransaction:x\n\n\x00", "no transaction"},
	{"other's temporary", "CONNECT\n\n\x00SUBSCRIBE\nid:1\ndestination:/remote-temp-queue/x:y\n\n\x00", "another connection"},
	{"deleted temporary", "CONNECT\n\n\x00SEND\ndestination:/remote-temp-queue/x:y\n\n\x00", "deleted Destination"},
}

// begins begins so many transactions.
func begins(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "BEGIN\ntransaction:%d\n\n\x00", i)
	}
	return b.String()
}

func TestRefusals(t *testing.T) {
	b := start(t, embedded.Config{MaxBody: 1000})
	for _, c := range refusals {
		t.Run(c.name, func(t *testing.T) {
			p := brokertest.DialOnly(t, b.URL())
			p.WriteRaw(c.raw)
			for {
				f, err := p.Read(brokertest.Patience)
				require.NoError(t, err, "no ERROR frame")
				if f.Command == frame.ERROR {
					require.Contains(t, f.Header.Get(frame.Message), c.why)
					break
				}
			}
			p.Gone()
		})
	}
	brokertest.Dial(t, b.URL()).Send("/queue/a", "still well")
}

// Each version has its own escapes, ids of acknowledgements and headers.
func TestVersions(t *testing.T) {
	b := start(t, embedded.Config{})
	for n, c := range []struct{ accept, version, raw, want string }{
		{"", "", `a\nb`, `a\nb`},
		{"1.0", "", `a\nb`, `a\nb`},
		{"1.0,1.1", "1.1", `a\n\c\\b`, "a\n:\\b"},
		{"1.1,1.2,9", "1.2", `a\r\n\c\\b`, "a\r\n:\\b"},
	} {
		t.Run("accept "+c.accept, func(t *testing.T) {
			p := brokertest.DialOnly(t, b.URL())
			head := ""
			if c.accept != "" {
				head = "accept-version:" + c.accept + "\n"
			}
			p.WriteRaw("CONNECT\n" + head + "\n\x00")
			require.Equal(t, c.version, p.Expect(frame.CONNECTED).Header.Get("version"))
			q := "/queue/q" + strconv.Itoa(n)
			p.WriteRaw("SEND\r\ndestination:" + q + "\r\np:" + c.raw + "\r\n\r\nbody\x00\n\n")
			p.WriteRaw("SUBSCRIBE\nid:1\nack:client-individual\ndestination:" + q + "\n\n\x00")
			m := p.Expect(frame.MESSAGE)
			require.Equal(t, "body", string(m.Body))
			if c.version != "" { // the peer unescapes 1.0, too
				require.Equal(t, c.want, m.Header.Get("p"))
			}
			ack, has := m.Header.Contains(frame.Ack)
			require.Equal(t, c.version == "1.2", has)
			id := "subscription:1\nmessage-id:" + m.Header.Get(frame.MessageId)
			if has {
				id = "id:" + ack
			}
			p.WriteRaw("ACK\n" + id + "\nreceipt:r\n\n\x00")
			require.Equal(t, "r", p.Expect(frame.RECEIPT).Header.Get(frame.ReceiptId))
			p.WriteRaw("ACK\n" + id + "\n\n\x00")
			p.Expect(frame.ERROR)
		})
	}
}

func TestCumulativeAck(t *testing.T) {
	b := start(t, embedded.Config{})
	p := brokertest.Dial(t, b.URL())
	for i := range 3 {
		p.Send("/queue/q", strconv.Itoa(i))
	}
	p.Write(frame.SUBSCRIBE, nil, frame.Destination, "/queue/q", frame.Id, "1", frame.Ack, frame.AckClient)
	p.Expect(frame.MESSAGE)
	second := p.Expect(frame.MESSAGE)
	p.Expect(frame.MESSAGE)
	p.Ack(second)
	p.Write(frame.UNSUBSCRIBE, nil, frame.Id, "1", frame.Receipt, "r")
	p.Expect(frame.RECEIPT)
	p.Write(frame.SUBSCRIBE, nil, frame.Destination, "/queue/q", frame.Id, "2")
	m := p.Expect(frame.MESSAGE)
	require.Equal(t, "2", string(m.Body))
	require.Equal(t, "true", m.Header.Get("redelivered"))
	p.Quiet(50 * time.Millisecond)
}

func TestTransactions(t *testing.T) {
	b := start(t, embedded.Config{})
	p := brokertest.Dial(t, b.URL())
	p.Subscribe("/queue/q")
	p.Write(frame.BEGIN, nil, frame.Transaction, "t")
	p.Write(frame.SEND, []byte("1"), frame.Destination, "/queue/q", frame.Transaction, "t")
	p.Write(frame.SEND, []byte("2"), frame.Destination, "/queue/q", frame.Transaction, "t")
	p.Quiet(50 * time.Millisecond)
	p.Write(frame.COMMIT, nil, frame.Transaction, "t")
	first := p.Expect(frame.MESSAGE)
	p.Expect(frame.MESSAGE)

	p.Write(frame.BEGIN, nil, frame.Transaction, "t")
	p.Write(frame.ACK, nil, frame.Id, first.Header.Get(frame.Ack), frame.Transaction, "t")
	p.Write(frame.ABORT, nil, frame.Transaction, "t")
	p.Ack(first) // it is still ours
	p.Write(frame.DISCONNECT, nil, frame.Receipt, "bye")
	p.Expect(frame.RECEIPT)
	p.Gone()
}

func TestNackGoesToTheDeadLetterQueue(t *testing.T) {
	b := start(t, embedded.Config{})
	p := brokertest.Dial(t, b.URL())
	p.Subscribe("/queue/q")
	for _, persistent := range []string{"true", "false"} {
		p.Write(frame.SEND, []byte(persistent), frame.Destination, "/queue/q", "persistent", persistent, "type", "T")
		p.Write(frame.NACK, nil, frame.Id, p.Expect(frame.MESSAGE).Header.Get(frame.Ack))
	}
	p.Write(frame.SUBSCRIBE, nil, frame.Destination, "/queue/DLQ.q", frame.Id, "dead")
	m := p.Expect(frame.MESSAGE)
	require.Equal(t, "true", string(m.Body), "the other one is discarded")
	require.Equal(t, "T", m.Header.Get("type"))
	p.Quiet(50 * time.Millisecond)
}

// A queue is shared fairly by equal consumers.
func TestConsumersTakeTurns(t *testing.T) {
	b := start(t, embedded.Config{})
	var peers []*brokertest.Peer
	for range 3 {
		p := brokertest.Dial(t, b.URL())
		p.Subscribe("/queue/q")
		peers = append(peers, p)
	}
	p := brokertest.Dial(t, b.URL())
	for i := range 9 {
		p.Send("/queue/q", strconv.Itoa(i))
	}
	for i := range 9 {
		m := peers[i%3].Expect(frame.MESSAGE)
		require.Equal(t, strconv.Itoa(i), string(m.Body))
	}
}

// A client that never reads misses what does not fit, and stalls nobody.
func TestSlowConsumerStallsNobody(t *testing.T) {
	b := start(t, embedded.Config{QueueLimit: 1 << 20})
	slow := brokertest.Dial(t, b.URL())
	slow.Subscribe("/topic/t", "activemq.prefetchSize", "1000000")
	slow.Subscribe("/queue/q", "activemq.prefetchSize", "1000000")
	fast := brokertest.Dial(t, b.URL())
	fast.Subscribe("/topic/t", "activemq.prefetchSize", "1000000")
	p := brokertest.Dial(t, b.URL())
	body := strings.Repeat("x", 100<<10)
	for i := range 300 { // 30 MB
		p.Send("/topic/t", body)
		m := fast.Expect(frame.MESSAGE)
		require.Len(t, m.Body, len(body), i)
		fast.Write(frame.ACK, nil, frame.Id, m.Header.Get(frame.Ack), frame.Receipt, "r") // makes room
		fast.Expect(frame.RECEIPT)
	}
	require.NotZero(t, b.Dropped())
}

func TestHeartbeats(t *testing.T) {
	b := start(t, embedded.Config{})
	p := brokertest.DialOnly(t, b.URL())
	p.Write(frame.CONNECT, nil, frame.AcceptVersion, "1.2", frame.HeartBeat, "100,0")
	require.Equal(t, "0,100", p.Expect(frame.CONNECTED).Header.Get(frame.HeartBeat))
	p.Gone() // we said that we would beat

	c, err := net.Dial("tcp", b.Addr())
	require.NoError(t, err)
	defer c.Close()
	_, err = fmt.Fprint(c, "CONNECT\naccept-version:1.2\nheart-beat:0,50\n\n\x00")
	require.NoError(t, err)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(brokertest.Patience)))
	buf := make([]byte, 4096)
	for beats := 0; beats < 3; {
		n, err := c.Read(buf)
		require.NoError(t, err)
		if string(buf[:n]) == "\n" {
			beats++
		}
	}
}

// What is persistent stays through a restart, in order; the rest does not.
func TestRestart(t *testing.T) {
	b := start(t, embedded.Config{})
	p := brokertest.Dial(t, b.URL())
	p.Subscribe("/temp-queue/x")
	for i := range 4 {
		p.Send("/queue/q", strconv.Itoa(i), "persistent", strconv.FormatBool(i != 2))
	}
	p.Write(frame.SUBSCRIBE, nil, frame.Destination, "/queue/q", frame.Id, "1",
		frame.Ack, frame.AckClientIndividual, "activemq.prefetchSize", "1")
	first := p.Expect(frame.MESSAGE)
	require.NoError(t, b.Restart())
	p.Gone()
	p = brokertest.Dial(t, b.URL())
	p.Write(frame.SUBSCRIBE, nil, frame.Destination, "/queue/q", frame.Id, "1")
	again := p.Expect(frame.MESSAGE)
	require.Equal(t, first.Header.Get(frame.MessageId), again.Header.Get(frame.MessageId))
	require.Equal(t, "true", again.Header.Get("redelivered"))
	require.Equal(t, "1", string(p.Expect(frame.MESSAGE).Body))
	require.Equal(t, "3", string(p.Expect(frame.MESSAGE).Body))
	p.Quiet(50 * time.Millisecond)
}

func TestMaxConnections(t *testing.T) {
	b := start(t, embedded.Config{MaxConnections: 1})
	p := brokertest.Dial(t, b.URL())
	brokertest.DialOnly(t, b.URL()).Gone()
	p.Send("/queue/q", "x")
}

// A message takes room beside its body: many small ones fill a queue, too.
func TestSmallMessagesFillAQueue(t *testing.T) {
	b := start(t, embedded.Config{QueueLimit: 1000})
	p := brokertest.Dial(t, b.URL())
	for range 3 {
		p.Send("/queue/q", "0123456789")
	}
	p.Write("SEND", []byte("0123456789"), "destination", "/queue/q", "receipt", "r")
	p.Expect("ERROR")

	p = brokertest.Dial(t, b.URL())
	p.Write("SUBSCRIBE", nil, "destination", "/queue/q", "id", "1", "ack", "client-individual")
	for range 3 {
		p.Ack(p.Expect("MESSAGE"))
	}
	brokertest.Dial(t, b.URL()).Send("/queue/q", "0123456789")
	p.Expect("MESSAGE")
}
