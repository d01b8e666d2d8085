package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/telemetry"
)

// TestDestinationsKept: 2,000 desks may wait for their agents (docs/security.md).
func TestDestinationsKept(t *testing.T) {
	k := NewBook(telemetry.New(nil))
	invent(k, "x", 2_000)
	require.Equal(t, 2_000, k.Len())
	_, ok := k.LastKnown("x0")
	require.True(t, ok)
	invent(k, "y", 1)
	require.Equal(t, 2_000, k.Len())
	_, ok = k.LastKnown("x0")
	require.False(t, ok, "and as many agents")
}
