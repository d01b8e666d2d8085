// Package outbox is the way of an output to its transport. It remembers whose
// outputs were lost, so that those agents can be read again (M8).
package outbox

import (
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
)

// errDefect: a defect while an output was sent.
var errDefect = errors.New("outbox: a defect of gcbridge: see its log")

// Outbox sends outputs. Make one with [New]; it is safe for concurrent use.
type Outbox struct {
	transport wire.Transport
	telemetry *telemetry.Telemetry
	log       zerolog.Logger

	mu   sync.Mutex
	lost map[string]struct{} // agents who missed an output
}

// New makes an outbox before a transport.
func New(t wire.Transport, tel *telemetry.Telemetry, log zerolog.Logger) *Outbox {
	return &Outbox{transport: t, telemetry: tel, log: log, lost: map[string]struct{}{}}
}

// Send queues an output, in order, and does not block. Its Confirm is called
// exactly once, whatever happens.
func (b *Outbox) Send(o wire.Output) {
	var once sync.Once
	confirm, caused, agent := o.Confirm, o.Caused, o.Agent
	o.Confirm = func(err error) {
		once.Do(func() {
			if confirm != nil { // first: it lets a command go
				b.telemetry.Contain(b.log, "confirmation", func() { confirm(err) }, nil)
			}
			if err != nil {
				b.miss(agent)
			} else if !caused.IsZero() {
				b.telemetry.Time(telemetry.EventToPublish, time.Since(caused))
			}
		})
	}
	b.telemetry.Contain(b.log, "publish", func() { b.transport.Send(o) }, func() { o.Confirm(errDefect) })
}

// miss notes an output that was lost.
func (b *Outbox) miss(agent string) {
	b.telemetry.Count(telemetry.OutputsLost)
	if agent == "" {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lost[agent] = struct{}{}
}

// TakeLost are the agents who missed outputs since the last call.
func (b *Outbox) TakeLost() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	agents := make([]string, 0, len(b.lost))
	for a := range b.lost {
		agents = append(agents, a)
	}
	clear(b.lost)
	return agents
}
