package broker

import (
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// Thousands of dropped messages are two lines of the log.
func TestDropsAreSaidOnce(t *testing.T) {
	var d drops
	now := time.Now()
	require.Zero(t, d.end(now))
	require.Equal(t, zerolog.WarnLevel, d.level(now))
	for range 3 {
		require.Equal(t, zerolog.DebugLevel, d.level(now.Add(time.Second)))
	}
	require.Zero(t, d.end(now.Add(dropWindow-1)), "the window runs")
	require.Equal(t, 3, d.end(now.Add(dropWindow)))
	require.Zero(t, d.end(now.Add(2*dropWindow)), "said")
	require.Equal(t, zerolog.WarnLevel, d.level(now.Add(2*dropWindow)), "another time")
	require.Zero(t, d.end(now.Add(3*dropWindow)), "one alone was said already")
}
