// Command gcbridge is an open Generic Connector for Cisco Finesse: the worker,
// a simulator to run it against, and clients to try it with.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := untilSignal()
	err := rootCommand().ExecuteContext(ctx)
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "gcbridge:", err)
		os.Exit(1)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "gcbridge",
		Short:         "Open Generic Connector for Cisco Finesse",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(
		serveCommand(), demoCommand(), simCommand(), agentCommand(), loadCommand(), specCommand(),
		configCommand(), healthcheckCommand(), versionCommand(),
	)
	return root
}
