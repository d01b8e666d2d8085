package bridge

import (
	"context"
	"sync"
	"time"

	"gcbridge/bridge/session"
	"gcbridge/connectorsync"
)

// order keeps a node that runs alone from running a command behind a later one
// of the same producer: a broker may deliver what it had given to a lost
// connection behind what it gave to the next. Of a pair the pair's state does it.
// Safe for concurrent use.
type order struct {
	mu    sync.Mutex
	known *connectorsync.Order
}

// orderedAgents bounds the agents whose newest command is remembered.
const orderedAgents = 50_000

func newOrder() *order { return &order{known: connectorsync.NewOrder(orderedAgents)} }

// begin implements session.Deps.Begin.
func (o *order) begin(_ context.Context, r *session.Request) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.known.Begun(connectorsync.Mark{Agent: r.Command.ID, MessageID: r.MessageID, At: connectorsync.MillisOf(time.Now())})
	return nil
}

// overtaken implements session.Deps.Overtaken.
func (o *order) overtaken(r *session.Request) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.known.Overtaken(r.MessageID, r.Command.ID)
}
