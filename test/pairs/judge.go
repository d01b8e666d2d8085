package pairs

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"gcbridge/finesse/sim"
)

// Command is a command that a client sent. An agent's commands are numbered in
// the order in which they were sent.
type Command struct {
	Agent string
	Index int // 0, 1, ... of the agent
	Word  string
	// Key is what Finesse is asked for because of it, as [Executions] writes it.
	// Those of an agent differ, but for commands without parameters.
	Key    string
	Sent   time.Time // a moment before the client sent it; zero: not known
	Once   bool      // it makes a call: it must not run twice
	Asks   bool      // Finesse need not be asked because of it: it has no Key, only an answer
	Corr   string    // its correlation id
	Unsure bool      // the client does not know whether the broker has it
	// Standing: it was answered by how things stand, as a command is that the
	// broker delivered again and that asks for what is so already.
	Standing bool
	// Aside: no node had it, for a broker took it for a duplicate and put it into
	// its dead letter queue (docs/reliability.md, two brokers).
	Aside bool
}

// Execution is a request that Finesse saw.
type Execution struct {
	Agent string
	Key   string
	Life  string // the process that asked
	At    time.Time
}

// Answers are the error outputs that clients got, by correlation id.
type Answers map[string]bool

// Verdict is what became of the commands of a run.
type Verdict struct {
	Commands   int
	Executed   int
	Refused    int // answered, and not executed
	Standing   int // answered by how things stand, and not executed
	Aside      int // put aside by a broker
	Lost       int // neither executed nor answered
	Double     int // call-making commands that ran more than once
	OutOfOrder int
	Unanswered int      // no output carried their correlation id
	TwoFold    int      // they were told outcomes of different kinds
	ToldTwice  int      // as well, but because of a kill: no fault
	Findings   []string // one line for each fault
}

// Clean reports whether nothing was lost, doubled or out of order, and each
// command has one outcome.
func (v Verdict) Clean() bool {
	return v.Lost+v.Double+v.OutOfOrder+v.Unanswered+v.TwoFold == 0
}

func (v *Verdict) find(count *int, format string, args ...any) {
	*count++
	v.Findings = append(v.Findings, fmt.Sprintf(format, args...))
}

// Executions reads the requests that commands lead to out of a simulator's log:
// POSTs and PUTs of agents. Their order is kept.
func Executions(requests []sim.Request) []Execution {
	var out []Execution
	for _, r := range requests {
		key := keyOf(r)
		if key == "" {
			continue
		}
		out = append(out, Execution{Agent: r.User, Key: key, Life: lifeOf(r.RequestID), At: r.Time})
	}
	return out
}

// lifeOf is node-agent-start of a request id, node-agent-start-number: which life
// of a process made it. Behind a colon may follow a correlation id.
func lifeOf(requestID string) string {
	life, _, _ := strings.Cut(requestID, ":")
	if i := strings.LastIndexByte(life, '-'); i >= 0 {
		life = life[:i]
	}
	return life
}

// keyOf names what a request asks for; "" is none of a command.
func keyOf(r sim.Request) string {
	var body struct {
		State  string `xml:"state"`
		Reason string `xml:"reasonCodeId"`
		Action string `xml:"requestedAction"`
		To     string `xml:"toAddress"`
	}
	if r.Method != http.MethodPut && r.Method != http.MethodPost || xml.Unmarshal([]byte(r.Body), &body) != nil {
		return ""
	}
	_, resource, _ := strings.Cut(r.Path, "/finesse/api/")
	switch {
	case body.State == "LOGIN":
		return "" // part of a login, not a command of a run
	case body.State != "":
		return body.State + " " + body.Reason
	case body.Action == "MAKE_CALL":
		return "MAKE_CALL " + body.To
	case body.Action != "":
		return body.Action + " " + strings.TrimPrefix(resource, "Dialog/")
	}
	return ""
}

// Judge compares what was sent with what Finesse saw and what was answered.
//
// A command counts as lost if it was neither executed nor answered. A
// call-making command that was executed twice is double; others may run again
// after a node died. Order holds if an agent's commands ran for the first time
// in the order in which they were sent, and no process ever went back.
func Judge(commands []Command, executions []Execution, answers Answers) Verdict {
	v := Verdict{Commands: len(commands)}
	byAgent := map[string][]Command{}
	for _, c := range commands {
		if !c.Asks {
			byAgent[c.Agent] = append(byAgent[c.Agent], c)
		}
	}
	ran := map[string][]Execution{}
	for _, e := range executions {
		ran[e.Agent] = append(ran[e.Agent], e)
	}
	agents := make([]string, 0, len(byAgent))
	for a := range byAgent {
		agents = append(agents, a)
	}
	slices.Sort(agents)
	for _, a := range agents {
		list := byAgent[a]
		slices.SortFunc(list, func(x, y Command) int { return cmp.Compare(x.Index, y.Index) })
		v.judge(list, ran[a], answers)
	}
	return v
}

func (v *Verdict) judge(commands []Command, executions []Execution, answers Answers) {
	which := assign(commands, executions, answers)
	times := make([]int, len(commands))
	last := map[string]int{} // by life
	newest := -1
	for i, e := range executions {
		n := which[i]
		if n < 0 {
			continue
		}
		c := commands[n]
		if before, ok := last[e.Life]; ok && n < before {
			v.find(&v.OutOfOrder, "%s: %s went back from %s to %s at %s", c.Agent, e.Life, commands[before].Key, c.Key, e.At.Format("05.000"))
		}
		last[e.Life] = n
		if times[n]++; times[n] == 1 {
			if n < newest {
				v.find(&v.OutOfOrder, "%s: %s ran after %s at %s", c.Agent, c.Key, commands[newest].Key, e.At.Format("05.000"))
			}
			newest = max(newest, n)
		}
	}
	for n, c := range commands {
		switch {
		case times[n] > 1 && c.Once:
			v.find(&v.Double, "%s: %s ran %d times", c.Agent, c.Key, times[n])
		case times[n] > 0:
			v.Executed++
		case answers[c.Corr]:
			v.Refused++
		case c.Standing:
			v.Standing++
		case c.Aside:
			v.Aside++
		case !c.Unsure:
			v.find(&v.Lost, "%s: %s (%s, number %d, sent at %s) is lost", c.Agent, c.Key, c.Corr, c.Index, c.Sent.Format("05.000"))
		}
	}
}

// assign finds the command of each execution; -1 is none. Keys that several
// commands of the agent share are told apart by when they were sent, and by what
// ran around them in the same process: they fill the gap between their neighbours.
func assign(commands []Command, executions []Execution, answers Answers) []int {
	unique, shared := map[string]int{}, map[string][]int{}
	for n, c := range commands {
		shared[c.Key] = append(shared[c.Key], n)
	}
	for key, list := range shared {
		if len(list) == 1 {
			unique[key] = list[0]
			delete(shared, key)
		}
	}
	which := make([]int, len(executions))
	for i, e := range executions {
		which[i] = -1
		if n, ok := unique[e.Key]; ok {
			which[i] = n
		}
	}
	done := map[int]bool{} // what has run before the execution at hand
	for i, e := range executions {
		if list := shared[e.Key]; list != nil {
			list = slices.DeleteFunc(slices.Clone(list), func(n int) bool { return commands[n].Sent.After(e.At) })
			if len(list) == 0 {
				continue // nobody asked for it
			}
			before, after := neighbour(executions, which, i, -1), neighbour(executions, which, i, 1)
			which[i] = between(list, before, after, done, func(n int) bool { return answers[commands[n].Corr] })
		}
		done[which[i]] = true
	}
	return which
}

// neighbour is the command of the nearest execution before (step -1) or after
// (step 1) the ith in its process; -1 if there is none.
func neighbour(executions []Execution, which []int, i, step int) int {
	for j := i + step; j >= 0 && j < len(executions); j += step {
		if executions[j].Life == executions[i].Life && which[j] >= 0 {
			return which[j]
		}
	}
	return -1
}

// between chooses one of list, which is in order and not empty: one behind
// before and ahead of after. If nothing came before, and what comes after had run
// already, a second process runs again what the first did not acknowledge, and it
// is the last of them. If the first of them is the very next of that process, and none
// behind it has run, it is that one, even if another node has refused it later. Otherwise it is the first that has neither run nor been
// answered; if there is none, the last that has run.
func between(list []int, before, after int, done map[int]bool, answered func(int) bool) int {
	fits := slices.DeleteFunc(slices.Clone(list), func(n int) bool { return n <= before || after >= 0 && n >= after })
	if len(fits) == 0 {
		fits = list
	}
	if before < 0 && after >= 0 && done[after] {
		return fits[len(fits)-1]
	}
	if before >= 0 && fits[0] == before+1 && !done[fits[0]] && !overtaken(done, fits[0]) {
		return fits[0] // whatever was answered by another node
	}
	for _, n := range fits {
		if !done[n] && !answered(n) {
			return n
		}
	}
	for _, n := range slices.Backward(fits) {
		if done[n] {
			return n
		}
	}
	return fits[0]
}

// overtaken reports whether a command behind i has run.
func overtaken(done map[int]bool, i int) bool {
	for k, ran := range done {
		if ran && k > i {
			return true
		}
	}
	return false
}
