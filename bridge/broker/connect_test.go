package broker

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/secret"
	"gcbridge/test/wait"
)

// scripted is a connection that brings what is written in it.
type scripted struct {
	net.Conn
	in   io.Reader
	sent strings.Builder
}

func (s *scripted) Read(b []byte) (int, error)     { return s.in.Read(b) }
func (s *scripted) Write(b []byte) (int, error)    { return s.sent.Write(b) }
func (*scripted) SetReadDeadline(time.Time) error  { return nil }
func (*scripted) SetWriteDeadline(time.Time) error { return nil }
func (*scripted) Close() error                     { return nil }

// onScript is a connection on which the broker says text.
func onScript(c Config, role, text string) (*conn, *scripted) {
	c.Log = zerolog.Nop()
	c = c.withDefaults()
	s := &scripted{in: strings.NewReader(text)}
	return c.newConn(role, newWire(s, s, time.Second)), s
}

func TestLogin(t *testing.T) {
	const connected = "CONNECTED\nversion:1.2\n"
	for name, tc := range map[string]struct {
		role, answer string
		want         beats
		fails        string
	}{
		"no heart-beats named":    {"", connected + "\n\x00", beats{}, ""},
		"none on either side":     {"", connected + "heart-beat:0,0\n\n\x00", beats{}, ""},
		"nonsense is none":        {"", connected + "heart-beat:x\n\n\x00", beats{}, ""},
		"as asked":                {"", connected + "heart-beat:5000,5000\n\n\x00", beats{every: 4 * time.Second, silence: 15 * time.Second}, ""},
		"the broker beats less":   {"", connected + "heart-beat:9000,0\n\n\x00", beats{silence: 27 * time.Second}, ""},
		"the broker wants fewer":  {"", connected + "heart-beat:0,8000\n\n\x00", beats{every: 7 * time.Second}, ""},
		"several in what is said": {roleGated, connected + "heart-beat:0,1\n\n\x00", beats{every: time.Second / 2}, ""},
		"beats before it":         {"", "\n\n" + connected + "\n\x00", beats{}, ""},
		"refused":                 {"", "ERROR\nmessage:no\n\nwhy\x00", beats{}, "refused by the broker: no"},
		"something else":          {"", "RECEIPT\nreceipt-id:1\n\n\x00", beats{}, "RECEIPT in answer to CONNECT"},
		"another version":         {"", "CONNECTED\nversion:1.1\n\n\x00", beats{}, `speaks version "1.1" of STOMP`},
		"no STOMP":                {"", "HTTP/1.1 400 Bad Request\n\n\x00", beats{}, frame.ErrInvalidCommand.Error()},
		"nothing":                 {"", "", beats{}, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			k, _ := onScript(Config{GatedBeat: 2 * time.Second}, tc.role, tc.answer)
			got, err := k.login(endpoint{host: "here"})
			if tc.fails != "" {
				require.ErrorContains(t, err, tc.fails)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestConnectFrame(t *testing.T) {
	c := Config{Heartbeat: 5 * time.Second}
	require.Equal(t, "CONNECT\naccept-version:1.2\nhost:here\nheart-beat:2000,5000\n\n\x00", c.connectFrame("here", 2*time.Second))
	c.User, c.Password = `a\b`, secret.New("c:d")
	require.Equal(t, "CONNECT\naccept-version:1.2\nhost:here\nheart-beat:5000,5000\nlogin:a\\b\npasscode:c:d\n\n\x00", c.connectFrame("here", 5*time.Second))
	c.User = ""
	require.Contains(t, c.connectFrame("here", 0), "login:\npasscode:c:d\n")
}

// A receipt settles who waits for it and nobody else; an ERROR frame and a message
// that nobody asked for are the end.
func TestArrived(t *testing.T) {
	k, _ := onScript(Config{}, "", "")
	one, first := k.expect()
	two, second := k.expect()
	require.NotEqual(t, one, two)
	for range 2 { // a broker that says it twice
		require.NoError(t, k.arrived(frame.New(frame.RECEIPT, frame.ReceiptId, two)))
	}
	<-second
	select {
	case <-first:
		t.Fatal("settled by another's receipt")
	default:
	}
	require.Len(t, k.receipts, 1, "what is settled is forgotten")

	var got []string
	require.NoError(t, k.subscribe("/queue/a", ackAuto, func(f *frame.Frame) { got = append(got, "a"+string(f.Body)) }))
	require.NoError(t, k.subscribe("/queue/b", ackAuto, func(f *frame.Frame) { got = append(got, "b"+string(f.Body)) }))
	for id := range k.handlers {
		f := frame.New(frame.MESSAGE, frame.Subscription, id)
		f.Body = []byte("!")
		require.NoError(t, k.arrived(f))
	}
	require.ElementsMatch(t, []string{"a!", "b!"}, got)
	require.ErrorIs(t, k.arrived(frame.New(frame.MESSAGE, frame.Subscription, "other")), ErrLost)

	err := k.arrived(errorOf("no", "why"))
	require.ErrorIs(t, err, ErrRefused)
	require.Equal(t, err, error(k.refused))
}

// Frames wait for the one that is flushed, and go out in order.
func TestWriteWaitsForTheFlush(t *testing.T) {
	k, s := onScript(Config{}, "", "")
	require.NoError(t, k.write(frame.New(frame.ACK, frame.Id, "1"), false))
	require.Empty(t, s.sent.String())
	require.NoError(t, k.write(frame.New(frame.ACK, frame.Id, "2"), true))
	require.NoError(t, k.write(nil, true))
	require.Equal(t, "ACK\nid:1\n\n\x00ACK\nid:2\n\n\x00\n", s.sent.String())
}

// A receipt that was the last to come counts, though the connection ended with it;
// without one the connection says why it ended.
func TestConfirmedAtTheEnd(t *testing.T) {
	k, _ := onScript(Config{}, "", "RECEIPT\nreceipt-id:1\n\n\x00ERROR\nmessage:enough\n\n\x00")
	some := func() *frame.Frame { return frame.New(frame.SEND) }
	done := make(chan error, 1)
	k.serial.Store(0)
	k.sending.Lock() // until the answer is there
	go func() { done <- k.confirmed(some) }()
	require.True(t, wait.Until(wait.Patience, func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return len(k.receipts) == 1
	}))
	k.read()
	k.sending.Unlock()
	require.NoError(t, <-done)
	err := k.confirmed(some)
	require.ErrorIs(t, err, ErrRefused)
	require.True(t, k.ended())
	require.False(t, errors.Is(err, ErrLost))
}
