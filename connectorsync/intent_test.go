package connectorsync

import (
	"fmt"
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

func TestIntents(t *testing.T) {
	a, b := online(t, Config{}), online(t, Config{Node: "gc-2"})
	e := a.Intend("ID:1", "1001", "MakeCall", a.now)
	require.Len(t, only[Send](e), 1)
	b.Apply(only[Send](e)[0].Message, b.now)
	for _, c := range []*clock{a, b} {
		i, ok := c.Intended("ID:1", c.now.Add(10*time.Minute))
		require.True(t, ok)
		require.Equal(t, Intent{MessageID: "ID:1", Agent: "1001", Word: "MakeCall", Node: "gc-1", At: MillisOf(a.now)}, i)
		_, ok = c.Intended("ID:1", c.now.Add(10*time.Minute+time.Millisecond))
		require.False(t, ok, "it has expired")
		_, ok = c.Intended("ID:2", c.now)
		require.False(t, ok)
	}
	// The node that had the intent is killed; its next life learns it from the other.
	again := &clock{State: mustNew(t, Config{Node: "gc-1", Boot: MillisOf(b.now)}), now: b.now}
	for _, s := range only[Send](again.LinkUp(again.now)) {
		for _, r := range only[Send](b.Apply(s.Message, b.now)) {
			again.Apply(r.Message, again.now)
		}
	}
	_, ok := again.Intended("ID:1", again.now)
	require.True(t, ok)
	require.True(t, again.Ready(again.now))

	for i := range 3 * listedPerMessage {
		b.Intend(fmt.Sprint("many:", i), "1001", "MakeCall", b.now)
	}
	p := peerNode("gc-3", 1)
	p.beat(b, 0)
	require.Len(t, sent[Intents](p.say(b, SyncRequest{})), 4)
}
