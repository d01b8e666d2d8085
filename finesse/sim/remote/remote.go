// Package remote drives a simulator that runs in another process, through its
// control API over HTTP.
package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// ErrAddress is an error of an address that is none of a simulator.
var ErrAddress = errors.New("simulator: want a URL such as http://127.0.0.1:8445")

// Control is a simulator's control API. Its methods may be called from any goroutine.
type Control struct {
	root   string
	client *http.Client
}

// New takes the REST address of a simulator (http://host:port), or of its control
// API (.../sim). Nothing is asked yet.
func New(address string, client *http.Client) (*Control, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w, not %q", ErrAddress, address)
	}
	root := strings.TrimSuffix(strings.TrimRight(address, "/"), "/sim")
	return &Control{root: root + "/sim", client: client}, nil
}

// maxAnswer is the most bytes of an answer that are read.
const maxAnswer = 1 << 20

// Ask sends body as JSON (nil: none) to the path below /sim and reads the answer
// into v (nil: it is not read). An answer that is no success is an error with the
// simulator's words.
func (c *Control) Ask(ctx context.Context, method string, path []string, body, v any) error {
	target, err := url.JoinPath(c.root, path...)
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	var payload []byte
	if body != nil {
		if payload, err = json.Marshal(body); err != nil {
			return fmt.Errorf("simulator: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(payload))
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(req)
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
	if err := json.Unmarshal(answer, v); err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	return nil
}
