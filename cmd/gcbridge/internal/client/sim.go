package client

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

var errSimUsage = errors.New("usage: sim call FROM TO, or sim drop DIALOG ADDRESS")

// compileSim builds a call to the simulator's control API: what callers do.
func compileSim(args []token) (func(context.Context, *runner) error, error) {
	if len(args) != 3 {
		return nil, errSimUsage
	}
	a, b := args[1].text, args[2].text
	switch args[0].text {
	case "call":
		return func(ctx context.Context, r *runner) error {
			return r.sim(ctx, []string{"calls"}, map[string]string{"from": a, "to": b})
		}, nil
	case "drop":
		return func(ctx context.Context, r *runner) error {
			return r.sim(ctx, []string{"calls", a, "drop"}, map[string]string{"address": b})
		}, nil
	}
	return nil, errSimUsage
}

func (r *runner) sim(ctx context.Context, path []string, body map[string]string) error {
	if r.cfg.SimURL == "" {
		return errors.New("no simulator configured; use --sim")
	}
	s := r.begin()
	for i := range path {
		path[i] = s.expand(path[i])
	}
	for name := range body {
		body[name] = s.expand(body[name])
	}
	payload, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r.print.simulator(strings.Join(path, "/"), string(payload))
	return postSim(ctx, s.cfg, path, payload)
}

func postSim(ctx context.Context, cfg Config, path []string, payload []byte) error {
	target, err := url.JoinPath(cfg.SimURL, append([]string{"sim"}, path...)...)
	if err != nil {
		return fmt.Errorf("simulator URL: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(payload))
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := cfg.SimClient.Do(req)
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return fmt.Errorf("simulator: %w", err)
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("simulator: %s: %s", resp.Status, bytes.TrimSpace(answer))
	}
	return nil
}
