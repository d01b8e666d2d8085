package wait_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/test/wait"
)

// fatal is what a test that fails says; it ends the goroutine's work as
// testing.T does.
type fatal string

type fakeT struct{}

func (fakeT) Helper()                           {}
func (fakeT) Fatalf(format string, args ...any) { panic(fatal(fmt.Sprintf(format, args...))) }

func TestUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		looks := 0
		require.True(t, wait.Until(time.Hour, func() bool { looks++; return looks == 3 }))
		require.Equal(t, 2*wait.Tick, time.Since(start))
		require.False(t, wait.Until(time.Minute, func() bool { return false }))
		require.Equal(t, 2*wait.Tick+time.Minute, time.Since(start))
		require.True(t, wait.Until(0, func() bool { return true }), "it looks at least once")
	})
}

func TestFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := make(chan int)
		go func() {
			time.Sleep(wait.Patience - 1)
			c <- 7
		}()
		require.Equal(t, 7, wait.For(fakeT{}, c, "seven"))
		require.PanicsWithValue(t, fatal("not within 15s: eight"), func() { wait.For(fakeT{}, c, "eight") })
		close(c)
		require.PanicsWithValue(t, fatal("closed instead of: nine"), func() { wait.For(fakeT{}, c, "nine") })
	})
}

func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := make(chan int)
		go func() {
			for i := range 3 {
				time.Sleep(wait.Patience - 1)
				c <- i
			}
			close(c)
		}()
		wait.Closed(fakeT{}, c, "end")
		require.PanicsWithValue(t, fatal("not within 15s: end"), func() { wait.Closed(fakeT{}, make(chan int), "end") })
	})
}
