package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
)

func simCommand() *cobra.Command {
	var cfg, second sim.Config
	var caOut string
	c := &cobra.Command{
		Use:   "sim",
		Short: "Simulate a Cisco Finesse: REST, XMPP, call control and faults",
		Long: `sim plays a Finesse server. Without --scenario it has agents 1001-1010 at
extensions 2001-2010 with passwords pw<id>, in teams 1 "Sales" (supervisor 1005)
and 2 "Support" (supervisor 1010). Calls and faults are made by POST to /sim/ on
the REST address.`,
		Example: `  gcbridge sim --tls=false --rest 127.0.0.1:8082 --xmpp 127.0.0.1:5222
  curl -d '{"from":"5551000","to":"2001"}' http://127.0.0.1:8082/sim/calls`,
		Args: cobra.NoArgs,
		PreRunE: func(*cobra.Command, []string) error {
			if (second.RESTAddr == "") != (second.XMPPAddr == "") {
				return errors.New("--rest2 and --xmpp2 go together")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if second.RESTAddr != "" {
				cfg.SecondaryHost = cmp.Or(second.Domain, "localhost")
			}
			s, err := sim.New(cfg)
			if err != nil {
				return err
			}
			defer s.Close() // after Run it does nothing
			nodes := []*sim.Server{s}
			if second.RESTAddr != "" {
				peer := cfg
				peer.RESTAddr, peer.XMPPAddr, peer.Domain, peer.Peer = second.RESTAddr, second.XMPPAddr, second.Domain, s
				peer.SecondaryHost, peer.Scenario, peer.ScenarioPath = "", nil, ""
				s2, err := sim.New(peer)
				if err != nil {
					return err
				}
				defer s2.Close()
				nodes = append(nodes, s2)
			}
			if caOut != "" {
				var cas []byte
				for _, n := range nodes {
					cas = append(cas, n.CAPEM()...)
				}
				if err := os.WriteFile(caOut, cas, 0o644); err != nil {
					return fmt.Errorf("write the CA: %w", err)
				}
			}
			out := cmd.OutOrStdout()
			var urls, addrs []string
			g, ctx := errgroup.WithContext(cmd.Context())
			for _, n := range nodes {
				fmt.Fprintf(out, "REST %s\nXMPP %s (%s), domain %s\ncontrol %s\n", n.RESTURL(), n.XMPPAddr(), n.XMPPTLS(), n.Domain(), n.ControlURL())
				urls, addrs = append(urls, n.RESTURL()), append(addrs, n.XMPPAddr())
				g.Go(func() error { return n.Run(ctx) })
			}
			fmt.Fprintf(out, "worker: GC_FINESSE_URLS=%s GC_XMPP_ADDRS=%s GC_XMPP_TLS=%s\n", strings.Join(urls, ","), strings.Join(addrs, ","), s.XMPPTLS())
			return g.Wait()
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.RESTAddr, "rest", "127.0.0.1:8445", "address of REST and of the control API")
	f.StringVar(&cfg.XMPPAddr, "xmpp", "127.0.0.1:5223", "address of the notification service")
	f.StringVar(&second.RESTAddr, "rest2", "", "address of REST and of the control API of the second node of a pair; with --xmpp2")
	f.StringVar(&second.XMPPAddr, "xmpp2", "", "address of the second node's notification service")
	f.StringVar(&second.Domain, "domain2", "", "XMPP domain and node name of the second node (default localhost)")
	f.StringVar(&cfg.Domain, "domain", "localhost", "XMPP domain and node name")
	f.BoolVar(&cfg.TLS, "tls", true, "serve HTTPS and XMPP over TLS with a certificate made at start")
	f.StringVar(&caOut, "ca-out", "", "write the certificate authority of --tls to this file, for GC_FINESSE_CA_FILE")
	f.StringVar(&cfg.Flavor, "flavor", "", "uccx or ucce (default the scenario's, else ucce)")
	f.IntVar(&cfg.Scale, "scale", 0, "further agents, 100001... at extensions 500001...")
	f.StringVar(&cfg.ScenarioPath, "scenario", "", "YAML file that replaces parts of the fixture")
	f.DurationVar(&cfg.PresenceGrace, "presence-grace", 0, "how long an agent may be without XMPP before being forced out (default 60s)")
	f.StringVar(&cfg.XMPPTLS, "xmpp-tls", "", "direct, starttls or none (default direct with --tls, else none)")
	f.StringVar(&cfg.AuthMode, "auth", "", "systemAuthMode: NON_SSO, SSO or HYBRID (default NON_SSO); with SSO agents present a token, token<id> unless the scenario has another")
	f.BoolVar(&cfg.LogoutOnDisconnect, "load", false, "the CCE setting LOAD: agents without XMPP are logged out")
	f.DurationVar(&cfg.EventDelay, "event-delay", 0, "time between the answer to a request and its events")
	f.DurationVar(&cfg.RingTimeout, "ring-timeout", 0, "when a routed call leaves an agent who does not answer (default 30s; negative = never)")
	f.BoolVar(&cfg.NoEcho, "no-echo", false, "leave the requestId of every event empty, as a Finesse 12.5 may")
	f.BoolVar(&cfg.ReasonRequired, "reason-required", false, "refuse NOT_READY and LOGOUT without a reason code")
	f.StringVar(&cfg.AuthMode, "auth-mode", "NON_SSO", "systemAuthMode: NON_SSO, SSO or HYBRID; the tokens are token<id>")
	f.DurationVar(&cfg.TokenLife, "token-life", 0, "let access tokens end; they are got and renewed at /desktop/sso/token then (default never)")
	f.DurationVar(&cfg.RefreshLife, "refresh-life", 0, "how long a refresh token is good (default 10h)")
	c.PersistentPreRun = func(cmd *cobra.Command, _ []string) {
		cfg.Log = newLogger(cmd.ErrOrStderr(), config.Config{LogFormat: "console", LogLevel: "info"})
	}
	return c
}
