// Command floor is what the bridge is measured against: the least that must be done
// for a command or an event, and nothing else. It is started by test/bench.
//
//	floor relay     a command from a queue, one PUT, one message to a topic, the acknowledgement
//	floor publish   messages to a topic, as many as it is allowed on standard input
//	floor read      notifications of agents, counted by their end tags and not decoded
//	floor pass      read, and a message to a topic for each
//
// Each ends with its standard input.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// options are what the modes are told; each reads what concerns it.
type options struct {
	broker  string // host:port of STOMP
	queue   string
	topic   string
	finesse string // base of REST
	ca      string // file of the certificate authority of Finesse, "" without TLS
	xmpp    string // host:port
	first   int    // number of the first agent
	agents  int
	width   int // commands under way
}

func main() {
	var o options
	f := flag.NewFlagSet("floor", flag.ExitOnError)
	f.StringVar(&o.broker, "broker", "", "host:port of STOMP")
	f.StringVar(&o.queue, "queue", "", "of commands")
	f.StringVar(&o.topic, "topic", "", "of outputs")
	f.StringVar(&o.finesse, "finesse", "", "base URL of REST")
	f.StringVar(&o.ca, "ca", "", "file with the certificate authority of Finesse")
	f.StringVar(&o.xmpp, "xmpp", "", "host:port of the notification service")
	f.IntVar(&o.first, "first", 0, "number of the first agent")
	f.IntVar(&o.agents, "agents", 0, "how many agents")
	f.IntVar(&o.width, "width", 200, "commands under way")
	modes := map[string]func(ctx context.Context, o options, in io.Reader, out io.Writer) error{
		"relay": relay, "publish": publish, "read": read, "pass": pass,
	}
	name := ""
	if len(os.Args) > 1 {
		name = os.Args[1]
		_ = f.Parse(os.Args[2:]) // it exits on errors
	}
	mode, ok := modes[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "floor: relay, publish, read or pass")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := mode(ctx, o, os.Stdin, os.Stdout)
	stop()
	if err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}
