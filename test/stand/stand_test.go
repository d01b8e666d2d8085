package stand_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"gcbridge/test/stand"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestStand: a run that breaks off is noticed and cleaned up after.
func TestStand(t *testing.T) {
	s := stand.New(context.Background(), "stand")
	var order []string
	var dir string
	require.False(t, s.Play(func() {
		dir = s.TempDir()
		s.Cleanup(func() { order = append(order, "first") })
		s.Cleanup(func() { order = append(order, "second") })
		s.Fatalf("broken")
	}))
	require.True(t, s.Failed())
	require.DirExists(t, dir)
	s.End()
	require.NoDirExists(t, dir)
	require.Equal(t, []string{"second", "first"}, order)
	_, err := os.Stat(dir)
	require.ErrorIs(t, err, os.ErrNotExist)

	fine := stand.New(context.Background(), "fine")
	require.True(t, fine.Play(func() {}))
	require.False(t, fine.Failed())
}
