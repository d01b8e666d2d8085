package xmpplibs_test

import (
	"bufio"
	"context"
	"encoding/xml"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	domain  = "fin.example.com"
	fullJID = "1001@" + domain + "/gcbridge-a"
	event   = `<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='/finesse/api/User/1001'><item id='i'><notification xmlns='urn:xmpp:push:0'>&lt;Update&gt;&lt;data&gt;&lt;user&gt;&lt;state&gt;LOGOUT&lt;/state&gt;&lt;/user&gt;&lt;/data&gt;&lt;event&gt;PUT&lt;/event&gt;&lt;/Update&gt;</notification></item></items></event>`
)

// listen gives every connection to play, one after the other, and closes it
// afterwards; at the end of the test it closes the one that is left.
func listen(t *testing.T, play func(conn net.Conn)) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			play(conn)
			stop()
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { cancel(); _ = l.Close(); <-done })
	return l.Addr().String()
}

// silent reads and never says a word.
func silent(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }

// connUntil says nothing either, and lets go when release is closed.
func connUntil(release <-chan struct{}) func(net.Conn) {
	return func(net.Conn) { <-release }
}

// loggedIn lets any client log in with PLAIN, answers its requests with empty
// results, and sends stanzas once its presence has come.
func loggedIn(stanzas string) func(conn net.Conn) {
	return func(conn net.Conn) {
		r := bufio.NewReader(conn)
		features := "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>"
		for dec := xml.NewDecoder(r); ; {
			tok, err := dec.Token()
			if err != nil {
				return
			}
			start, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			var iq struct {
				ID string `xml:"id,attr"`
			}
			answer := ""
			switch start.Name.Local {
			case "stream":
				answer = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='" + domain + "' version='1.0'><stream:features>" + features + "</stream:features>"
			case "auth":
				err = dec.DecodeElement(&struct{}{}, &start)
				answer = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
				features = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
				dec = xml.NewDecoder(r)
			case "iq":
				err = dec.DecodeElement(&iq, &start)
				answer = "<iq type='result' from='" + domain + "' id='" + iq.ID + "'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" + fullJID + "</jid></bind></iq>"
			case "presence":
				err = dec.DecodeElement(&struct{}{}, &start)
				answer = stanzas
			}
			if err != nil {
				return
			}
			if _, err := io.WriteString(conn, answer); err != nil {
				return
			}
		}
	}
}
