package finesse

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"
	xmppstream "mellium.im/xmpp/stream"
)

// nsFraming is the namespace of what opens and closes a stream over WebSocket
// (RFC 7395).
const nsFraming = "urn:ietf:params:xml:ns:xmpp-framing"

// webSocket is a connection that looks like TCP to the XMPP library: stream
// headers become open elements, each stanza a message of its own, and the other
// way round (RFC 7395). Reads and writes have one goroutine each.
type webSocket struct {
	ws     *websocket.Conn
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	in     []byte // to be read
	out    []byte // written, but no whole element yet
}

// dialWebSocket opens XMPP over WebSocket at cfg.WebSocket.
func dialWebSocket(ctx context.Context, cfg StreamConfig) (net.Conn, error) {
	client := &http.Client{
		Transport:     &http.Transport{DialContext: cfg.Dial, TLSClientConfig: cfg.TLS, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ws, resp, err := websocket.Dial(ctx, cfg.WebSocket, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"xmpp"}})
	if err != nil {
		if resp != nil && resp.Body != nil {
			_ = resp.Body.Close()
		}
		return nil, fmt.Errorf("WebSocket: %w", err)
	}
	if ws.Subprotocol() != "xmpp" {
		_ = ws.CloseNow()
		return nil, errors.New("WebSocket: the server does not speak the protocol xmpp")
	}
	ws.SetReadLimit(maxStanza)
	w := &webSocket{ws: ws}
	w.ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return w, nil
}

func (w *webSocket) Read(p []byte) (int, error) {
	for len(w.in) == 0 {
		_, message, err := w.ws.Read(w.ctx)
		switch {
		case websocket.CloseStatus(err) == websocket.StatusNormalClosure, websocket.CloseStatus(err) == websocket.StatusGoingAway:
			return 0, io.EOF
		case err != nil:
			return 0, err
		}
		w.in = unframed(message)
	}
	n := copy(p, w.in)
	w.in = w.in[n:]
	return n, nil
}

// unframed is a message as it would be within a stream over TCP.
func unframed(message []byte) []byte {
	start, err := nextElement(xml.NewDecoder(bytes.NewReader(message)))
	if err != nil || start.Name.Space != nsFraming {
		return message
	}
	if start.Name.Local != "open" {
		return []byte("</stream:stream>")
	}
	var b bytes.Buffer
	b.WriteString("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='" + xmppstream.NS + "'")
	writeAttributes(&b, start.Attr, "from", "id", "to", "version")
	b.WriteString(">")
	return b.Bytes()
}

// Write sends each element that is whole as a message.
func (w *webSocket) Write(p []byte) (int, error) {
	w.out = append(w.out, p...)
	if len(w.out) > maxStanza {
		return 0, errStanzaTooLarge
	}
	for {
		message, n := framed(w.out)
		if n == 0 {
			return len(p), nil
		}
		w.out = w.out[n:]
		if len(message) == 0 {
			continue
		}
		ctx, cancel := context.WithTimeout(w.ctx, writeTimeout)
		err := w.ws.Write(ctx, websocket.MessageText, message)
		cancel()
		if err != nil {
			return 0, err
		}
	}
}

// framed is the message that the first element of b becomes, and how many bytes
// of b that was; 0 if it is not whole yet. What goes between elements has no
// message.
func framed(b []byte) (message []byte, n int) {
	d := xml.NewDecoder(bytes.NewReader(b))
	depth := 0
	var first xml.StartElement
	for {
		tok, err := d.RawToken()
		if err != nil {
			return nil, 0
		}
		end := int(d.InputOffset())
		switch t := tok.(type) {
		case xml.StartElement:
			if depth == 0 && t.Name.Space == "stream" && t.Name.Local == "stream" {
				return opening(t), end
			}
			if depth++; depth == 1 {
				first = t.Copy()
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				return []byte("<close xmlns='" + nsFraming + "'/>"), end
			}
			if depth == 0 {
				return declared(b[:end], first), end
			}
		default:
			if depth == 0 {
				return nil, end
			}
		}
	}
}

func opening(header xml.StartElement) []byte {
	var b bytes.Buffer
	b.WriteString("<open xmlns='" + nsFraming + "'")
	writeAttributes(&b, header.Attr, "to", "version")
	b.WriteString("/>")
	return b.Bytes()
}

// declared is an element that stands alone: over TCP its namespace is that of the
// stream header.
func declared(element []byte, start xml.StartElement) []byte {
	for _, a := range start.Attr {
		if a.Name.Space == "" && a.Name.Local == "xmlns" {
			return element
		}
	}
	if start.Name.Space != "" {
		return element
	}
	name := "<" + start.Name.Local
	_, rest, _ := strings.Cut(string(element), name)
	return []byte(name + " xmlns='jabber:client'" + rest)
}

func writeAttributes(b *bytes.Buffer, attrs []xml.Attr, names ...string) {
	for _, name := range names {
		for _, a := range attrs {
			if a.Name.Space == "" && a.Name.Local == name {
				b.WriteString(" " + name + "='")
				_ = xml.EscapeText(b, []byte(a.Value)) // a buffer takes everything
				b.WriteString("'")
			}
		}
	}
}

// Close does not wait for the other side.
func (w *webSocket) Close() error {
	w.cancel()
	return w.ws.CloseNow()
}

func (w *webSocket) LocalAddr() net.Addr              { return webSocketAddr{} }
func (w *webSocket) RemoteAddr() net.Addr             { return webSocketAddr{} }
func (w *webSocket) SetDeadline(time.Time) error      { return nil } // streamConn owns the deadlines,
func (w *webSocket) SetReadDeadline(time.Time) error  { return nil } // and Write has its own
func (w *webSocket) SetWriteDeadline(time.Time) error { return nil }

type webSocketAddr struct{}

func (webSocketAddr) Network() string { return "websocket" }
func (webSocketAddr) String() string  { return "websocket" }
