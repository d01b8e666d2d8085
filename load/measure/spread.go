// Package measure judges what a load was answered: how long each operation took,
// which event never came, and which came twice. Pure: who calls says what the
// time is.
package measure

import (
	"math"
	"slices"
	"time"
)

// Spread is what is said of many times. The zero value is that of none.
type Spread struct {
	Count                         int
	Min, P50, P95, P99, Max, Mean time.Duration
}

// SpreadOf describes times, in any order. A percentile is the least of the times
// that so many of them do not exceed (nearest rank).
func SpreadOf(took []time.Duration) Spread {
	if len(took) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(took))
	var sum float64
	for _, d := range sorted {
		sum += float64(d)
	}
	return Spread{
		Count: len(sorted), Min: sorted[0], Max: sorted[len(sorted)-1],
		P50: rank(sorted, 50), P95: rank(sorted, 95), P99: rank(sorted, 99),
		Mean: time.Duration(math.Round(sum / float64(len(sorted)))),
	}
}

// rank is a percentile of a sorted list that is not empty.
func rank(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}
