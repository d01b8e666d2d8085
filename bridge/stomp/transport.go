// Package stomp is the STOMP transport: it turns what the link to the broker
// brings into commands, and outputs into messages. It also carries what the
// nodes of a cluster say to each other: see [Transport.Bus].
package stomp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

// Config is what a [Transport] needs.
type Config struct {
	Link     broker.Config // its OnDrop is set by New
	Node     string        // GC_NODE_ID
	Commands Commands
	Rejects  string // GC_REJECT_QUEUE
	// Topics are those of our own, "" = none. Like the command queue and the
	// reject queue, no client may name them as its destination.
	Topics  []string
	Outputs Outputs
	Sync    *Sync // nil: this node runs alone
	// Receive takes the commands, in order.
	Receive   func(c *wire.Command)
	Telemetry *telemetry.Telemetry
	Log       zerolog.Logger
}

// Commands is the subscription to the command queue.
type Commands struct {
	Queue    string // GC_COMMAND_QUEUE
	Priority int    // GC_CONSUMER_PRIORITY
	Prefetch int    // GC_COMMAND_PREFETCH; 0: the link's default
}

// Outputs says how outputs are sent [H2] [H4].
type Outputs struct {
	JMSType    protocol.JMSTypeMode
	TTL        time.Duration
	Persistent bool
}

// Transport implements [wire.Transport] over a broker link.
type Transport struct {
	cfg     Config
	link    *broker.Link
	rejects broker.Destination
	own     []broker.Destination // where no client may listen
}

// New checks the configuration and subscribes; nothing is contacted before Run.
func New(cfg Config) (*Transport, error) {
	t := &Transport{cfg: cfg}
	cfg.Link.OnDrop = t.dropped
	var err error
	if t.link, err = broker.New(cfg.Link); err != nil {
		return nil, err
	}
	if t.own, err = Own(cfg.Commands.Queue, cfg.Rejects, cfg.Topics...); err != nil {
		return nil, err
	}
	queue := t.own[0]
	t.rejects = t.own[1]
	if memory, err := broker.Queue(MemoryQueue(cfg.Commands.Queue)); err == nil { // it is named as the commands' is
		t.own = append(t.own, memory)
	}
	commands := broker.Subscription{
		From: queue, Priority: cfg.Commands.Priority, Prefetch: cfg.Commands.Prefetch, Classes: true, Handle: t.receive,
		// Of a pair the higher priority gets every command, and a node consumes
		// only when it has heard its peers.
		Exclusive: cfg.Sync != nil, Gated: cfg.Sync != nil,
	}
	if err := t.link.Subscribe(commands); err != nil {
		return nil, err
	}
	if cfg.Sync == nil {
		return t, nil
	}
	return t, t.subscribeSync()
}

// Own are a node's own destinations: the queues of commands and of rejected ones,
// and the topics that have a name. All names that cannot be used are reported together.
func Own(commands, rejects string, topics ...string) ([]broker.Destination, error) {
	var own []broker.Destination
	var errs []error
	add := func(setting, name string, make func(string) (broker.Destination, error)) {
		d, err := make(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("stomp: %s: %w", setting, err))
		}
		own = append(own, d)
	}
	add("GC_COMMAND_QUEUE", commands, broker.Queue)
	add("GC_REJECT_QUEUE", rejects, broker.Queue)
	for _, name := range topics {
		if name != "" {
			add("GC_SYNC_TOPIC", name, broker.Topic)
		}
	}
	return own, errors.Join(errs...)
}

// Run implements [wire.Transport].
func (t *Transport) Run(ctx context.Context) error { return t.link.Run(ctx) }

// Up implements [wire.Transport].
func (t *Transport) Up() bool { return t.link.Up() }

// Down is why the transport is not connected; see [broker.Link.Down].
func (t *Transport) Down() error { return t.link.Down() }

// Stats are the link's, for the status.
func (t *Transport) Stats() broker.Stats { return t.link.Stats() }

// address is a broker destination. reply: a JMSReplyTo, which the broker may
// refuse, so it has a connection of its own.
type address struct {
	broker.Destination
	reply bool
}

// Named implements [wire.Transport].
func (t *Transport) Named(name string) (wire.Address, error) {
	return addressOf(t.foreign(broker.ParseClientDestination(name)))
}

// Stored implements [wire.Transport].
func (t *Transport) Stored(path string) (wire.Address, error) {
	return addressOf(t.foreign(broker.ParseReplyTo(path)))
}

// foreign refuses a destination of our own: what we would send a client there
// would come back as commands, or tell the other nodes what is not so.
func (t *Transport) foreign(d broker.Destination, err error) (broker.Destination, error) {
	if err == nil && slices.Contains(t.own, d) {
		return broker.Destination{}, fmt.Errorf("%w: %.80q is the connector's own", broker.ErrDestination, d)
	}
	return d, err
}

// Topic is the address of a topic of our own.
func (t *Transport) Topic(name string) (wire.Address, error) { return addressOf(broker.Topic(name)) }

// addressOf keeps an address nil where there is none.
func addressOf(d broker.Destination, err error) (wire.Address, error) {
	if err != nil {
		return nil, err
	}
	return address{Destination: d}, nil
}

// receive turns a delivery into a command. A defect in that rejects it, so that
// it does not come again, here or to another node.
func (t *Transport) receive(d *broker.Delivery) {
	t.cfg.Telemetry.Contain(t.cfg.Log, "delivery", func() { t.cfg.Receive(t.command(d)) }, func() {
		t.cfg.Telemetry.Contain(t.cfg.Log, "reject", func() { t.rejectDelivery(d, "a defect of gcbridge: see its log", false, nil) }, nil)
		d.Ack()
	})
}

func (t *Transport) command(d *broker.Delivery) *wire.Command {
	c := &wire.Command{
		Source: source{t, d}, Type: d.Type, Body: d.Body, Neither: d.Neither,
		MessageID: d.ID, CorrelationID: d.CorrelationID, Properties: d.Properties,
		Sent: d.Timestamp, Received: d.Received, Consuming: d.Consuming, Expires: d.Expires, Redelivered: d.Redelivered,
	}
	if d.ReplyTo == "" {
		return c
	}
	if to, err := t.foreign(broker.ParseReplyTo(d.ReplyTo)); err == nil {
		c.ReplyTo = address{Destination: to, reply: true}
	}
	return c
}

// Send implements [wire.Transport].
func (t *Transport) Send(o wire.Output) {
	confirm := func(err error) {
		if o.Confirm != nil {
			o.Confirm(err)
		}
	}
	to, ok := o.To.(address)
	if !ok {
		confirm(fmt.Errorf("stomp: %w: %v is not an address of this transport", broker.ErrDestination, o.To))
		return
	}
	send := t.link.Publish
	if to.reply {
		send = t.link.PublishFragile
	}
	if err := send(t.message(to.Destination, o), confirm); err != nil {
		confirm(err)
	}
}

// message is an output as the broker gets it [H1] [H2] [H3] [H4].
func (t *Transport) message(to broker.Destination, o wire.Output) broker.Message {
	m := broker.Message{
		To: to, Body: o.Message.Body, Type: o.Message.JMSType(t.cfg.Outputs.JMSType), CorrelationID: o.CorrelationID,
		TTL: t.cfg.Outputs.TTL, Persistent: t.cfg.Outputs.Persistent,
		Properties: map[string]string{
			"gcCode": string(o.Message.Code), "gcCategory": o.Message.Category, "gcAgent": o.Agent, "gcNode": t.cfg.Node,
		},
	}
	if o.Recovered {
		m.Properties["gcRecovered"] = "true"
	}
	return m
}

// dropped notes a message that the link gave up.
func (t *Transport) dropped(m broker.Message, err error) {
	t.cfg.Telemetry.Count(telemetry.MessagesDropped)
	t.cfg.Log.Debug().Err(err).Stringer("destination", m.To).Str("code", m.Properties["gcCode"]).Msg("message given up")
}
