package main

import (
	"bytes"
	_ "embed" // the text of the document
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed performance.md.tmpl
var documentText string

// folder of the plots and of what was measured, beside the document.
const folder = "performance"

// kept is what was measured before.
func kept(docs string) (*results, error) {
	b, err := os.ReadFile(filepath.Join(docs, folder, "measured.json"))
	if err != nil {
		return nil, err
	}
	var r results
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("measured.json: %w", err)
	}
	return &r, nil
}

// write writes performance.md, its plots and what was measured.
func write(docs string, r *results) error {
	dir := filepath.Join(docs, folder)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	kept, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	text, err := document(r)
	if err != nil {
		return err
	}
	files := plots(r)
	files["measured.json"] = string(kept) + "\n"
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(docs, "performance.md"), []byte(text), 0o644)
}

// document fills the text in.
func document(r *results) (string, error) {
	t, err := template.New("performance.md").Funcs(template.FuncMap{
		"relays": func() string { return relayTable(r) },
		"events": func() string { return eventTable(r) },
		"busy":   func() string { return busyTable(r) },
		"agents": func() string { return agentTable(r) },
		"growth": func() string { return growthTable(r) },
		"goals":  func() string { return goalTable(r) },
		"missed": func() []verdict { return missed(r) },
		"spent":  func() spent { return spentOf(r) },
		"num":    number,
	}).Parse(documentText)
	if err != nil {
		return "", fmt.Errorf("the document's text: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, r); err != nil {
		return "", fmt.Errorf("the document: %w", err)
	}
	return b.String(), nil
}

// table writes a Markdown table, first column to the left.
func table(head []string, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	marks := make([]string, len(head))
	for i := range marks {
		marks[i] = "--:"
	}
	marks[0] = "---"
	line(marks)
	for _, row := range rows {
		line(row)
	}
	return strings.TrimRight(b.String(), "\n")
}

// middle is the median of one value, as it is written; "–" if there is none.
func middle(samples []sample, of func(sample) float64) string {
	v, ok := median(column(samples, of))
	return written(v, ok)
}

func written(v float64, ok bool) string {
	if !ok {
		return "–"
	}
	return number(v)
}

// against is a ratio, with the least and the most of the rounds.
func against(one, other []sample, of func(sample) float64) string {
	v, ok := ratio(one, other, of)
	if !ok {
		return "–"
	}
	return fmt.Sprintf("%.2f", v)
}

func missed(r *results) []verdict {
	var out []verdict
	for _, v := range judge(r) {
		if v.measured && !v.met() {
			out = append(out, v)
		}
	}
	return out
}

func goalTable(r *results) string {
	var rows [][]string
	for _, v := range judge(r) {
		rows = append(rows, []string{v.Name(), v.Got(), v.Want(), v.Mark()})
	}
	return table([]string{"Goal", "Measured", "Wanted", ""}, rows)
}

func relayTable(r *results) string {
	var rows [][]string
	for _, l := range legs() {
		for _, who := range []string{ours, bareRelay, camel} {
			got := r.Relays[l.name][who]
			if len(got) == 0 {
				continue
			}
			own := r.Relays[l.name][ours]
			rows = append(rows, []string{
				l.name + ", " + who, middle(got, rate), middle(got, p50), middle(got, p99), middle(got, cpu), middle(got, resident),
				against(own, got, rate), against(own, got, p99), against(own, got, cpu), against(own, got, resident),
			})
		}
	}
	return table([]string{"", "commands/s", "p50 ms", "p99 ms", "CPU ms/command", "resident MiB", "rate: ours over it", "p99", "CPU", "memory"}, rows)
}

func eventTable(r *results) string {
	var rows [][]string
	for _, who := range flowNames() {
		got := r.Events[who]
		rows = append(rows, []string{
			who, middle(got, rate), middle(got, cpu), middle(got, resident),
			against(r.Events[ours], got, rate), against(r.Events[ours], got, cpu),
		})
	}
	return table([]string{"", "events/s", "CPU ms/event", "resident MiB", "rate: ours over it", "CPU"}, rows)
}

func flowNames() []string { return []string{ours, barePass, bareWriter, bareReader} }

// busyTable shows who used the processors while each was measured.
func busyTable(r *results) string {
	row := func(what, who string, samples []sample) []string {
		share := func(name string) string {
			if _, apart := samples[0].Busy[name]; !apart {
				return "–"
			}
			return middle(samples, func(s sample) float64 { return s.Busy[name] })
		}
		return []string{what + ", " + who, share(who), share("broker"), share("Finesse"), share("load")}
	}
	var rows [][]string
	for _, l := range legs() {
		for _, who := range []string{ours, bareRelay, camel} {
			if got := r.Relays[l.name][who]; len(got) > 0 {
				rows = append(rows, row(l.name, who, got))
			}
		}
	}
	for _, who := range flowNames() {
		if got := r.Events[who]; len(got) > 0 {
			rows = append(rows, row("events", who, got))
		}
	}
	return table([]string{"", "measured process", "broker", "simulator", "load"}, rows)
}

func agentTable(r *results) string {
	var rows [][]string
	for _, g := range r.Agents {
		v := func(of func(agentRun) float64) string { return written(g.Of(of)) }
		rows = append(rows, []string{
			title(g), v(loginMean) + " / " + v(func(a agentRun) float64 { return a.Login.Max }),
			v(callMean) + " / " + v(func(a agentRun) float64 { return a.Call.Max }),
			v(answerMean) + " / " + v(func(a agentRun) float64 { return a.Answer.Max }),
			v(func(a agentRun) float64 { return a.LoopRate }), v(func(a agentRun) float64 { return a.LoopP99 }),
			v(loggedIn), v(afterCalls),
		})
	}
	return table([]string{"agents", "login and ready s, mean / max", "call s", "answer s", "state loop /s", "p99 ms", "MiB logged in", "after calls"}, rows)
}

func title(g growth) string {
	s := fmt.Sprint(g.Agents)
	if g.TLS {
		s += ", TLS"
	}
	return s
}

func growthTable(r *results) string {
	var rows [][]string
	for _, g := range r.Agents {
		if g.TLS {
			continue
		}
		v := func(of func(agentRun) float64) string { return written(g.Of(of)) }
		memory, ok := memoryEach(g)
		goroutines, also := g.each(func(a agentRun) float64 { return a.Goroutines })
		rows = append(rows, []string{
			title(g), v(func(a agentRun) float64 { return a.Idle }), written(memory*1024, ok), written(goroutines, also),
			v(loginCPU), v(func(a agentRun) float64 { return a.CallCPU }), v(func(a agentRun) float64 { return a.Login.P99 }),
			v(func(a agentRun) float64 { return a.Call.P99 }),
		})
	}
	return table([]string{"agents", "MiB with nobody", "KiB/agent after a call", "goroutines/agent", "CPU ms/login", "CPU ms/call", "login p99 s", "call p99 s"}, rows)
}

// spent is where a command's processor time goes.
type spent struct {
	Known                             bool
	Command, Bare, Event, Rest, Share float64 // ms; the share of the machine in percent
}

func spentOf(r *results) (s spent) {
	command, ok1 := median(column(r.Relays[legFast][ours], cpu))
	bare, ok2 := median(column(r.Relays[legFast][bareRelay], cpu))
	event, ok3 := median(column(r.Events[ours], cpu))
	share, ok4 := median(column(r.Relays[legFast][ours], func(s sample) float64 { return s.Busy[ours] }))
	return spent{ok1 && ok2 && ok3 && ok4, command, bare, event, max(command-bare-event, 0), 100 * share / float64(max(r.Machine.Cores, 1))}
}

// plots are the files of pictures.
func plots(r *results) map[string]string {
	relayed := func(of func(sample) float64) []bar {
		var out []bar
		for _, l := range legs() {
			b := bar{l.name, map[string]float64{}}
			for who, samples := range r.Relays[l.name] {
				b.values[who], _ = median(column(samples, of))
			}
			out = append(out, b)
		}
		return out
	}
	who := []string{ours, bareRelay, camel}
	files := map[string]string{
		"rate.svg": bars("Commands relayed a second (more is better)", "commands/s", who, relayed(rate)),
		"p99.svg":  bars("Time until a client is told, p99 (less is better)", "ms", who, relayed(p99)),
		"cpu.svg":  bars("Processor time of a command (less is better)", "ms", who, relayed(cpu)),
	}
	var told []bar
	for _, name := range flowNames() {
		v, _ := median(column(r.Events[name], rate))
		told = append(told, bar{name, map[string]float64{"events": v}})
	}
	files["events.svg"] = bars("Events passed on a second (more is better)", "events/s", []string{"events"}, told)
	if len(r.Agents) > 0 {
		files["memory.svg"] = lines("Resident memory", "MiB", "agents", []curve{
			r.curve("logged in", false, loggedIn), r.curve("after a call each", false, afterCalls), r.curve("logged in, TLS", true, loggedIn),
		})
		files["login.svg"] = lines("Login and ready, all at once", "s", "agents", []curve{
			r.curve("mean", false, loginMean), r.curve("p99", false, func(a agentRun) float64 { return a.Login.P99 }), r.curve("mean, TLS", true, loginMean),
		})
	}
	return files
}

// curve is a value over the number of agents.
func (r *results) curve(name string, secured bool, of func(agentRun) float64) curve {
	c := curve{name: name}
	for _, g := range r.Agents {
		if v, ok := g.Of(of); ok && g.TLS == secured {
			c.x, c.y = append(c.x, float64(g.Agents)), append(c.y, v)
		}
	}
	return c
}
