package bridge

import (
	"sync"
	"time"
)

// newcomers holds the commands of agents who may be on their way here: when
// commands move from one node to the other between a Connect and its Login, the
// agent is known a moment later than his command. What comes meanwhile waits
// behind it. Safe for concurrent use.
type newcomers struct {
	mu      sync.Mutex // held while the commands of an agent are handed on, too: later ones stay behind
	waiting map[string][]command
}

// newcomerGrace is how long a command for an unknown agent waits, for as long
// as newcomerTime after this node began to consume.
const (
	newcomerGrace = 500 * time.Millisecond
	newcomerTime  = 5 * time.Second
)

func newNewcomers() *newcomers { return &newcomers{waiting: map[string][]command{}} }

// behind keeps c if earlier commands of its agent wait.
func (n *newcomers) behind(c command) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	list, ok := n.waiting[c.ID]
	if ok {
		n.waiting[c.ID] = append(list, c)
	}
	return ok
}

// begin keeps the first command of an agent.
func (n *newcomers) begin(c command) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waiting[c.ID] = append(n.waiting[c.ID], c)
}

// end hands the commands of an agent on, in order.
func (n *newcomers) end(agent string, hand func(command)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.waiting[agent] {
		c.waited = true
		hand(c)
	}
	delete(n.waiting, agent)
}

// awaitNewcomer lets a command, and those behind it, come again after
// newcomerGrace. false: there is nothing to wait for, or it has waited.
func (w *Worker) awaitNewcomer(c command) bool {
	if w.pair == nil || c.waited || c.parseErr != nil || !w.pair.justOpened() {
		return false
	}
	w.observe.count("commands_awaiting_newcomers")
	w.newcomers.begin(c)
	time.AfterFunc(newcomerGrace, func() {
		w.newcomers.end(c.ID, func(c command) {
			if !w.stopping.Load() { // else not acknowledged, as in receive
				w.toSession(c)
			}
		})
	})
	return true
}
