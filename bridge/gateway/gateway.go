// Package gateway is the way of a command from its transport to the agent's
// session: it is read, the facts are gathered, [Decide] picks what happens, and
// that is carried out. It knows where clients listen (the [Book]) and which
// commands are on their way.
package gateway

import (
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"gcbridge/bridge/gateway/clocks"
	"gcbridge/bridge/session"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

// Agents are the sessions of this node.
type Agents interface {
	// Find is an agent's session; nil if they are not known here.
	Find(agent string) *session.Session
	// Connect is an agent's session, started if there is none; nil: too many new
	// agents are being tried already.
	Connect(agent string) *session.Session
	// SupervisorAt is the session of the supervisor who is bound to an address, or nil.
	SupervisorAt(at wire.Address) *session.Session
}

// Cluster is where agents are who have no session here.
type Cluster interface {
	// Locate is whether another node has an agent, or had them and died, and where
	// their client listens as a node told it: see [wire.Address]; "" = not known.
	Locate(agent string) (elsewhere bool, address string)
	// Fetch moves an agent of another node here; false: no node has them.
	Fetch(agent string) bool
	// Overtaken reports that a later command of the same producer has begun.
	Overtaken(messageID, agent string) bool
	// Settling reports that agents may still be on their way here.
	Settling() bool
}

// Finesse is what the gateway asks of Finesse.
type Finesse interface {
	Status() protocol.SystemStatus
	// Serving reports whether a server serves.
	Serving() bool
}

// Outbox is the way out.
type Outbox interface{ Send(o wire.Output) }

// Addresses reads addresses.
type Addresses interface {
	Named(name string) (wire.Address, error)
	Stored(path string) (wire.Address, error)
}

// Config is what a [Gateway] needs.
type Config struct {
	Dialect   protocol.Dialect
	MaxAge    time.Duration // GC_COMMAND_MAX_AGE; 0: any age will do
	Prefetch  int           // GC_COMMAND_PREFETCH; 0: never reached
	Agents    Agents
	Cluster   Cluster
	Finesse   Finesse
	Addresses Addresses
	Out       Outbox
	Book      *Book
	Telemetry *telemetry.Telemetry
	Log       zerolog.Logger
}

// Gateway takes commands. Make one with [New]; its methods may be called from any
// goroutine and do not block.
type Gateway struct {
	Config
	seen     *seen
	waiting  *waiting
	ages     *ages
	acts     map[Action]act
	stopping atomic.Bool // commands are left to another node or the next start
}

// New makes a gateway.
func New(cfg Config) *Gateway {
	return &Gateway{Config: cfg, seen: newSeen(rememberedCommands), waiting: newWaiting(), ages: newAges(cfg), acts: acts()}
}

// Stop makes the gateway take no more commands; those that it has go on.
func (g *Gateway) Stop() { g.stopping.Store(true) }

// Running is how many commands have no outcome yet.
func (g *Gateway) Running() int { return g.seen.running() }

// call is a command on its way through the gateway.
type call struct {
	*wire.Command
	cmd    protocol.Command
	bad    *protocol.ParseError // nil: it is well formed
	to     wire.Binding         // what Hello, Beat or Connect names
	toErr  error                // why that cannot be used
	age    clocks.Age
	waited bool // for its agent, once
}

// Receive takes a command. A transport calls it in the order of its commands. A
// defect costs the command, which is answered or rejected and never comes again.
func (g *Gateway) Receive(c *wire.Command) {
	g.Telemetry.Contain(g.Log, "command", func() { g.receive(c) }, func() { g.failed(c) })
}

func (g *Gateway) receive(c *wire.Command) {
	if g.stopping.Load() {
		return // not acknowledged: another node, or the next start, gets it
	}
	g.Telemetry.Count(telemetry.Commands)
	if !g.seen.start(c.MessageID, c.Ack) {
		g.Telemetry.Count(telemetry.CommandsRedelivered)
		return
	}
	k := g.read(c)
	if k.cmd.Row != nil && !k.cmd.Row.ByDestination {
		g.Book.Spoke(k.cmd.ID)
	}
	k.age = g.ages.of(c, g.seen.running())
	g.decide(k)
}

// decide decides a command and does what follows.
func (g *Gateway) decide(c *call) {
	f := g.facts(c)
	v := Decide(f)
	g.carryOut(c, v)
}

// decided acknowledges a command whose outcome is known.
func (g *Gateway) decided(c *wire.Command) {
	g.Log.Debug().Str("jms_message_id", c.MessageID).Msg("command decided")
	g.seen.decide(c.MessageID)
}

// failed ends a command whose way had a defect: what is left of it is done so
// that it cannot fail the same way twice.
func (g *Gateway) failed(c *wire.Command) {
	g.Telemetry.Contain(g.Log, "reject", func() {
		g.Telemetry.Count(telemetry.CommandsRejected)
		c.Reject("a defect of gcbridge: see its log", false, nil)
	}, nil)
	g.seen.decide(c.MessageID)
}
