package pairs

import (
	"context"
	"slices"
	"sync"
	"time"

	"gcbridge/test/wait"
)

// Memory is a storm in which every node is killed at once, and started again while
// the agents go on sending, again and again.
type Memory struct {
	Storm // Kills is how often; Commands does not count: the agents work until the end
	// Within is how soon after the start every agent must have been told where they stand.
	Within time.Duration
}

// roundsOfMemory is more than an agent gets through.
const roundsOfMemory = 200

// Run plays the storm and judges it. The time that counts is from the start of the
// nodes until the last agent has been told where they stand.
func (m Memory) Run(t TB, bin string) Result {
	t.Helper()
	st := m.open(t, bin, roundsOfMemory, false)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	over := make(chan struct{})
	var agents sync.WaitGroup
	for i := range m.Agents {
		agents.Go(func() { st.work(ctx, st.desk(i), agentID(i), roundsOfMemory, over) })
	}
	var deaths Result
	for range m.Kills {
		st.pause(nil, 3*time.Second+time.Duration(st.rnd.IntN(2000))*time.Millisecond)
		m.die(st, &deaths)
	}
	st.pause(nil, 2*time.Second)
	close(over)
	agents.Wait()
	r := st.judge()
	r.TakeOvers, r.Late = deaths.TakeOvers, deaths.Late
	r.Findings = append(deaths.Findings, r.Findings...)
	return r
}

// die kills every node, starts them again when commands wait for them, and sees
// that each agent is told once where they stand.
func (m Memory) die(st *storm, r *Result) {
	sent := len(st.sent())
	nodes := st.lab.nodes()
	for _, n := range nodes {
		st.note(kill{n.Kill(), AnyTime, n.Name})
	}
	var from [2]int
	for i, c := range st.desks {
		from[i] = len(c.Events())
	}
	wait.Until(patience, func() bool { return len(st.sent())-sent >= m.Agents/10 })
	began := time.Now()
	for _, n := range nodes {
		n.Start()
	}
	told := map[string]*standing{}
	for i := range m.Agents {
		told[agentID(i)] = &standing{}
	}
	wait.Until(patience, func() bool {
		for i, c := range st.desks {
			for _, e := range c.Since(from[i]) {
				from[i]++
				if s := told[e.Agent]; s != nil && e.Recovered && e.Corr == "" {
					s.hear(e)
				}
			}
		}
		return !slices.ContainsFunc(st.agents(), func(agent string) bool { return told[agent].at().IsZero() })
	})
	var last time.Duration
	for _, agent := range st.agents() {
		switch at := told[agent].at(); {
		case at.IsZero():
			r.find(&r.Late, "%s was not told where they stand within %s of the start (O-024: %t, O-001: %t)", agent, patience, !told[agent].calls.IsZero(), !told[agent].state.IsZero())
		case at.Sub(began) > m.Within:
			r.find(&r.Late, "%s was told where they stand %s after the start", agent, at.Sub(began).Round(time.Millisecond))
			fallthrough
		default:
			last = max(last, at.Sub(began))
		}
	}
	r.TakeOvers = append(r.TakeOvers, last)
	st.lab.Whole(m.Agents)
}

// standing is when an agent was told where they stand.
type standing struct{ calls, state time.Time }

// hear notes what an agent is told.
func (s *standing) hear(e Event) {
	switch {
	case e.Code == "O-024" && s.calls.IsZero():
		s.calls = e.At
	case e.Code == "O-001" && s.state.IsZero():
		s.state = e.At
	}
}

// at is when both had come; zero: they have not.
func (s *standing) at() time.Time {
	if s.calls.IsZero() || s.state.IsZero() {
		return time.Time{}
	}
	if s.calls.After(s.state) {
		return s.calls
	}
	return s.state
}

// agents are the storm's.
func (s *storm) agents() []string {
	all := make([]string, s.Agents)
	for i := range all {
		all[i] = agentID(i)
	}
	return all
}

// nodes are those that play.
func (l *Lab) nodes() []*Node {
	if l.Setup.Alone {
		return l.Nodes[:1]
	}
	return l.Nodes[:]
}
