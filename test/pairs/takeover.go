package pairs

import (
	"time"

	"gcbridge/finesse/sim"
	"gcbridge/test/wait"
)

// TakeOver measures how soon a survivor has the agents of a node that was
// killed, with nobody sending commands, which would move them sooner.
type TakeOver struct {
	Name   string
	Setup  Setup // without Finesse
	Agents int
	Runs   int
	// Latency is what each request to Finesse takes once the agents are logged in.
	Latency time.Duration
	Limit   time.Duration // a run that takes longer has failed
}

// Run logs the agents in, and then kills the node that serves and lets it come
// back, again and again.
func (m TakeOver) Run(t TB, bin string) Result {
	t.Helper()
	lab := begin(t, bin, m.Name, m.Setup, m.Agents)
	client := lab.client
	if m.Latency > 0 {
		if err := lab.Setup.Finesse[0].AddFault(sim.Fault{Path: "/finesse/api", DelayMs: int(m.Latency.Milliseconds())}); err != nil {
			t.Fatalf("%v", err)
		}
	}
	var r Result
	r.Kills = map[Window]int{}
	for range m.Runs {
		lab.settled(m.Agents)
		n := lab.Nodes[0]
		from := len(client.Events())
		waiting := map[string]bool{}
		for i := range m.Agents {
			waiting[agentID(i)] = true
		}
		killed := n.Kill()
		r.Kills[AnyTime]++
		var last time.Time
		wait.Until(m.Limit, func() bool {
			for _, e := range client.Since(from) {
				from++
				if e.takenFrom(n.Name) && waiting[e.Agent] {
					delete(waiting, e.Agent)
					last = e.At
				}
			}
			return len(waiting) == 0
		})
		if len(waiting) > 0 {
			r.find(&r.Lost, "%d of %d agents were not taken over within %s", len(waiting), m.Agents, m.Limit)
		} else {
			r.TakeOvers = append(r.TakeOvers, last.Sub(killed))
		}
		n.Start()
	}
	r.countUnwanted(client.Since(lab.loggedIn))
	return r
}
