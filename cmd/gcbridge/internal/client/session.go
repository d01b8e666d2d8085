package client

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"gcbridge/bridge/broker"
)

// commandTTL lets the broker discard a command that no connector took in time,
// as the original's documentation advises.
const commandTTL = 30 * time.Second

// Command is what a client sent.
type Command struct {
	At            time.Time
	Type          string // JMSType: word#id
	Body          string // as printed: secrets are replaced
	CorrelationID string
}

// Session is a client's connection to the broker: a sender to the command
// queue and a subscription to its own destination.
type Session struct {
	cfg    Config
	link   *broker.Link
	queue  broker.Destination
	events chan Event
	inbox  inbox
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu   sync.Mutex
	sent int
}

// Dial connects and subscribes; it returns when the first command may be sent,
// or an error when the broker cannot be reached within cfg.Timeout.
func Dial(ctx context.Context, cfg Config) (*Session, error) {
	cfg, err := cfg.prepared()
	if err != nil {
		return nil, err
	}
	s := &Session{cfg: cfg, events: make(chan Event), inbox: inbox{grown: make(chan struct{}, 1)}}
	if s.queue, err = broker.Queue(cfg.Queue); err != nil {
		return nil, fmt.Errorf("client: command queue: %w", err)
	}
	own, err := broker.ParseClientDestination(cfg.Destination)
	if err != nil {
		return nil, fmt.Errorf("client: destination: %w", err)
	}

	up := make(chan struct{})
	var once sync.Once
	s.link, err = broker.New(broker.Config{
		URLs: cfg.BrokerURLs, User: cfg.BrokerUser, Password: cfg.BrokerPassword, TLS: cfg.TLS, Log: cfg.Log,
		OnUp: func() { once.Do(func() { close(up) }) },
	})
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	err = s.link.Subscribe(broker.Subscription{
		From: own, AutoAck: strings.HasPrefix(own.String(), "/topic/"),
		Handle: func(d *broker.Delivery) { s.inbox.put(newEvent(d)); d.Ack() },
	})
	if err != nil {
		return nil, fmt.Errorf("client: subscribe: %w", err)
	}

	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	ended := make(chan error, 1)
	s.wait.Go(func() { ended <- s.link.Run(run) })
	s.wait.Go(func() { s.deliver(run) })

	timeout := time.NewTimer(cfg.Timeout)
	defer timeout.Stop()
	select {
	case <-up:
		return s, nil
	case <-ctx.Done():
		err = ctx.Err()
	case err = <-ended:
		err = fmt.Errorf("client: broker link: %w", err)
	case <-timeout.C:
		err = fmt.Errorf("client: no broker within %s (%s): %w", cfg.Timeout, orDash(s.link.Stats().LastError), errNoAnswer)
	}
	s.Close()
	return nil, err
}

// Events delivers every output in the order of its arrival. It is closed by
// Close. A client that does not read it loses nothing; its memory grows.
func (s *Session) Events() <-chan Event { return s.events }

// command makes the record of a request, before it is sent.
func (s *Session) command(r request) Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	return Command{
		At: time.Now(), Type: r.jmsType, Body: r.shown,
		CorrelationID: s.cfg.Destination + "-" + strconv.Itoa(s.sent),
	}
}

func (s *Session) send(ctx context.Context, c Command, body string) error {
	m := broker.Message{To: s.queue, Type: c.Type, Body: body, CorrelationID: c.CorrelationID, TTL: commandTTL}
	if s.cfg.Format != "" {
		m.Properties = map[string]string{"gcFormat": string(s.cfg.Format)}
	}
	taken := make(chan error, 1)
	if err := s.link.Publish(m, func(err error) { taken <- err }); err != nil {
		return fmt.Errorf("not sent: %w", err)
	}
	timeout := time.NewTimer(s.cfg.Timeout)
	defer timeout.Stop()
	select {
	case err := <-taken:
		if err != nil {
			return fmt.Errorf("not sent: %w", err)
		}
		return nil
	case <-timeout.C:
		return fmt.Errorf("not confirmed by the broker within %s: %w", s.cfg.Timeout, errNoAnswer)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the connection and waits for it. Idempotent.
func (s *Session) Close() {
	s.cancel()
	s.wait.Wait()
}

// deliver moves events from the inbox, where the link must not wait, to the
// channel, where the reader may be slow.
func (s *Session) deliver(ctx context.Context) {
	defer close(s.events)
	for {
		for _, e := range s.inbox.take() {
			select {
			case s.events <- e:
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-s.inbox.grown:
		case <-ctx.Done():
			return
		}
	}
}

// inbox is an unbounded queue: putting never waits.
type inbox struct {
	mu     sync.Mutex
	events []Event
	grown  chan struct{} // holds one token while there may be events
}

func (q *inbox) put(e Event) {
	q.mu.Lock()
	q.events = append(q.events, e)
	q.mu.Unlock()
	select {
	case q.grown <- struct{}{}:
	default:
	}
}

func (q *inbox) take() []Event {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.events
	q.events = nil
	return taken
}

var errNoAnswer = errors.New("no answer")
