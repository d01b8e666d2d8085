package broker

import (
	"context"
	"sync"
)

// gate holds back the gated subscriptions, which have a consuming connection of
// their own while it is open. With the gate closed a node takes no commands yet,
// or no more, while everything else goes on.
type gate struct {
	mu      sync.Mutex
	open    bool
	changed chan struct{} // closed at each change
	empty   chan struct{} // closed while there is no gated consumer
}

func newGate() *gate {
	g := &gate{changed: make(chan struct{}), empty: make(chan struct{})}
	close(g.empty)
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

// occupied notes that there is a gated consumer, until the returned function is called.
func (g *gate) occupied() (left func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.empty = make(chan struct{})
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		close(g.empty)
	})
}

// vacated is closed while there is no gated consumer.
func (g *gate) vacated() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.empty
}

// Open lets the gated subscriptions consume from now on; anyone may call it.
func (l *Link) Open() { l.gate.set(true) }

// Shut ends the gated subscriptions: acknowledgements given so far go out, then
// their connection closes, and the broker delivers what was not acknowledged to
// the next consumer: at once to one that is there, and to a later one when the
// broker has noticed the end. It returns when the connection is closed or ctx ends.
func (l *Link) Shut(ctx context.Context) {
	l.gate.set(false)
	select {
	case <-ctx.Done():
	case <-l.gate.vacated():
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
	// Before it opens: deliveries may come before openConsumer returns, and who
	// shuts the gate then must wait for its end.
	left := l.gate.occupied()
	defer left()
	c, err := l.openConsumer(gen, e, roleGated, l.gated)
	if err != nil {
		if gen.Err() != nil {
			return nil
		}
		return err
	}
	defer l.closeAsync(c.conn)
	l.cfg.Log.Info().Str("broker", e.url).Msg("consuming")
	select {
	case <-gen.Done():
		c.settle(context.WithoutCancel(gen))
		return nil
	case <-changed:
		c.settle(gen)
		l.cfg.Log.Info().Str("broker", e.url).Msg("no longer consuming")
		return nil
	case <-c.conn.over:
		return c.conn.ending()
	}
}
