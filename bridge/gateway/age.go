package gateway

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/gateway/clocks"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
)

// ages says how old commands are. Safe for concurrent use.
type ages struct {
	started   time.Time
	prefetch  int
	telemetry *telemetry.Telemetry
	log       zerolog.Logger

	mu    sync.Mutex
	judge *clocks.Judge
}

func newAges(cfg Config) *ages {
	return &ages{started: time.Now(), prefetch: cfg.Prefetch, telemetry: cfg.Telemetry, log: cfg.Log, judge: clocks.New(cfg.MaxAge)}
}

// at is a time on the monotonic clock of this node.
func (a *ages) at(t time.Time) time.Duration { return max(t.Sub(a.started), 0) }

// of judges a command that has just come; running is how many are under way.
func (a *ages) of(c *wire.Command, running int) clocks.Age {
	a.mu.Lock()
	defer a.mu.Unlock()
	age := a.judge.Command(clocks.Message{
		ID: c.MessageID, Sent: c.Sent, Received: c.Received, At: a.at(c.Received), Since: a.at(c.Consuming),
		Redelivered: c.Redelivered, Full: a.prefetch > 0 && running >= a.prefetch,
	})
	a.tell(age.News, "producer")
	return age
}

func (a *ages) tell(o *clocks.Offset, whose string) {
	if o == nil {
		return
	}
	a.telemetry.CountBy(telemetry.ClocksOff, whose)
	a.log.Warn().Str("clock", wire.Printable(o.Name, 128)).Dur("behind", o.Behind).
		Msg("a clock is off against this node's; commands are judged by its usual offset")
}

// expired reports that a command has waited longer than its time to live [C4].
func expired(c *call) bool {
	switch {
	case c.Expires.IsZero():
		return false
	case c.Sent.IsZero():
		return c.Received.After(c.Expires)
	}
	return c.age.Waited > c.Expires.Sub(c.Sent)
}

// BrokerClock takes in when the broker stamped a message that has just come.
func (g *Gateway) BrokerClock(stamped, received time.Time) {
	a := g.ages
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tell(a.judge.Broker(stamped, received, a.at(received)), "broker")
}

// Refusing reports whether most commands were refused as too old although none
// had waited: then it is this node's clock or view that is wrong.
func (g *Gateway) Refusing() bool {
	a := g.ages
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.judge.Refusing(a.at(time.Now()))
}

// shownClocks bounds the clocks of a status.
const shownClocks = 20

// ClocksOff are the clocks that are off against this node's, the worst first.
func (g *Gateway) ClocksOff() []clocks.Offset {
	a := g.ages
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.judge.Offsets(a.at(time.Now()))
	return list[:min(len(list), shownClocks)]
}
