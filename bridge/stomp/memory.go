package stomp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/broker"
)

// MemoryQueue is the queue of the memory, by that of the commands.
func MemoryQueue(commands string) string { return commands + ".memory" }

// memoryWindow is how much of the queue its reader may have unacknowledged: all that
// counts has to fit, see [connectorsync.MemoryConfig].
const memoryWindow = 20_000

// MemoryConfig is what a [Memory] needs.
type MemoryConfig struct {
	Link     broker.Config // its OnUp and OnDown are told
	Commands string        // GC_COMMAND_QUEUE
	// Read takes a message of the queue, in order; since is when the subscription began
	// that brought it, for a new one begins with everything that was not acknowledged.
	Read func(body string, since time.Time, ack func())
}

// Memory is the queue in which the nodes keep what outlives all of them. It has a
// link of its own: whatever is wrong with the queue (no rights, a full store, a slow
// disk) must cost no output, nor keep the node from coming up.
type Memory struct {
	link  *broker.Link
	queue broker.Destination
}

// NewMemory checks the configuration; nothing is contacted before Run. Of all nodes
// that subscribe the first is served alone, and the next when that has gone: all
// have the same priority, so that the reader does not change while it lives.
func NewMemory(cfg MemoryConfig) (*Memory, error) {
	cfg.Link.Log = quiet(cfg.Link.Log)
	link, err := broker.New(cfg.Link)
	if err != nil {
		return nil, err
	}
	queue, err := broker.Queue(MemoryQueue(cfg.Commands))
	if err != nil {
		return nil, fmt.Errorf("stomp: GC_COMMAND_QUEUE: %w", err)
	}
	return &Memory{link, queue}, link.Subscribe(broker.Subscription{
		From: queue, Exclusive: true, Prefetch: memoryWindow,
		Handle: func(d *broker.Delivery) { cfg.Read(string(d.Body), d.Consuming, d.Ack) },
	})
}

// quiet leaves out what a link says of each attempt: who uses the memory says once
// that it does not work.
func quiet(log zerolog.Logger) zerolog.Logger {
	if log.GetLevel() > zerolog.DebugLevel {
		return log.Level(max(log.GetLevel(), zerolog.ErrorLevel))
	}
	return log
}

// errMemoryDown: the link is down, so nothing is queued: when it is up again
// everything is written anew.
var errMemoryDown = errors.New("stomp: no link to the memory")

// Keep adds a message to the queue. kept is called once, with nil when the broker has
// it, perhaps before Keep returns.
func (m *Memory) Keep(body string, kept func(error)) {
	if !m.link.Up() {
		kept(errors.Join(errMemoryDown, m.link.Down()))
		return
	}
	if err := m.link.Publish(broker.Message{To: m.queue, Body: body, Persistent: true}, kept); err != nil {
		kept(err)
	}
}

// Run keeps the link up until ctx ends.
func (m *Memory) Run(ctx context.Context) error { return m.link.Run(ctx) }

// Down is why the link is down; see [broker.Link.Down].
func (m *Memory) Down() error { return m.link.Down() }
