package broker

import (
	"math/rand/v2"
	"time"
)

// backoff returns the pause before reconnect attempt n (1, 2, ...): lo doubled
// n-1 times, at most hi, of which the upper half is random, so that many
// workers do not come back at the same moment. r yields [0,1).
func backoff(n int, lo, hi time.Duration, r func() float64) time.Duration {
	d := lo
	for i := 1; i < n && d < hi; i++ {
		d *= 2
	}
	d = min(d, hi)
	return d/2 + time.Duration(float64(d/2)*r())
}

// jitter is the random source of backoff; it decides nothing of secrecy.
func jitter() float64 { return rand.Float64() } // spreading load, not a secret
