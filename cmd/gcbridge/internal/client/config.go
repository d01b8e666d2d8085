// Package client is a GC client as a person or a script drives it: it puts
// commands on the connector's queue, prints every command and every output
// as they pass, and can hold what comes back against expectations.
package client

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// Config is what a client needs to know. New clients fill in the zero values
// as the field comments say.
type Config struct {
	BrokerURLs     []string // ordered; empty = stomp://localhost:61613
	BrokerUser     string
	BrokerPassword secret.Secret
	TLS            *tls.Config // for stomp+ssl URLs
	Queue          string      // command queue, "" = Connector1

	Agent       string        // login id
	Password    secret.Secret // of the agent
	Extension   string
	Destination string          // where answers come, "" = agent-<Agent>
	Format      protocol.Format // "" = the connector's setting [D3]

	SimURL    string       // REST address of a simulator, for the sim commands; "" = none
	SimClient *http.Client // nil = http.DefaultClient's transport with Timeout

	Timeout time.Duration // limit for connecting and for an expected output, 0 = 10 s
	Colour  bool          // for terminals
	Prompt  string        // printed before each line is read, "" for scripts
	Log     zerolog.Logger
}

// prepared checks c and fills in what was left out.
func (c Config) prepared() (Config, error) {
	if c.Agent == "" {
		return c, errors.New("client: no agent id")
	}
	formats := []protocol.Format{"", protocol.FormatJSON, protocol.FormatDefault}
	if !slices.Contains(formats, c.Format) {
		return c, fmt.Errorf("client: format %q is neither %s nor %s", c.Format, protocol.FormatJSON, protocol.FormatDefault)
	}
	if len(c.BrokerURLs) == 0 {
		c.BrokerURLs = []string{"stomp://localhost:61613"}
	}
	if c.Queue == "" {
		c.Queue = "Connector1"
	}
	if c.Destination == "" {
		c.Destination = "agent-" + c.Agent
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.SimClient == nil {
		c.SimClient = &http.Client{Timeout: c.Timeout}
	}
	return c, nil
}
