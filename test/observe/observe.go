// Package observe notes what end-to-end tests see on the wire, so that the
// list of what is proven comes from observation. Only tests that pass count.
package observe

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"

	"gcbridge/protocol"
	"gcbridge/protocol/spec"
	"gcbridge/protocol/spec/conform"
)

// Header is what a message's headers can be asked, by their STOMP names.
type Header interface{ Get(name string) string }

// Headers is a Header for clients that do not speak STOMP.
type Headers map[string]string

// Get implements [Header].
func (h Headers) Get(name string) string { return h[name] }

// Log collects the proofs of a test binary; it is safe for concurrent use.
type Log struct {
	checker func() (*conform.Checker, error)
	clauses map[string]bool // all there are

	mu      sync.Mutex
	stories map[string]*Story
	proofs  spec.Proofs
}

// NewLog returns an empty log.
func NewLog() *Log {
	clauses := map[string]bool{}
	for _, c := range spec.Clauses() {
		clauses[c.ID] = true
	}
	return &Log{checker: sync.OnceValues(conform.New), clauses: clauses, stories: map[string]*Story{}, proofs: spec.Proofs{}}
}

// Proofs is what the passed tests have shown so far.
func (l *Log) Proofs() spec.Proofs {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := spec.Proofs{}
	for id, tests := range l.proofs {
		p[id] = slices.Clone(tests)
	}
	return p
}

// Story is what one test does; subtests of it belong to the same story. Its
// observations count when t has passed.
func (l *Log) Story(t testing.TB) *Story {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.stories[t.Name()]
	if !ok {
		s = &Story{t: t, checker: l.checker}
		l.stories[t.Name()] = s
		t.Cleanup(func() { l.end(s) })
	}
	return s
}

// end takes over what a story has shown.
func (l *Log) end(s *Story) {
	shown := s.shown()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.stories, s.t.Name())
	if s.t.Failed() {
		return
	}
	for _, e := range shown {
		if l.clauses[e.clause] {
			l.proofs.Add(e.clause, e.test)
		}
	}
}

// Story is one test's observations; it is safe for concurrent use.
type Story struct {
	t       testing.TB
	checker func() (*conform.Checker, error)

	mu       sync.Mutex
	commands []*command
	evidence []evidence
	claims   []evidence
}

// command is a command that was sent.
type command struct {
	row         *protocol.CommandRow
	id          string
	correlation string
	refused     bool // an O-002 answered it
}

// evidence is that a test showed a clause; by is the command it depends on.
type evidence struct {
	clause, test string
	by           *command
}

// Sent notes a command that goes out. One that the protocol does not accept is
// no evidence of anything but the error that answers it.
func (s *Story) Sent(jmsType, body, correlationID string) {
	c, err := protocol.ParseCommand(jmsType, []byte(body))
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commands = append(s.commands, &command{row: c.Row, id: c.ID, correlation: correlationID})
}

// Arrived notes a message that came, whether the test looks at it or not. The
// test fails if it is not a message of the published AsyncAPI document. Call
// it for every message before the test can see it.
func (s *Story) Arrived(h Header, body string) {
	code := protocol.Code(h.Get("gcCode"))
	if code == "" {
		return // not an output: a rejected copy, a message of the test itself
	}
	checker, err := s.checker()
	if err == nil {
		err = checker.Check(code, body)
	}
	if err != nil {
		s.t.Errorf("not a message of the AsyncAPI document: %q: %v", body, err)
	}
	if code != "O-002" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commands {
		if c.correlation != "" && c.correlation == h.Get("correlation-id") {
			c.refused = true
		}
	}
}

// Took notes that test asked for a message and got this one: an output proves
// itself, the error, state or call state that it carries, and the command
// that it answers.
func (s *Story) Took(test string, h Header, body string) {
	code := protocol.Code(h.Get("gcCode"))
	if code == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, clause := range clausesOf(code, body) {
		s.evidence = append(s.evidence, evidence{clause: clause, test: test})
	}
	if c := s.answered(code, h.Get("gcAgent"), h.Get("correlation-id")); c != nil {
		s.evidence = append(s.evidence, evidence{clause: c.row.Clauses[0].ID, test: test, by: c})
	}
}

// Claim says that test shows a clause of a command that observation alone
// cannot tell: a word's second clause, or a command that has no answer. The
// test fails if the command was not sent or was refused.
func (s *Story) Claim(test, clause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims = append(s.claims, evidence{clause: clause, test: test})
}

// answered finds the command that an output answers: the one with its
// correlation id or, for what Finesse reports later, the last command of the
// agent that has this output among its answers.
func (s *Story) answered(code protocol.Code, agent, correlation string) *command {
	for _, c := range slices.Backward(s.commands) {
		switch {
		case correlation != "":
			if c.correlation == correlation && c.answeredBy(code) {
				return c
			}
		case agent != "" && c.id == agent && c.answeredBy(code):
			return c
		}
	}
	return nil
}

// answeredBy reports whether an output shows that the command works.
func (c *command) answeredBy(code protocol.Code) bool {
	switch {
	case c.row.Unsupported != "":
		return code == "O-002" || code == "O-003" // a clear refusal is what there is to show
	case code == "O-002":
		return false
	case c.row.Word == protocol.Connect:
		return code == "ConnectStatus" // in text its success is silent
	default:
		return slices.Contains(c.row.Answers, code)
	}
}

// shown is the evidence that holds now that the test is over.
func (s *Story) shown() []evidence {
	s.mu.Lock()
	defer s.mu.Unlock()
	var shown []evidence
	for _, e := range s.evidence {
		if e.by == nil || !e.by.refused || e.by.row.Unsupported != "" {
			shown = append(shown, e)
		}
	}
	for _, e := range s.claims {
		if err := s.checkClaim(e.clause); err != nil {
			s.t.Errorf("claim of %s: %v", e.clause, err)
			continue
		}
		shown = append(shown, e)
	}
	slices.SortFunc(shown, func(a, b evidence) int { return cmp.Or(cmp.Compare(a.clause, b.clause), cmp.Compare(a.test, b.test)) })
	return shown
}

func (s *Story) checkClaim(clause string) error {
	refused := false
	for _, c := range s.commands {
		if !slices.ContainsFunc(c.row.Clauses, func(have protocol.Clause) bool { return have.ID == clause }) {
			continue
		}
		if !c.refused {
			return nil
		}
		refused = true
	}
	if refused {
		return fmt.Errorf("every such command was refused")
	}
	return fmt.Errorf("no command of the clause was sent")
}
