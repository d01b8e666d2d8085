package pairs

import (
	"context"
	"syscall"
	"time"

	"gcbridge/test/wait"
)

// Hung measures for how long commands stand still when the node that serves hangs
// (SIGSTOP), and shows that it does nothing with what it had when it goes on.
type Hung struct {
	Name   string
	Setup  Setup // without Finesse
	Agents int
	Runs   int
	Stop   time.Duration // how long it hangs
	Limit  time.Duration // a command that waits for longer is lost
}

// askEvery is the time between two commands.
const askEvery = 100 * time.Millisecond

// Run logs the agents in, and then stops the node that serves and lets it go on,
// again and again, while each agent in turn asks for their state. The time that counts is the
// longest that a command of a run waited for its answer.
func (h Hung) Run(t TB, bin string) Result {
	t.Helper()
	lab := begin(t, bin, h.Name, h.Setup, h.Agents)
	r := Result{Kills: map[Window]int{}}
	for range h.Runs {
		lab.settled(h.Agents)
		h.once(t, lab.Nodes[0], lab.client, &r)
		lab.Whole(h.Agents)
	}
	r.countUnwanted(lab.client.Since(lab.loggedIn))
	return r
}

// once stops the node once.
func (h Hung) once(t TB, n *Node, client *Client, r *Result) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), h.Stop+h.Limit)
	defer cancel()
	from, sent := len(client.Events()), map[string]time.Time{}
	stopped := time.Now()
	n.Signal(syscall.SIGSTOP)
	r.Kills[AnyTime]++
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for i := 0; time.Since(stopped) < h.Stop; i++ {
		at := time.Now()
		corr, err := client.Do(ctx, "GetState#"+agentID(i%h.Agents), "")
		if err != nil {
			t.Fatalf("the client: %v", err)
		}
		sent[corr] = at
		<-tick.C
	}
	n.Signal(syscall.SIGCONT)
	r.Commands += len(sent)
	var longest time.Duration
	wait.Until(h.Limit, func() bool {
		for _, e := range client.Since(from) {
			from++
			if at, ok := sent[e.Corr]; ok && e.Code == "O-001" {
				longest = max(longest, e.At.Sub(at))
				delete(sent, e.Corr)
			}
		}
		return len(sent) == 0
	})
	for corr := range sent {
		r.find(&r.Unanswered, "%s: not answered within %s of the end of the stop", corr, h.Limit)
	}
	r.TakeOvers = append(r.TakeOvers, longest)
}
