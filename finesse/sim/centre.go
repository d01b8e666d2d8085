package sim

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"gcbridge/finesse/sim/callcontrol"
)

// centre runs the call control engine: it keeps the queue of accepted
// requests, fires the timers and hands every batch of events to publish, in
// order. Both nodes of a pair run the one they share; either is enough.
type centre struct {
	delay time.Duration

	mu     sync.Mutex // of what follows; held while publishing, so that order is kept
	engine *callcontrol.Engine
	nodes  []func([]callcontrol.Event)

	qmu   sync.Mutex
	queue workHeap
	busy  map[string]time.Time // per object: when its last queued request is due
	seq   int
	wake  chan struct{}
}

// work is an accepted request that waits for its turn.
type work struct {
	due       time.Time
	seq       int
	object    string
	requestID string
	command   callcontrol.Command
}

func newCentre(cfg callcontrol.Config, delay time.Duration) *centre {
	return &centre{
		delay: delay, engine: callcontrol.New(cfg),
		busy: map[string]time.Time{}, wake: make(chan struct{}, 1),
	}
}

// attach adds a node that publishes.
func (c *centre) attach(publish func([]callcontrol.Event)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nodes = append(c.nodes, publish)
}

func (c *centre) publish(events []callcontrol.Event) {
	if len(events) == 0 {
		return
	}
	for _, node := range c.nodes {
		node(events)
	}
}

// submit queues an accepted request. Requests on one object run one after
// the other, each EventDelay after the one before.
func (c *centre) submit(object, requestID string, cmd callcontrol.Command) {
	c.qmu.Lock()
	due := time.Now()
	if last := c.busy[object]; last.After(due) {
		due = last
	}
	due = due.Add(c.delay)
	c.busy[object] = due
	c.seq++
	heap.Push(&c.queue, work{due: due, seq: c.seq, object: object, requestID: requestID, command: cmd})
	c.qmu.Unlock()
	c.poke()
}

// do runs a command of the control side at once.
func (c *centre) do(cmd callcontrol.Command) error {
	_, err := c.place(cmd)
	return err
}

// place runs a command that makes a call and returns the call's id.
func (c *centre) place(cmd callcontrol.Command) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out, err := c.engine.Apply(time.Now(), "", cmd)
	c.publish(out)
	c.poke()
	if err != nil {
		return "", err
	}
	return c.engine.LastDialog(), nil
}

// read looks at the engine.
func (c *centre) read(f func(*callcontrol.Engine)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c.engine)
}

func (c *centre) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends.
func (c *centre) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	defer c.poke() // the other node takes over what this one had planned
	for {
		timer.Reset(c.step())
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-timer.C:
		}
	}
}

// idle is how long to sleep when nothing is planned.
const idle = time.Hour

// step does all that is due and says how long nothing will be.
func (c *centre) step() time.Duration {
	for {
		now := time.Now()
		w, wait, ok := c.take(now)
		c.mu.Lock()
		c.publish(c.engine.Advance(now))
		if ok {
			out, _ := c.engine.Apply(now, w.requestID, w.command) // requests fail by events
			c.publish(out)
		}
		if next, planned := c.engine.Next(); planned && !ok {
			wait = min(wait, max(next.Sub(now), 0))
		}
		c.mu.Unlock()
		if !ok {
			return wait
		}
	}
}

func (c *centre) take(now time.Time) (w work, wait time.Duration, ok bool) {
	c.qmu.Lock()
	defer c.qmu.Unlock()
	if len(c.queue) == 0 {
		return work{}, idle, false
	}
	if wait := c.queue[0].due.Sub(now); wait > 0 {
		return work{}, wait, false
	}
	w = heap.Pop(&c.queue).(work)
	if c.busy[w.object].Equal(w.due) {
		delete(c.busy, w.object)
	}
	return w, 0, true
}

type workHeap []work

func (h workHeap) Len() int { return len(h) }
func (h workHeap) Less(i, j int) bool {
	if h[i].due.Equal(h[j].due) {
		return h[i].seq < h[j].seq
	}
	return h[i].due.Before(h[j].due)
}
func (h workHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *workHeap) Push(x any)   { *h = append(*h, x.(work)) }
func (h *workHeap) Pop() any {
	old := *h
	w := old[len(old)-1]
	old[len(old)-1] = work{}
	*h = old[:len(old)-1]
	return w
}
