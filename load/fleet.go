package load

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"gcbridge/bridge/broker"
	"gcbridge/protocol"
	"gcbridge/protocol/received"
)

// commandTTL lets the broker discard a command that no connector took in time, as
// the original's documentation advises.
const commandTTL = 30 * time.Second

// event is an output as the load received it.
type event struct {
	received.Output
	At        time.Time
	Code      string // gcCode
	Agent     string
	Node      string
	Corr      string
	Recovered bool // gcRecovered: a take-over or re-sync produced it
	Body      string
}

// member is an agent, and where they listen.
type member struct {
	Agent
	link        *broker.Link
	destination string
}

// fleet is the connections that agents share. Its methods may be called from any
// goroutine.
type fleet struct {
	cfg     Config
	queue   broker.Destination
	members []*member
	byID    map[string]*member
	run     string // marks the correlation ids and the destinations
	sent    atomic.Uint64
	links   []*broker.Link
	wait    sync.WaitGroup
	cancel  context.CancelFunc
	hear    func(event)
	unsent  func(corr string, err error)
}

// dial connects and subscribes. hear gets every output; unsent is told of a
// command that the broker did not take. Both are called from goroutines of the
// connections, and must not block.
func dial(ctx context.Context, cfg Config, hear func(event), unsent func(corr string, err error)) (*fleet, error) {
	mark := make([]byte, 4)
	if _, err := rand.Read(mark); err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	f := &fleet{cfg: cfg, byID: map[string]*member{}, run: "load." + hex.EncodeToString(mark), hear: hear, unsent: unsent}
	var err error
	if f.queue, err = broker.Queue(cfg.Queue); err != nil {
		return nil, fmt.Errorf("load: command queue: %w", err)
	}
	up := make(chan int, cfg.Connections)
	for i := range cfg.Connections {
		var once sync.Once
		l, err := broker.New(broker.Config{
			URLs: cfg.BrokerURLs, User: cfg.BrokerUser, Password: cfg.BrokerPassword, TLS: cfg.TLS, Log: cfg.Log,
			SendBuffer: max(10_000, 8*len(cfg.Agents)), LoginTimeout: cfg.Timeout,
			OnUp: func() { once.Do(func() { up <- i }) },
		})
		if err != nil {
			return nil, fmt.Errorf("load: %w", err)
		}
		f.links = append(f.links, l)
	}
	if err := f.place(); err != nil {
		return nil, err
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f.cancel = cancel
	ended := make(chan error, len(f.links))
	for _, l := range f.links {
		f.wait.Go(func() { ended <- l.Run(run) })
	}
	if err := f.connected(ctx, up, ended); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// place gives each agent a destination and a connection.
func (f *fleet) place() error {
	for d := range min(f.cfg.Destinations, len(f.cfg.Agents)) {
		dest, err := broker.Topic(f.destination(d))
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		err = f.links[d%len(f.links)].Subscribe(broker.Subscription{From: dest, AutoAck: true, Handle: f.received})
		if err != nil {
			return fmt.Errorf("load: subscribe: %w", err)
		}
	}
	for i, a := range f.cfg.Agents {
		d := i % f.cfg.Destinations
		m := &member{Agent: a, link: f.links[d%len(f.links)], destination: f.destination(d)}
		f.members = append(f.members, m)
		f.byID[a.ID] = m
	}
	return nil
}

func (f *fleet) destination(d int) string { return f.run + "." + strconv.Itoa(d) }

// connected waits until all connections are up.
func (f *fleet) connected(ctx context.Context, up <-chan int, ended <-chan error) error {
	timeout := time.NewTimer(f.cfg.Timeout)
	defer timeout.Stop()
	for range f.links {
		select {
		case <-up:
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			return fmt.Errorf("load: broker link: %w", err)
		case <-timeout.C:
			return fmt.Errorf("load: no broker within %s: %w", f.cfg.Timeout, errors.Join(errNoBroker, f.links[0].Down()))
		}
	}
	return nil
}

var errNoBroker = errors.New("no answer")

// close ends the connections and waits for them.
func (f *fleet) close() {
	f.cancel()
	f.wait.Wait()
}

func (f *fleet) received(d *broker.Delivery) {
	body := string(d.Body)
	f.hear(event{
		Output: received.Read(body), At: d.Received, Code: d.Properties["gcCode"], Agent: d.Properties["gcAgent"], Node: d.Properties["gcNode"],
		Corr: d.CorrelationID, Recovered: d.Properties["gcRecovered"] == "true", Body: body,
	})
}

// corr makes a new correlation id.
func (f *fleet) corr() string { return f.run + "-" + strconv.FormatUint(f.sent.Add(1), 10) }

// send hands a command to the agent's connection and returns at once.
func (f *fleet) send(m *member, word protocol.Word, body, corr string) {
	msg := broker.Message{
		To: f.queue, Type: string(word) + "#" + m.ID, Body: body, CorrelationID: corr, TTL: commandTTL, Persistent: f.cfg.Persistent,
	}
	if f.cfg.Format != "" {
		msg.Properties = map[string]string{"gcFormat": string(f.cfg.Format)}
	}
	done := func(err error) {
		if err != nil {
			f.unsent(corr, err)
		}
	}
	if err := m.link.Publish(msg, done); err != nil {
		// Not from here: the caller may hold a lock that unsent takes.
		f.wait.Go(func() { f.unsent(corr, err) })
	}
}

// missed is how many messages the load itself could not keep up with, or send.
func (f *fleet) missed() (n uint64) {
	for _, l := range f.links {
		n += l.Stats().Dropped
	}
	return n
}
