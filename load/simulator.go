package load

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
)

// Simulator is a Finesse simulator's control API: the callers.
type Simulator struct {
	root   string
	client *http.Client
	number atomic.Uint64
}

// NewSimulator takes the REST address of a simulator (http://host:port), or of its
// control API (.../sim).
func NewSimulator(address string, client *http.Client) (*Simulator, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: %q is no URL of a simulator, such as http://127.0.0.1:8445", ErrConfig, address)
	}
	root := strings.TrimSuffix(strings.TrimRight(address, "/"), "/sim")
	return &Simulator{root: root, client: client}, nil
}

// Ring implements [Caller]: an outside number calls.
func (s *Simulator) Ring(ctx context.Context, extension string) error {
	from := strconv.FormatUint(5551000+s.number.Add(1), 10)
	return s.ask(ctx, http.MethodPost, "calls", map[string]string{"from": from, "to": extension}, nil)
}

// errElsewhere: the worker works with another Finesse.
var errElsewhere = errors.New("the worker's Finesse is not this simulator")

// Known is nil if the simulator sees that the agent is logged in.
func (s *Simulator) Known(ctx context.Context, agent string) error {
	var seen struct {
		State string
	}
	if err := s.ask(ctx, http.MethodGet, "agents/"+url.PathEscape(agent), nil, &seen); err != nil {
		return fmt.Errorf("%w, or has no agent %s: %w", errElsewhere, agent, err)
	}
	if seen.State == stateLogout || seen.State == "" {
		return fmt.Errorf("%w: agent %s has logged in, and the simulator does not know of it", errElsewhere, agent)
	}
	return nil
}

// ask sends body (nil: none) and reads the answer into v (nil: nothing is read).
func (s *Simulator) ask(ctx context.Context, method, path string, body, v any) error {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, s.root+"/sim/"+path, bytes.NewReader(payload))
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("simulator: %s: %s", resp.Status, bytes.TrimSpace(answer))
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(answer, v)
}

// maxAnswer is the most bytes of an answer that are read.
const maxAnswer = 64 << 10
