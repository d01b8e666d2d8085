package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"gcbridge/test/pairs"
	"gcbridge/test/stand"
)

// growth is what so many agents need: a row of the table, with a run for each round.
type growth struct {
	Agents int
	TLS    bool
	Runs   []agentRun
	// Failed are runs in which the load was not answered as it must be; they are not in Runs.
	Failed int
}

// agentRun is what one run of `gcbridge load` gave.
type agentRun struct {
	Idle, LoggedIn, AfterCalls float64 // MiB: with nobody, all logged in, after a call each
	Goroutines                 float64 // with all logged in
	Login, Call, Answer        times
	LoopRate, LoopP99          float64 // state loop: per second, ms
	LoginCPU, CallCPU          float64 // ms of the worker for each agent
}

// times are seconds.
type times struct{ Mean, P50, P99, Max float64 }

// loadReport is what of the report of `gcbridge load --json` is read here.
type loadReport struct {
	Phases []struct {
		Name   string       `json:"name"`
		Rate   float64      `json:"rate"`
		Series []loadSeries `json:"series"`
		Worker *struct {
			ResidentMiB float64 `json:"residentMiB"`
			CPUSeconds  float64 `json:"cpuSeconds"`
			Goroutines  float64 `json:"goroutines"`
		} `json:"worker"`
	} `json:"phases"`
}

type loadSeries struct {
	Name string  `json:"name"`
	Mean float64 `json:"meanMs"`
	P50  float64 `json:"p50Ms"`
	P99  float64 `json:"p99Ms"`
	Max  float64 `json:"maxMs"`
}

// crowd is a row of what is measured with `gcbridge load`.
type crowd struct {
	agents  int
	secured bool
}

// crowds are the original's two sizes, with TLS and without, and the growth.
func crowds() []crowd {
	return []crowd{{100, false}, {500, false}, {500, true}, {1000, false}, {1000, true}, {2000, false}, {5000, false}}
}

// measureAgents starts a new worker for each run: what it had of another run is no
// part of what its agents need.
func (s *site) measureAgents(t pairs.TB, size size, r *results) {
	t.Helper()
	rows := map[crowd]*growth{}
	for range size.turns {
		for _, c := range size.crowds {
			if rows[c] == nil {
				rows[c] = &growth{Agents: c.agents, TLS: c.secured}
			}
			run, ok := s.crowd(c)
			if !ok {
				rows[c].Failed++
				continue
			}
			t.Logf("%d agents, TLS %t: %+v", c.agents, c.secured, run)
			rows[c].Runs = append(rows[c].Runs, run)
		}
	}
	for _, c := range size.crowds {
		r.Agents = append(r.Agents, *rows[c])
	}
}

// crowd measures one run, with a simulator and a worker that end with it; ok is false
// if it could not be played to its end, of which the log says more.
func (s *site) crowd(c crowd) (run agentRun, ok bool) {
	own := stand.New(s.ctx, fmt.Sprintf("%d agents", c.agents))
	ok = own.Play(func() {
		var err error
		if run, err = s.play(own, c); err != nil {
			own.Fatalf("%v", err)
		}
	})
	own.End()
	return run, ok && !own.Failed()
}

func (s *site) play(t pairs.TB, c crowd) (run agentRun, err error) {
	fin := s.simulate(t, c.agents, c.secured)
	w := s.serve(t, fin.rest, fin.xmpp, fin.mode, fin.ca)
	if run.Idle, err = residentOf(w.PID()); err != nil {
		return run, err
	}
	file := filepath.Join(t.TempDir(), "load.json")
	// A topic for each of 5000 agents is more than a broker with this memory takes on
	// at once; the worker does not care how many share one.
	args := []string{
		"load", "--agents", strconv.Itoa(c.agents), "--scenario", "login-ready,inbound-at-once,state-loop", "--duration", "3s", "--destinations", "100",
		"--broker", s.broker.URL(), "--queue", w.queue, "--sim", strings.TrimSuffix(fin.control, "/sim"),
		"--pid", strconv.Itoa(w.PID()), "--admin", w.admin, "--json", file,
	}
	if c.secured {
		args = append(args, "--sim-insecure")
	}
	ctx, cancel := context.WithTimeout(s.ctx, 3*patience)
	defer cancel()
	if out, err := exec.CommandContext(ctx, s.bin, args...).CombinedOutput(); err != nil {
		return run, fmt.Errorf("gcbridge load: %w\n%s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return run, err
	}
	var rep loadReport
	if err := json.Unmarshal(b, &rep); err != nil {
		return run, fmt.Errorf("the load's report: %w", err)
	}
	return run, run.read(rep, c.agents)
}

// read takes from a load's report what is looked at.
func (a *agentRun) read(rep loadReport, agents int) error {
	for _, p := range rep.Phases {
		if p.Worker == nil || len(p.Series) == 0 {
			return fmt.Errorf("%w: phase %s of the load has no times, or nobody looked at the worker", errAnswer, p.Name)
		}
		each := p.Worker.CPUSeconds * 1000 / float64(agents)
		switch p.Name {
		case "login-ready":
			a.LoggedIn, a.Goroutines, a.LoginCPU = p.Worker.ResidentMiB, float64(p.Worker.Goroutines), each
			a.Login = timesOf(p.Series, "login and ready")
		case "inbound-at-once":
			a.AfterCalls, a.CallCPU = p.Worker.ResidentMiB, each
			a.Call, a.Answer = timesOf(p.Series, "call to ringing"), timesOf(p.Series, "answer to active")
		case "state-loop":
			a.LoopRate, a.LoopP99 = p.Rate, p.Series[0].P99
		}
	}
	if a.Login.Mean == 0 || a.Call.Mean == 0 || a.Answer.Mean == 0 || a.LoopRate == 0 {
		return fmt.Errorf("%w: the load's report has no times of login, call, answer or state loop", errAnswer)
	}
	return nil
}

// timesOf finds a series.
func timesOf(all []loadSeries, name string) (out times) {
	for _, s := range all {
		if s.Name == name {
			out = times{s.Mean / 1000, s.P50 / 1000, s.P99 / 1000, s.Max / 1000}
		}
	}
	return out
}

// What of a run is looked at.
func loginMean(a agentRun) float64  { return a.Login.Mean }
func callMean(a agentRun) float64   { return a.Call.Mean }
func answerMean(a agentRun) float64 { return a.Answer.Mean }
func loggedIn(a agentRun) float64   { return a.LoggedIn }
func afterCalls(a agentRun) float64 { return a.AfterCalls }
func loginCPU(a agentRun) float64   { return a.LoginCPU }

// Of is the median of one value of the runs.
func (g growth) Of(of func(agentRun) float64) (float64, bool) {
	all := make([]float64, len(g.Runs))
	for i, run := range g.Runs {
		all[i] = of(run)
	}
	return median(all)
}

// each is a value of one agent: the median over the runs, for each agent.
func (g growth) each(of func(agentRun) float64) (float64, bool) {
	v, ok := g.Of(of)
	return v / float64(max(g.Agents, 1)), ok
}

// memoryEach is what an agent adds to a worker that nobody uses, logged in and after a call, in MiB.
func memoryEach(g growth) (float64, bool) {
	return g.each(func(a agentRun) float64 { return a.AfterCalls - a.Idle })
}

// cpuEach is the processor time of an agent's login and call, in ms.
func cpuEach(g growth) (float64, bool) {
	return g.Of(func(a agentRun) float64 { return a.LoginCPU + a.CallCPU })
}

// row is what so many agents need; false if that was not measured.
func (r *results) row(agents int, secured bool) (growth, bool) {
	for _, g := range r.Agents {
		if g.Agents == agents && g.TLS == secured {
			return g, true
		}
	}
	return growth{}, false
}

// many looks at a value with the 1000 agents of the original.
func many(secured bool, of func(agentRun) float64) func(r *results) (float64, bool) {
	return func(r *results) (float64, bool) {
		g, ok := r.row(1000, secured)
		if !ok {
			return 0, false
		}
		return g.Of(of)
	}
}

// grown compares what an agent needs among 5000 and among 100.
func grown(each func(growth) (float64, bool)) func(r *results) (float64, bool) {
	return func(r *results) (float64, bool) {
		few, ok := r.row(100, false)
		crowd, also := r.row(5000, false)
		if !ok || !also {
			return 0, false
		}
		one, ok := each(few)
		other, also := each(crowd)
		return other / one, ok && also && one > 0
	}
}
