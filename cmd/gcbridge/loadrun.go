package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"gcbridge/bridge/config"
	"gcbridge/load"
	"gcbridge/load/report"
	"gcbridge/protocol"
)

func (o loadOptions) run(ctx context.Context, out, errOut io.Writer) error {
	cfg := o.cfg
	cfg.Log = newLogger(errOut, config.Config{LogFormat: "console", LogLevel: "warn"})
	cfg.Format = protocol.Format(strings.ToUpper(o.format))
	var err error
	if cfg.BrokerPassword, err = readSecret(o.passwordFile, ""); err != nil {
		return err
	}
	if o.admin.Token, err = readSecret(o.adminTokenFile, ""); err != nil {
		return err
	}
	o.admin.Client = &http.Client{Timeout: 10 * time.Second}
	defer o.admin.Client.CloseIdleConnections()
	if err := o.allowed(ctx); err != nil {
		return err
	}
	cfg.Agents = load.SimulatedAgents(o.agents)
	if o.sim != "" {
		web := simClient(o.simInsecure, 10*time.Second)
		defer web.CloseIdleConnections()
		s, err := load.NewSimulator(o.sim, web)
		if err != nil {
			return err
		}
		cfg.Caller, cfg.Known = s, s.Known
	}
	if o.pid != 0 {
		if cfg.Worker, err = o.watch(errOut); err != nil {
			return err
		}
	}
	if slices.Contains(o.scenarios, load.FailOver) {
		if err := o.victim(ctx, &cfg); err != nil {
			return err
		}
	}
	rep := report.Report{Started: time.Now().UTC(), Agents: len(cfg.Agents)}
	phases, failed := load.Run(ctx, cfg, o.scenarios...)
	for _, p := range phases {
		rep.Phases = append(rep.Phases, report.Of(p.Result, (*report.Worker)(p.Worker)))
	}
	rep.OK = failed == nil
	if failed != nil {
		rep.Failure = failed.Error()
	}
	return errors.Join(failed, rep.WriteTable(out), writeFile(o.jsonFile, rep.WriteJSON))
}

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

// watch looks at the worker's process.
func (o loadOptions) watch(errOut io.Writer) (load.Worker, error) {
	goroutines := o.admin.Goroutines
	if o.admin.Address == "" {
		goroutines = nil
	}
	return load.NewWatch(o.pid, goroutines, func(err error) { fmt.Fprintln(errOut, "gcbridge:", err) })
}

// writeFile writes a file; "" is none.
func writeFile(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}
