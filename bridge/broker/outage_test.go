package broker

import (
	"bytes"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// TestOneWarningPerOutage: a broker that is away is tried again and again, and
// said to be away once.
func TestOneWarningPerOutage(t *testing.T) {
	at := time.Unix(0, 0)
	o := newOutage(at)
	var out bytes.Buffer
	log := zerolog.New(&out)
	o.over(log.Info(), at).Msg("up")
	require.Equal(t, `{"level":"info","message":"up"}`+"\n", out.String(), "there was none")
	out.Reset()
	require.Equal(t, zerolog.WarnLevel, o.failed("one"))
	require.Equal(t, zerolog.WarnLevel, o.failed("two"))
	for range 10 {
		require.Equal(t, zerolog.DebugLevel, o.failed("one"))
	}
	o.over(log.Info(), at.Add(1500*time.Millisecond)).Msg("up")
	require.Equal(t, `{"level":"info","failed_tries":12,"after":"1.5s","message":"up"}`+"\n", out.String())
}
