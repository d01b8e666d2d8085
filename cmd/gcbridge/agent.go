package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"gcbridge/cmd/gcbridge/internal/client"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// agentOptions are the flags of `gcbridge agent`; run makes a client.Config of them.
type agentOptions struct {
	cfg                client.Config
	passwordFile       string
	agentPassword      string
	agentPasswordFile  string
	format             string
	script             string
	simInsecure, plain bool
}

func agentCommand() *cobra.Command {
	var o agentOptions
	c := &cobra.Command{
		Use:   "agent",
		Short: "A GC client for a person at a prompt, or for a script",
		Long: `agent sends commands to the connector's queue and prints every command and
every output. Without --script it reads commands from a prompt;
type help there. A script ends at its first line that fails, with a non-zero exit code.`,
		Example: `  gcbridge agent --id 1001 --extension 2001 --agent-password-file pw.txt
  gcbridge agent --id 1001 --extension 2001 --agent-password pw1001 \
      --sim http://127.0.0.1:8445 --script day.script`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	f := c.Flags()
	f.StringSliceVar(&o.cfg.BrokerURLs, "broker", []string{"stomp://localhost:61613"}, "broker URLs in order, stomp:// or stomp+ssl://")
	f.StringVar(&o.cfg.BrokerUser, "user", "", "broker user")
	f.StringVar(&o.passwordFile, "password-file", "", "file with the broker password")
	f.StringVar(&o.cfg.Queue, "queue", "Connector1", "command queue")
	f.StringVar(&o.cfg.Agent, "id", "", "agent login id")
	f.StringVar(&o.agentPassword, "agent-password", "", "agent password; other users of the machine can see it, prefer the file")
	f.StringVar(&o.agentPasswordFile, "agent-password-file", "", "file with the agent password")
	f.StringVar(&o.cfg.Extension, "extension", "", "agent extension")
	f.StringVar(&o.cfg.Destination, "destination", "", "topic, or queue://name, for the answers (default agent-<id>)")
	f.StringVar(&o.format, "format", "", "JSON or DEFAULT, for this destination only (default: the connector's setting)")
	f.StringVar(&o.script, "script", "", "run the commands of this file; - is standard input")
	f.StringVar(&o.cfg.SimURL, "sim", "", "REST address of a Finesse simulator, for the sim commands")
	f.BoolVar(&o.simInsecure, "sim-insecure", false, "accept any certificate of the simulator")
	f.DurationVar(&o.cfg.Timeout, "timeout", 10*time.Second, "limit for connecting and for each expected output")
	f.BoolVar(&o.plain, "plain", false, "no colours")
	c.MarkFlagsMutuallyExclusive("agent-password", "agent-password-file")
	if err := c.MarkFlagRequired("id"); err != nil {
		panic(err) // the flag is defined above
	}
	return c
}

func (o agentOptions) run(ctx context.Context, in io.Reader, out io.Writer) error {
	cfg := o.cfg
	cfg.Format = protocol.Format(strings.ToUpper(o.format))
	cfg.Colour = !o.plain && terminal(out)
	var err error
	if cfg.BrokerPassword, err = readSecret(o.passwordFile, ""); err != nil {
		return err
	}
	if cfg.Password, err = readSecret(o.agentPasswordFile, o.agentPassword); err != nil {
		return err
	}
	cfg.SimClient = simClient(o.simInsecure, cfg.Timeout)
	switch {
	case o.script == "" && terminal(in):
		cfg.Prompt = "> "
		in = &interruptible{ctx: ctx, in: in}
	case o.script != "" && o.script != "-":
		file, err := os.Open(o.script)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	return client.Run(ctx, cfg, in, out)
}

// simClient asks a simulator; insecure accepts any certificate.
func simClient(insecure bool, timeout time.Duration) *http.Client {
	c := &http.Client{Timeout: timeout}
	if insecure {
		//nolint:gosec // a flag asks for it, for the self-signed certificate of a test system
		c.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 16}
	}
	return c
}

func readSecret(file, value string) (secret.Secret, error) {
	if file == "" {
		return secret.New(value), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return secret.Secret{}, fmt.Errorf("password: %w", err)
	}
	return secret.New(strings.TrimRight(string(text), "\r\n")), nil
}

func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// interruptible lets Ctrl-C end a read from a terminal. The read itself cannot
// be cancelled; its goroutine ends with the program.
type interruptible struct {
	ctx context.Context // io.Reader has no room for it
	in  io.Reader
}

func (r *interruptible) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	buf := make([]byte, len(p))
	done := make(chan result, 1)
	go func() {
		n, err := r.in.Read(buf)
		done <- result{n, err}
	}()
	select {
	case got := <-done:
		return copy(p, buf[:got.n]), got.err
	case <-r.ctx.Done():
		return 0, io.EOF
	}
}
