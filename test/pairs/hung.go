package pairs

import (
	"context"
	"strings"
	"syscall"
	"time"

	"gcbridge/finesse/sim"
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
	fin := StartFinesse(t, sim.WithScale(h.Agents))
	h.Setup.Finesse = []*sim.Server{fin}
	name := strings.ReplaceAll(h.Name, " ", "")
	lab := NewLab(t, bin, name, h.Setup)
	lab.Start()
	desk := "desk." + name
	client := NewClient(t, lab.Queue, []string{"/queue/" + desk}, h.Setup.Order[0]...)
	var agents []int
	for i := range h.Agents {
		agents = append(agents, i)
	}
	LogIn(t, client, "queue://"+desk, agents)
	loggedIn := len(client.Events())
	r := Result{Kills: map[Window]int{}}
	for range h.Runs {
		lab.Whole(h.Agents)
		lab.Holding(h.Agents, 0)
		h.once(t, lab.Nodes[0], client, &r)
		lab.Whole(h.Agents)
	}
	r.countUnwanted(client.Since(loggedIn))
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
