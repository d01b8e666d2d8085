package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// The parts of an agent's interval between two calls: when they answer, and how
// long they talk.
const (
	partRinging = 0.05
	partTalking = 0.4
)

// steadyDay lets calls come at the pace of a working day: each agent has
// Config.Calls of them in an hour, Config.Scale times faster. An agent answers after
// a moment, talks for a while, hangs up and is ready again. A call for an agent who
// has not finished the one before is not made, and is an error.
func steadyDay(ctx context.Context, p *player) error {
	c := newCalls(p)
	interval := time.Duration(float64(time.Hour) / (p.cfg.Calls * p.cfg.Scale))
	part := func(of float64) time.Duration { return time.Duration(of * float64(interval)) }
	rnd := rand.New(rand.NewPCG(p.cfg.Seed, 1))
	plans := make([][]time.Duration, len(c.called))
	total := 0
	for i := range c.called {
		plans[i] = day(rnd, interval, p.cfg.Duration)
		total += len(plans[i])
	}
	p.begin(SteadyDay, total, callSeries()...)
	defer p.end(ctx)
	var todo agenda
	c.ringing = func(m *member) { todo.add(time.Now().Add(part(partRinging)), func() { c.answer(m) }) }
	c.active = func(m *member) { todo.add(time.Now().Add(part(partTalking)), func() { c.release(m) }) }
	err := c.start(ctx)
	if err == nil {
		began := time.Now()
		for i, m := range c.called {
			for _, at := range plans[i] {
				todo.add(began.Add(at), func() {
					if c.busy(m, time.Now()) {
						p.book.Fault("busy", m.ID+" has not finished the call before")
						return
					}
					c.ring(m)
				})
			}
		}
		err = p.settle(ctx, todo.run)
	}
	return errors.Join(err, c.end(ctx))
}
