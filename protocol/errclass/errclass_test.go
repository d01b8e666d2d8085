package errclass_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/protocol/errclass"
)

type classified struct{ class errclass.Class }

func (c classified) Error() string              { return "classified" }
func (c classified) ErrorClass() errclass.Class { return c.class }

func TestOf(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	timeout := &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
	for name, c := range map[string]struct {
		err  error
		want errclass.Class
	}{
		"nil":                               {nil, ""},
		"unclassified":                      {errors.New("x"), errclass.Internal},
		"client":                            {classified{errclass.Client}, errclass.Client},
		"upstream":                          {classified{errclass.Upstream}, errclass.Upstream},
		"wrapped":                           {fmt.Errorf("put: %w", classified{errclass.Upstream}), errclass.Upstream},
		"joined":                            {errors.Join(errors.New("x"), classified{errclass.Unavailable}), errclass.Unavailable},
		"first of the tree":                 {errors.Join(classified{errclass.Client}, classified{errclass.Upstream}), errclass.Client},
		"own class beats deadline":          {errors.Join(context.DeadlineExceeded, classified{errclass.Upstream}), errclass.Upstream},
		"deadline":                          {context.DeadlineExceeded, errclass.Indeterminate},
		"wrapped deadline":                  {fmt.Errorf("put: %w", context.DeadlineExceeded), errclass.Indeterminate},
		"cancelled":                         {context.Canceled, errclass.Internal},
		"network":                           {refused, errclass.Unavailable},
		"wrapped network":                   {fmt.Errorf("put: %w", refused), errclass.Unavailable},
		"network time-out":                  {timeout, errclass.Indeterminate},
		"name not found is a network error": {&net.DNSError{Err: "no such host", IsNotFound: true}, errclass.Unavailable},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, errclass.Of(c.err)) })
	}
}
