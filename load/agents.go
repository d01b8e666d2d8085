package load

import (
	"strconv"

	"gcbridge/protocol/secret"
)

// The first of the further agents of a simulator.
const (
	firstAgent     = 100001
	firstExtension = 500001
)

// SimulatedAgents are the first n of the further agents that a simulator has with
// --scale.
func SimulatedAgents(n int) []Agent {
	var all []Agent
	for i := range n {
		id := strconv.Itoa(firstAgent + i)
		all = append(all, Agent{ID: id, Extension: strconv.Itoa(firstExtension + i), Password: secret.New("pw" + id)})
	}
	return all
}
