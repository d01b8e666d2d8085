package cluster_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/connectorsync"
)

// TestLinkIsLost: on the next broker this node might be the first, so no command
// may come before the peers have been heard again, and none can be secured.
func TestLinkIsLost(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); n.pair.Run(ctx) }()
		n.meets(127)
		time.Sleep(time.Second)
		require.Equal(t, []string{"open"}, n.gates())
		call := request("MakeCall", "ID:a:1:1:1:2")
		require.NoError(t, n.pair.Begin(t.Context(), call))
		n.pair.LinkDown()
		require.Equal(t, []string{"open", "shut"}, n.gates())
		require.False(t, n.waits, "a consumer that is gone is not waited for")
		require.False(t, n.pair.Settling())
		require.ErrorContains(t, n.pair.Begin(t.Context(), call), "could not be secured")
		time.Sleep(time.Minute)
		require.Equal(t, []string{"open", "shut"}, n.gates(), "while the link is down")
		n.bodies()
		n.pair.LinkUp()
		require.Contains(t, n.bodies(), connectorsync.SyncRequest{}, "it asks who has which agent")
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{"open", "shut"}, n.gates(), "the peer may be there")
		time.Sleep(2 * time.Second)
		require.Equal(t, []string{"open", "shut", "open"}, n.gates())
		require.True(t, n.pair.Settling())
		cancel()
		<-ended
	})
}

// TestFormerOwnerIsHeard: whether it has finished an agent's commands, or is at it.
func TestFormerOwnerIsHeard(t *testing.T) {
	inPair(t, func(t *testing.T, n *node) {
		n.meets(127)
		require.True(t, n.pair.Fetch("1001"))
		n.pair.Held("1001", n.taken["1001"])
		n.hears(connectorsync.Yielded{Agent: "1001", To: "n1", Busy: true})
		n.hears(connectorsync.Yielded{Agent: "1001", To: "n1"})
		require.Equal(t, []string{"1001 busy", "1001"}, n.handed)
	})
}
