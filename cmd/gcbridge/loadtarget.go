package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"gcbridge/load"
)

// allowed refuses what is not on this machine, unless a flag says that it is a lab.
func (o loadOptions) allowed(ctx context.Context) error {
	if o.lab {
		return nil
	}
	t := load.Target{Brokers: o.cfg.BrokerURLs, Finesse: o.finesse, Simulator: o.sim}
	if len(t.Finesse) == 0 {
		if urls := os.Getenv("GC_FINESSE_URLS"); urls != "" {
			t.Finesse = strings.Split(urls, ",")
		}
	}
	if o.admin.Address != "" {
		st, err := o.admin.Status(ctx)
		if err != nil {
			return fmt.Errorf("load: which Finesse does the worker use? %w", err)
		}
		for _, s := range st.Finesse {
			t.Finesse = append(t.Finesse, s.Server)
		}
	}
	if err := t.Check(); err != nil {
		return fmt.Errorf("load: %w; --yes-this-is-a-lab if nobody works there", err)
	}
	return nil
}

// victim finds the process that the fail-over kills, and its node.
func (o loadOptions) victim(ctx context.Context, cfg *load.Config) (err error) {
	pid := cmp.Or(o.killPID, o.pid)
	if pid == 0 {
		return errors.New("load: fail-over needs the worker to kill: --kill-pid, or --pid")
	}
	if cfg.Kill, err = load.NewVictim(pid); err != nil || o.admin.Address == "" {
		return err
	}
	st, err := o.admin.Status(ctx)
	cfg.Killed = st.Node
	return err
}
