package bridge

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
)

// place is where a client listens.
type place string

func (p place) String() string { return string(p) }

// TestNobodyIsSilentWithoutALink: while no broker is there nothing can come from a
// client, so that this is not counted as their silence (GC_INACTIVITY_LOGOUT).
func TestNobodyIsSilentWithoutALink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, err := New(configured(), Options{Log: zerolog.Nop()})
		require.NoError(t, err)
		defer w.finesse.Close()
		w.linkUp()
		w.book.Bind(wire.Binding{To: place("/topic/A")})
		time.Sleep(time.Minute)
		require.Equal(t, time.Minute, time.Since(w.book.Heard(place("/topic/A"))))
		w.linkDown(nil)
		time.Sleep(time.Hour)
		require.Zero(t, time.Since(w.book.Heard(place("/topic/A"))))
		w.linkUp()
		time.Sleep(time.Second)
		require.Equal(t, time.Second, time.Since(w.book.Heard(place("/topic/A"))), "it counts from when it is back")
	})
}
