package connectorsync

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The newest intent of a command is the one that counts, in whatever order they
// are heard, and it counts until Config.IntentTTL has passed.
func TestTheNewestIntentCounts(t *testing.T) {
	c, p := online(t, Config{IntentTTL: time.Minute}), peerNode("gc-2", 100)
	intent := func(node string, at time.Time) Intents {
		return Intents{List: []Intent{{MessageID: "ID:a:1", Agent: "1001", Word: "MakeCall", Node: node, At: MillisOf(at)}}}
	}
	at := c.now
	p.say(c, intent("gc-2", at))
	p.say(c, intent("gc-3", at.Add(time.Millisecond)))
	p.say(c, intent("gc-4", at.Add(-time.Millisecond)))
	i, ok := c.Intended("ID:a:1", at)
	require.True(t, ok)
	require.Equal(t, "gc-3", i.Node)
	_, ok = c.Intended("ID:a:1", at.Add(time.Minute+time.Millisecond))
	require.True(t, ok)
	_, ok = c.Intended("ID:a:1", at.Add(time.Minute+2*time.Millisecond))
	require.False(t, ok)
	_, ok = c.Intended("ID:a:2", at)
	require.False(t, ok)
}

// An orphan that is newer than the last end of its agent is believed.
func TestOrphanOfALaterSession(t *testing.T) {
	for name, row := range map[string]struct {
		by   Millis
		want bool
	}{
		"the session that ended": {0, false}, "an earlier one": {-1, false}, "a later one": {1, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, p := online(t, Config{}), peerNode("gc-2", 200)
			p.beat(c, 0)
			at := MillisOf(c.now)
			p.say(c, AgentGone{Agent: "1001", SubscriptionTime: at})
			p.say(c, Orphan{Agent: "1001", SubscriptionTime: at + row.by, Owner: "gc-2", OwnerBoot: MillisOf(start), Context: contextOf("1001")})
			if row.want {
				require.Contains(t, c.agents.replicas, "1001")
			} else {
				require.NotContains(t, c.agents.replicas, "1001")
			}
		})
	}
}
