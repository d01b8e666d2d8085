package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"

	"gcbridge/finesse/sim/remote"
)

// Simulator is the callers of a Finesse simulator.
type Simulator struct {
	control *remote.Control
	number  atomic.Uint64
}

// NewSimulator takes the REST address of a simulator (http://host:port), or of its
// control API (.../sim).
func NewSimulator(address string, client *http.Client) (*Simulator, error) {
	c, err := remote.New(address, client)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return &Simulator{control: c}, nil
}

// Ring implements [Caller]: an outside number calls.
func (s *Simulator) Ring(ctx context.Context, extension string) error {
	from := strconv.FormatUint(5551000+s.number.Add(1), 10)
	return s.control.Ask(ctx, http.MethodPost, []string{"calls"}, map[string]string{"from": from, "to": extension}, nil)
}

// errElsewhere is an error of a worker that works with another Finesse.
var errElsewhere = errors.New("the worker's Finesse is not this simulator")

// Known is nil if the simulator sees that the agent is logged in.
func (s *Simulator) Known(ctx context.Context, agent string) error {
	var seen struct{ State string }
	if err := s.control.Ask(ctx, http.MethodGet, []string{"agents", agent}, nil, &seen); err != nil {
		return fmt.Errorf("%w, or has no agent %s: %w", errElsewhere, agent, err)
	}
	if seen.State == stateLogout || seen.State == "" {
		return fmt.Errorf("%w: agent %s has logged in, and the simulator does not know of it", errElsewhere, agent)
	}
	return nil
}
