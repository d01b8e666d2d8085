package load

import (
	"context"
	"sync"
	"time"

	"gcbridge/protocol"
	"gcbridge/protocol/received"
)

// The series of calls.
const (
	ring    = "call to ringing"      // from when the call is made to NewInboundCall
	answer  = "answer to active"     // from AnswerCall to the event that says so
	release = "release to over"      // from ReleaseCall to the event that says so
	again   = "release to ready"     // from ReleaseCall until the agent is ready again
	leave   = "callers to not ready" // without a simulator: the half that calls
	back    = "callers to ready"
)

// series of a scenario with calls.
func callSeries() []string { return []string{ring, answer, release, again, leave, back} }

// The states of a call, and of an agent after one.
const (
	callActive = "ACTIVE"
	callWrapUp = "WRAP_UP"
)

// unknown is the dialog of a call that does not ring yet.
const unknown = "?"

// atOnce is how many calls are asked for at the same time.
const atOnce = 16

// calls lets calls ring, and plays the agents who are called. Its methods are
// called with the player's lock held, but for start and end.
type calls struct {
	p       *player
	called  []*member
	partner map[string]*member   // who calls an agent, without a simulator
	dialog  map[string]string    // of an agent's call
	since   map[string]time.Time // it was made
	hungUp  map[string]bool
	ringing func(m *member) // a call rings at the agent
	active  func(m *member) // the agent has answered
	wanted  chan *member
	workers sync.WaitGroup
}

// newCalls divides the agents: with a caller all are called, else one half is
// called by the other.
func newCalls(p *player) *calls {
	c := &calls{p: p, called: p.fleet.members, partner: map[string]*member{}, dialog: map[string]string{}, since: map[string]time.Time{}, hungUp: map[string]bool{}}
	if p.cfg.Caller == nil {
		half := len(c.called) / 2
		callers := c.called[half:]
		c.called = c.called[:half]
		for i, m := range c.called {
			c.partner[m.ID] = callers[i]
		}
	}
	c.wanted = make(chan *member, len(c.called))
	return c
}

// start begins to hear, and to make calls until end; the half of the agents that
// calls is made not ready.
func (c *calls) start(ctx context.Context) error {
	c.p.locked(func() {
		c.p.hear = c.hear
		c.move(leave, stateNotReady, protocol.MakeNotReady)
	})
	for range atOnce {
		c.workers.Go(func() {
			for m := range c.wanted {
				if err := c.p.cfg.Caller.Ring(ctx, m.Extension); err != nil {
					c.p.locked(func() { c.p.book.Refused(ring+" "+m.ID, "no call: "+err.Error()) })
				}
			}
		})
	}
	return c.p.settle(ctx, nil)
}

// end makes no more calls, and who called is ready again.
func (c *calls) end(ctx context.Context) error {
	close(c.wanted)
	c.workers.Wait()
	c.p.locked(func() { c.move(back, stateReady, protocol.MakeReady) })
	return c.p.settle(ctx, nil)
}

// move changes the state of the agents who call.
func (c *calls) move(series, state string, word protocol.Word) {
	for _, m := range c.partner {
		c.p.do(series, state+" "+m.ID, m, word, "")
	}
}

// ring lets a call ring at an agent.
func (c *calls) ring(m *member) {
	key := ring + " " + m.ID
	c.dialog[m.ID], c.since[m.ID], c.hungUp[m.ID] = unknown, time.Now(), false
	if caller := c.partner[m.ID]; caller != nil {
		c.p.do(ring, key, caller, protocol.MakeCall, m.Extension)
		return
	}
	c.p.book.Expect(ring, key, time.Now(), key)
	c.wanted <- m // it has room for every agent once
}

// answer lets an agent answer.
func (c *calls) answer(m *member) {
	c.p.do(answer, answer+" "+m.ID, m, protocol.AnswerCall, c.dialog[m.ID])
}

// release lets an agent hang up.
func (c *calls) release(m *member) {
	c.hungUp[m.ID] = true
	corr := c.p.do(release, release+" "+m.ID, m, protocol.ReleaseCall, c.dialog[m.ID])
	c.p.book.Expect(again, again+" "+m.ID, time.Now(), corr)
}

// busy reports whether an agent has a call, or its end is not over; one that
// has taken longer than the time-out has gone wrong, and keeps nobody.
func (c *calls) busy(m *member, now time.Time) bool {
	return c.dialog[m.ID] != "" && now.Sub(c.since[m.ID]) < c.p.cfg.Timeout
}

// over forgets a call that has ended in every respect.
func (c *calls) over(agent string) {
	if c.hungUp[agent] && !c.p.book.Waits(release+" "+agent) && !c.p.book.Waits(again+" "+agent) {
		delete(c.dialog, agent)
	}
}

func (c *calls) hear(e event) {
	m, book := c.p.fleet.byID[e.Agent], c.p.book
	mine := e.Dialog != "" && e.Dialog == c.dialog[e.Agent]
	switch {
	case e.Code == codeRinging && book.Arrived(ring+" "+e.Agent, e.At):
		c.dialog[e.Agent] = e.Dialog
		c.ringing(m)
	case e.Code == codeCall && mine && e.State == callActive && book.Arrived(answer+" "+e.Agent, e.At):
		c.active(m)
	case e.Code == codeCall && mine && (e.State == received.Dropped || e.State == callWrapUp):
		book.Arrived(release+" "+e.Agent, e.At)
	case e.Code == codeState:
		c.changed(m, e)
	}
	c.over(e.Agent)
}

// changed hears the state of an agent: after a call they are made ready.
func (c *calls) changed(m *member, e event) {
	book, key := c.p.book, again+" "+e.Agent
	book.Arrived(e.State+" "+e.Agent, e.At) // of those who call
	switch {
	case !book.Waits(key):
	case e.State == stateReady:
		book.Arrived(key, e.At)
	case e.State == "WORK" || e.State == "WORK_READY" || e.State == stateNotReady:
		c.p.do(again, key, m, protocol.MakeReady, "")
	}
}
