package stomp

import (
	"context"
	"fmt"
	"time"

	"gcbridge/bridge/broker"
)

// Sync is the topic on which the nodes of a cluster hear each other.
type Sync struct {
	Topic string // GC_SYNC_TOPIC
	TTL   time.Duration
	// Original: messages of an original connector, which name no node, are heard, too.
	Original bool
	// Hear takes a message; from is the node that it names, "" for an original.
	Hear func(body, from string)
	// Clock (may be nil) is told when the broker stamped a message of another node, and when it came.
	Clock func(stamped, received time.Time)
}

// nodeProperty names the node that a message on the topic comes from.
const nodeProperty = "gcNode"

// subscribeSync makes the link hear the topic; the broker filters our own
// messages. Only an original connector sends without the property.
func (t *Transport) subscribeSync() error {
	topic, err := broker.Topic(t.cfg.Sync.Topic)
	if err != nil {
		return fmt.Errorf("stomp: GC_SYNC_TOPIC: %w", err)
	}
	selector := nodeProperty + " <> '" + t.cfg.Node + "'"
	if t.cfg.Sync.Original {
		selector = nodeProperty + " IS NULL OR " + selector
	}
	return t.link.Subscribe(broker.Subscription{
		From: topic, AutoAck: true, Selector: selector,
		Handle: func(d *broker.Delivery) {
			t.cfg.Telemetry.Contain(t.cfg.Log, "cluster", func() {
				if t.cfg.Sync.Clock != nil {
					t.cfg.Sync.Clock(d.Timestamp, d.Received)
				}
				t.cfg.Sync.Hear(string(d.Body), d.Properties[nodeProperty])
			}, nil)
		},
	})
}

// Bus is how the nodes of a cluster hear each other over this transport, and how
// this node begins and ceases to take commands.
type Bus struct {
	t     *Transport
	topic broker.Destination
}

// Bus returns it; the configuration has a [Sync].
func (t *Transport) Bus() (*Bus, error) {
	topic, err := broker.Topic(t.cfg.Sync.Topic)
	return &Bus{t, topic}, err
}

// Tell publishes on the topic; sent (may be nil) is called once.
func (b *Bus) Tell(body string, sent func(error)) {
	m := broker.Message{To: b.topic, Body: body, TTL: b.t.cfg.Sync.TTL, Properties: map[string]string{nodeProperty: b.t.cfg.Node}}
	if err := b.t.link.Publish(m, sent); err != nil && sent != nil {
		sent(err)
	}
}

// Open lets commands come.
func (b *Bus) Open() { b.t.link.Open() }

// Shut lets no more commands come, and waits while ctx lasts for the consumer to go.
func (b *Bus) Shut(ctx context.Context) { b.t.link.Shut(ctx) }

// Renew makes the connections to the broker anew.
func (b *Bus) Renew() { b.t.link.Renew() }
