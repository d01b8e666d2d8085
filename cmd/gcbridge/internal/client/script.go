package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// A script is lines. A line is empty, a comment (#), or a statement:
//
//	hello, connect, login, ...                   a command, see help
//	expect CODE [ITEM ...] [within DURATION]     wait for an output
//	sim call FROM TO / sim drop ID ADDRESS       what callers do, at the simulator
//	help, quit
//
// {agent}, {extension}, {destination} and {dialog} stand for their values.
// Double quotes keep blanks together.
type statement struct {
	line int
	text string
	run  func(context.Context, *runner) error
}

// token is one word of a line.
type token struct {
	text   string
	quoted bool
	rest   string // the line from after this token, trimmed
}

func tokens(line string) ([]token, error) {
	var all []token
	for {
		line = strings.TrimLeftFunc(line, unicode.IsSpace)
		if line == "" {
			return all, nil
		}
		var t token
		if t.quoted = line[0] == '"'; t.quoted {
			var closed bool
			if t.text, line, closed = strings.Cut(line[1:], `"`); !closed {
				return nil, errors.New("a quote is not closed")
			}
		} else if i := strings.IndexFunc(line, unicode.IsSpace); i >= 0 {
			t.text, line = line[:i], line[i:]
		} else {
			t.text, line = line, ""
		}
		t.rest = strings.TrimSpace(line)
		all = append(all, t)
	}
}

// parse reads one line; a nil run means that there is nothing to do.
func parse(number int, line string) (statement, error) {
	s := statement{line: number, text: strings.TrimSpace(line)}
	if s.text == "" {
		return s, nil
	}
	if comment, ok := strings.CutPrefix(s.text, "#"); ok {
		s.run = func(_ context.Context, r *runner) error { r.heading(strings.TrimSpace(comment)); return nil }
		return s, nil
	}
	words, err := tokens(s.text)
	if err != nil {
		return s, fmt.Errorf("line %d: %w", number, err)
	}
	if s.run, err = compile(words); err != nil {
		return s, fmt.Errorf("line %d: %s: %w", number, s.text, err)
	}
	return s, nil
}

func compile(words []token) (func(context.Context, *runner) error, error) {
	name, args := words[0].text, words[1:]
	builtins := map[string]func([]token) (func(context.Context, *runner) error, error){
		"expect": compileExpect,
		"sim":    compileSim,
		"help":   fixed((*runner).help),
		"quit":   fixed(func(*runner) error { return errQuit }),
		"exit":   fixed(func(*runner) error { return errQuit }),
	}
	if build, ok := builtins[name]; ok {
		return build(args)
	}
	v, ok := findVerb(name)
	if !ok {
		return nil, errors.New("no such command; see help")
	}
	texts := make([]string, 0, v.max)
	for i, arg := range args {
		if v.name == "raw" && i == 1 { // the body may hold anything
			texts = append(texts, args[0].rest)
			break
		}
		texts = append(texts, arg.text)
	}
	if len(texts) < v.min || len(texts) > v.max {
		return nil, fmt.Errorf("usage: %s", strings.TrimSpace(v.name+" "+v.args))
	}
	return func(ctx context.Context, r *runner) error { return r.command(ctx, v, texts) }, nil
}

func fixed(do func(*runner) error) func([]token) (func(context.Context, *runner) error, error) {
	return func(args []token) (func(context.Context, *runner) error, error) {
		if len(args) > 0 {
			return nil, errors.New("takes no argument")
		}
		return func(_ context.Context, r *runner) error { return do(r) }, nil
	}
}

// readScript parses the whole script, so that a mistake in the last line is
// reported before the first one runs.
func readScript(in io.Reader) ([]statement, error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("client: script: %w", err)
	}
	var all []statement
	var wrong []error
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		s, err := parse(number, line)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		if s.run != nil {
			all = append(all, s)
		}
	}
	return all, errors.Join(wrong...)
}
