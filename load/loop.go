package load

import (
	"context"
	"time"

	"gcbridge/protocol"
)

// retryTime is how long an agent waits whose command was refused.
const retryTime = 250 * time.Millisecond

// stateLoop lets the active agents change their state, each again as soon as the
// change is told, for the configured time. The time of a change is from the
// command to its event.
func stateLoop(ctx context.Context, p *player) error {
	const change = "state change"
	p.begin(StateLoop, 0, change)
	defer p.end(ctx)
	end := time.Now().Add(p.cfg.Duration)
	next := map[string]string{stateReady: stateNotReady, stateNotReady: stateReady}
	asked := map[string]string{} // the state that an agent is to have
	since := map[string]time.Time{}
	step := func(m *member) {
		word := protocol.MakeReady
		if asked[m.ID] == stateNotReady {
			word = protocol.MakeNotReady
		}
		since[m.ID] = time.Now()
		p.do(change, m.ID, m, word, "")
	}
	active := p.fleet.members[:p.cfg.Active]
	p.locked(func() {
		p.hear = func(e event) {
			if e.Code != codeState || e.State != asked[e.Agent] || !p.book.Arrived(e.Agent, e.At) {
				return
			}
			asked[e.Agent] = next[e.State]
			if time.Now().Before(end) {
				step(p.fleet.byID[e.Agent])
			}
		}
		for _, m := range active {
			asked[m.ID] = stateNotReady
			step(m)
		}
	})
	looked := time.Now()
	return p.settle(ctx, func(now time.Time) bool {
		over := !now.Before(end)
		if over || now.Sub(looked) < retryTime {
			return over
		}
		looked = now
		for _, m := range active { // those who were refused try again
			if !p.book.Waits(m.ID) && now.Sub(since[m.ID]) > retryTime {
				step(m)
			}
		}
		return false
	})
}
