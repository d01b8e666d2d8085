package agentstates_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/agentstates"
	"gcbridge/bridge/telemetry"
	"gcbridge/bridge/wire"
	"gcbridge/protocol"
)

type address string

func (a address) String() string { return string(a) }

func TestPublisher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := protocol.NewDialect(protocol.Edition44, protocol.FormatDefault, "", time.UTC)
		require.NoError(t, err)
		var states []protocol.State
		for i := range 120 {
			states = append(states, protocol.State{Addressee: protocol.Addressee{Agent: fmt.Sprint(1000 + i)}, State: "READY"})
		}
		var mu sync.Mutex
		var all []wire.Output
		tel := telemetry.New(nil)
		var up atomic.Bool
		up.Store(true)
		p := agentstates.Publisher{
			To: wire.Binding{To: address("/topic/" + agentstates.Topic), Dialect: d}, Every: 30 * time.Second,
			States: func() []protocol.State { return states }, Up: up.Load,
			Send: func(o wire.Output) { mu.Lock(); defer mu.Unlock(); all = append(all, o) }, Telemetry: tel,
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); p.Run(ctx) }()
		pass := func(d time.Duration) []wire.Output {
			time.Sleep(d)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(all)
		}

		require.Empty(t, pass(29*time.Second))
		require.Len(t, pass(time.Second), 50, "not all in one go")
		require.Len(t, pass(10*time.Second), 100)
		require.Len(t, pass(10*time.Second), 120, "all within the interval")
		require.Len(t, pass(10*time.Second), 170, "and again")
		sent := pass(0)
		require.Equal(t, address("/topic/AgentStates"), sent[119].To)
		require.Equal(t, "1119", sent[119].Agent)
		require.Contains(t, sent[119].Message.Body, "1119#State#READY#")
		up.Store(false)
		require.Len(t, pass(10*time.Second), 170)
		require.EqualValues(t, 1, tel.Counts()["agent_states_lost"])
		cancel()
		<-ended
	})
}

func TestSwitchedOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); agentstates.Publisher{}.Run(ctx) }()
		time.Sleep(time.Hour)
		synctest.Wait()
		select {
		case <-ended:
			t.Fatal("its end would stop the node")
		default:
		}
		cancel()
		<-ended
	})
}
