package broker

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestInbox(t *testing.T) {
	const limit = 2
	gone := &conn{over: make(chan struct{}), wire: &wire{dead: make(chan struct{})}}
	close(gone.over)
	alive := &conn{over: make(chan struct{}), wire: &wire{dead: make(chan struct{})}}
	for _, c := range []struct {
		name       string
		limit      int
		taken      []bool
		left, kept []string // before and after the connection was replaced
	}{
		{"acknowledged", 0, []bool{true, true, true}, []string{"1", "2", "3"}, []string{"2", "3"}},
		{"automatic", limit, []bool{true, true, false}, []string{"1", "2"}, []string{"1", "2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, renewed := range []bool{false, true} {
				b := newInbox(c.limit)
				var taken []bool
				for _, a := range []arrival{{&Delivery{ID: "1"}, gone}, {&Delivery{ID: "2"}, alive}, {&Delivery{ID: "3"}, alive}} {
					taken = append(taken, b.push(a))
				}
				require.Equal(t, c.taken, taken)
				want := c.left
				if renewed {
					b.forgetEnded()
					want = c.kept
				}
				for _, id := range want {
					a, ok := b.pop(t.Context())
					require.True(t, ok)
					require.Equal(t, id, a.delivery.ID)
				}
				ended, end := context.WithCancel(t.Context())
				end()
				_, ok := b.pop(ended)
				require.False(t, ok, "nothing is left")
			}
		})
	}
}
