package load

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gcbridge/protocol"
)

// errManyNodes: nobody can say whose agents those of the killed process are.
var errManyNodes = errors.New("several nodes have agents, and nothing says which of them is killed")

// failOver kills a node's process and waits until each of its agents is served by
// another: told by it where they stand (O-024), and then answered. Nobody sends a
// command before that, which would move an agent sooner. Times are from the kill.
func failOver(ctx context.Context, p *player) error {
	const served, told, before = "kill to answered", "kill to told", "before: command to answer"
	p.cfg.Worker = nil // it ends
	p.begin(FailOver, len(p.cfg.Agents), served, told, before)
	defer p.end(ctx)
	ask := func(series string, m *member, from time.Time) {
		corr := p.fleet.corr()
		p.book.Expect(series, series+" "+m.ID, from, corr)
		p.fleet.send(m, protocol.GetState, "", corr)
	}
	// Where is everybody?
	p.locked(func() {
		p.hear = func(e event) {
			if e.Code == codeState {
				p.book.Arrived(before+" "+e.Agent, e.At)
			}
		}
		for _, m := range p.fleet.members {
			ask(before, m, time.Now())
		}
	})
	if err := p.settle(ctx, nil); err != nil {
		return err
	}
	var killed time.Time
	var err error
	p.locked(func() {
		var theirs []*member
		if theirs, err = p.ofTheDead(); err != nil {
			return
		}
		p.hear = func(e event) {
			switch {
			case e.Code == codeDialogs && e.Recovered && p.book.Arrived(told+" "+e.Agent, e.At):
				ask(served, p.fleet.byID[e.Agent], killed)
			case e.Code == codeState && e.State == stateLogout:
				p.book.Fault("logged out", e.Agent)
			case e.Code == codeState && e.Corr != "":
				p.book.Arrived(served+" "+e.Agent, e.At)
			}
		}
		killed = time.Now()
		for _, m := range theirs {
			p.book.Expect(told, told+" "+m.ID, killed)
		}
		err = p.cfg.Kill()
	})
	if err != nil {
		return err
	}
	return p.settle(ctx, nil)
}

// ofTheDead are the agents whose node will be killed.
func (p *player) ofTheDead() (theirs []*member, err error) {
	dead := p.cfg.Killed
	names := map[string]bool{}
	for _, m := range p.fleet.members {
		names[p.nodes[m.ID]] = true
	}
	if dead == "" {
		if len(names) > 1 {
			return nil, fmt.Errorf("%w: %s", errManyNodes, strings.Join(slices.Sorted(maps.Keys(names)), ", "))
		}
		dead = p.nodes[p.fleet.members[0].ID]
	}
	for _, m := range p.fleet.members {
		if p.nodes[m.ID] == dead {
			theirs = append(theirs, m)
		}
	}
	if len(theirs) == 0 {
		return nil, fmt.Errorf("%w: no agent is on node %s", ErrConfig, dead)
	}
	return theirs, nil
}
