// Command stalls measures that one worker neither stalls nor storms against a
// Finesse that is slow, silent or away: one broker, one node, and the simulator
// made sick. It prints a table with the goal of each line and ends with 1 if one
// is missed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"gcbridge/test/brokertest"
	"gcbridge/test/pairs"
	"gcbridge/test/stand"
)

func main() {
	only := flag.String("only", "", "only the scenarios whose name contains this")
	size := flag.Float64("size", 1, "of everything: 0.1 has a tenth of the agents, and of what they are to achieve")
	limit := flag.Int("requests", 0, "GC_FINESSE_MAX_REQUESTS of the node, 0 = its default")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := playAll(ctx, os.Stdout, *only, *size, *limit)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stalls:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// result is a line of the table.
type result struct {
	what, goal, measured string
	met                  bool
}

// scene is where a scenario plays.
type scene struct {
	t    pairs.TB
	name string
	size float64
	lab  func(change func(*pairs.Setup)) *pairs.Lab
}

// agents is a number of agents, of the size that is wanted.
func (s scene) agents(n int) int { return max(int(float64(n)*s.size), 1) }

// errBroken: a scenario could not be played to its end.
var errBroken = errors.New("a scenario ended early")

func playAll(ctx context.Context, w io.Writer, only string, size float64, limit int) (ok bool, err error) {
	hall := stand.New(ctx, "stalls")
	defer hall.End()
	var table []result
	ok = hall.Play(func() {
		bin, err := pairs.Build(ctx, hall.TempDir())
		if err != nil {
			hall.Fatalf("%v", err)
		}
		broker := brokertest.ActiveMQ(hall)
		for i, sc := range scenarios() {
			if !strings.Contains(sc.name, only) || ctx.Err() != nil {
				continue
			}
			t := hall.Next(sc.name)
			finished := t.Play(func() {
				s := scene{t: t, name: sc.name, size: size}
				s.lab = func(change func(*pairs.Setup)) *pairs.Lab {
					set := alone(broker)
					if limit > 0 {
						set.Env = append(set.Env, fmt.Sprintf("GC_FINESSE_MAX_REQUESTS=%d", limit))
					}
					change(&set)
					return pairs.NewLab(t, bin, fmt.Sprintf("stalls%d", i), set)
				}
				table = append(table, sc.play(s)...)
			})
			t.End()
			if !finished || t.Failed() {
				hall.Errorf("%s broke off", sc.name)
			}
		}
	})
	met, err := show(w, table)
	if err != nil {
		return false, err
	}
	if !ok || hall.Failed() {
		return false, errBroken
	}
	return met, nil
}

// alone is one node that nobody configured, at one broker.
func alone(b *brokertest.Broker) pairs.Setup {
	return pairs.Setup{
		Alone: true, Brokers: pairs.Brokers{One: b, Two: b}, Order: [2][]string{{b.URL()}, {b.URL()}},
		Priorities: [2]int{127, 100}, Timeout: 3 * time.Second, Interval: 10 * time.Second,
	}
}

func show(w io.Writer, table []result) (met bool, err error) {
	met = true
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, "what\tgoal\tis it met\tmeasured")
	for _, r := range table {
		mark := "met"
		if !r.met {
			mark, met = "missed", false
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", r.what, r.goal, mark, r.measured)
	}
	return met, tw.Flush()
}
