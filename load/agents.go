package load

import (
	"encoding/csv"
	"fmt"
	"io"
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

// ReadAgents reads the first n agents of a list, one a line: id, extension,
// password. A line that begins with # is a comment.
func ReadAgents(r io.Reader, n int) ([]Agent, error) {
	lines := csv.NewReader(r)
	lines.Comment, lines.FieldsPerRecord, lines.TrimLeadingSpace = '#', 3, true
	rows, err := lines.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%w: list of agents: %w", ErrConfig, err)
	}
	if len(rows) < n {
		return nil, fmt.Errorf("%w: the list has %d agents, not %d", ErrConfig, len(rows), n)
	}
	var all []Agent
	for _, row := range rows[:n] {
		all = append(all, Agent{ID: row[0], Extension: row[1], Password: secret.New(row[2])})
	}
	return all, nil
}
