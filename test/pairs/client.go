package pairs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/go-stomp/stomp/v3"

	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// Event is an output as a client sees it.
type Event struct {
	At        time.Time
	Code      string // gcCode
	Agent     string
	Node      string
	Corr      string
	Recovered bool // gcRecovered
	Body      string
}

// takenFrom reports whether another node says where the agent stands after it
// took him over [O-024].
func (e Event) takenFrom(dead string) bool { return e.Code == "O-024" && e.Recovered && e.Node != dead }

func (e Event) String() string {
	mark := ""
	if e.Recovered {
		mark = " (recovered)"
	}
	return fmt.Sprintf("%s %s %s%s %.160q", e.At.Format("05.000"), e.Node, e.Code, mark, e.Body)
}

// Client is a STOMP client that knows several brokers: it stays with the first
// that answers, in order, and moves on when its connection is lost. Its methods
// may be called from any goroutine.
type Client struct {
	urls   []string
	listen []string
	queue  string
	name   string // begins its correlation ids
	stop   context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	conn   *brokertest.Client
	change chan struct{} // closed when conn or events change
	events []Event
	corr   int
}

// NewClient starts a client that sends commands to a queue and listens to
// destinations in the broker's form (/queue/x, /topic/y), at the first of the
// brokers that answers. It ends with t, and is
// connected when NewClient returns.
func NewClient(t TB, queue string, listen []string, urls ...string) *Client {
	t.Helper()
	c := &Client{urls: urls, listen: listen, name: fmt.Sprint(listen), queue: "/queue/" + queue, done: make(chan struct{}), change: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	go c.run(ctx)
	t.Cleanup(c.Close)
	if !wait.Until(patience, func() bool { return c.connection() != nil }) {
		t.Fatalf("no broker of %v answers", c.urls)
	}
	return c
}

// Close ends the client. Idempotent.
func (c *Client) Close() {
	c.stop()
	<-c.done
}

func (c *Client) connection() *brokertest.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
}

func (c *Client) run(ctx context.Context) {
	defer close(c.done)
	for ctx.Err() == nil {
		for _, url := range c.urls {
			if c.serve(ctx, url) {
				break
			}
		}
		wait := time.NewTimer(20 * time.Millisecond)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
	}
}

// serve connects to a broker and receives until the connection is lost; false
// means that there was none.
func (c *Client) serve(ctx context.Context, url string) bool {
	conn, err := brokertest.Connect(ctx, url, c.listen, c.received)
	if err != nil {
		return false
	}
	defer conn.Close()
	c.set(conn)
	select {
	case <-ctx.Done():
	case <-conn.Lost():
	}
	c.set(nil)
	return true
}

func (c *Client) set(conn *brokertest.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = conn
	c.changed()
}

func (c *Client) changed() {
	close(c.change)
	c.change = make(chan struct{})
}

func (c *Client) received(_ string, m *stomp.Message) {
	e := Event{
		At: time.Now(), Code: m.Header.Get("gcCode"), Agent: m.Header.Get("gcAgent"), Node: m.Header.Get("gcNode"),
		Corr: m.Header.Get("correlation-id"), Recovered: m.Header.Get("gcRecovered") == "true", Body: string(m.Body),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, e)
	c.changed()
}

// errOffline: no broker answered in time.
var errOffline = errors.New("no broker")

// Do sends a persistent command. It returns the correlation id and when the
// command was sent; an error means that the broker may have it or not.
func (c *Client) Do(ctx context.Context, jmsType, body string) (corr string, err error) {
	return c.hand(ctx, (*brokertest.Client).Send, jmsType, body)
}

// DoAt is [Client.Do] with a JMSTimestamp of its own: that of a client whose clock is off.
func (c *Client) DoAt(ctx context.Context, sent time.Time, jmsType, body string) (corr string, err error) {
	return c.hand(ctx, (*brokertest.Client).Send, jmsType, body, "timestamp", strconv.FormatInt(sent.UnixMilli(), 10))
}

// Post is [Client.Do] that does not wait for the broker: no error says that the
// broker has the command.
func (c *Client) Post(ctx context.Context, jmsType, body string) (corr string, err error) {
	return c.hand(ctx, (*brokertest.Client).Post, jmsType, body)
}

// way is how a connection sends.
type way func(c *brokertest.Client, dest string, text bool, body string, headers ...string) error

// hand hands a command over to the broker.
func (c *Client) hand(ctx context.Context, by way, jmsType, body string, headers ...string) (corr string, err error) {
	c.mu.Lock()
	c.corr++
	corr = fmt.Sprintf("%s %d", c.name, c.corr)
	c.mu.Unlock()
	for {
		c.mu.Lock()
		conn, change := c.conn, c.change
		c.mu.Unlock()
		if conn != nil {
			return corr, by(conn, c.queue, true, body, append(headers, "type", jmsType, "correlation-id", corr, "persistent", "true")...)
		}
		select {
		case <-ctx.Done():
			return corr, fmt.Errorf("%w: %w", errOffline, ctx.Err())
		case <-change:
		}
	}
}

// Events are the outputs received so far.
func (c *Client) Events() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Event(nil), c.events...)
}

// Since are the outputs from the nth on, for a caller who has read the others.
func (c *Client) Since(n int) []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Event(nil), c.events[n:]...)
}
