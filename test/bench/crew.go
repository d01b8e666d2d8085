package main

import (
	"fmt"
	"os"
	"time"
)

// crew is who takes part in a measurement: the first is measured, the others share
// the processors with it.
type crew []hand

type hand struct {
	name string
	pid  int
}

// crew is the one that is measured, the broker, this program, and the simulator if it
// is a process of its own.
func (s *site) crew(name string, pid int, fin *finesse) crew {
	c := crew{{name, pid}, {"broker", s.broker.PID()}, {"load", os.Getpid()}}
	if fin != nil {
		c = append(c, hand{"Finesse", fin.PID()})
	}
	return c
}

// count is a measurement that has begun.
type count struct {
	who    crew
	at     time.Time
	before map[string]time.Duration
}

func (c crew) begin() (count, error) {
	used, err := c.used()
	return count{c, time.Now(), used}, err
}

// used is everybody's processor time so far.
func (c crew) used() (map[string]time.Duration, error) {
	out := map[string]time.Duration{}
	for _, h := range c {
		d, err := cpuOf(h.pid)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", h.name, err)
		}
		out[h.name] = d
	}
	return out, nil
}

// end is what was done since, for n commands or events.
func (c count) end(n int) (s sample, err error) {
	took := time.Since(c.at)
	used, err := c.who.used()
	if err != nil {
		return s, err
	}
	if n == 0 {
		return s, fmt.Errorf("%w: nothing was answered", errAnswer)
	}
	if s.Resident, err = residentOf(c.who[0].pid); err != nil {
		return s, err
	}
	s.Busy = map[string]float64{}
	for name, d := range used {
		s.Busy[name] = (d - c.before[name]).Seconds() / took.Seconds()
	}
	first := c.who[0].name
	s.Rate = float64(n) / took.Seconds()
	s.CPU = millis(used[first]-c.before[first]) / float64(n)
	return s, nil
}
