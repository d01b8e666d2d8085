package sim

import (
	"bufio"
	"encoding/base64"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
)

// idleAgent logs in over XMPP and leaves the connection open. It is written
// on bytes, so that its own memory hardly counts.
func idleAgent(b *testing.B, s *Server, id string) net.Conn {
	b.Helper()
	nc, err := net.Dial("tcp", s.XMPPAddr())
	require.NoError(b, err)
	require.NoError(b, nc.SetDeadline(time.Now().Add(time.Minute)))
	r := bufio.NewReaderSize(nc, 64)
	say := func(out, until string) {
		_, err := nc.Write([]byte(out))
		require.NoError(b, err)
		var got strings.Builder
		for !strings.HasSuffix(got.String(), until) {
			x, err := r.ReadByte()
			require.NoError(b, err)
			got.WriteByte(x)
		}
	}
	open := "<stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
	say(open, "</stream:features>")
	say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"+
		base64.StdEncoding.EncodeToString([]byte("\x00"+id+"\x00pw"+id))+"</auth>", "sasl'/>")
	say(open, "</stream:features>")
	say("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", "</iq>")
	say("<presence/>", "/>")
	return nc
}

// BenchmarkConnectedAgents reports what 2,000 connected and signed-in agents
// cost: heap and stacks of the whole process, clients included, and its
// resident size.
func BenchmarkConnectedAgents(b *testing.B) {
	const agents = 2000
	for b.Loop() {
		before := inUse()
		s := Start(b, WithScale(agents))
		conns := make([]net.Conn, 0, agents)
		for i := 1; i <= agents; i++ {
			id := itoa(100000 + i)
			conns = append(conns, idleAgent(b, s, id))
			s.centre.submit("User/"+id, "", callcontrol.SetState{Agent: id, State: callcontrol.Login, Extension: s.Extension(id)})
		}
		require.Eventually(b, func() bool {
			n := 0
			s.centre.read(func(e *callcontrol.Engine) { n = len(e.SignedIn()) })
			return n == agents
		}, time.Minute, time.Millisecond)
		b.ReportMetric(float64(inUse()-before)/(1<<20), "MiB-in-use")
		b.ReportMetric(float64(runtime.NumGoroutine())/agents, "goroutines/agent")
		b.ReportMetric(resident(b), "MiB-resident")
		for _, c := range conns {
			_ = c.Close()
		}
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func resident(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0 // not Linux
	}
	pages := 0
	for _, c := range strings.Fields(string(text))[1] {
		pages = pages*10 + int(c-'0')
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}

// BenchmarkInboundCall is a whole routed call, from the ringing to the end
// of wrap-up: commands to rendered stanzas, without the network.
func BenchmarkInboundCall(b *testing.B) {
	s := Start(b)
	run := func(c callcontrol.Command) {
		if err := s.centre.do(c); err != nil {
			b.Fatal(err)
		}
	}
	run(callcontrol.SetState{Agent: "1001", State: callcontrol.Login, Extension: "2001"})
	for b.Loop() {
		run(callcontrol.SetState{Agent: "1001", State: callcontrol.Ready})
		id, err := s.Call("0551", "2001")
		if err != nil {
			b.Fatal(err)
		}
		for _, action := range []string{"ANSWER", "HOLD", "RETRIEVE", "DROP"} {
			run(callcontrol.Act{Agent: "1001", Dialog: id, Action: action, Target: "2001"})
		}
	}
}
