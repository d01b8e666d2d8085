package load

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAgendaIsDoneInOrder(t *testing.T) {
	zero := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var a agenda
	var done []int
	for _, n := range []int{3, 1, 2} {
		a.add(zero.Add(time.Duration(n)*time.Second), func() { done = append(done, n) })
	}
	a.add(zero.Add(time.Second), func() { a.add(zero, func() { done = append(done, 0) }) })
	require.False(t, a.run(zero.Add(time.Second)))
	require.Equal(t, []int{1, 0}, done, "what is due at once is done at once")
	require.True(t, a.run(zero.Add(time.Minute)))
	require.Equal(t, []int{1, 0, 2, 3}, done)
}

func TestDay(t *testing.T) {
	const interval, length = 2 * time.Minute, 24 * time.Hour
	at := day(rand.New(rand.NewPCG(1, 1)), interval, length)
	require.InDelta(t, length/interval, len(at), 1)
	require.Less(t, at[0], interval)
	require.Less(t, at[len(at)-1], length)
	for i, t1 := range at[1:] {
		apart := t1 - at[i]
		require.GreaterOrEqual(t, apart, interval*9/10)
		require.LessOrEqual(t, apart, interval*11/10)
	}
	require.Equal(t, at, day(rand.New(rand.NewPCG(1, 1)), interval, length), "the same seed makes the same day")
	require.LessOrEqual(t, len(day(rand.New(rand.NewPCG(1, 1)), interval, time.Minute)), 1)
}
