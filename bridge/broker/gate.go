package broker

import (
	"context"
	"sync"
)

// gate holds the gated subscriptions back, which have a consuming connection of
// their own while it is open. A closed gate is how a node takes no commands yet,
// or no more, and goes on hearing and sending everything else.
type gate struct {
	mu      sync.Mutex
	open    bool
	changed chan struct{} // closed at each change
	through chan struct{} // closed while no gated consumer lives
}

func newGate() *gate {
	g := &gate{changed: make(chan struct{}), through: make(chan struct{})}
	close(g.through)
	return g
}

// state is whether the gate is open, and what tells of the next change.
func (g *gate) state() (open bool, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open, g.changed
}

func (g *gate) set(open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == open {
		return
	}
	g.open = open
	close(g.changed)
	g.changed = make(chan struct{})
}

// occupied notes that a gated consumer lives, until the returned function is called.
func (g *gate) occupied() (left func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.through = make(chan struct{})
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		close(g.through)
	})
}

// empty is closed while no gated consumer lives.
func (g *gate) empty() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.through
}

// Open lets the gated subscriptions consume from now on; anyone may call it.
func (l *Link) Open() { l.gate.set(true) }

// Shut ends the gated subscriptions: acknowledgements given so far go out, then
// their connection closes, and the broker delivers what was not acknowledged to
// the next consumer: at once to one that waits, and to one that comes when it
// has noticed the end. It returns when the connection is closed or ctx ends.
func (l *Link) Shut(ctx context.Context) {
	l.gate.set(false)
	select {
	case <-ctx.Done():
	case <-l.gate.empty():
	}
}

// keepGate keeps the gated consumer as the gate says, until gen ends or the
// consumer's connection fails.
func (l *Link) keepGate(gen context.Context, e endpoint) error {
	for {
		open, changed := l.gate.state()
		if open {
			if err := l.consumeGated(gen, e, changed); err != nil {
				return err
			}
		}
		select {
		case <-gen.Done():
			return nil
		case <-changed:
		}
	}
}

// consumeGated runs the gated consumer until the gate changes or gen ends.
func (l *Link) consumeGated(gen context.Context, e endpoint, changed <-chan struct{}) error {
	c, err := l.openConsumer(gen, e, l.gated)
	if err != nil {
		if gen.Err() != nil {
			return nil
		}
		return err
	}
	left := l.gate.occupied()
	defer func() {
		l.bury(c.conn)
		left()
	}()
	l.cfg.Log.Info().Str("broker", e.url).Msg("consuming")
	select {
	case <-gen.Done():
		c.settle(context.WithoutCancel(gen))
		return nil
	case <-changed:
		c.settle(gen)
		l.cfg.Log.Info().Str("broker", e.url).Msg("consuming no more")
		return nil
	case <-c.conn.over:
		return c.conn.ending()
	}
}
