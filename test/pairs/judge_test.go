package pairs

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim"
)

// day is what an agent does in the harness: go, call, hang up, come back.
func day(agent string, rounds int) []Command {
	var out []Command
	add := func(word, key string, once bool) {
		n := len(out)
		out = append(out, Command{Agent: agent, Index: n, Word: word, Key: key, Once: once, Corr: agent + "." + strconv.Itoa(n)})
	}
	for r := range rounds {
		add("MakeNotReadyWithReason", "NOT_READY "+strconv.Itoa(100+r), false)
		add("MakeCall", "MAKE_CALL 9"+agent+strconv.Itoa(r), true)
		add("ReleaseCall", "DROP "+agent+strconv.Itoa(r), false)
		add("MakeReady", "READY ", false)
	}
	return out
}

// runs lets a process execute commands by number.
func runs(commands []Command, life string, numbers ...int) []Execution {
	var out []Execution
	for _, n := range numbers {
		out = append(out, Execution{Agent: commands[n].Agent, Key: commands[n].Key, Life: life, At: time.Unix(int64(n), 0)})
	}
	return out
}

func join(parts ...[]Execution) []Execution {
	var out []Execution
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// TestTheJudgeFindsForgedFaults: a harness that cannot fail proves nothing, so
// each fault is forged once, beside what must pass.
func TestTheJudgeFindsForgedFaults(t *testing.T) {
	c := day("1001", 3) // numbers 0 to 11
	for _, tc := range []struct {
		name                   string
		executions             []Execution
		answers                Answers
		lost, double, disorder int
		refused                int
		standing, aside        int
		change                 func([]Command)
	}{
		{name: "all in order", executions: runs(c, "a", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)},
		{
			name:       "a node died, and what it had not acknowledged ran again",
			executions: join(runs(c, "a", 0, 1, 2, 3, 4), runs(c, "b", 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)),
		},
		{
			name:       "run again from a command without parameters",
			executions: join(runs(c, "a", 0, 1, 2, 3), runs(c, "b", 3, 4, 5, 6, 7, 8, 9, 10, 11)),
		},
		{
			name:       "only one without parameters is left for the second node",
			executions: join(runs(c, "a", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), runs(c, "b", 11)),
		},
		{
			name: "an agent goes to another node and comes back",
			executions: join(runs(c, "a", 0, 1, 2), runs(c, "b", 3), runs(c, "a", 4, 5, 6), runs(c, "b", 7), runs(c, "a", 8, 9, 10),
				runs(c, "b", 11)),
		},
		{
			name:       "a call is not repeated but answered",
			executions: join(runs(c, "a", 0), runs(c, "b", 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)),
			answers:    Answers{c[1].Corr: true}, refused: 1,
		},
		{
			name:       "the answer to a shared key counts for its own command",
			executions: join(runs(c, "a", 0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11)),
			answers:    Answers{c[3].Corr: true}, refused: 1,
		},
		{
			name:       "the second node refuses what the first has run last",
			executions: join(runs(c, "a", 0, 1, 2, 3), runs(c, "b", 5, 6, 7, 8, 9, 10, 11)),
			answers:    Answers{c[3].Corr: true, c[4].Corr: true}, refused: 1,
		},
		{
			name: "answered by how things stand", executions: runs(c, "a", 0, 1, 2, 4, 5, 6, 7, 8, 9, 10),
			change: func(c []Command) { c[3].Standing, c[11].Standing = true, true }, standing: 2,
		},
		{
			name: "put aside by a broker", executions: runs(c, "a", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
			change: func(c []Command) { c[11].Aside = true }, aside: 1,
		},
		{name: "lost: the last", executions: runs(c, "a", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), lost: 1},
		{name: "lost: a call", executions: runs(c, "a", 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), lost: 1},
		{name: "lost: one without parameters", executions: runs(c, "a", 0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11), lost: 1},
		{name: "lost: everything", lost: 12},
		{
			name: "answered twice is not executed", executions: runs(c, "a", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
			answers: Answers{"1001.3": true}, lost: 1,
		},
		{
			name:       "double: a call after a node died",
			executions: join(runs(c, "a", 0, 1), runs(c, "b", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)), double: 1,
		},
		{
			name:       "double: a call in one process",
			executions: runs(c, "a", 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), double: 1,
		},
		{
			name:       "order: two changed places",
			executions: runs(c, "a", 0, 1, 2, 3, 5, 4, 6, 7, 8, 9, 10, 11), disorder: 2,
		},
		{
			name:       "order: overtaken across nodes",
			executions: join(runs(c, "a", 0, 1, 2, 3, 4), runs(c, "b", 6, 7, 8, 9, 10, 11), runs(c, "a", 5)), disorder: 1,
		},
		{
			name:       "order: a process went back to what had run",
			executions: runs(c, "a", 0, 1, 2, 3, 4, 2, 5, 6, 7, 8, 9, 10, 11), disorder: 1,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := slices.Clone(c)
			if tc.change != nil {
				tc.change(c)
			}
			v := Judge(c, tc.executions, tc.answers)
			require.Equal(t, tc.lost, v.Lost, "lost: %v", v.Findings)
			require.Equal(t, tc.double, v.Double, "double: %v", v.Findings)
			require.Equal(t, tc.disorder, v.OutOfOrder, "out of order: %v", v.Findings)
			require.Len(t, v.Findings, tc.lost+tc.double+tc.disorder)
			require.Equal(t, tc.refused, v.Refused)
			require.Equal(t, tc.lost+tc.double+tc.disorder == 0, v.Clean())
			require.Equal(t, []int{tc.standing, tc.aside}, []int{v.Standing, v.Aside})
			require.Equal(t, len(c), v.Executed+v.Refused+v.Standing+v.Aside+v.Lost+v.Double)
		})
	}
}

// TestNothingRunsBeforeItWasSent: a node that has served the agent before runs
// again what the other one did not acknowledge. That is no command of the future.
func TestNothingRunsBeforeItWasSent(t *testing.T) {
	c := day("1001", 3)
	for i := range c {
		c[i].Sent = time.Unix(int64(i), 0)
	}
	again := runs(c, "b", 7)
	executions := join(runs(c, "b", 0, 1, 2, 3), runs(c, "a", 4, 5, 6, 7), again, runs(c, "c", 8, 9, 10, 11))
	v := Judge(c, executions, nil)
	require.True(t, v.Clean(), v.Findings)
	// The one before it was answered and did not run.
	v = Judge(c, join(runs(c, "b", 0, 1, 2), runs(c, "a", 4, 5, 6, 7), again, runs(c, "c", 8, 9, 10, 11)), Answers{c[3].Corr: true})
	require.True(t, v.Clean(), v.Findings)
	require.Equal(t, 1, v.Refused)
	for i := range c {
		c[i].Sent = time.Time{}
	}
	require.False(t, Judge(c, executions, nil).Clean(), "times tell what keys cannot")
}

// TestUnsureCommandsAreNotMissed: what a client could not hand over safely may
// be gone, but must not run twice either.
func TestUnsureCommandsAreNotMissed(t *testing.T) {
	c := day("1001", 1)
	c[1].Unsure = true
	require.True(t, Judge(c, runs(c, "a", 0, 2, 3), nil).Clean())
	require.Equal(t, 1, Judge(c, join(runs(c, "a", 0, 1), runs(c, "b", 1, 2, 3)), nil).Double)
}

// TestAgentsAreJudgedApart: the same keys of two agents are two commands.
func TestAgentsAreJudgedApart(t *testing.T) {
	one, two := day("1001", 1), day("1002", 1)
	v := Judge(append(one, two...), join(runs(one, "a", 0, 1, 2, 3), runs(two, "a", 0, 1, 2)), nil)
	require.Equal(t, 1, v.Lost)
	require.Contains(t, v.Findings[0], "1002")
}

func TestExecutionsOfALog(t *testing.T) {
	at := time.Unix(7, 0)
	log := []sim.Request{
		{Method: "GET", Path: "/finesse/api/SystemInfo"},
		{Method: "PUT", Path: "/finesse/api/User/1001", User: "1001", Body: "<User><state>LOGIN</state><extension>2001</extension></User>"},
		{Method: "PUT", Path: "/finesse/api/User/1001", User: "1001", Body: "<User><state>NOT_READY</state><reasonCodeId>12</reasonCodeId></User>", RequestID: "gc-1-1001-abc-1", Time: at},
		{Method: "PUT", Path: "/finesse/api/User/1001", User: "1001", Body: "<User><state>READY</state></User>", RequestID: "gc-1-1001-abc-2:ID%3Acrm-1-2"},
		{Method: "POST", Path: "/finesse/api/User/1001/Dialogs", User: "1001", Body: "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress><toAddress>9001</toAddress></Dialog>"},
		{Method: "PUT", Path: "/finesse/api/Dialog/16", User: "1001", Body: "<Dialog><requestedAction>DROP</requestedAction><targetMediaAddress>2001</targetMediaAddress></Dialog>"},
	}
	require.Equal(t, []Execution{
		{Agent: "1001", Key: "NOT_READY 12", Life: "gc-1-1001-abc", At: at},
		{Agent: "1001", Key: "READY ", Life: "gc-1-1001-abc"},
		{Agent: "1001", Key: "MAKE_CALL 9001"},
		{Agent: "1001", Key: "DROP 16"},
	}, Executions(log))
}
