package xmppd

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/coder/websocket"
)

const (
	framingNS = "urn:ietf:params:xml:ns:xmpp-framing"
	streamNS  = "http://etherx.jabber.org/streams"
)

// ServeHTTP is the service over WebSocket (RFC 7395), for any page's scripts. What
// secures it is the HTTP server's.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ours, theirs := net.Pipe() // it has the deadlines that a WebSocket lacks
	defer ours.Close()
	c := s.admit(theirs)
	if c == nil {
		http.Error(w, "the notification service is down", http.StatusServiceUnavailable)
		return
	}
	defer s.wg.Done()
	c.framed = true
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"xmpp"}, InsecureSkipVerify: true})
	if err != nil || ws.Subprotocol() != "xmpp" {
		if err == nil {
			_ = ws.CloseNow()
		}
		s.remove(c)
		c.kill()
		return
	}
	ws.SetReadLimit(maxStanza)
	var pumps sync.WaitGroup
	ctx := r.Context()
	pumps.Go(func() { receive(ctx, ws, ours) })
	pumps.Go(func() { transmit(ctx, ws, ours) })
	c.run(ctx)
	pumps.Wait()
}

// receive hands the client's messages to the connection, as over TCP.
func receive(ctx context.Context, ws *websocket.Conn, to net.Conn) {
	defer to.Close()
	for {
		_, message, err := ws.Read(ctx)
		if err != nil {
			return
		}
		if _, err := to.Write(unframe(message)); err != nil {
			return
		}
	}
}

func unframe(message []byte) []byte {
	d := xml.NewDecoder(bytes.NewReader(message))
	tok, err := d.Token()
	start, ok := tok.(xml.StartElement)
	if err != nil || !ok || start.Name.Space != framingNS {
		return message
	}
	if start.Name.Local == "open" {
		return []byte("<stream:stream xmlns='jabber:client' xmlns:stream='" + streamNS + "' version='1.0'>")
	}
	return []byte("</stream:stream>")
}

// transmit sends what the connection writes, an element to a message, until the
// connection ends.
func transmit(ctx context.Context, ws *websocket.Conn, from net.Conn) {
	defer func() { _ = ws.CloseNow() }()
	var queue []byte
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		queue = append(queue, buf[:n]...)
		for len(queue) > 0 {
			message, used := frame(queue)
			if used == 0 {
				break
			}
			queue = queue[used:]
			if message != "" && ws.Write(ctx, websocket.MessageText, []byte(message)) != nil {
				return
			}
		}
		if err != nil {
			if len(queue) > 0 && errors.Is(err, io.EOF) {
				_ = ws.Write(ctx, websocket.MessageText, queue) // broken on purpose
			}
			return
		}
	}
}

// frame is the message of the first element in b and its length there; 0: it is
// not whole.
func frame(b []byte) (message string, used int) {
	d := xml.NewDecoder(bytes.NewReader(b))
	depth, name := 0, ""
	for {
		tok, err := d.RawToken()
		if err != nil {
			return "", 0
		}
		used = int(d.InputOffset())
		switch t := tok.(type) {
		case xml.StartElement:
			if t.Name.Space == "stream" && t.Name.Local == "stream" {
				return header(t), used
			}
			if depth++; depth == 1 {
				name = strings.TrimPrefix(t.Name.Space+":"+t.Name.Local, ":")
			}
		case xml.EndElement:
			depth--
			if depth < 0 {
				return "<close xmlns='" + framingNS + "'/>", used
			}
			if depth == 0 {
				return alone(string(b[:used]), name), used
			}
		default:
			if depth == 0 {
				return "", used
			}
		}
	}
}

func header(t xml.StartElement) string {
	out := "<open xmlns='" + framingNS + "'"
	for _, a := range t.Attr {
		if a.Name.Space == "" && a.Name.Local != "xmlns" {
			out += " " + a.Name.Local + "='" + esc(a.Value) + "'"
		}
	}
	return out + "/>"
}

// alone declares the namespaces that an element has from the stream over TCP.
func alone(element, name string) string {
	_, rest, _ := strings.Cut(element, "<"+name)
	tag, _, _ := strings.Cut(rest, ">")
	out := "<" + name
	if strings.HasPrefix(name, "stream:") {
		out += " xmlns:stream='" + streamNS + "'"
	}
	if !strings.Contains(tag, " xmlns=") {
		out += " xmlns='jabber:client'"
	}
	return out + rest
}
