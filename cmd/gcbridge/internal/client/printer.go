package client

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
)

// The colours of a terminal; plain output has none.
const (
	dim    = "\x1b[2m"
	bold   = "\x1b[1m"
	green  = "\x1b[32m"
	red    = "\x1b[31m"
	cyan   = "\x1b[36m"
	normal = "\x1b[0m"
)

// printer writes one line for each command, event and note; lines never mix.
type printer struct {
	mu     sync.Mutex
	out    io.Writer
	colour bool
}

const clock = "15:04:05.000"

func (p *printer) command(c Command) {
	p.line(c.At.Format(clock), cyan+"→", fmt.Sprintf("%-27s", visible(c.Type)), "corr="+c.CorrelationID, c.Body)
}

func (p *printer) event(e Event) {
	headers := []string{"type=" + orDash(visible(e.Type))}
	if e.CorrelationID != "" {
		headers = append(headers, "corr="+visible(e.CorrelationID))
	}
	if e.Recovered {
		headers = append(headers, "recovered")
	}
	arrow := green + "←"
	if e.Code == "O-002" {
		arrow = red + "←"
	}
	p.line(e.At.Format(clock), arrow, fmt.Sprintf("%-8s%-19s", visible(e.Code), visible(e.Category)), strings.Join(headers, " "), e.Body)
}

// simulator prints a request to the simulator: what a caller does.
func (p *printer) simulator(path, body string) {
	p.line(time.Now().Format(clock), dim+"·", fmt.Sprintf("%-27s", "sim "+visible(path)), "", body)
}

// line prints the columns: time, direction, what, headers, body.
func (p *printer) line(at, arrow, what, headers, body string) {
	p.print(fmt.Sprintf("%s%s%s %s %s%s%s %s%-36s%s %s",
		dim, at, normal, arrow, bold, what, normal, dim, headers, normal, visible(body)))
}

// note prints a message of the client itself.
func (p *printer) note(format string, args ...any) {
	p.print(visible(fmt.Sprintf(format, args...)))
}

// heading prints a comment of the script, so that a run reads as a story.
func (p *printer) heading(text string) {
	p.print("\n" + bold + text + normal)
}

func (p *printer) prompt(text string) {
	if text != "" {
		p.write(text)
	}
}

func (p *printer) print(line string) { p.write(strings.TrimRight(line, " ") + "\n") }

func (p *printer) write(s string) {
	if !p.colour {
		s = strings.NewReplacer(dim, "", bold, "", green, "", red, "", cyan, "", normal, "").Replace(s)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	// A closed terminal ends the client by the end of its input, not here.
	_, _ = io.WriteString(p.out, s)
}

// visible escapes control characters, which callers and clients can send, so
// that they do not act on the terminal.
func visible(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
