package broker

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/go-stomp/stomp/v3"
	"github.com/go-stomp/stomp/v3/frame"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/defect"
)

// errorOf is an ERROR frame as it comes over the wire: with a body.
func errorOf(message, body string) *frame.Frame {
	f := frame.New(frame.ERROR, frame.Message, message)
	f.Body = []byte(body)
	return f
}

func TestErrorFrame(t *testing.T) {
	long := strings.Repeat("x", 501)
	other := errorOf("no", "")
	other.Command = frame.MESSAGE
	for name, tc := range map[string]struct {
		err  error
		want *RefusedError
	}{
		"none":              {nil, nil},
		"another error":     {io.EOF, nil},
		"as a pointer":      {&stomp.Error{Frame: errorOf("no", "why")}, &RefusedError{Message: "no", Detail: "why"}},
		"as a value":        {stomp.Error{Frame: errorOf("no", "why")}, &RefusedError{Message: "no", Detail: "why"}},
		"wrapped":           {fmt.Errorf("x: %w", &stomp.Error{Frame: errorOf("no", "")}), &RefusedError{Message: "no"}},
		"a long one":        {&stomp.Error{Frame: errorOf("no", long)}, &RefusedError{Message: "no", Detail: long[:500]}},
		"made up":           {&stomp.Error{Frame: frame.New(frame.ERROR, frame.Message, "connection closed")}, nil},
		"without a frame":   {&stomp.Error{Message: "x"}, nil},
		"of another nature": {&stomp.Error{Frame: other}, nil},
	} {
		require.Equal(t, tc.want, errorFrame(tc.err), name)
	}
}

// killed is a connection that ended for a cause.
func killed(cause error) *conn {
	w := newWire(defectiveConn{}, defectiveConn{}, 0, nil)
	w.kill(cause)
	k := &conn{cfg: &Config{}, wire: w, over: make(chan struct{})}
	close(k.over)
	return k
}

// A login that fails says why, and everything but a refusal means that the
// connection is lost.
func TestExplain(t *testing.T) {
	cause := errors.New("no route")
	alive := newWire(defectiveConn{}, defectiveConn{}, 0, nil)
	require.Equal(t, &RefusedError{Message: "no"}, explain(&stomp.Error{Frame: errorOf("no", "")}, killed(cause).wire))
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

// The library's own log is for those who look for details.
func TestLibraryLog(t *testing.T) {
	var out strings.Builder
	l := libraryLog{zerolog.New(&out)}
	for _, line := range []func(){
		func() { l.Debugf("%d", 1) }, func() { l.Infof("%d", 1) }, func() { l.Warningf("%d", 1) }, func() { l.Errorf("%d", 1) },
		func() { l.Debug("1") }, func() { l.Info("1") }, func() { l.Warning("1") }, func() { l.Error("1") },
	} {
		out.Reset()
		line()
		require.JSONEq(t, `{"level":"debug","message":"go-stomp: 1"}`, out.String())
	}
}
