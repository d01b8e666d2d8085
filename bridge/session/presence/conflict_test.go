package presence_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/session/presence"
	"gcbridge/finesse"
)

func TestConflictDelay(t *testing.T) {
	for n, want := range map[int]time.Duration{
		1: time.Second, 2: 30 * time.Second, 3: time.Minute, 4: 2 * time.Minute, 5: 4 * time.Minute, 6: 5 * time.Minute, 1000: 5 * time.Minute,
	} {
		require.Equal(t, want, presence.ConflictDelay(n, 1), n)
		require.Equal(t, want/2, presence.ConflictDelay(n, 0), n)
	}
}

// TestConflict: two workers with one id would push each other out for ever.
func TestConflict(t *testing.T) {
	inBubble(t, func(t *testing.T, p *presence.Presence[*server], srv *server) {
		lose := func() time.Duration {
			p.Connected(srv, &stream{err: fmt.Errorf("read: %w", finesse.ErrConflict)}, cred)
			p.Proven()
			require.ErrorIs(t, p.Lost(), finesse.ErrConflict)
			began := time.Now()
			<-p.Retry()
			return time.Since(began)
		}
		until, displaced := p.Displaced()
		require.True(t, until.IsZero())
		require.False(t, displaced)
		require.LessOrEqual(t, lose(), time.Second, "one is a moment's matter")
		_, displaced = p.Displaced()
		require.False(t, displaced)

		p.Connected(srv, &stream{err: finesse.ErrConflict}, cred)
		_ = p.Lost()
		until, displaced = p.Displaced()
		require.True(t, displaced)
		require.GreaterOrEqual(t, time.Until(until), 15*time.Second)
		<-p.Retry()
		_, displaced = p.Displaced()
		require.False(t, displaced, "it is tried again")

		require.GreaterOrEqual(t, lose(), 30*time.Second)
		for range 10 {
			require.LessOrEqual(t, lose(), 5*time.Minute)
		}
		time.Sleep(11 * time.Minute)
		require.LessOrEqual(t, lose(), time.Second, "it was over")
	})
}
