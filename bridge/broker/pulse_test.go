package broker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPulse(t *testing.T) {
	p, now := newPulse(), time.Now()
	for _, step := range []struct {
		pause   time.Duration
		stalled bool
	}{{time.Hour, false}, {time.Second, false}, {3 * time.Second, true}, {time.Millisecond, false}, {2999 * time.Millisecond, false}, {time.Minute, true}} {
		now = now.Add(step.pause)
		_, stalled := p.beat(now, 3*time.Second)
		require.Equal(t, step.stalled, stalled, "after %s", step.pause)
	}
	require.EqualValues(t, 2, p.stalls.Load())
	require.Len(t, p.failed, 1)
}
