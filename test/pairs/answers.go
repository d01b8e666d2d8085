package pairs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gcbridge/test/wait"
)

// Answer is an output that carries the correlation id of a command.
type Answer struct {
	Kind string // outcome, RE_LOGIN, or the code of an error
	Node string
	At   time.Time
}

// The kinds of answers that are no errors.
const (
	outcome = "outcome" // a state, an event of a call, a list
	reLogin = "RE_LOGIN"
)

// answerOf reads an output as an answer.
func answerOf(e Event) Answer {
	a := Answer{Kind: outcome, Node: e.Node, At: e.At}
	if _, code, isError := strings.Cut(e.Body, "#Error#"); isError {
		a.Kind, _, _ = strings.Cut(strings.TrimSpace(code), "#")
	} else if strings.Contains(e.Body, "#State#"+reLogin) {
		a.Kind = reLogin
	}
	return a
}

// Told is what clients were told, by correlation id, in the order in which it came.
type Told map[string][]Answer

// Hear judges what was told of commands: each has an answer with its correlation
// id, and all its answers are of one kind. How many there are of that kind is not
// judged: Finesse repeats a request's id in further events of the call. Two kinds
// are no fault if the node of the first was killed just then: the broker may have
// had the answer and not yet the acknowledgement.
func (v *Verdict) Hear(commands []Command, told Told, kills []kill) {
	for _, c := range commands {
		list := told[c.Corr]
		if len(list) == 0 {
			if !c.Unsure && !c.Aside {
				v.find(&v.Unanswered, "%s has no answer", c)
			}
			continue
		}
		one := list[0]
		i := slices.IndexFunc(list, func(a Answer) bool { return a.Kind != one.Kind })
		switch {
		case i < 0:
		case slices.ContainsFunc(kills, func(k kill) bool { return k.between(one, list[i]) }):
			v.ToldTwice++
		default:
			v.find(&v.TwoFold, "%s has two outcomes: %s and %s", c, one, list[i])
		}
	}
}

// ackTime is how long an acknowledgement may be behind its answer.
const ackTime = time.Second

// between reports whether the kill may be why there are two answers.
func (k kill) between(one, two Answer) bool {
	return k.node == one.Node && k.at.Before(two.At) && k.at.Sub(one.At).Abs() < ackTime
}

func (a Answer) String() string {
	return fmt.Sprintf("%s from %s at %s", a.Kind, a.Node, a.At.Format("05.000"))
}

func (c Command) String() string {
	return fmt.Sprintf("%s: %s %s (%s, number %d, sent at %s)", c.Agent, c.Word, c.Key, c.Corr, c.Index, c.Sent.Format("05.000"))
}

// listener gathers what clients are told, reading each event once.
type listener struct {
	from [2]int // events that were read
	told Told
}

func newListener() *listener { return &listener{told: Told{}} }

// listen is what the clients have been told by now.
func (l *listener) listen(clients [2]*Client) Told {
	for i, c := range clients {
		for _, e := range c.Since(l.from[i]) {
			l.from[i]++
			if e.Corr != "" {
				l.told[e.Corr] = append(l.told[e.Corr], answerOf(e))
			}
		}
	}
	return l.told
}

// unanswered is how many commands have no answer by now.
func (s *storm) unanswered() int {
	told := s.told.listen(s.desks)
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, c := range s.commands {
		if len(told[c.Corr]) == 0 && !c.Unsure {
			n++
		}
	}
	return n
}

// answered waits until every command has an answer, or for so long that there
// will be none.
func (s *storm) answered() bool {
	return wait.Until(patience, func() bool { return s.unanswered() == 0 })
}
