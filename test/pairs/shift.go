package pairs

import (
	"strings"

	"gcbridge/finesse/sim"
)

// shift is a lab at work whose agents are logged in, all at one desk.
type shift struct {
	*Lab
	client   *Client
	loggedIn int // events up to then
}

// begin starts a lab named after a scenario, with that many agents.
func begin(t TB, bin, scenario string, s Setup, agents int) *shift {
	t.Helper()
	s.Finesse = []*sim.Server{StartFinesse(t, sim.WithScale(agents))}
	name := strings.ReplaceAll(scenario, " ", "")
	lab := NewLab(t, bin, name, s)
	lab.Start()
	desk := "desk." + name
	b := &shift{Lab: lab, client: NewClient(t, lab.Queue, []string{"/queue/" + desk}, s.Order[0]...)}
	all := make([]int, agents)
	for i := range all {
		all[i] = i
	}
	LogIn(t, b.client, "queue://"+desk, all)
	b.loggedIn = len(b.client.Events())
	return b
}

// settled waits until the pair is whole and its first node has all agents.
func (b *shift) settled(agents int) {
	b.t.Helper()
	b.Whole(agents)
	b.Holding(agents, 0)
}
