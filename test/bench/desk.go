package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-stomp/stomp/v3"

	"gcbridge/test/brokertest"
	"gcbridge/test/pairs"
	"gcbridge/test/wait"
)

// desk is a client with agents, each of whom changes their state again as soon as
// the last change is told.
type desk struct {
	t      pairs.TB
	c      *brokertest.Client
	queue  string
	topic  string
	first  int
	agents []agent

	mu      sync.Mutex
	waiting map[string]bool // agents who are not logged in yet
	running bool
	took    []time.Duration // of changes since the last look
	refused int             // Error outputs
}

type agent struct {
	seq   int
	at    time.Time // when the open command was sent; zero = none is open
	ready bool      // what they ask for next
}

// newDesk connects a client of the active agents from first on.
func (s *site) newDesk(t pairs.TB, queue, topic string, first int) *desk {
	t.Helper()
	d := &desk{t: t, queue: "/queue/" + queue, topic: topic, first: first, agents: make([]agent, active)}
	ready := make(chan struct{})
	c, err := brokertest.Connect(s.ctx, s.broker.URL(), []string{"/topic/" + topic}, func(_ string, m *stomp.Message) {
		<-ready
		d.received(m)
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	d.c = c
	close(ready)
	t.Cleanup(c.Close)
	if err := c.Settle(); err != nil {
		t.Fatalf("%v", err)
	}
	return d
}

// send asks for an agent's next state. The caller holds mu.
func (d *desk) send(i int) {
	a := &d.agents[i]
	word := "MakeNotReady"
	if a.ready = !a.ready; a.ready {
		word = "MakeReady"
	}
	a.seq++
	a.at = time.Now()
	corr := strconv.Itoa(i) + " " + strconv.Itoa(a.seq)
	if err := d.c.Post(d.queue, true, "", "type", word+"#"+agentID(d.first+i), "correlation-id", corr); err != nil {
		d.t.Errorf("send: %v", err)
	}
}

// received takes an output: the first State that answers a command closes it.
func (d *desk) received(m *stomp.Message) {
	body := string(m.Body)
	if strings.Contains(body, "#AgentInfo#") {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.waiting, m.Header.Get("gcAgent"))
		return
	}
	index, seq, _ := strings.Cut(m.Header.Get("correlation-id"), " ")
	i, err := strconv.Atoi(index)
	if err != nil || i >= len(d.agents) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if strings.Contains(body, "#Error#") {
		d.refused++
		return
	}
	a := &d.agents[i]
	wanted := "#State#NOT_READY#"
	if a.ready {
		wanted = "#State#READY#"
	}
	if a.at.IsZero() || seq != strconv.Itoa(a.seq) || !strings.Contains(body, wanted) {
		return
	}
	d.took = append(d.took, time.Since(a.at))
	a.at = time.Time{}
	if d.running {
		d.send(i)
	}
}

// sample is what one round gave.
type sample struct {
	Rate     float64 // per second
	P50, P99 float64 // ms
	CPU      float64 // ms of the process for each command or event
	Resident float64 // MiB at the end
	// Busy is how many processors each one used who took part.
	Busy map[string]float64
}

// settle is how long load runs before it is measured.
const settle = 300 * time.Millisecond

// loop runs the agents for a while, and measures what the first of who did for it.
func (d *desk) loop(ctx context.Context, length time.Duration, who crew) (s sample, err error) {
	d.mu.Lock()
	d.running = true
	for i := range d.agents {
		d.send(i)
	}
	d.mu.Unlock()
	pause(ctx, settle)
	count, err := who.begin()
	if err != nil {
		return s, err
	}
	d.look()
	pause(ctx, length)
	took := d.look()
	if s, err = count.end(len(took)); err != nil {
		return s, err
	}
	if err := d.stop(); err != nil {
		return s, err
	}
	s.P50, s.P99 = millis(quantile(took, 0.5)), millis(quantile(took, 0.99))
	return s, ctx.Err()
}

// look ends a count and begins a new one.
func (d *desk) look() (took []time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	took, d.took = d.took, nil
	return took
}

// stop sends nothing more, and returns when every command is answered.
func (d *desk) stop() error {
	d.mu.Lock()
	d.running = false
	d.mu.Unlock()
	open := 0
	wait.Until(patience, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		open = 0
		for i := range d.agents {
			if !d.agents[i].at.IsZero() {
				open++
			}
		}
		return open == 0
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	if open > 0 || d.refused > 0 {
		return fmt.Errorf("%w: %d commands without an answer, %d with an error", errAnswer, open, d.refused)
	}
	return nil
}

// logIn connects the agents to a worker and logs them in.
func (d *desk) logIn() error {
	d.mu.Lock()
	d.waiting = map[string]bool{}
	for i := range d.agents {
		d.waiting[agentID(d.first+i)] = true
	}
	d.mu.Unlock()
	for i := range d.agents {
		id := agentID(d.first + i)
		if err := d.c.Post(d.queue, true, d.topic+",pw"+id, "type", "Connect#"+id); err != nil {
			return err
		}
		if err := d.c.Post(d.queue, true, fmt.Sprintf("pw%s,%d", id, 500001+d.first+i), "type", "Login#"+id); err != nil {
			return err
		}
	}
	left := 0
	wait.Until(patience, func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		left = len(d.waiting)
		return left == 0
	})
	if left > 0 {
		return fmt.Errorf("%w: %d of %d agents are not logged in", errAnswer, left, len(d.agents))
	}
	return nil
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantile is that of durations, in any order.
func quantile(ds []time.Duration, q float64) time.Duration {
	ds = slices.Sorted(slices.Values(ds))
	return ds[min(int(float64(len(ds))*q), len(ds)-1)]
}
