package measure

import "time"

// Slice is a part of the time of a phase.
type Slice struct {
	From   time.Duration // since the phase began
	Spread               // of what was answered in it
}

// Timeline cuts a phase of the given length into at most n slices of the same
// width, of at least a tenth of a second, and describes each.
func (s Series) Timeline(length time.Duration, n int) (width time.Duration, slices []Slice) {
	if length <= 0 || n <= 0 {
		return 0, nil
	}
	width = niceWidth(length, n)
	count := int((length + width - 1) / width)
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

// niceWidth is the least of 0.1, 0.2, 0.5, 1, 2, 5, ... s of which n are enough.
func niceWidth(length time.Duration, n int) time.Duration {
	for tenth := 1; ; tenth *= 10 {
		for _, f := range []int{1, 2, 5} {
			if w := time.Duration(tenth*f) * 100 * time.Millisecond; length <= w*time.Duration(n) {
				return w
			}
		}
	}
}
