package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ErrMissing is what Run returns, wrapped, when an expected output did not arrive.
var ErrMissing = errors.New("an expected output is missing")

// expectation is a parsed expect statement.
type expectation struct {
	code   string
	items  []token
	within time.Duration // 0 = the configured time
}

func compileExpect(args []token) (func(context.Context, *runner) error, error) {
	if len(args) == 0 {
		return nil, errors.New("usage: expect CODE [ITEM ...] [within DURATION]")
	}
	x := expectation{code: args[0].text, items: args[1:]}
	if n := len(x.items); n >= 2 && x.items[n-2].text == "within" && !x.items[n-2].quoted {
		d, err := time.ParseDuration(x.items[n-1].text)
		if err != nil || d <= 0 {
			return nil, fmt.Errorf("within %s: not a duration such as 5s", x.items[n-1].text)
		}
		x.items, x.within = x.items[:n-2], d
	}
	for _, item := range x.items {
		if name, _, ok := header(item); ok && headers()[name] == nil {
			return nil, fmt.Errorf("%s: headers are type, category, corr and recovered", item.text)
		}
	}
	return func(ctx context.Context, r *runner) error { return r.expect(ctx, x) }, nil
}

// matches reports whether e is what x waits for. last is the command sent last.
//
// An item in quotes must be part of the body as it stands. An item with '='
// compares a header. Any other item is a word, or several with '|' between
// them, of which one must stand in the body between characters that are not
// letters, digits or '_': READY is not found in NOT_READY.
func (x expectation) matches(e Event, last Command, expand func(string) string) bool {
	if e.Code != x.code {
		return false
	}
	for _, item := range x.items {
		name, want, isHeader := header(item)
		switch {
		case isHeader:
			if !headers()[name](e, last, expand(want)) {
				return false
			}
		case item.quoted:
			if !strings.Contains(e.Body, expand(item.text)) {
				return false
			}
		case !slices.ContainsFunc(strings.Split(item.text, "|"), func(w string) bool { return hasWord(e.Body, expand(w)) }):
			return false
		}
	}
	return true
}

func header(item token) (name, want string, ok bool) {
	if item.quoted {
		return "", "", false
	}
	return strings.Cut(item.text, "=")
}

func headers() map[string]func(e Event, last Command, want string) bool {
	return map[string]func(Event, Command, string) bool{
		"type":      func(e Event, _ Command, want string) bool { return e.Type == want },
		"category":  func(e Event, _ Command, want string) bool { return e.Category == want },
		"recovered": func(e Event, _ Command, want string) bool { return e.Recovered == (want == "true") },
		"corr": func(e Event, last Command, want string) bool {
			if want == "last" {
				want = last.CorrelationID
			}
			return e.CorrelationID == want
		},
	}
}

func hasWord(body, word string) bool {
	if word == "" {
		return false
	}
	isWord := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	for from := 0; ; {
		i := strings.Index(body[from:], word)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(body[:i])
		after, _ := utf8.DecodeRuneInString(body[i+len(word):])
		if !isWord(before) && !isWord(after) {
			return true
		}
		from = i + 1
	}
}

// expect waits for an output among those that came since the last command and
// that no other expectation has taken.
func (r *runner) expect(ctx context.Context, x expectation) error {
	within := x.within
	if within == 0 {
		within = r.cfg.Timeout
	}
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	for {
		if r.take(x) {
			return nil
		}
		select {
		case <-r.arrived:
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return fmt.Errorf("%w: not within %s; %s", ErrMissing, within, r.unexpected())
		}
	}
}

func (r *runner) take(x expectation) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	expand := r.scene().expand
	i := slices.IndexFunc(r.pending, func(e Event) bool { return x.matches(e, r.last, expand) })
	if i < 0 {
		return false
	}
	r.pending = slices.Delete(r.pending, i, i+1)
	return true
}

// unexpected lists the outputs since the last command that no expectation took.
func (r *runner) unexpected() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending) == 0 {
		return "no other output since the last command"
	}
	var b strings.Builder
	b.WriteString("other outputs since the last command:")
	for _, e := range r.pending {
		fmt.Fprintf(&b, "\n    %s type=%s corr=%s %s", visible(e.Code), orDash(visible(e.Type)), orDash(visible(e.CorrelationID)), visible(e.Body))
	}
	return b.String()
}
