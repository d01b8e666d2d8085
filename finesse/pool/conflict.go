package pool

import (
	"errors"
	"sync"
	"time"
)

// ErrDisplaced says that another client logs in with this node's XMPP resource, and
// takes its agents' events.
var ErrDisplaced = errors.New("another worker uses this GC_NODE_ID: Finesse ends the streams of agents (conflict)")

// displaced is until when the node counts as pushed out by another one.
type displaced struct {
	mu    sync.Mutex
	until time.Time
}

// note makes it last until t; began is true if it was over.
func (d *displaced) note(now, t time.Time) (began bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	began = !now.Before(d.until)
	if t.After(d.until) {
		d.until = t
	}
	return began
}

func (d *displaced) at(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return now.Before(d.until)
}

// Displaced notes that an agent was pushed out by another client with this node's
// resource, more than once, and waits until t before they try again. One line is
// logged, however many agents it is.
func (p *Pool) Displaced(t time.Time) {
	if p.displaced.note(time.Now(), t) {
		p.log.Error().Err(ErrDisplaced).Time("until", t).Msg("agents are pushed out; they wait before they log in again")
	}
}

// Conflict is [ErrDisplaced] while agents are being pushed out, else nil.
func (p *Pool) Conflict() error {
	if p.displaced.at(time.Now()) {
		return ErrDisplaced
	}
	return nil
}
