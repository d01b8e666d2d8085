package broker

import (
	"net"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/defect"
)

// defectiveConn panics.
type defectiveConn struct{ net.Conn }

func (defectiveConn) Read([]byte) (int, error)         { panic("defect in Read") }
func (defectiveConn) Write([]byte) (int, error)        { panic("defect in Write") }
func (defectiveConn) SetWriteDeadline(time.Time) error { return nil }
func (defectiveConn) Close() error                     { return nil }

// TestDefectsInWire: what the library calls on goroutines of its own does not
// panic there; it ends the connection.
func TestDefectsInWire(t *testing.T) {
	for name, tc := range map[string]struct {
		call   func(w *wire, b []byte) (int, error)
		login  bool
		n      int
		hidden bool // from the library: see [wire]
	}{
		"read":                 {(*wire).Read, false, 0, false},
		"read during a login":  {(*wire).Read, true, 0, false},
		"write":                {(*wire).Write, false, 6, true},
		"write during a login": {(*wire).Write, true, 6, false},
	} {
		cfg := Config{Log: zerolog.Nop()}.withDefaults()
		w := newWire(defectiveConn{}, defectiveConn{}, time.Second, cfg.recovered)
		if !tc.login {
			w.hold()
		}
		if name == "read" {
			w.release()
		}
		n, err := tc.call(w, []byte("BEGIN\n"))
		require.Equal(t, tc.n, n, name)
		require.Equal(t, !tc.hidden, defect.Is(err), "%s: %v", name, err)
		require.Nil(t, w.held.Load(), "%s: a read would wait for ever", name)
		<-w.dead
		require.True(t, defect.Is(w.cause), name)
		require.EqualValues(t, 1, cfg.defects.Load(), name)
	}
}
