package pairs

import (
	"context"
	"strconv"
	"sync"
	"time"

	"gcbridge/test/wait"
)

// Bursts is a run in which all agents send many commands at once, and the node
// that serves is killed when some of them have been answered, again and again.
type Bursts struct {
	Storm // Commands and Rate do not count
	Size  int
	// Latency is the most that a request to Finesse takes; see [Tap.Slow].
	Latency time.Duration
	NoEcho  bool // Finesse repeats no requestId
}

// Run plays a burst for each kill, and judges all of them.
func (b Bursts) Run(t TB, bin string) Result {
	t.Helper()
	b.Storm.Rate = 1
	st := b.Storm.open(t, bin, b.Kills*b.Size, b.NoEcho)
	st.tap.Slow(b.Latency)
	var open []int
	for round := range b.Kills {
		open = append(open, b.play(st, round))
		if !st.answered() {
			t.Logf("burst %d: %d commands have no answer", round+1, st.unanswered())
		}
		st.hangUpAll()
		st.lab.Whole(b.Agents)
	}
	r := st.judge()
	r.Open = open
	return r
}

// play sends one burst, kills a node in it and starts that again. It returns how
// many commands had no answer when the node was killed.
func (b Bursts) play(st *storm, round int) (open int) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := len(st.sent())
	all := b.Agents * b.Size
	share := all/20 + st.rnd.IntN(all/2)
	node := st.lab.Nodes[st.server()]
	var agents sync.WaitGroup
	for i := range b.Agents {
		agents.Go(func() { b.send(ctx, st, i, round) })
	}
	wait.Until(patience, func() bool { return len(st.sent())-before-st.unanswered() >= share })
	st.note(kill{node.Kill(), AnyTime, node.Name})
	open = st.unanswered()
	agents.Wait()
	st.pause(nil, time.Duration(st.rnd.IntN(2000))*time.Millisecond)
	node.Start()
	return open
}

// server is the node to be killed: of those that have agents any one.
func (s *storm) server() int {
	var having []int
	for i, n := range s.lab.Nodes {
		if st, err := n.Status(); err == nil && st.Pair != nil && st.Pair.Held > 0 {
			having = append(having, i)
		}
	}
	if len(having) == 0 {
		s.t.Fatalf("no node has an agent")
	}
	return having[s.rnd.IntN(len(having))]
}

// wordsOfBurst is what an agent sends, again and again. Only the first MakeCall of
// a burst makes a call: the call stays until the burst is over.
var wordsOfBurst = []string{"MakeNotReadyWithReason", "MakeNotReadyWithReason", "MakeReady", "GetState", "MakeNotReadyWithReason", "MakeCall"}

// send is one agent's burst.
func (b Bursts) send(ctx context.Context, st *storm, i, round int) {
	agent := agentID(i)
	for n := range b.Size {
		index := round*b.Size + n
		c := Command{Agent: agent, Index: index, Word: wordsOfBurst[n%len(wordsOfBurst)]}
		code := strconv.Itoa(1000 + index)
		parameters := ""
		switch c.Word {
		case "MakeNotReadyWithReason":
			parameters, c.Key = code, "NOT_READY "+code
		case "MakeCall":
			parameters = "9" + agent + code
			c.Key, c.Once = "MAKE_CALL "+parameters, true
		case "MakeReady":
			c.Key = "READY "
		default:
			c.Asks = true
		}
		st.send(ctx, st.desk(i).Post, c, parameters)
	}
}

// hangUpAll lets the other parties end all calls.
func (s *storm) hangUpAll() {
	for i := range s.Agents {
		a, _ := s.sim.Agent(agentID(i))
		for _, d := range a.Dialogs {
			_ = s.sim.DropCall(d.ID, "") // it may have ended meanwhile
		}
	}
}
