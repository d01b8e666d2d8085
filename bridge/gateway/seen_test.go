package gateway

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSeen(t *testing.T) {
	s := newSeen(3)
	var acks []string
	ack := func(name string) func() { return func() { acks = append(acks, name) } }

	require.True(t, s.start("m1", ack("m1 first")))
	require.False(t, s.start("m1", ack("m1 again")), "it is still running: not a second time")
	require.Empty(t, acks)
	s.decide("m1")
	require.Equal(t, []string{"m1 first", "m1 again"}, acks)
	s.decide("m1")
	require.Len(t, acks, 2, "decided once")
	require.False(t, s.start("m1", ack("m1 late")))
	require.Equal(t, "m1 late", acks[2], "decided long ago: acknowledged at once")
	s.decide("never seen")
}

func TestSeenIsBounded(t *testing.T) {
	s := newSeen(3)
	require.True(t, s.start("runs", func() {}))
	for i := range 10 {
		id := strconv.Itoa(i)
		require.True(t, s.start(id, func() {}))
		s.decide(id)
	}
	require.False(t, s.start("runs", func() {}), "what still runs is not forgotten")
	s.decide("runs")
	for i := 10; i < 20; i++ {
		id := strconv.Itoa(i)
		s.start(id, func() {})
		s.decide(id)
	}
	require.LessOrEqual(t, len(s.byID), 4)
	require.True(t, s.start("runs", func() {}), "old decisions are")
}
