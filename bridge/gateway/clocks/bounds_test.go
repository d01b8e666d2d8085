package clocks

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWaitedIsNeverNegative: a command that took less time than any before has
// waited no time at all, and the next is measured by it.
func TestWaitedIsNeverNegative(t *testing.T) {
	j := New(limit)
	require.Zero(t, j.Command(came{from: "a", sent: 5 * sec, at: 6 * sec}.message()).Waited, "the first of a producer")
	require.Zero(t, j.Command(came{from: "a", sent: 7 * sec, at: 7 * sec}.message()).Waited, "a second less")
	require.Equal(t, 3*sec, j.Command(came{from: "a", sent: 7 * sec, at: 10 * sec}.message()).Waited)
	require.Zero(t, New(limit).Command(came{from: "a", sent: 5 * sec, at: 0}.message()).Waited, "by the clocks")
}

// TestNotable: an offset is told from five seconds on, and again when it has
// changed by as much.
func TestNotable(t *testing.T) {
	j := New(limit)
	require.Nil(t, j.Broker(start, start.Add(Notable-1), 0))
	j = New(limit)
	require.Equal(t, &Offset{"broker", Notable}, j.Broker(start, start.Add(Notable), 0))
	require.Nil(t, j.news("broker", Notable+Notable-1, 0), "not much of a change")
	require.Equal(t, &Offset{"broker", 2 * Notable}, j.news("broker", 2*Notable, 0))
	require.Nil(t, j.news("broker", Notable-1, 0), "right again")
	require.NotNil(t, j.news("broker", Notable, 0), "and wrong again")
}
