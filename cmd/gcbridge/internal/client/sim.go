package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"gcbridge/finesse/sim/remote"
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
	control, err := remote.New(s.cfg.SimURL, s.cfg.SimClient)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	return control.Ask(ctx, http.MethodPost, path, json.RawMessage(payload), nil)
}
