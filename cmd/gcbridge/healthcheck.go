package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gcbridge/bridge/config"
)

// healthAnswer is the most bytes of an answer that are read.
const healthAnswer = 4 << 10

func healthcheckCommand() *cobra.Command {
	var live bool
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask the node of this environment whether it is ready, or alive",
		Long: `healthcheck asks /readyz of the node that listens on GC_ADMIN_LISTEN, or /livez
with --live, and ends with 0 if the answer is 200. It needs no shell and no
other program, so it works as the health check of an image made from scratch.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return err
			}
			path := "/readyz"
			if live {
				path = "/livez"
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			return askHealth(ctx, cfg.AdminListen, path)
		},
	}
	c.Flags().BoolVar(&live, "live", false, "ask /livez: does the node make progress, even if the broker or Finesse is down")
	c.Flags().DurationVar(&timeout, "timeout", 2*time.Second, "limit for the answer")
	return c
}

// askHealth is nil if the node that listens on listen answers path with 200;
// otherwise the error holds what it says.
func askHealth(ctx context.Context, listen, path string) error {
	if listen == "" {
		return errors.New("healthcheck: GC_ADMIN_LISTEN is empty: the health check needs it")
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("healthcheck: GC_ADMIN_LISTEN: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "localhost" // it listens on every address
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+path, nil)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}} // and no proxy
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	says, err := io.ReadAll(io.LimitReader(resp.Body, healthAnswer))
	if err != nil {
		return fmt.Errorf("healthcheck: %s: %w", resp.Status, err)
	}
	return fmt.Errorf("healthcheck: %s: %s", resp.Status, strings.TrimSpace(string(says)))
}
