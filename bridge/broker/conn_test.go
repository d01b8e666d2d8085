package broker

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/go-stomp/stomp/v3/frame"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/defect"
)

// errorOf is an ERROR frame as it comes over the wire.
func errorOf(message, body string) *frame.Frame {
	f := frame.New(frame.ERROR, frame.Message, message)
	f.Body = []byte(body)
	return f
}

func TestRefusedBy(t *testing.T) {
	long := strings.Repeat("x", 501)
	require.Equal(t, &RefusedError{Message: "no", Detail: "why"}, refusedBy(errorOf("no", "why")))
	require.Equal(t, &RefusedError{Message: "no", Detail: long[:500]}, refusedBy(errorOf("no", long)))
	require.Equal(t, &RefusedError{}, refusedBy(frame.New(frame.ERROR)))
}

// deaf is a connection that only closes.
type deaf struct{ net.Conn }

func (deaf) Close() error { return nil }

// killed is a connection that ended for a cause.
func killed(cause error) *conn {
	w := newWire(deaf{}, deaf{}, 0)
	w.kill(cause)
	k := &conn{cfg: &Config{}, wire: w, over: make(chan struct{})}
	close(k.over)
	return k
}

// A login that fails says why, and everything but a refusal means that the
// connection is lost.
func TestExplain(t *testing.T) {
	cause := errors.New("no route")
	alive := newWire(deaf{}, deaf{}, 0)
	require.Equal(t, &RefusedError{Message: "no"}, explain(refusedBy(errorOf("no", "")), killed(cause).wire))
	for want, err := range map[string]error{
		"broker: connection lost: EOF":                    explain(io.EOF, alive),
		"broker: connection lost: no route":               explain(cause, killed(cause).wire),
		"broker: connection lost: no route: EOF":          explain(io.EOF, killed(cause).wire),
		"broker: connection lost: unexpected EOF":         explain(io.ErrUnexpectedEOF, killed(nil).wire),
		"broker: connection lost: dial: no route to host": explain(errors.New("dial: no route to host"), alive),
	} {
		require.ErrorIs(t, err, ErrLost)
		require.EqualError(t, err, want)
	}
}

// What ended a connection is told by what is known best: the broker's words, then
// the cause.
func TestEnding(t *testing.T) {
	refused := killed(io.EOF)
	refused.refused = &RefusedError{Message: "no"}
	require.Equal(t, refused.refused, refused.ending())

	require.Equal(t, errReceiptTimeout, killed(errReceiptTimeout).ending(), "it says already that the connection is lost")

	err := killed(io.EOF).ending()
	require.ErrorIs(t, err, ErrLost)
	require.ErrorIs(t, err, io.EOF)

	why := defect.Recovered(zerolog.Nop(), "here", "x")
	err = killed(why).ending()
	require.ErrorIs(t, err, ErrLost)
	require.True(t, defect.Is(err))
	require.Equal(t, broken(why).Error(), err.Error())

	k := killed(io.EOF)
	require.NoError(t, k.outcome(nil))
	require.ErrorIs(t, k.outcome(errors.New("later")), io.EOF, "the first cause counts")
	require.True(t, costsMessage(broken(why)))
	require.False(t, costsMessage(k.ending()))
}
