package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"gcbridge/finesse/sim"
	"gcbridge/load/measure"
	"gcbridge/test/pairs"
	"gcbridge/test/wait"
)

// scenario is a row of what is tried.
type scenario struct {
	name string
	play func(s scene) []result
}

func scenarios() []scenario {
	return []scenario{
		{"login at 200 ms", loginSlow},
		{"state loop at 200 ms", stateLoop},
		{"one agent hangs", oneHangs},
		{"notifications never answer", muteNotifications},
		{"500 of 2000 hang", manyHang},
		{"outage", outage},
	}
}

const latency = 200 * time.Millisecond

// slow lets every request take a while.
func slow(t pairs.TB, fin *sim.Server, prefix string, d time.Duration) {
	if err := fin.AddFault(sim.Fault{Path: "/finesse/api" + prefix, DelayMs: int(d.Milliseconds())}); err != nil {
		t.Fatalf("%v", err)
	}
}

func (s scene) start(fin ...*sim.Server) (*pairs.Lab, *desk) {
	lab := s.lab(func(set *pairs.Setup) { set.Finesse = fin })
	lab.Start()
	return lab, newDesk(s.t, lab, lab.Queue)
}

func loginSlow(s scene) []result {
	n := s.agents(1000)
	fin := pairs.StartFinesse(s.t, sim.WithScale(n))
	_, d := s.start(fin)
	slow(s.t, fin, "", latency)
	took := d.logIn(patience, numbers(n)...)
	got := measure.SpreadOf(took)
	return []result{{
		fmt.Sprintf("login and ready of %d agents at once, every request takes 200 ms", n), "all, mean 2.5 s, max 4 s",
		fmt.Sprintf("%d, %s", len(took), said(got)), len(took) == n && got.Mean <= 2500*time.Millisecond && got.Max <= 4*time.Second,
	}}
}

func stateLoop(s scene) []result {
	n := s.agents(200)
	fin := pairs.StartFinesse(s.t, sim.WithScale(n))
	_, d := s.start(fin)
	d.logIn(patience, numbers(n)...)
	slow(s.t, fin, "", latency)
	const length = 10 * time.Second
	rate := float64(d.loop(length, numbers(n)...)) / length.Seconds()
	ideal := float64(n) / latency.Seconds()
	return []result{{
		fmt.Sprintf("%d agents change state in a loop, every request takes 200 ms", n), fmt.Sprintf("%.0f/s", 0.9*ideal),
		fmt.Sprintf("%.0f/s", rate), rate >= 0.9*ideal,
	}}
}

// quick is the goal for an agent whom nothing concerns: what others wait for.
const quick = 25 * time.Millisecond

// asked is how an agent is served beside the trouble of others.
func asked(what string, d *desk, agent string) result {
	got := measure.SpreadOf(d.ask(agent, 200))
	return result{what, "p99 " + short(quick), said(got), got.P99 <= quick}
}

func oneHangs(s scene) []result {
	fin := pairs.StartFinesse(s.t, sim.WithScale(2))
	_, d := s.start(fin)
	d.logIn(patience, 0, 1)
	before := asked("GetState, nobody hangs", d, agentID(1))
	slow(s.t, fin, "/User/"+agentID(0), time.Minute)
	for range 60 {
		d.post("MakeNotReady", agentID(0), "")
	}
	return []result{before, asked("GetState, another agent's requests hang and 60 commands wait for it", d, agentID(1))}
}

func muteNotifications(s scene) []result {
	n := s.agents(61)
	fin := pairs.StartFinesse(s.t, sim.WithScale(n))
	way := pairs.NewPipe(s.t, fin.XMPPAddr())
	lab := s.lab(func(set *pairs.Setup) { set.Finesse, set.XMPP = []*sim.Server{fin}, []string{way.Addr()} })
	lab.Start()
	d := newDesk(s.t, lab, lab.Queue)
	d.logIn(patience, 0)
	way.Mute()
	for _, i := range numbers(n)[1:] {
		d.post("Connect", agentID(i), d.to+",pw"+agentID(i))
	}
	return []result{asked(fmt.Sprintf("GetState, %d Connects wait for notifications that never answer", n-1), d, agentID(0))}
}

func manyHang(s scene) []result {
	n, hang := s.agents(1500), s.agents(500)
	run := func(hanging bool) measure.Spread {
		fin := pairs.StartFinesse(s.t, sim.WithScale(n+hang))
		lab, d := s.start(fin)
		defer lab.Nodes[0].Kill()
		defer d.client.Close() // the next run's desk has the same queue
		who := numbers(n)
		var others sync.WaitGroup
		if hanging {
			for _, i := range numbers(n + hang)[n:] {
				slow(s.t, fin, "/User/"+agentID(i), time.Minute)
			}
			other := newDesk(s.t, lab, lab.Queue+".hang")
			others.Go(func() { other.logIn(10*time.Second, numbers(n + hang)[n:]...) })
		}
		took := d.logIn(patience, who...)
		others.Wait()
		if len(took) < n {
			s.t.Errorf("%d of %d are not logged in", n-len(took), n)
		}
		return measure.SpreadOf(took)
	}
	alone, beside := run(false), run(true)
	ratio := float64(beside.Mean) / float64(alone.Mean)
	// All come at once through one broker: that alone takes a third more time.
	return []result{{
		fmt.Sprintf("login and ready of %d agents while %d hang, over the same alone", n, hang), "1.50",
		fmt.Sprintf("%.2f (%s; alone %s)", ratio, said(beside), said(alone)), ratio <= 1.5,
	}}
}

// outage lets the first Finesse go and the second serve.
func outage(s scene) []result {
	const rate = 150
	n := s.agents(2000)
	one := pairs.StartFinesse(s.t, sim.WithScale(n))
	two := pairs.StartFinesse(s.t, sim.WithScale(n), sim.WithPeer(one))
	_, d := s.start(one, two)
	d.logIn(patience, numbers(n)...)
	from := d.read
	two.ClearRequests()
	at := time.Now()
	if err := one.SetStatus("OUT_OF_SERVICE"); err != nil {
		s.t.Fatalf("%v", err)
	}
	for i := range n {
		one.DropXMPP(agentID(i))
	}
	told := map[string]bool{}
	var last time.Time
	d.read = from
	d.each(patience, func(e pairs.Event) bool {
		if e.Code == "O-024" && e.Recovered && !told[e.Agent] {
			told[e.Agent], last = true, e.At
		}
		return len(told) == n
	})
	live := 0
	wait.Until(time.Second, func() bool {
		live = 0
		for i := range n {
			if len(two.Resources(agentID(i))) > 0 {
				live++
			}
		}
		return live == n
	})
	var reads []time.Time
	for _, r := range two.Requests() {
		if r.Method == http.MethodGet && r.User != "" {
			reads = append(reads, r.Time)
		}
	}
	peak := busiest(reads) / 2 // each is read twice: the user, and their dialogs
	return []result{
		{
			fmt.Sprintf("%d agents are live on the second Finesse after the first is out of service", n), "all, 30 s",
			fmt.Sprintf("%d told, %d live, %s", len(told), live, short(last.Sub(at))), live == n && len(told) == n && last.Sub(at) <= 30*time.Second,
		},
		{"agents who come back in the busiest second, over GC_FINESSE_RETURN_RATE", "2.00", fmt.Sprintf("%.2f (%d)", float64(peak)/rate, peak), float64(peak)/rate <= 2},
	}
}

// busiest is the most that fell into one second.
func busiest(at []time.Time) (most int) {
	at = slices.SortedFunc(slices.Values(at), time.Time.Compare)
	first := 0
	for i, t := range at {
		for t.Sub(at[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
