package connectorsync

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A node that has read what was kept, and has read of no other node, waits only for a
// third of the time for peers, and takes its agents then.
func TestANodeThatSeemsToBeAlone(t *testing.T) {
	mine, other := Header{Node: "gc-1", Boot: 1}, Header{Node: "gc-9", Boot: 1}
	for name, tc := range map[string]struct {
		kept    []Header
		unread  bool
		peer    bool
		patient bool
	}{
		"its own":                 {kept: []Header{mine, mine}},
		"another's too":           {kept: []Header{mine, other}, patient: true},
		"another's only":          {kept: []Header{other}, patient: true},
		"nothing":                 {patient: true},
		"its own, not to the end": {kept: []Header{mine}, unread: true, patient: true},
		"its own, but a peer":     {kept: []Header{mine}, peer: true, patient: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := recalled(t, Config{Timeout: 3 * time.Second})
			for n, h := range tc.kept {
				h.Seq, h.At = uint64(n+1), MillisOf(start)-500
				require.Empty(t, c.Recall(Message{h, keptAgent(Millis(n))}, c.now))
			}
			if !tc.unread {
				c.Recalled(c.now)
			}
			p := peerNode("gc-2", 1)
			if tc.peer {
				p.beat(c, 0)
			}
			require.Empty(t, only[TakeOver](c.pass(750*time.Millisecond)))
			require.False(t, c.Ready(c.now), "peers may be there")
			taken := only[TakeOver](c.pass(250 * time.Millisecond))
			require.Equal(t, !tc.patient, c.Ready(c.now))
			if tc.patient {
				require.Empty(t, taken)
				return
			}
			require.Len(t, taken, 1)
			require.Equal(t, "gc-1", taken[0].From)
		})
	}
}
