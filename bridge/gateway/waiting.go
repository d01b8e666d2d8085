package gateway

import (
	"sync"
	"time"
)

// waiting holds the commands of agents who may be on the way here: when commands
// move from one node to the other between a Connect and its Login, the agent is
// known a moment later than their command. What comes meanwhile waits behind it.
// Safe for concurrent use.
type waiting struct {
	mu      sync.Mutex // held while the commands of an agent are handed on, too: later ones stay behind
	byAgent map[string][]*call
}

// grace is how long a command waits for its agent.
const grace = 500 * time.Millisecond

func newWaiting() *waiting { return &waiting{byAgent: map[string][]*call{}} }

// has reports whether commands of an agent wait.
func (w *waiting) has(agent string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.byAgent[agent]
	return ok
}

// join keeps c behind the agent's earlier commands; false: none wait any more.
func (w *waiting) join(c *call) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	list, ok := w.byAgent[c.cmd.ID]
	if ok {
		w.byAgent[c.cmd.ID] = append(list, c)
	}
	return ok
}

// begin keeps the first command of an agent.
func (w *waiting) begin(c *call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.byAgent[c.cmd.ID] = append(w.byAgent[c.cmd.ID], c)
}

// end hands the commands of an agent on, in order.
func (w *waiting) end(agent string, hand func(*call)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.byAgent[agent] {
		c.waited = true
		hand(c)
	}
	delete(w.byAgent, agent)
}

// waitBehind keeps a command behind the agent's earlier ones.
func (g *Gateway) waitBehind(c *call) {
	if !g.waiting.join(c) {
		c.waited = true
		g.decide(c) // they have just been handed on
	}
}

// await lets a command, and those behind it, come again after the grace.
func (g *Gateway) await(c *call) {
	g.waiting.begin(c)
	time.AfterFunc(grace, func() {
		g.waiting.end(c.cmd.ID, func(c *call) {
			if !g.stopping.Load() { // else not acknowledged, as in receive
				g.Telemetry.Contain(g.Log, "command", func() { g.decide(c) }, func() { g.failed(c.Command) })
			}
		})
	})
}
