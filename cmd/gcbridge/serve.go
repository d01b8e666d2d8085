package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"gcbridge/bridge"
	"gcbridge/bridge/config"
)

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the worker; configured by GC_ environment variables",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return err
			}
			if cfg.NodeID, err = nodeID(cfg); err != nil {
				return err
			}
			log := newLogger(cmd.ErrOrStderr(), cfg)
			w, err := bridge.New(cfg, bridge.Options{Log: log})
			if err != nil {
				return err
			}
			log.Info().Str("node", cfg.NodeID).Str("version", version).Strs("brokers", cfg.BrokerURLs).Strs("finesse", cfg.FinesseURLs).
				Str("queue", cfg.CommandQueue).Str("edition", cfg.Edition).Str("format", cfg.MessageFormat).
				Bool("paired", w.Paired()).Msg("gcbridge starts")
			for _, warning := range cfg.Warnings() {
				log.Warn().Str("setting", warning.Name).Msg(warning.Text)
			}
			if links := config.ServiceLinks(); len(links) > 0 {
				log.Warn().Strs("names", links).Msg("service links of Kubernetes are ignored; enableServiceLinks: false keeps them away")
			}
			if !w.Paired() {
				log.Warn().Msg("this node runs alone: without GC_SYNC_KEY no other node can take over its agents")
			}
			defer log.Info().Msg("gcbridge stopped")
			return w.Run(cmd.Context())
		},
	}
}

// nodeID is the configured name, else the host's.
func nodeID(c config.Config) (string, error) {
	if c.NodeID != "" {
		return c.NodeID, nil
	}
	h, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("no host name; set GC_NODE_ID: %w", err)
	}
	return h, nil
}

// newLogger writes JSON lines, or text for people; one line at a time, from any goroutine.
func newLogger(w io.Writer, c config.Config) zerolog.Logger {
	if c.LogFormat == "console" {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: "15:04:05.000", NoColor: os.Getenv("NO_COLOR") != "" || !terminal(w)}
	}
	level, err := zerolog.ParseLevel(c.LogLevel)
	if err != nil {
		level = zerolog.InfoLevel // Validate refused it already
	}
	return zerolog.New(zerolog.SyncWriter(w)).Level(level).Hook(zerolog.HookFunc(stamp))
}

// stamp writes milliseconds: what two nodes did in the same second has an order.
func stamp(e *zerolog.Event, _ zerolog.Level, _ string) {
	e.Str(zerolog.TimestampFieldName, time.Now().Format("2006-01-02T15:04:05.000Z07:00"))
}
