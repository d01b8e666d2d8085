package pool

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
)

// load is what agents ask at once: who got a place, in order.
type loadOf struct {
	t     *testing.T
	l     *limiter
	mu    sync.Mutex
	order []string
	ends  map[string][]func(error)
}

func underLoad(t *testing.T, limit int) *loadOf {
	return &loadOf{t: t, l: newLimiter(limit), ends: map[string][]func(error){}}
}

// ask lets an agent ask in the background.
func (d *loadOf) ask(agents ...string) {
	d.t.Helper()
	for _, a := range agents {
		go func() {
			end, err := d.l.Acquire(d.t.Context(), a)
			if err != nil {
				return
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			d.order = append(d.order, a)
			d.ends[a] = append(d.ends[a], end)
		}()
		synctest.Wait()
	}
}

// end ends an agent's oldest request.
func (d *loadOf) end(agent string, err error) {
	d.t.Helper()
	d.mu.Lock()
	list := d.ends[agent]
	require.NotEmpty(d.t, list, "%s has no request under way", agent)
	d.ends[agent] = list[1:]
	d.mu.Unlock()
	list[0](err)
	synctest.Wait()
}

// got is who got a place since the last look.
func (d *loadOf) got() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.order
	d.order = nil
	return out
}

func TestLimiter(t *testing.T) {
	late := fmt.Errorf("asking: %w", &finesse.Error{Err: context.DeadlineExceeded})
	for name, test := range map[string]func(t *testing.T, d *loadOf){
		"no more than the limit, and then in order": func(t *testing.T, d *loadOf) {
			d.ask("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
			require.Equal(t, []string{"a", "b", "c", "d", "e", "f", "g", "h"}, d.got())
			used, waiting := d.l.load()
			require.Equal(t, []int{8, 2}, []int{used, waiting})
			d.end("c", nil)
			require.Equal(t, []string{"i"}, d.got())
			d.end("a", nil)
			require.Equal(t, []string{"j"}, d.got())
		},
		"one agent has at most a quarter": func(t *testing.T, d *loadOf) {
			d.ask("a", "a", "a", "a")
			require.Equal(t, []string{"a", "a"}, d.got())
			d.ask("b")
			require.Equal(t, []string{"b"}, d.got(), "who waits hinders nobody")
			d.end("a", nil)
			require.Equal(t, []string{"a"}, d.got())
		},
		"who has fewer comes first": func(t *testing.T, d *loadOf) {
			d.ask("a", "b", "c", "d", "e", "f", "g", "h")
			d.got()
			d.ask("a", "i")
			d.end("b", nil)
			require.Equal(t, []string{"i"}, d.got(), "a has one already")
			d.end("c", nil)
			require.Equal(t, []string{"a"}, d.got(), "and nobody else waits")
		},
		"who is late has at most a half": func(t *testing.T, d *loadOf) {
			all := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
			d.ask(all...)
			for _, a := range all {
				d.end(a, late)
			}
			d.got()
			d.ask(all...)
			require.Equal(t, all[:4], d.got(), "the rest is for the others")
			d.ask("i", "j")
			require.Equal(t, []string{"i", "j"}, d.got())
			d.end("a", nil)
			require.Equal(t, []string{"e"}, d.got())
			d.end("e", nil)
			d.end("b", nil)
			require.Equal(t, []string{"f", "g"}, d.got())
			d.ask("a", "e")
			require.Equal(t, []string{"a", "e"}, d.got(), "they answered in time again")
		},
		"nothing is kept of who asks no more": func(t *testing.T, d *loadOf) {
			d.ask("a", "b")
			d.end("a", nil)
			d.end("b", late)
			require.Len(t, d.l.demands, 1, "who was late")
			d.ask("b")
			d.end("b", nil)
			require.Empty(t, d.l.demands)
			require.Zero(t, d.l.used)
			require.Zero(t, d.l.late)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, underLoad(t, 8)) })
		})
	}
}

// TestLimiterGivesUp: who does not wait any longer leaves no trace, also if their
// turn comes at the same moment.
func TestLimiterGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(1)
		end, err := l.Acquire(t.Context(), "a")
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = l.Acquire(ctx, "b")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, l.demands, 1)
		end(nil)
		used, waiting := l.load()
		require.Equal(t, []int{0, 0}, []int{used, waiting})

		for range 200 { // both ends of the race
			end, err := l.Acquire(t.Context(), "a")
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				if end, err := l.Acquire(ctx, "b"); err == nil {
					end(nil)
				}
			}()
			synctest.Wait()
			go cancel()
			go end(nil)
			synctest.Wait()
			require.Zero(t, l.used)
			require.Empty(t, l.demands)
		}
	})
}

// TestLimiterUnderLoad: however the requests of many agents mix, there are never
// too many, and everybody is served.
func TestLimiterUnderLoad(t *testing.T) {
	const limit, agents, each = 7, 40, 25
	l := newLimiter(limit)
	var running, most, served atomic.Int32
	var all sync.WaitGroup
	for a := range agents {
		all.Go(func() {
			for range each {
				end, err := l.Acquire(t.Context(), fmt.Sprint(a))
				if err != nil {
					return
				}
				n := running.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				served.Add(1)
				running.Add(-1)
				end(nil)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, agents*each, served.Load())
	require.LessOrEqual(t, most.Load(), int32(limit))
	require.Zero(t, l.used)
	require.Empty(t, l.demands)
}

func TestLimiterHasOnePlaceAtLeast(t *testing.T) {
	l := newLimiter(0)
	end, err := l.Acquire(t.Context(), "a")
	require.NoError(t, err)
	end(nil)
}
