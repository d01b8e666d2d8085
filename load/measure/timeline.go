package measure

import "time"

// Slice is a part of the time of a phase.
type Slice struct {
	From   time.Duration // since the phase began
	Spread               // of what was answered in it
}

// Timeline cuts a phase of the given length into at most n slices of the same
// width, of at least 10 ms, and describes each. The last is longer or shorter by up
// to a half.
func (s Series) Timeline(length time.Duration, n int) (width time.Duration, slices []Slice) {
	if length <= 0 || n <= 0 {
		return 0, nil
	}
	width = niceWidth(length, n)
	count := max(int((length+width/2)/width), 1)
	took := make([][]time.Duration, count)
	for _, x := range s.Samples {
		i := min(max(int(x.At/width), 0), count-1)
		took[i] = append(took[i], x.Took)
	}
	for i, t := range took {
		slices = append(slices, Slice{From: time.Duration(i) * width, Spread: SpreadOf(t)})
	}
	return width, slices
}

// niceWidth is the least of 10, 20, 50, 100, 200, ... ms of which n are enough.
func niceWidth(length time.Duration, n int) time.Duration {
	for ten := 1; ; ten *= 10 {
		for _, f := range []int{1, 2, 5} {
			if w := time.Duration(ten*f) * 10 * time.Millisecond; length <= w*time.Duration(n) {
				return w
			}
		}
	}
}
