package load

import (
	"context"
	"errors"
)

// inboundAtOnce lets a call ring at every agent at once. When all ring, all
// answer; when all calls are active, all hang up and are ready again. So each
// step is measured without the others.
func inboundAtOnce(ctx context.Context, p *player) error {
	c := newCalls(p)
	p.begin(InboundAtOnce, len(c.called), callSeries()...)
	defer p.end(ctx)
	var ringing, talking []*member
	c.ringing = func(m *member) { ringing = append(ringing, m) }
	c.active = func(m *member) { talking = append(talking, m) }
	err := c.start(ctx)
	for _, step := range []func(){
		func() { each(c.called, c.ring) },
		func() { each(ringing, c.answer) },
		func() { each(talking, c.release) },
	} {
		if err == nil {
			p.locked(step)
			err = p.settle(ctx, nil)
		}
	}
	return errors.Join(err, c.end(ctx))
}

func each(members []*member, f func(*member)) {
	for _, m := range members {
		f(m)
	}
}
