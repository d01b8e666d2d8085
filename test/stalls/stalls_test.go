package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/load/measure"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSaid(t *testing.T) {
	s := measure.Spread{Mean: 100500 * time.Microsecond, P50: 101 * time.Millisecond, P99: 199 * time.Millisecond, Max: 200 * time.Millisecond}
	require.Equal(t, "mean 100.5 ms, p50 101.0 ms, p99 199.0 ms, max 200.0 ms", said(s))
	require.Equal(t, "1.50 s", short(1500*time.Millisecond))
}

func TestBusiest(t *testing.T) {
	at := func(ms ...int) (out []time.Time) {
		for _, m := range ms {
			out = append(out, time.UnixMilli(int64(m)))
		}
		return out
	}
	require.Zero(t, busiest(nil))
	require.Equal(t, 1, busiest(at(0, 1000, 2000)))
	require.Equal(t, 3, busiest(at(2400, 0, 1500, 1600)), "in any order")
}

// TestTable: one goal that is missed makes the whole a failure.
func TestTable(t *testing.T) {
	var out bytes.Buffer
	met, err := show(&out, []result{{"a", "1 s", "0.5 s", true}, {"b", "2", "3", false}})
	require.NoError(t, err)
	require.False(t, met)
	require.Regexp(t, `a +1 s +met +0.5 s\nb +2 +missed +3\n`, out.String())
	met, err = show(&out, []result{{"a", "1 s", "0.5 s", true}})
	require.NoError(t, err)
	require.True(t, met)
}
