package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gcbridge/load"
)

// loadOptions are the flags of `gcbridge load`.
type loadOptions struct {
	cfg            load.Config
	scenarios      []string
	agents         int
	passwordFile   string
	format         string
	sim            string
	simInsecure    bool
	finesse        []string
	lab            bool
	pid, killPID   int
	admin          load.Admin
	adminTokenFile string
	jsonFile       string
}

func loadCommand() *cobra.Command {
	var o loadOptions
	c := &cobra.Command{
		Use:   "load",
		Short: "Play many agents at once against a running worker, and measure what they are told",
		Long: `load plays the clients of many agents against a worker that runs (gcbridge serve),
through its broker, and measures how long everything takes and whether each event
comes, and comes once. It ends with an error if one does not.

Scenarios, in the order given; login-ready comes first in any case:
  login-ready      all agents connect, log in and become ready at once
  inbound-at-once  a call rings at every agent at once; all answer, then all hang up
  steady-day       each agent has --calls calls an hour, --scale times faster: they answer,
                   talk, hang up and are ready again, for --duration
  state-loop       the --active agents change their state, each again as soon as it is
                   told, for --duration
  fail-over        the worker of --kill-pid is killed (kill -9), and another one of the pair
                   has to serve its agents`,
		Example: `  gcbridge load --agents 100 --scenario login-ready,inbound-at-once,state-loop \
      --broker stomp://127.0.0.1:61613 --sim http://127.0.0.1:8445 --pid $(pidof gcbridge) --json load.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.IntVar(&o.agents, "agents", 10, "how many agents: 100001... at extensions 500001..., as a simulator has them with --scale")
	f.StringSliceVar(&o.scenarios, "scenario", []string{load.LoginReady}, "what to play, in this order: "+strings.Join(load.Scenarios(), ", "))
	f.StringSliceVar(&o.cfg.BrokerURLs, "broker", []string{"stomp://localhost:61613"}, "broker URLs in order, stomp:// or stomp+ssl://")
	f.StringVar(&o.cfg.BrokerUser, "user", "", "broker user")
	f.StringVar(&o.passwordFile, "password-file", "", "file with the broker password")
	f.StringVar(&o.cfg.Queue, "queue", "Connector1", "command queue")
	f.StringVar(&o.format, "format", "", "JSON or DEFAULT, for the load's destinations only (default: the connector's setting)")
	f.BoolVar(&o.cfg.Persistent, "persistent", false, "send commands as persistent messages")
	f.IntVar(&o.cfg.Connections, "connections", 4, "connections to the broker that the agents share")
	f.IntVar(&o.cfg.Destinations, "destinations", 0, "topics for the answers that the agents share; 0 = one for each agent")
	f.StringVar(&o.sim, "sim", "", "REST address of the Finesse simulator behind the worker: it makes the calls (default: agents call each other)")
	f.BoolVar(&o.simInsecure, "sim-insecure", false, "accept any certificate of the simulator")
	f.StringSliceVar(&o.finesse, "finesse", nil, "REST URLs of the worker's Finesse, where there is no simulator (default: GC_FINESSE_URLS)")
	f.BoolVar(&o.lab, "yes-this-is-a-lab", false, "the broker or Finesse is not on this machine, and nobody works there")
	f.IntVar(&o.cfg.Active, "active", 200, "agents who change their state in the state loop")
	f.DurationVar(&o.cfg.Duration, "duration", 10*time.Second, "length of the state loop, and of the steady day")
	f.Float64Var(&o.cfg.Calls, "calls", 30, "calls per agent and hour of the steady day")
	f.Float64Var(&o.cfg.Scale, "scale", 1, "how many times faster the steady day goes")
	f.Uint64Var(&o.cfg.Seed, "seed", 1, "of the steady day: the same seed makes the same calls")
	f.DurationVar(&o.cfg.Timeout, "timeout", 30*time.Second, "an event that has not come after so long, with nothing else coming, is lost")
	f.IntVar(&o.pid, "pid", 0, "process id of the worker on this machine, whose memory and CPU are read from /proc")
	f.IntVar(&o.killPID, "kill-pid", 0, "process id of the worker that the fail-over kills (default: that of --pid)")
	f.StringVar(&o.admin.Address, "admin", "", "admin address of the worker, such as 127.0.0.1:8112: its goroutines, and which Finesse it uses")
	f.StringVar(&o.adminTokenFile, "admin-token-file", "", "file with the worker's GC_ADMIN_TOKEN")
	f.StringVar(&o.jsonFile, "json", "", "write the report to this file, as JSON")
	return c
}
