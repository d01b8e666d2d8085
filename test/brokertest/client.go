package brokertest

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
)

// loginTime is the most that a client waits for a connection, and then for its login.
const loginTime = 5 * time.Second

// Client is one connection of a client of the field to a broker: it sends with
// receipts and listens with automatic acknowledgement. A [Peer] instead says
// exactly what a test makes it say. Its methods may be called from any goroutine.
type Client struct {
	socket net.Conn
	conn   *stomp.Conn
	lost   chan struct{}
	once   sync.Once
	work   sync.WaitGroup
}

// Connect logs in to a stomp:// URL and subscribes to destinations in the
// broker's form, /queue/x or /topic/y. received gets what comes from them, on one
// goroutine per destination. ctx bounds dialling only.
func Connect(ctx context.Context, url string, listen []string, received func(dest string, m *stomp.Message)) (*Client, error) {
	dialer := net.Dialer{Timeout: loginTime}
	socket, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(url, "stomp://"))
	if err != nil {
		return nil, fmt.Errorf("brokertest: client: %w", err)
	}
	_ = socket.SetDeadline(time.Now().Add(loginTime))
	conn, err := stomp.Connect(socket, stomp.ConnOpt.HeartBeat(0, 0), stomp.ConnOpt.RcvReceiptTimeout(Patience), stomp.ConnOpt.Logger(quiet{}))
	if err != nil {
		_ = socket.Close()
		return nil, fmt.Errorf("brokertest: client: login: %w", err)
	}
	_ = socket.SetDeadline(time.Time{})
	c := &Client{socket: socket, conn: conn, lost: make(chan struct{})}
	for _, dest := range listen {
		sub, err := conn.Subscribe(dest, stomp.AckAuto)
		if err != nil {
			c.Close()
			return nil, fmt.Errorf("brokertest: client: %w", err)
		}
		c.work.Go(func() {
			defer c.once.Do(func() { close(c.lost) })
			for m := range sub.C {
				if m.Err != nil {
					return
				}
				received(dest, m)
			}
		})
	}
	return c, nil
}

// Lost is closed when a client that listens has lost its connection.
func (c *Client) Lost() <-chan struct{} { return c.lost }

// Send sends a message with headers (name, value, ...) and returns when the
// broker has it. Text goes without content-length, as a JMS TextMessage.
func (c *Client) Send(dest string, text bool, body string, headers ...string) error {
	return c.send(dest, text, body, headers, stomp.SendOpt.Receipt)
}

// Post is Send that does not wait for the broker.
func (c *Client) Post(dest string, text bool, body string, headers ...string) error {
	return c.send(dest, text, body, headers)
}

func (c *Client) send(dest string, text bool, body string, headers []string, opts ...func(*frame.Frame) error) error {
	if text {
		opts = append(opts, stomp.SendOpt.NoContentLength)
	}
	for i := 0; i < len(headers); i += 2 {
		opts = append(opts, stomp.SendOpt.Header(headers[i], headers[i+1]))
	}
	return c.conn.Send(dest, "", []byte(body), opts...)
}

// Settle returns when the broker has handled everything sent before, also the
// subscriptions.
func (c *Client) Settle() error {
	tx, err := c.conn.BeginWithError()
	if err != nil {
		return err
	}
	if err := tx.Abort(); err != nil {
		return err
	}
	return c.Send("/queue/settled", true, "x", "expires", "1")
}

// Close ends the connection and returns when nothing is received any more.
func (c *Client) Close() {
	_ = c.socket.Close()
	_ = c.conn.MustDisconnect() // so that the library's goroutines end
	c.work.Wait()
}

// quiet is a logger of go-stomp that says nothing.
type quiet struct{}

func (quiet) Debugf(string, ...any)   {}
func (quiet) Infof(string, ...any)    {}
func (quiet) Warningf(string, ...any) {}
func (quiet) Errorf(string, ...any)   {}
func (quiet) Debug(string)            {}
func (quiet) Info(string)             {}
func (quiet) Warning(string)          {}
func (quiet) Error(string)            {}
