// Command chaos kills nodes of a pair among persistent commands and proves, by
// what Finesse saw and what the clients were told, that none was lost, made two
// calls, was overtaken or had no outcome, or two. It prints a table and ends with
// 1 if a promise was broken.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"gcbridge/test/pairs"
	"gcbridge/test/stand"
)

func main() {
	short := flag.Bool("short", false, "one small run of each kind, in about a minute")
	only := flag.String("only", "", "only the scenarios whose name contains this")
	seed := flag.Uint64("seed", 1, "of the first run; the others count on")
	seeds := flag.Int("seeds", 20, "storms of the full form, in all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := playAll(ctx, *short, *only, *seed, *seeds)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// latency is the most that a request to Finesse takes in bursts.
const latency = 200 * time.Millisecond

// servedAgain is how soon after the start of nodes every agent must be served whom
// nodes had that died, all of them.
const servedAgain = 5 * time.Second

// shiftRate is the rate of commands among which access tokens come and go.
const shiftRate = 30

// scenario is a row of the table to be: runs that are added up.
type scenario struct {
	name  string
	limit time.Duration // of the median take-over; 0 = none
	runs  []func(t pairs.TB) pairs.Result
}

// scenarios are the full form, or the short one.
func scenarios(bin string, b pairs.Brokers, short bool, seed uint64, seeds int) []scenario {
	storm := func(s pairs.Storm) scenario {
		return scenario{name: s.Name, runs: repeated(bin, seed, seeds, func(seed uint64) run { s := s; s.Seed = seed; return s })}
	}
	bursts := func(s pairs.Storm, size, seeds int, noEcho bool) scenario {
		if noEcho {
			s.Name += ", no echo"
		}
		return scenario{name: s.Name, runs: repeated(bin, seed, seeds, func(seed uint64) run {
			s := s
			s.Seed = seed
			return pairs.Bursts{Storm: s, Size: size, Latency: latency, NoEcho: noEcho}
		})}
	}
	passive := pairs.Storm{Name: "bursts, active-passive", Setup: pairs.ActivePassive(b), Agents: 60, Kills: 5}
	active := pairs.Storm{Name: "bursts, active-active", Setup: pairs.ActiveActive(b), Agents: 60, Kills: 5}
	takeOver := func(m pairs.TakeOver, limit time.Duration) scenario {
		return scenario{m.Name, limit, []func(pairs.TB) pairs.Result{func(t pairs.TB) pairs.Result { return m.Run(t, bin) }}}
	}
	hung := func(runs int) scenario {
		h := pairs.Hung{Name: "hung node", Setup: pairs.ActivePassive(b), Agents: 20, Runs: runs, Stop: 20 * time.Second, Limit: 20 * time.Second}
		h.Setup.Timeout, h.Setup.Interval = 3*time.Second, 10*time.Second
		return scenario{h.Name, 6 * time.Second, []func(pairs.TB) pairs.Result{func(t pairs.TB) pairs.Result { return h.Run(t, bin) }}}
	}
	// Every node dies: the two of a pair, and one that is alone but has a key.
	memory := func(agents, rate, deaths int, alone bool) scenario {
		m := pairs.Storm{Name: "memory, pair", Setup: pairs.ActivePassive(b), Agents: agents, Rate: rate, Kills: deaths, Seed: seed}
		m.Setup.Timeout, m.Setup.Interval = 3*time.Second, 10*time.Second
		if alone {
			m.Name, m.Setup.Alone = "memory, single node", true
			m.Setup.Env = []string{"GC_SYNC_TOPIC=Sync.alone"}
		}
		return scenario{m.Name, servedAgain, []func(pairs.TB) pairs.Result{func(t pairs.TB) pairs.Result {
			return pairs.Memory{Storm: m, Within: servedAgain}.Run(t, bin)
		}}}
	}
	shift := func(agents int, life, length time.Duration) scenario {
		s := storm(pairs.Storm{
			Name: "sso", Setup: pairs.ActivePassive(b), Agents: agents, Commands: int(length.Seconds()) * shiftRate, Rate: shiftRate,
			Kills: 1000, TokenLife: life,
		})
		s.runs = s.runs[:1]
		return s
	}
	// Take-overs are measured with the times of a node that nobody configured.
	unchanged := pairs.ActivePassive(b)
	unchanged.Timeout, unchanged.Interval = 3*time.Second, 10*time.Second
	if short {
		seeds = 1
		passive.Agents, passive.Kills = 25, 2
		active.Agents, active.Kills = 25, 2
		return []scenario{
			storm(pairs.Storm{Name: "active-passive", Setup: pairs.ActivePassive(b), Agents: 20, Commands: 2800, Rate: 250, Kills: 20}),
			storm(pairs.Storm{Name: "active-active", Setup: pairs.ActiveActive(b), Agents: 20, Commands: 1600, Rate: 250, Kills: 20}),
			bursts(passive, 12, seeds, false),
			bursts(active, 12, seeds, true),
			takeOver(pairs.TakeOver{Name: "take-over of 200", Setup: unchanged, Agents: 200, Runs: 1, Limit: 20 * time.Second}, 5*time.Second),
			hung(1),
			memory(40, 80, 1, true),
			memory(40, 80, 1, false),
			shift(20, 5*time.Second, 40*time.Second),
		}
	}
	seeds /= 2
	return []scenario{
		storm(pairs.Storm{Name: "active-passive", Setup: pairs.ActivePassive(b), Agents: 40, Commands: 10_400, Rate: 400, Kills: 20}),
		storm(pairs.Storm{Name: "active-active", Setup: pairs.ActiveActive(b), Agents: 40, Commands: 10_400, Rate: 400, Kills: 20}),
		bursts(passive, 18, 2, false),
		bursts(passive, 18, 2, true),
		bursts(active, 18, 2, false),
		bursts(active, 18, 2, true),
		takeOver(pairs.TakeOver{Name: "take-over of 200", Setup: unchanged, Agents: 200, Runs: 7, Limit: 20 * time.Second}, 5*time.Second),
		takeOver(pairs.TakeOver{Name: "take-over of 2000", Setup: unchanged, Agents: 2000, Runs: 3, Limit: time.Minute}, 10*time.Second),
		hung(5),
		memory(200, 200, 5, true),
		memory(200, 200, 5, false),
		shift(200, time.Minute, 10*time.Minute),
	}
}

// run is a storm or a run of bursts.
type run interface {
	Run(t pairs.TB, bin string) pairs.Result
}

// repeated plays a run with each of several seeds.
func repeated(bin string, seed uint64, seeds int, with func(seed uint64) run) []func(pairs.TB) pairs.Result {
	var out []func(pairs.TB) pairs.Result
	for i := range uint64(seeds) {
		out = append(out, func(t pairs.TB) pairs.Result { return with(seed+i).Run(t, bin) })
	}
	return out
}

// errBroken: a run could not be played to its end.
var errBroken = errors.New("a run ended early")

func playAll(ctx context.Context, short bool, only string, seed uint64, seeds int) (ok bool, err error) {
	hall := stand.New(ctx, "chaos")
	defer hall.End()
	var table pairs.Table
	ok = hall.Play(func() {
		bin, err := pairs.Build(ctx, hall.TempDir())
		if err != nil {
			hall.Fatalf("%v", err)
		}
		for _, s := range scenarios(bin, pairs.StartBrokers(hall), short, seed, seeds) { //nolint:contextcheck // the hall ends what it starts
			if strings.Contains(s.name, only) {
				table = append(table, play(hall, s))
			}
		}
	})
	if err := table.Print(os.Stdout); err != nil {
		return false, err
	}
	if !ok || hall.Failed() {
		return false, errBroken
	}
	return table.Clean(), nil
}

// play runs a scenario; a run that breaks off is reported and fails the whole.
func play(hall *stand.Stand, s scenario) pairs.Row {
	row := pairs.Row{Scenario: s.name, Limit: s.limit}
	for i, f := range s.runs {
		if hall.Context().Err() != nil {
			break
		}
		t := hall.Next(s.name)
		from := time.Now()
		var r pairs.Result
		t.Play(func() { r = f(t) })
		t.End()
		if t.Failed() {
			hall.Errorf("%s, run %d broke off", s.name, i+1)
		}
		row.Runs++
		row.Add(r)
		fmt.Fprintf(os.Stderr, "%s, run %d of %d: %s, %d commands, %d findings\n", s.name, i+1, len(s.runs), time.Since(from).Round(time.Second), r.Commands, len(r.Findings))
	}
	return row
}
