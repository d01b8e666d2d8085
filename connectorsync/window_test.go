package connectorsync

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The window admits what a set of all numbers would, as far as it reaches back.
func TestTheWindowIsASetWithAnEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w window
		seen, top := map[uint64]bool{}, uint64(0)
		step := rapid.OneOf(rapid.Uint64Range(0, 5), rapid.Uint64Range(windowSize-2, windowSize+2), rapid.Uint64Range(0, 3*windowSize))
		for range rapid.IntRange(1, 200).Draw(t, "n") {
			seq := top + step.Draw(t, "ahead")
			if back := step.Draw(t, "back"); back <= seq {
				seq -= back
			}
			want := seq > 0 && seq+windowSize > top && !seen[seq]
			require.Equal(t, want, w.admit(seq), "%d after %d", seq, top)
			seen[seq], top = true, max(top, seq)
		}
	})
}

func TestTheWindowRefusesImpossibleNumbers(t *testing.T) {
	var w window
	for _, seq := range []uint64{0, maxSeq, math.MaxUint64 - windowSize, math.MaxUint64} {
		require.False(t, w.admit(seq))
	}
	require.True(t, w.admit(maxSeq-1))
	require.False(t, w.admit(maxSeq-1))
}
