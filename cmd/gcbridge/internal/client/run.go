package client

import (
	"bufio"
	"context"
	_ "embed" // for the script of a day
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// Day is the script of an agent's day: the main job of a connector from login
// to logout. It is written for agent 1001 of the simulator's own fixture.
//
//go:embed day.script
var Day string

var errQuit = errors.New("quit")

// runner plays statements on a session.
type runner struct {
	cfg     Config
	session *Session
	print   *printer
	arrived chan struct{} // holds one token when pending has grown

	mu      sync.Mutex
	pending []Event // since the last command, not yet expected
	last    Command
	dialog  string // last seen
}

// Run connects and plays a script, or with cfg.Prompt reads commands from a
// person; each command and each output is written to out. It returns when the
// script ends. In a script the first failing line ends the run, and its error
// names the line; a missing output is ErrMissing. At a prompt errors are
// printed, and only the end of the input ends the run.
func Run(ctx context.Context, cfg Config, script io.Reader, out io.Writer) error {
	interactive := cfg.Prompt != ""
	var statements []statement
	if !interactive {
		var err error
		if statements, err = readScript(script); err != nil {
			return err
		}
	}
	session, err := Dial(ctx, cfg)
	if err != nil {
		return err
	}
	r := &runner{
		cfg: session.cfg, session: session,
		print: &printer{out: out, colour: cfg.Colour}, arrived: make(chan struct{}, 1),
	}
	var listener sync.WaitGroup
	listener.Go(r.listen)
	defer listener.Wait()
	defer session.Close()

	if interactive {
		return r.talk(ctx, script)
	}
	return r.play(ctx, statements)
}

func (r *runner) play(ctx context.Context, statements []statement) error {
	for _, s := range statements {
		err := s.run(ctx, r)
		if errors.Is(err, errQuit) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", s.line, s.text, err)
		}
	}
	return nil
}

func (r *runner) talk(ctx context.Context, in io.Reader) error {
	r.print.note("Agent %s on %s, answers on %s. help lists the commands.", r.cfg.Agent, r.cfg.BrokerURLs[0], r.cfg.Destination)
	lines := bufio.NewScanner(in)
	for number := 1; ; number++ {
		r.print.prompt(r.cfg.Prompt)
		if !lines.Scan() {
			return errors.Join(lines.Err(), ctx.Err())
		}
		s, err := parse(number, lines.Text())
		if err == nil && s.run != nil {
			err = s.run(ctx, r)
		}
		if errors.Is(err, errQuit) {
			return nil
		}
		if err != nil {
			r.print.note("%v", err)
		}
	}
}

// listen prints and keeps every output until the session is closed.
func (r *runner) listen() {
	for e := range r.session.Events() {
		r.print.event(e)
		r.mu.Lock()
		r.pending = append(r.pending, e)
		if e.Dialog != "" {
			r.dialog = e.Dialog
		}
		r.mu.Unlock()
		select {
		case r.arrived <- struct{}{}:
		default:
		}
	}
}

// begin forgets earlier outputs: expectations look at what follows.
func (r *runner) begin() scene {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = nil
	return r.scene()
}

// scene is what is known now. The caller holds r.mu.
func (r *runner) scene() scene { return scene{cfg: r.cfg, dialog: r.dialog} }

func (r *runner) heading(text string) {
	r.mu.Lock()
	text = r.scene().expand(text)
	r.mu.Unlock()
	r.print.heading(text)
}

func (r *runner) command(ctx context.Context, v verb, args []string) error {
	s := r.begin()
	expanded := make([]string, len(args))
	for i, arg := range args {
		expanded[i] = s.expand(arg)
	}
	req, err := v.make(s, expanded)
	if err != nil {
		return err
	}
	if req.shown == "" {
		req.shown = req.body
	}
	c := r.session.command(req)
	r.mu.Lock()
	r.last = c
	r.mu.Unlock()
	r.print.command(c)
	return r.session.send(ctx, c, req.body)
}

func (r *runner) help() error {
	var b strings.Builder
	row := func(usage, help string) { fmt.Fprintf(&b, "  %-34s %s\n", usage, help) }
	for _, v := range verbs() {
		row(strings.TrimSpace(v.name+" "+v.args), v.help)
	}
	row("expect CODE [ITEM ...] [within 5s]", "wait for an output: words, \"text\", type=, category=, corr=last")
	row("sim call FROM TO", "a caller rings (simulator)")
	row("sim drop DIALOG ADDRESS", "a party hangs up (simulator)")
	row("help, quit", "")
	b.WriteString("  Without DIALOG, a command means the last dialog seen.")
	r.print.note("%s", b.String())
	return nil
}
