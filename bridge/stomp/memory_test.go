package stomp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"gcbridge/bridge/broker"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// keeper is a memory of a node, and what it has read.
type keeper struct {
	*Memory
	t    *testing.T
	ups  chan struct{}
	stop func()

	mu   sync.Mutex
	read []string
	acks map[string]func()
}

func keep(t *testing.T, url string) *keeper {
	t.Helper()
	k := &keeper{t: t, ups: make(chan struct{}, 100), acks: map[string]func(){}}
	var err error
	k.Memory, err = NewMemory(MemoryConfig{
		Link: broker.Config{URLs: []string{url}, Log: zerolog.Nop(), OnUp: func() { k.ups <- struct{}{} }}, Commands: "Connector1",
		Read: func(body string, since time.Time, ack func()) {
			k.mu.Lock()
			defer k.mu.Unlock()
			if since.IsZero() {
				t.Error("no beginning of the subscription")
			}
			k.read, k.acks[body] = append(k.read, body), ack
		},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = k.Run(ctx) }()
	k.stop = func() { cancel(); <-ended }
	t.Cleanup(k.stop)
	wait.For(t, k.ups, "the link")
	return k
}

func (k *keeper) has() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string{}, k.read...)
}

// write keeps messages and returns when the broker has the last.
func (k *keeper) write(bodies ...string) {
	k.t.Helper()
	kept := make(chan error, len(bodies))
	for _, b := range bodies {
		k.Keep(b, func(err error) { kept <- err })
	}
	for range bodies {
		require.NoError(k.t, wait.For(k.t, kept, "confirmation"))
	}
}

// readsUpTo sends marks until one comes back, as a node does, and returns what came before.
func (k *keeper) readsUpTo(name string) []string {
	k.t.Helper()
	n := 0
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var before []string
	require.True(k.t, wait.Until(wait.Patience, func() bool {
		select {
		case <-tick.C:
			n++
			k.write(fmt.Sprint(name, n))
		default:
		}
		before = k.has()
		for i, b := range before {
			if b == name+"1" {
				before = before[:i]
				return true
			}
		}
		return false
	}), "the mark does not come back")
	return before
}

// TestMemoryQueue: one node reads, the first that came; what it does not acknowledge
// is kept, and given in its order to the next, also by a broker that was killed. A
// mark comes behind everything.
func TestMemoryQueue(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	first := keep(t, amq.URL())
	second := keep(t, amq.URL())
	var all []string
	for i := range 2_500 {
		all = append(all, fmt.Sprint("agent ", i))
	}
	first.write(all...)
	require.Equal(t, all, first.readsUpTo("mark "))
	second.write("of the second")
	require.True(t, wait.Until(wait.Patience, func() bool { return first.has()[len(first.has())-1] == "of the second" }))
	require.Empty(t, second.has(), "the first stays")
	first.acks["agent 7"]()
	for i := range first.has() { // the marks
		if ack := first.acks[fmt.Sprint("mark ", i)]; ack != nil {
			ack()
		}
	}
	first.stop()
	want := append(append(append([]string{}, all[:7]...), all[8:]...), "of the second")
	from := time.Now()
	require.Equal(t, want, second.readsUpTo("second mark "), "but not when it has gone")
	t.Logf("the next reader has read %d messages after %s", len(want), time.Since(from))

	third := keep(t, amq.URL())
	require.Empty(t, third.has())
	for i := range second.has() {
		if ack := second.acks[fmt.Sprint("second mark ", i)]; ack != nil {
			ack()
		}
	}
	second.stop()
	wantAgain := third.readsUpTo("third mark ")
	require.Equal(t, want, wantAgain)
	third.mu.Lock()
	third.read = nil
	third.mu.Unlock()
	amq.Kill()
	down := make(chan error, 1)
	require.True(t, wait.Until(wait.Patience, func() bool { return !third.link.Up() }))
	third.Keep("lost", func(err error) { down <- err })
	require.ErrorIs(t, <-down, errMemoryDown)
	require.Error(t, third.Down())
	amq.Restart()
	wait.For(t, third.ups, "the link")
	from = time.Now()
	again := slices.DeleteFunc(third.readsUpTo("fourth mark "), func(b string) bool { // some come late, from before
		return strings.HasPrefix(b, "third mark ")
	})
	t.Logf("after the broker's restart %d messages were read within %s", len(again), time.Since(from))
	require.Equal(t, want, again[:len(want)])
	require.NotContains(t, again, "lost", "what is kept now is written anew")
}
