package pairs

import (
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/test/javapeer"
	"gcbridge/test/wait"
)

// TestDrain plays how a node leaves.
func TestDrain(t *testing.T) {
	th := newTheatre(t)
	t.Run("to its peer", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.terminate(0)
		s.takenOverBy(1)
		s.servedBy(1)
		s.quiet(1)
	})
	t.Run("a second signal ends it at once", func(t *testing.T) {
		const long = 8 * time.Second
		s := th.begin(t, func(b Brokers) Setup {
			set := ActivePassive(b)
			set.Env = []string{"GC_FINESSE_TIMEOUT=10s"} // the command outlasts both signals on a slow machine, too
			return set
		})
		require.NoError(t, s.fin.AddFault(sim.Fault{Path: "/finesse/api/User/" + idler, Method: "PUT", DelayMs: int(long.Milliseconds()), Count: 1}))
		s.fin.ClearRequests()
		begun := s.do("MakeNotReady", idler, "")
		require.True(t, wait.Until(patience, func() bool { return len(Executions(s.fin.Requests())) == 1 }), "the command is under way")
		s.mark()
		s.Nodes[0].Signal(syscall.SIGTERM)
		require.True(t, wait.Until(patience, func() bool { return !s.Nodes[0].Ready() }), "it is on its way out")
		require.True(t, s.Nodes[0].Alive(), "and finishes what it has begun")
		from := time.Now()
		require.True(t, wait.Until(long/4, func() bool { // one right behind the first is the same signal
			if s.Nodes[0].Alive() {
				s.Nodes[0].Signal(syscall.SIGTERM)
			}
			return !s.Nodes[0].Alive()
		}))
		require.Error(t, s.Nodes[0].Ended(long))
		require.Less(t, time.Since(from), long/4)
		s.takenOverBy(1)
		s.answer(begun, idler+"#State#NOT_READY#") // it was not acknowledged, so it ran again
		s.answer(s.do("MakeReady", idler, ""), idler+"#State#READY#")
		s.servedBy(1)
		s.noFarewell()
	})
	t.Run("while sixty commands wait for an agent who hangs", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		require.NoError(t, s.fin.AddFault(sim.Fault{Path: "/finesse/api/User/" + idler, DelayMs: 60_000}))
		s.fin.ClearRequests()
		var open []string
		for range 60 {
			open = append(open, s.do("MakeNotReady", idler, ""))
		}
		require.True(t, wait.Until(patience, func() bool { st, err := s.Nodes[0].Status(); return err == nil && st.Running == 60 }), "all are on their way")
		s.mark()
		from := time.Now()
		s.terminate(0) // fails if it takes 10 s
		require.Less(t, time.Since(from), 9*time.Second)
		s.fin.ClearFaults()
		s.takenOverBy(1)
		for _, corr := range open {
			s.answer(corr, idler)
		}
		s.servedBy(1)
		s.noFarewell()
	})
	t.Run("without a peer, and back before Finesse minds", func(t *testing.T) {
		forgetful := func(_ *testing.T, _ *sim.Server, set *Setup) { set.Env = append(set.Env, "GC_MEMORY=off") }
		s := th.with(forgetful, grace(10*time.Second)).begin(t, ActivePassive)
		s.killNode(1)
		s.mark()
		s.terminate(0)
		a, _ := s.fin.Agent(idler)
		require.Empty(t, a.Resources)
		require.Equal(t, callcontrol.Ready, a.State, "nobody was logged out")
		s.Nodes[0].Start()
		s.do("Beat", "queue://"+s.desk, "")
		s.hear("an invitation", "#RECONNECT")
		s.do("Connect", idler, "queue://"+s.desk+",pw"+idler)
		s.answer(s.do("GetState", idler, ""), idler+"#State#READY#")
	})
	t.Run("without a peer, and back with its memory", func(t *testing.T) {
		s := th.with(nil, grace(10*time.Second)).begin(t, ActivePassive)
		s.killNode(1)
		s.mark()
		s.terminate(0)
		s.Nodes[0].Start()
		s.takenOverBy(0)
		s.servedBy(0)
		s.quiet(1)
	})
}

// TestPairEqualsSingle plays one script against one node and against a pair
// whose serving node dies in the middle. The outputs are the same, but for those
// that a take-over adds, which say so.
func TestPairEqualsSingle(t *testing.T) {
	th := newTheatre(t)
	script := func(s *story, middle func()) []string {
		s.servedBy(-1)
		s.answer(s.do("MakeCall", idler, "90001"), "")
		s.hear("the call", idler+"#InboundCall#ACTIVE#")
		middle()
		a, _ := s.fin.Agent(idler)
		s.answer(s.do("ReleaseCall", idler, a.Dialogs[0].ID), "#InboundCall#DROP#")
		s.servedBy(-1)
		s.answer(s.do("ReleaseCall", caller, s.dialog), "#InboundCall#WRAP_UP#")
		s.hear("wrap-up", caller+"#State#WORK_READY#")
		return outputs(s.java.Received()[s.told:])
	}
	var single, pair []string
	t.Run("single", func(t *testing.T) {
		alone := th.with(func(_ *testing.T, _ *sim.Server, set *Setup) { set.Alone = true })
		single = script(alone.begin(t, ActivePassive), func() {})
	})
	t.Run("pair", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		pair = script(s, func() {
			s.mark()
			s.killNode(0)
			s.recovered(caller, s.dialog)
			s.recovered(idler, "#ACTIVE#")
		})
	})
	require.Equal(t, single, pair)
	require.Greater(t, len(single), 20)
}

// volatile is what differs from one run to the next: times, and where they are.
var volatile = regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)

// outputs are the messages that no take-over added, without what is volatile.
func outputs(all []javapeer.Message) []string {
	var out []string
	for _, m := range all {
		if m.Properties["gcRecovered"] != "true" {
			out = append(out, m.CorrelationID+" "+volatile.ReplaceAllString(m.Body, "TIME"))
		}
	}
	return out
}
