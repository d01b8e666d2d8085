package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"gcbridge/bridge"
	"gcbridge/bridge/broker/embedded"
	"gcbridge/bridge/config"
	"gcbridge/cmd/gcbridge/internal/client"
	"gcbridge/finesse/sim"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// demoOptions are the flags of `gcbridge demo`.
type demoOptions struct {
	once, verbose      bool
	broker, rest, xmpp string
	admin              string
	format, edition    string
}

func demoCommand() *cobra.Command {
	var o demoOptions
	c := &cobra.Command{
		Use:   "demo",
		Short: "Broker, Finesse simulator, worker and a scripted agent's day in one process",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.BoolVar(&o.once, "once", false, "exit after the day; with an error if an expected output is missing")
	f.BoolVar(&o.verbose, "verbose", false, "print the worker's log too")
	f.StringVar(&o.broker, "broker", "127.0.0.1:61613", "STOMP address of the embedded broker; a free port if it is in use")
	f.StringVar(&o.rest, "rest", "127.0.0.1:8445", "REST address of the simulator; a free port if it is in use")
	f.StringVar(&o.xmpp, "xmpp", "127.0.0.1:5222", "XMPP address of the simulator; a free port if it is in use")
	f.StringVar(&o.admin, "admin", "127.0.0.1:8112", "admin address of the worker; a free port if it is in use")
	f.StringVar(&o.format, "format", "JSON", "JSON or DEFAULT")
	f.StringVar(&o.edition, "edition", "4.4", "3, 4.4 or 4.4.12")
	return c
}

// run starts the parts, plays the day and, unless once, serves until ctx ends.
func (o demoOptions) run(ctx context.Context, out, errOut io.Writer) error {
	log := zerolog.Nop()
	if o.verbose {
		log = newLogger(errOut, config.Config{LogFormat: "console", LogLevel: "debug"})
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	brk, err := embedded.Start(embedded.Config{Addr: freeAddr(ctx, o.broker), Log: log}) //nolint:contextcheck // Close ends it
	if err != nil {
		return err
	}
	defer brk.Close()
	simConf := sim.Config{RESTAddr: freeAddr(ctx, o.rest), XMPPAddr: freeAddr(ctx, o.xmpp), Log: log}
	sim.WithEnvironment(os.Getenv)(&simConf)
	fin, err := sim.New(simConf) //nolint:contextcheck // Run has the context
	if err != nil {
		return err
	}
	cfg := config.Default()
	cfg.NodeID, cfg.AdminListen = "demo", freeAddr(ctx, o.admin)
	cfg.BrokerURLs, cfg.FinesseURLs = []string{brk.URL()}, []string{fin.RESTURL()}
	cfg.XMPPAddrs, cfg.XMPPTLS = []string{fin.XMPPAddr()}, fin.XMPPTLS()
	cfg.MessageFormat, cfg.Edition = strings.ToUpper(o.format), o.edition
	worker, err := bridge.New(cfg, bridge.Options{Log: log})
	if err != nil {
		return errors.Join(err, fin.Close())
	}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return fin.Run(ctx) })
	parts.Go(func() error { return worker.Run(ctx) })
	parts.Go(func() error {
		defer stop()
		fmt.Fprintf(out, "broker %s, Finesse simulator %s, worker admin http://%s\n\n", brk.URL(), fin.RESTURL(), cfg.AdminListen)
		if err := day(ctx, brk.URL(), strings.TrimSuffix(fin.ControlURL(), "/sim"), log, out); err != nil || o.once {
			return err
		}
		invite(out, brk.URL(), fin.ControlURL())
		<-ctx.Done()
		return nil
	})
	return parts.Wait()
}

// day plays the scripted agent's day.
func day(ctx context.Context, brokerURL, simRoot string, log zerolog.Logger, out io.Writer) error {
	return client.Run(ctx, client.Config{
		BrokerURLs: []string{brokerURL}, Agent: "1001", Password: secret.New("pw1001"), Extension: "2001",
		Format: protocol.Format(""), SimURL: simRoot, Log: log,
	}, strings.NewReader(client.Day), out)
}

// invite says how to connect a client of one's own.
func invite(out io.Writer, brokerURL, control string) {
	fmt.Fprintf(out, `
The day is over; everything still runs (Ctrl-C ends it). Connect a client of your own:
  STOMP at %s, commands to /queue/Connector1, answers on the topic that Hello and Connect name
  or be an agent:  ./bin/gcbridge agent --broker %s --id 1002 --agent-password pw1002 --extension 2002 --sim %s
`, brokerURL, brokerURL, strings.TrimSuffix(control, "/sim"))
}
