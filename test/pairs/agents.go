package pairs

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"gcbridge/test/wait"
)

// agentID is the ith agent of a scaled simulator.
func agentID(i int) string { return strconv.Itoa(100001 + i) }

// proof is what an agent's Connect shows, and their Login.
type proof func(agent string) (connect, login string)

// password is the proof of an agent of a scaled simulator.
func password(agent string) (connect, login string) { return "pw" + agent, "pw" + agent }

// LogIn connects and logs in agents of a scaled simulator, by number, and waits
// until each has been told so.
func LogIn(t TB, c *Client, destination string, agents []int) {
	t.Helper()
	logIn(t, c, destination, agents, password)
}

// logIn is [LogIn] with what agents show.
func logIn(t TB, c *Client, destination string, agents []int, by proof) {
	t.Helper()
	n := len(agents)
	from := len(c.Events())
	ctx, cancel := context.WithTimeout(context.Background(), patience+time.Duration(n)*50*time.Millisecond)
	defer cancel()
	waiting := map[string]bool{}
	var senders sync.WaitGroup
	for _, i := range agents {
		waiting[agentID(i)] = true
	}
	for first := range 8 {
		senders.Go(func() {
			for k := first; k < n; k += 8 {
				i := agents[k]
				id := agentID(i)
				connect, login := by(id)
				_, err := c.Do(ctx, "Connect#"+id, destination+","+connect)
				if err == nil {
					_, err = c.Do(ctx, "Login#"+id, login+","+strconv.Itoa(500001+i))
				}
				if err != nil {
					t.Errorf("login of %s: %v", id, err)
					return
				}
			}
		})
	}
	senders.Wait()
	wait.Until(patience+time.Duration(n)*50*time.Millisecond, func() bool {
		for _, e := range c.Since(from) {
			from++
			if strings.Contains(e.Body, "#AgentInfo#") {
				delete(waiting, e.Agent)
			}
		}
		return len(waiting) == 0
	})
	if len(waiting) > 0 {
		t.Fatalf("%d of %d agents are not logged in", len(waiting), n)
	}
}

// takeOver is how long after the death of a node the last of its agents had his
// first O-024 of the survivor; 0 if there was none. An agent of whom nothing was
// heard before counts as the dead node's. What moves later does not count:
// agents who go back to a node that returned, or follow a late command.
func takeOver(events []Event, dead string, from, until time.Time) time.Duration {
	var last time.Duration
	holder, taken := map[string]string{}, map[string]bool{}
	for _, e := range events {
		if !e.At.After(from) {
			holder[e.Agent] = e.Node
			continue
		}
		ofTheDead := holder[e.Agent] == dead || holder[e.Agent] == ""
		if ofTheDead && !taken[e.Agent] && e.takenFrom(dead) && e.At.Before(until) {
			taken[e.Agent] = true
			last = max(last, e.At.Sub(from))
		}
	}
	return last
}
