package broker

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// failing is a connection on which one thing fails.
type failing struct {
	net.Conn
	read, write, deadline error
}

func (f failing) Read([]byte) (int, error)         { return 0, f.read }
func (f failing) Write(b []byte) (int, error)      { return len(b) / 2, f.write }
func (f failing) SetReadDeadline(time.Time) error  { return f.deadline }
func (f failing) SetWriteDeadline(time.Time) error { return f.deadline }
func (failing) Close() error                       { return nil }

// Whatever fails ends the connection, for the first cause.
func TestAFailureEndsTheConnection(t *testing.T) {
	why := errors.New("why")
	for name, tc := range map[string]struct {
		conn failing
		call func(*wire, []byte) (int, error)
		n    int
	}{
		"read":                {failing{read: why}, (*wire).Read, 0},
		"deadline of a read":  {failing{deadline: why}, (*wire).Read, 0},
		"write":               {failing{write: why}, (*wire).Write, 2},
		"deadline of a write": {failing{deadline: why}, (*wire).Write, 0},
	} {
		w := newWire(tc.conn, tc.conn, time.Second)
		w.silence.Store(int64(time.Second))
		n, err := tc.call(w, []byte("text"))
		require.Equal(t, tc.n, n, name)
		require.Equal(t, why, err, name)
		<-w.dead
		w.kill(errDone)
		require.Equal(t, why, w.cause, name)
	}
}
