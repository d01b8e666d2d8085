package pairs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-stomp/stomp/v3"
	"golang.org/x/time/rate"

	"gcbridge/finesse/sim"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// Storm is a run of persistent commands among which nodes are killed.
type Storm struct {
	Name     string
	Setup    Setup // without Finesse
	Agents   int
	Commands int // in all
	Rate     int // commands a second
	Kills    int // at most
	Seed     uint64
	// TokenLife makes the agents SSO users whose access tokens end; 0 = passwords.
	TokenLife time.Duration
}

// storm is a [Storm] at work.
type storm struct {
	Storm
	t        TB
	sim      *sim.Server
	tap      *Tap
	lab      *Lab
	desks    [2]*Client // of every second agent, at the first broker of each node
	loggedIn [2]int     // events up to then
	rnd      *rand.Rand // of the killer
	pace     *rate.Limiter
	told     *listener

	mu       sync.Mutex
	commands []Command
	kills    []kill

	aside map[string]bool // correlation ids; read when something is missing
}

type kill struct {
	at     time.Time
	window Window
	node   string
}

// Run plays the storm and judges it.
func (s Storm) Run(t TB, bin string) Result {
	t.Helper()
	rounds := s.Commands / s.Agents / commandsOfRound
	st := s.open(t, bin, rounds, false)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var agents, killer sync.WaitGroup
	over := make(chan struct{})
	killer.Go(func() { st.killing(over) })
	if s.TokenLife > 0 {
		killer.Go(func() { st.relinking(over) })
	}
	for i := range s.Agents {
		agents.Go(func() { st.work(ctx, st.desk(i), agentID(i), rounds, nil) })
	}
	agents.Wait()
	close(over)
	killer.Wait()
	r := st.judge()
	st.judgeTokens(&r)
	return r
}

// open starts everything and logs the agents in. There are as many reason codes
// as told; noEcho is the simulator's.
func (s Storm) open(t TB, bin string, reasons int, noEcho bool) *storm {
	t.Helper()
	st := &storm{
		Storm: s, t: t, rnd: rand.New(rand.NewPCG(s.Seed, 1)), pace: rate.NewLimiter(rate.Limit(s.Rate), 10), told: newListener(),
		sim: StartFinesse(t, sim.WithScale(s.Agents), sim.WithScenario(codes(reasons)), sim.WithConfig(func(c *sim.Config) {
			c.AnswerAfter, c.NoEcho = time.Millisecond, noEcho
			if s.TokenLife > 0 {
				c.AuthMode, c.TokenLife, c.KeepRequests = "SSO", s.TokenLife, 500_000 // the judge reads them all
			}
		})),
	}
	st.tap = NewTap(t, st.sim.RESTURL())
	s.Setup.Env = append(slices.Clone(s.Setup.Env), "GC_LOG_LEVEL=debug")
	s.Setup.Finesse, s.Setup.REST = []*sim.Server{st.sim}, []string{st.tap.RESTURL()}
	name := fmt.Sprintf("%s.%d", strings.NewReplacer(" ", "", ",", "").Replace(s.Name), s.Seed)
	st.lab = NewLab(t, bin, name, s.Setup)
	st.lab.Start()
	for i := range st.desks {
		desk := fmt.Sprintf("desk.%s.%d", name, i)
		st.desks[i] = NewClient(t, st.lab.Queue, []string{"/queue/" + desk}, s.Setup.Order[i]...)
		var agents []int
		for n := i; n < s.Agents; n += len(st.desks) {
			agents = append(agents, n)
		}
		logIn(t, st.desks[i], "queue://"+desk, agents, st.proof())
	}
	st.lab.Whole(s.Agents)
	st.sim.ClearRequests()
	for i, c := range st.desks {
		st.loggedIn[i] = len(c.Events())
	}
	st.told.from = st.loggedIn
	return st
}

// desk is the client of the ith agent.
func (s *storm) desk(i int) *Client { return s.desks[i%len(s.desks)] }

// commandsOfRound is the length of what an agent repeats.
const commandsOfRound = 4

// codes is a scenario with a reason code for each round, so that the requests of
// an agent differ.
func codes(rounds int) string {
	var b strings.Builder
	b.WriteString("reasonCodes:\n  - {id: \"9\", code: 9, label: Home, category: LOGOUT}\n")
	for r := range rounds {
		fmt.Fprintf(&b, "  - {id: %q, code: %d, label: Round %d, category: NOT_READY}\n", strconv.Itoa(1000+r), 1000+r, r)
	}
	return b.String()
}

// work is an agent's client: a break, a call, its end, and ready again, that many
// times or until over.
func (s *storm) work(ctx context.Context, desk *Client, agent string, rounds int, over <-chan struct{}) {
	index := 0
	send := func(word, parameters, key string, once bool) Command {
		_ = s.pace.Wait(ctx)
		index++
		return s.send(ctx, desk.Do, Command{Agent: agent, Index: index - 1, Word: word, Key: key, Once: once}, parameters)
	}
	for r := range rounds {
		select {
		case <-over:
			return
		default:
		}
		code := strconv.Itoa(1000 + r)
		number := "9" + agent + code
		s.hangUp(agent)
		send("MakeNotReadyWithReason", code, "NOT_READY "+code, false)
		call := send("MakeCall", number, "MAKE_CALL "+number, true)
		if id := s.dialog(desk, agent, number, call.Corr); id != "" {
			send("ReleaseCall", id, "DROP "+id, false)
		}
		send("MakeReady", "", "READY ", false)
	}
}

// send sends a command by a method of a [Client] and notes it.
func (s *storm) send(ctx context.Context, by func(ctx context.Context, jmsType, body string) (string, error), c Command, parameters string) Command {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c.Sent = time.Now()
	var err error
	c.Corr, err = by(ctx, c.Word+"#"+c.Agent, parameters)
	c.Unsure = err != nil
	s.mu.Lock()
	s.commands = append(s.commands, c)
	s.mu.Unlock()
	return c
}

// dialog waits for a call to be made, or refused, and returns its id.
func (s *storm) dialog(desk *Client, agent, number, corr string) (id string) {
	seen := 0
	wait.Until(patience, func() bool {
		a, _ := s.sim.Agent(agent)
		for _, d := range a.Dialogs {
			if d.To == number {
				id = d.ID
				return true
			}
		}
		for _, e := range desk.Since(seen) {
			seen++
			if e.Corr == corr && isRefusal(e) {
				return true
			}
		}
		return false
	})
	return id
}

// hangUp waits until the agent has no call, and lets the other party end one
// that nobody ended.
func (s *storm) hangUp(agent string) {
	idle := func() bool { a, _ := s.sim.Agent(agent); return len(a.Dialogs) == 0 }
	if wait.Until(5*time.Second, idle) {
		return
	}
	a, _ := s.sim.Agent(agent)
	for _, d := range a.Dialogs {
		_ = s.sim.DropCall(d.ID, "") // it may have ended meanwhile
	}
}

func isRefusal(e Event) bool {
	return strings.Contains(e.Body, "#Error#") || strings.Contains(e.Body, "RE_LOGIN")
}

func (s *storm) verdict() Verdict {
	return Judge(s.asAnswered(), Executions(s.sim.Requests()), s.answers())
}

// sent are the commands so far.
func (s *storm) sent() []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

func (s *storm) pause(over <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-over:
		return false
	case <-timer.C:
		return true
	}
}

// judge waits until nothing is open and compares.
func (s *storm) judge() Result {
	s.answered()
	var v Verdict
	wait.Until(patience, func() bool {
		v = s.verdict()
		return v.Lost == 0
	})
	if v.Lost > 0 || s.unanswered() > 0 {
		s.aside = s.putAside()
		v = s.verdict()
	}
	v.Hear(s.asAnswered(), s.told.listen(s.desks), s.kills)
	r := Result{Verdict: v, Kills: map[Window]int{}}
	events := s.events()
	for i, k := range s.kills {
		r.Kills[k.window]++
		until := time.Now()
		if i+1 < len(s.kills) {
			until = s.kills[i+1].at
		}
		if d := takeOver(events, k.node, k.at, until); d > 0 {
			r.TakeOvers = append(r.TakeOvers, d)
		}
	}
	r.countUnwanted(events)
	if !r.Clean() {
		s.explain(r.Findings)
	}
	return r
}

// explain reports findings at once, with what the nodes have counted, and
// leaves the evidence in a folder.
func (s *storm) explain(findings []string) {
	for _, f := range findings[:min(len(findings), shownFindings)] {
		s.t.Logf("%s", f)
	}
	dir, err := os.MkdirTemp("", "chaos-findings")
	if err != nil {
		s.t.Logf("no folder for the evidence: %v", err)
		return
	}
	for _, n := range s.lab.Nodes {
		if st, err := n.Status(); err == nil {
			s.t.Logf("%s: %v", n.Name, st.Counters)
		}
		keepLog(dir, n.Name, n.Log())
	}
	var events, requests, commands strings.Builder
	for _, e := range s.events() {
		fmt.Fprintf(&events, "%s %s %s\n", e.Agent, e.Corr, e)
	}
	for _, e := range Executions(s.sim.Requests()) {
		fmt.Fprintf(&requests, "%s %s %s %s\n", e.Agent, e.At.Format("05.000"), e.Life, e.Key)
	}
	for _, c := range s.commands {
		fmt.Fprintf(&commands, "%s %s %d %s (%s)\n", c.Agent, c.Sent.Format("05.000"), c.Index, c.Key, c.Corr)
	}
	keepLog(dir, "amq-1", s.Setup.Brokers.One.Log())
	keepLog(dir, "amq-2", s.Setup.Brokers.Two.Log())
	keepLog(dir, "events", events.String())
	keepLog(dir, "requests", requests.String())
	keepLog(dir, "commands", commands.String())
	s.t.Logf("logs, events, requests and commands are in %s", dir)
}

// events is what the desks were told since the agents had logged in.
func (s *storm) events() []Event {
	var out []Event
	for i, c := range s.desks {
		out = append(out, c.Since(s.loggedIn[i])...)
	}
	return out
}

// asAnswered are the commands, with what is known of how they were answered.
func (s *storm) asAnswered() []Command {
	standing := map[string]bool{}
	for _, e := range s.events() {
		if e.Corr != "" && e.Recovered && !isRefusal(e) {
			standing[e.Corr] = true
		}
	}
	commands := s.sent()
	for i, c := range commands {
		commands[i].Standing, commands[i].Aside = standing[c.Corr], s.aside[c.Corr]
	}
	return commands
}

// putAside reads the dead letter queues of both brokers: the correlation ids of
// the commands that a broker took for duplicates.
func (s *storm) putAside() map[string]bool {
	var mu sync.Mutex
	out := map[string]bool{}
	for _, b := range []*brokertest.Broker{s.Setup.Brokers.One, s.Setup.Brokers.Two} {
		conn, err := brokertest.Connect(context.Background(), b.URL(), []string{"/queue/DLQ." + s.lab.Queue}, func(_ string, m *stomp.Message) {
			if strings.Contains(m.Header.Get("dlqDeliveryFailureCause"), "duplicate") {
				mu.Lock()
				defer mu.Unlock()
				out[m.Header.Get("correlation-id")] = true
			}
		})
		if err != nil {
			s.t.Errorf("dead letter queue: %v", err)
			return nil
		}
		s.pause(nil, 2*time.Second) // nothing says how many there are
		conn.Close()
	}
	s.t.Logf("%d commands are in the dead letter queues as duplicates", len(out))
	return out
}

func (s *storm) answers() Answers {
	out := Answers{}
	for _, e := range s.events() {
		if e.Corr != "" && isRefusal(e) {
			out[e.Corr] = true
		}
	}
	return out
}
