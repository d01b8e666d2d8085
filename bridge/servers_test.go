package bridge

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

func TestStatusAndChoice(t *testing.T) {
	up := &health{info: finesse.SystemInfo{Status: "IN_SERVICE"}}
	out := &health{info: finesse.SystemInfo{Status: "OUT_OF_SERVICE"}}
	refused := &health{err: &finesse.Error{Err: errors.New("connection refused")}}
	var never *health
	for _, tc := range []struct {
		name    string
		hs      []*health
		current int
		want    int
		status  protocol.SystemStatus
	}{
		{"first start", []*health{never, never}, -1, -1, protocol.OutOfService},
		{"primary serves", []*health{up, up}, -1, 0, protocol.InService},
		{"primary down", []*health{refused, up}, 0, 1, protocol.InService},
		{"primary out of service", []*health{out, up}, 0, 1, protocol.InService},
		{"primary back: no move", []*health{up, up}, 1, 1, protocol.InService},
		{"both gone", []*health{refused, out}, 1, -1, protocol.OutOfService},
	} {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, choose(tc.hs, tc.current))
			require.Equal(t, tc.status, status(tc.hs))
		})
	}
}
