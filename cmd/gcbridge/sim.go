package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"gcbridge/bridge/config"
	"gcbridge/finesse/sim"
)

func simCommand() *cobra.Command {
	var cfg sim.Config
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
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := sim.New(cfg)
			if err != nil {
				return err
			}
			defer s.Close() // after Run it does nothing
			if caOut != "" {
				if err := os.WriteFile(caOut, s.CAPEM(), 0o644); err != nil {
					return fmt.Errorf("write the CA: %w", err)
				}
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "REST %s\nXMPP %s (%s), domain %s\ncontrol %s\n", s.RESTURL(), s.XMPPAddr(), s.XMPPTLS(), s.Domain(), s.ControlURL())
			fmt.Fprintf(out, "worker: GC_FINESSE_URLS=%s GC_XMPP_ADDRS=%s GC_XMPP_TLS=%s\n", s.RESTURL(), s.XMPPAddr(), s.XMPPTLS())
			return s.Run(cmd.Context())
		},
	}
	f := c.Flags()
	f.StringVar(&cfg.RESTAddr, "rest", "127.0.0.1:8445", "address of REST and of the control API")
	f.StringVar(&cfg.XMPPAddr, "xmpp", "127.0.0.1:5223", "address of the notification service")
	f.StringVar(&cfg.Domain, "domain", "localhost", "XMPP domain and node name")
	f.BoolVar(&cfg.TLS, "tls", true, "serve HTTPS and XMPP over TLS with a certificate made at start")
	f.StringVar(&caOut, "ca-out", "", "write the certificate authority of --tls to this file, for GC_FINESSE_CA_FILE")
	f.StringVar(&cfg.Flavor, "flavor", "", "uccx or ucce (default the scenario's, else ucce)")
	f.IntVar(&cfg.Scale, "scale", 0, "further agents, 100001... at extensions 500001...")
	f.StringVar(&cfg.ScenarioPath, "scenario", "", "YAML file that replaces parts of the fixture")
	f.DurationVar(&cfg.PresenceGrace, "presence-grace", 0, "how long an agent may be without XMPP before being forced out (default 60s)")
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
