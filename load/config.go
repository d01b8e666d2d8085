// Package load plays many agents at once against a running worker, as their
// clients would, and measures what they are told. It speaks STOMP to the broker,
// and HTTP to the control API of a Finesse simulator if there is one; it never
// speaks to Finesse.
package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/load/measure"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// Agent is whom the load plays.
type Agent struct {
	ID        string
	Extension string
	Password  secret.Secret
}

// Caller makes calls come in. Its method may be called from any goroutine.
type Caller interface {
	// Ring lets a call ring at an extension; it returns when that was asked for.
	Ring(ctx context.Context, extension string) error
}

// Config is what a load needs to know. New fills in the zero values as the
// comments say.
type Config struct {
	BrokerURLs     []string // ordered
	BrokerUser     string
	BrokerPassword secret.Secret
	TLS            *tls.Config     // for stomp+ssl URLs
	Queue          string          // of the commands, "" = Connector1
	Format         protocol.Format // of the answers, "" = the connector's setting [D3]
	Persistent     bool            // send commands as persistent messages

	Agents       []Agent
	Connections  int    // to the broker, which the agents share, 0 = 4
	Destinations int    // where answers come, which the agents share; 0 = one for each agent
	Caller       Caller // nil: one half of the agents calls the other half
	// Known is asked whether an agent who has just logged in is known where the calls
	// come from: that the worker's Finesse is that simulator. nil = nobody is asked.
	Known func(ctx context.Context, agent string) error

	Active   int           // agents who change their state in the state loop, 0 = 200, at most all
	Duration time.Duration // of the state loop, and of the steady day, 0 = 10 s
	Calls    float64       // per agent and hour of the steady day, 0 = 30
	Scale    float64       // so many times faster goes the steady day, 0 = 1
	Seed     uint64        // of the steady day
	Timeout  time.Duration // for each event that must come, 0 = 30 s

	Worker Worker // nil: nobody looks at the worker
	// Kill ends a worker at once, for the fail-over; see [NewVictim].
	Kill func() error
	// Killed is the node whose process Kill ends; "" = there is only one who serves.
	Killed string
	// Progress is called several times a second, from one goroutine; nil = nobody looks.
	Progress func(measure.Progress)
	Log      zerolog.Logger
}

// The defaults.
const (
	defaultConnections = 4
	defaultActive      = 200
	defaultDuration    = 10 * time.Second
	defaultCalls       = 30
	defaultTimeout     = 30 * time.Second
)

// ErrConfig is an error of what the load was told to do.
var ErrConfig = errors.New("load: configuration")

// prepared checks c and fills in what was left out.
func (c Config) prepared() (Config, error) {
	c.Connections, c.Active = orInt(c.Connections, defaultConnections), orInt(c.Active, defaultActive)
	c.Active = min(c.Active, len(c.Agents))
	c.Connections = min(c.Connections, len(c.Agents))
	c.Destinations = orInt(c.Destinations, len(c.Agents))
	if c.Duration == 0 {
		c.Duration = defaultDuration
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Calls == 0 {
		c.Calls = defaultCalls
	}
	if c.Scale == 0 {
		c.Scale = 1
	}
	if c.Queue == "" {
		c.Queue = "Connector1"
	}
	if c.Progress == nil {
		c.Progress = func(measure.Progress) {}
	}
	switch {
	case len(c.Agents) == 0:
		return c, fmt.Errorf("%w: no agents", ErrConfig)
	case c.Connections < 0 || c.Destinations < 0 || c.Active < 0:
		return c, fmt.Errorf("%w: a number of connections, destinations or active agents is negative", ErrConfig)
	case c.Duration < 0 || c.Timeout < 0 || c.Calls < 0 || c.Scale < 0:
		return c, fmt.Errorf("%w: a duration, the calls or the scale is negative", ErrConfig)
	}
	seen := map[string]bool{}
	for _, a := range c.Agents {
		if a.ID == "" || seen[a.ID] {
			return c, fmt.Errorf("%w: agent %q is there twice, or has no id", ErrConfig, a.ID)
		}
		seen[a.ID] = true
	}
	return c, nil
}

func orInt(v, otherwise int) int {
	if v == 0 {
		return otherwise
	}
	return v
}
