package finesse_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/secret"
)

// BenchmarkDecodeUpdates: a whole dialog with ten call variables.
func BenchmarkDecodeUpdates(b *testing.B) {
	text := []byte(payload(b, "updates/dialog-put.xml"))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := finesse.DecodeUpdates(text); err != nil {
			b.Fatal(err)
		}
	}
}

// answering is a server end that lets a client log in without looking, and
// then hands its connection over.
func answering(conn net.Conn, ready func(net.Conn)) {
	features := mechanisms
	for dec := xml.NewDecoder(conn); ; {
		tok, err := dec.Token()
		if err != nil {
			return
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		var e elem
		answer := ""
		switch start.Name.Local {
		case "stream":
			answer = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='fin.example.com' version='1.0'><stream:features>" + features + "</stream:features>"
		case "auth":
			err = dec.DecodeElement(&e, &start)
			features, dec = binding, xml.NewDecoder(conn)
			answer = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
		case "iq":
			err = dec.DecodeElement(&e, &start)
			answer = "<iq type='result' id='" + e.attr("id") + "'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" + fullJID + "</jid></bind></iq>"
		}
		if err != nil {
			return
		}
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
		if bytes.Contains([]byte(e.Inner), []byte("urn:xmpp:ping")) {
			ready(conn)
			_, _ = io.Copy(io.Discard, conn)
			return
		}
	}
}

func benchStream(b *testing.B, ready func(net.Conn)) *finesse.Stream {
	b.Helper()
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		answering(server, ready)
	}()
	s, err := finesse.Connect(b.Context(), finesse.StreamConfig{
		Addr: "fin:5222", TLSMode: finesse.TLSNone, Domain: "fin.example.com", PubSub: pubsubJID, Resource: "gcbridge-a",
		Cred: finesse.Credentials{User: "1001", Password: secret.New(canary)},
		Dial: func(context.Context, string, string) (net.Conn, error) { return client, nil },
	})
	require.NoError(b, err)
	b.Cleanup(s.Abort)
	return s
}

// BenchmarkStream: from the bytes of a stanza on the connection to the
// notification in the receiver's hands.
func BenchmarkStream(b *testing.B) {
	var stanza bytes.Buffer
	stanza.WriteString("<message from='" + pubsubJID + "'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/finesse/api/User/1001/Dialogs'><item id='i'><notification xmlns='urn:xmpp:push:0'>")
	require.NoError(b, xml.EscapeText(&stanza, []byte(payload(b, "updates/dialog-put.xml"))))
	stanza.WriteString("</notification></item></items></event></message>")
	conns := make(chan net.Conn, 1)
	s := benchStream(b, func(conn net.Conn) { conns <- conn })
	conn := <-conns
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(stanza.Bytes()); err != nil {
			b.Fatal(err)
		}
		<-s.C()
	}
}

// BenchmarkStreamMemory reports the heap and the goroutines of one idle
// stream without TLS. The server's end of each pipe is counted in: one
// goroutine (not in goroutines/stream) with its buffers.
func BenchmarkStreamMemory(b *testing.B) {
	const streams = 500
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		goroutines := runtime.NumGoroutine()
		for range streams {
			benchStream(b, func(net.Conn) {})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/streams, "heap-B/stream")
		b.ReportMetric(float64(after.StackInuse-before.StackInuse)/streams, "stack-B/stream")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines-streams)/streams, "goroutines/stream")
	}
}
