package finesse_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
)

// TestARequestEndsWithTheStream: what waits for an answer is told why the
// stream ended, at once.
func TestARequestEndsWithTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := finesse.Connect(t.Context(), script(t, func(s *scriptedServer) {
			s.login()
			s.read()
			s.send("</stream:stream>")
			s.untilEnd()
		}))
		require.NoError(t, err)
		start := time.Now()
		err = s.Subscribe(t.Context(), teamNode)
		require.ErrorIs(t, err, finesse.ErrServerClosed)
		require.Equal(t, errclass.Unavailable, errclass.Of(err))
		require.Equal(t, start, time.Now())
		require.NoError(t, s.Close())
	})
}

// TestAPubSubServiceThatIsNoAddress: nothing is sent, least of all to the server itself.
func TestAPubSubServiceThatIsNoAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := script(t, func(s *scriptedServer) {
			s.login()
			e, _ := s.read() // of Close
			require.Equal(s.t, "presence", e.XMLName.Local)
			s.untilEnd()
		})
		cfg.PubSub = "pubsub@@fin"
		s, err := finesse.Connect(t.Context(), cfg)
		require.NoError(t, err)
		start := time.Now()
		require.Error(t, s.Subscribe(t.Context(), teamNode))
		require.Equal(t, start, time.Now())
		require.NoError(t, s.Close())
	})
}
