package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"gcbridge/load/measure"
	"gcbridge/test/pairs"
	"gcbridge/test/wait"
)

// patience bounds what must come, far beyond every goal.
const patience = 60 * time.Second

// desk is a client with many agents. Its methods are for one goroutine.
type desk struct {
	t      pairs.TB
	client *pairs.Client
	to     string
	read   int
}

func newDesk(t pairs.TB, lab *pairs.Lab, name string) *desk {
	to := "desk." + name
	return &desk{t: t, to: "queue://" + to, client: pairs.NewClient(t, lab.Queue, []string{"/queue/" + to}, lab.Setup.Order[0]...)}
}

// agentID is the ith agent of a scaled simulator.
func agentID(i int) string { return strconv.Itoa(100001 + i) }

// post sends a command; that the broker has it shows in its answer.
func (d *desk) post(word, agent, body string) (corr string) {
	corr, err := d.client.Post(context.Background(), word+"#"+agent, body)
	if err != nil {
		d.t.Fatalf("%s for %s: %v", word, agent, err)
	}
	return corr
}

// each hands new outputs to f until f is content, or limit is over.
func (d *desk) each(limit time.Duration, f func(pairs.Event) (content bool)) bool {
	return wait.Until(limit, func() bool {
		for _, e := range d.client.Since(d.read) {
			d.read++
			if f(e) {
				return true
			}
		}
		return false
	})
}

// logIn connects agents and logs them in, all at once, and makes each ready as
// soon as their login is told. It returns how long each took until they were ready;
// whoever is not after limit is left out.
func (d *desk) logIn(limit time.Duration, agents ...int) []time.Duration {
	began := make(map[string]time.Time, len(agents))
	var mu sync.Mutex
	var senders sync.WaitGroup
	const hands = 4
	for h := range hands {
		senders.Go(func() {
			for i := h; i < len(agents); i += hands {
				id := agentID(agents[i])
				mu.Lock()
				began[id] = time.Now()
				mu.Unlock()
				d.post("Connect", id, d.to+",pw"+id)
				d.post("Login", id, "pw"+id+","+strconv.Itoa(500001+agents[i]))
			}
		})
	}
	var took []time.Duration
	d.each(limit, func(e pairs.Event) bool {
		switch {
		case strings.Contains(e.Body, "#AgentInfo#"):
			d.post("MakeReady", e.Agent, "")
		case strings.Contains(e.Body, "#State#READY#"):
			mu.Lock()
			if at, waits := began[e.Agent]; waits {
				took = append(took, e.At.Sub(at))
				delete(began, e.Agent)
			}
			mu.Unlock()
		case strings.Contains(e.Body, "#Error#"):
			d.t.Logf("%s", e)
		}
		return len(took) == len(agents)
	})
	senders.Wait()
	return took
}

// ask sends n GetStates of an agent, one after the other, and returns how long
// each took.
func (d *desk) ask(agent string, n int) []time.Duration {
	took := make([]time.Duration, 0, n)
	for range n {
		at := time.Now()
		corr := d.post("GetState", agent, "")
		if !d.each(patience, func(e pairs.Event) bool {
			if e.Corr != corr {
				return false
			}
			took = append(took, e.At.Sub(at))
			return true
		}) {
			d.t.Fatalf("GetState of %s is not answered", agent)
		}
	}
	return took
}

// loop lets agents change their state, each again as soon as the change is told,
// for as long as told, and returns how many changes there were.
func (d *desk) loop(length time.Duration, agents ...int) (changes int) {
	next := map[string]string{"#State#READY#": "MakeNotReady", "#State#NOT_READY#": "MakeReady"}
	open := map[string]bool{}
	for _, i := range agents {
		open[d.post("MakeNotReady", agentID(i), "")] = true
	}
	d.each(length, func(e pairs.Event) bool {
		if !open[e.Corr] {
			return false
		}
		for state, word := range next {
			if strings.Contains(e.Body, state) {
				delete(open, e.Corr)
				changes++
				open[d.post(word, e.Agent, "")] = true
			}
		}
		return false
	})
	return changes
}

// said is a spread in words.
func said(s measure.Spread) string {
	return fmt.Sprintf("mean %s, p50 %s, p99 %s, max %s", short(s.Mean), short(s.P50), short(s.P99), short(s.Max))
}

func short(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
}

// numbers are 0 to n-1.
func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
