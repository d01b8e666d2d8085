package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
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
	if cfg.Agents, err = o.people(); err != nil {
		return err
	}
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
	b := bar{out: errOut}
	if terminal(errOut) {
		cfg.Progress = b.show
	}
	rep := report.Report{Started: time.Now().UTC(), Agents: len(cfg.Agents), Settings: o.settings()}
	phases, failed := load.Run(ctx, cfg, o.scenarios...)
	b.end()
	for _, p := range phases {
		rep.Phases = append(rep.Phases, report.Of(p.Result, (*report.Worker)(p.Worker)))
	}
	rep.OK = failed == nil
	if failed != nil {
		rep.Failure = failed.Error()
	}
	return errors.Join(failed, rep.WriteTable(out), writeFile(o.jsonFile, rep.WriteJSON), writeFile(o.htmlFile, rep.WriteHTML))
}

// people are the agents to play.
func (o loadOptions) people() ([]load.Agent, error) {
	if o.agentsFile == "" {
		return load.SimulatedAgents(o.agents), nil
	}
	f, err := os.Open(o.agentsFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return load.ReadAgents(f, o.agents)
}

// settings are what a reader of the report wants to know of the flags.
func (o loadOptions) settings() []report.Setting {
	calls := "by the simulator"
	if o.sim == "" {
		calls = "by the agents"
	}
	return []report.Setting{
		{Name: "scenarios", Value: strings.Join(o.scenarios, ", ")},
		{Name: "broker", Value: strings.Join(o.cfg.BrokerURLs, ", ")},
		{Name: "calls", Value: calls},
		{Name: "active", Value: strconv.Itoa(o.cfg.Active)},
		{Name: "duration", Value: o.cfg.Duration.String()},
		{Name: "scale", Value: strconv.FormatFloat(o.cfg.Scale, 'g', -1, 64)},
	}
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
