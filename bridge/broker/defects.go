package broker

import (
	"errors"
	"fmt"

	"gcbridge/protocol/defect"
)

// A defect (a panic) never ends the process: every goroutine of the link runs its
// work through what is here. In a callback it costs that call. In the sending or
// reading of a message it costs that message, which is dropped and, if it was
// delivered to us, acknowledged, so that it harms no other node. Anywhere else it
// costs the connection, which is made anew as after any other failure.

// recovered logs and counts what recover returned.
func (c *Config) recovered(where string, p any) error {
	c.defects.Add(1)
	return defect.Recovered(c.Log, where, p)
}

// contain runs step; a panic in it comes back as an error.
func (c *Config) contain(where string, step func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = c.recovered(where, p)
		}
	}()
	return step()
}

// contained is c with callbacks that may be called as they are: they are there,
// and they do not panic.
func (c Config) contained() Config {
	up, down, drop := c.OnUp, c.OnDown, c.OnDrop
	call := func(where string, step func()) {
		_ = c.contain(where, func() error { step(); return nil })
	}
	c.OnUp = func() {
		if up != nil {
			call("OnUp", up)
		}
	}
	c.OnDown = func(err error) {
		if down != nil {
			call("OnDown", func() { down(err) })
		}
	}
	c.OnDrop = func(m Message, err error) {
		if drop != nil {
			call("OnDrop", func() { drop(m, err) })
		}
	}
	return c
}

// tell calls the delivery callback of i.
func (l *Link) tell(i *item, err error) {
	if i.done != nil {
		_ = l.cfg.contain("delivery callback", func() error { i.done(err); return nil })
	}
}

// hand gives d to the handler of s. After a panic d is acknowledged: it must not
// come again, here or to another node.
func (l *Link) hand(s *consumption, d *Delivery) {
	defer func() {
		if p := recover(); p != nil {
			_ = l.cfg.recovered("handler", p)
			d.Ack()
		}
	}()
	s.Handle(d)
}

// broken is why a connection ended that a defect ended.
func broken(cause error) error { return fmt.Errorf("%w: %w", cause, ErrLost) }

// costsMessage reports whether err may come again with the same message, over
// any connection.
func costsMessage(err error) bool { return errors.Is(err, ErrRefused) || defect.Is(err) }
