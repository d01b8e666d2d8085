package connectorsync

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkTick is one Tick of a node of 2,000 agents with 2,000 replicas.
func BenchmarkTick(b *testing.B) {
	st, err := New(Config{Node: "gc-1", Boot: MillisOf(start), Priority: 127})
	require.NoError(b, err)
	now := start
	st.LinkUp(now)
	for i := range 2000 {
		st.Taken(fmt.Sprint("a", i), contextOf("a"), now)
		c := held(fmt.Sprint("b", i), now)
		st.Apply(Message{Header{"gc-2", MillisOf(start), uint64(i + 1), MillisOf(now)}, c}, now)
	}
	seq := uint64(2001)
	for b.Loop() {
		now = now.Add(250 * time.Millisecond)
		seq++
		st.Apply(Message{Header{"gc-2", MillisOf(start), seq, MillisOf(now)}, Heartbeat{Agents: 2000}}, now)
		st.Tick(now)
	}
}

// BenchmarkContext is a sealed context, written and read.
func BenchmarkContext(b *testing.B) {
	c, nonces := newCodec(b, testKey, false), &counting{}
	m := Message{header, examples()[2]}
	for b.Loop() {
		body, err := c.Encode(m, nonces)
		require.NoError(b, err)
		_, err = c.Decode(body, "")
		require.NoError(b, err)
	}
}
