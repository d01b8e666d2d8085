package defect_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/protocol/defect"
	"gcbridge/protocol/errclass"
)

type wrapper struct{ error }

func (w *wrapper) Unwrap() error { return w.error }

func nilError() *wrapper { return nil }

func TestContain(t *testing.T) {
	refused := errors.New("refused")
	for name, tc := range map[string]struct {
		step   func() error
		defect bool
		logged string
	}{
		"well":         {func() error { return nil }, false, ""},
		"an error":     {func() error { return refused }, false, ""},
		"a text":       {func() error { panic("no such row") }, true, `"panic":"no such row"`},
		"an error too": {func() error { panic(refused) }, true, `"panic":"refused"`},
		"a nil":        {func() error { return nilError().Unwrap() }, true, `nil pointer dereference`},
	} {
		var log bytes.Buffer
		err := defect.Contain(zerolog.New(&log), "here", tc.step)
		require.Equal(t, tc.defect, defect.Is(err), name)
		require.Equal(t, tc.defect, strings.Contains(log.String(), `"level":"error","where":"here"`), name)
		require.Contains(t, log.String(), tc.logged, name)
		if !tc.defect {
			require.Equal(t, tc.step(), err, name)
			require.Empty(t, log.String(), name)
			continue
		}
		require.Contains(t, log.String(), "defect_test.go", "the stack says where it was")
		require.Equal(t, errclass.Internal, errclass.Of(fmt.Errorf("read: %w", err)), name)
		require.True(t, defect.Is(fmt.Errorf("read: %w", err)), name)
		require.EqualError(t, err, "a defect of gcbridge: see its log", name)

		log.Reset()
		require.Equal(t, err, defect.Contain(zerolog.New(&log), "around it", func() error { return err }))
		require.Empty(t, log.String(), "it is logged once")
	}
}
