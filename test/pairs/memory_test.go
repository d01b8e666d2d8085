package pairs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim"
	"gcbridge/test/javapeer"
	"gcbridge/test/wait"
)

// servedAgain is how soon after their start nodes serve the agents whom nodes had
// that died, all of them.
const servedAgain = 5 * time.Second

// remembering is a setup with the default of GC_SYNC_TIMEOUT.
func remembering(b Brokers) Setup {
	s := ActivePassive(b)
	s.Timeout = 3 * time.Second
	return s
}

// single lets one node play, which has a key and no peer.
func single(_ *testing.T, _ *sim.Server, set *Setup) {
	set.Alone = true
	set.Env = append(set.Env, "GC_SYNC_TOPIC=Sync.single")
}

// diesWithAll kills every node while the caller is on a call and the idler about to
// make one, and returns what was sent then and afterwards.
func (s *story) diesWithAll() (call string, meanwhile []string) {
	s.t.Helper()
	require.NoError(s.t, s.fin.AddFault(sim.Fault{Path: "/finesse/api/User/" + idler + "/Dialogs", Method: "POST", DelayMs: 60_000, Count: 1, After: true}))
	call = s.do("MakeCall", idler, "90001")
	require.True(s.t, wait.Until(patience, func() bool { return s.calls(idler) == 1 }), "Finesse has it")
	s.mark()
	for _, n := range s.Nodes {
		n.Kill()
	}
	meanwhile = append(meanwhile, s.do("HoldCall", caller, s.dialog), s.do("GetState", caller, ""), s.do("GetState", idler, ""))
	return call, meanwhile
}

// calls is how many calls an agent has at Finesse.
func (s *story) calls(agent string) int {
	a, _ := s.fin.Agent(agent)
	return len(a.Dialogs)
}

// startAll starts the nodes again and returns when.
func (s *story) startAll() time.Time {
	s.t.Helper()
	at := time.Now()
	for _, n := range s.Nodes {
		if !s.Setup.Alone || n == s.Nodes[0] {
			n.Start()
		}
	}
	return at
}

// TestMemory: every node dies, and what they knew does not.
func TestMemory(t *testing.T) {
	th := newTheatre(t)
	for name, cast := range map[string]func(*testing.T, *sim.Server, *Setup){"of a pair": nil, "of a single node": single} {
		t.Run(name, func(t *testing.T) {
			s := th.with(cast).begin(t, remembering)
			call, meanwhile := s.diesWithAll()
			from := s.startAll()
			s.recovered(caller, s.dialog)
			s.recovered(idler)
			took := time.Since(from)
			t.Logf("both agents are told where they stand %s after the start", took)
			require.Less(t, took, servedAgain)
			s.answer(meanwhile[0], "#InboundCall#HELD#")
			s.answer(meanwhile[1], caller+"#State#TALKING#")
			s.answer(meanwhile[2], idler+"#State#")
			s.answer(call, idler+"#")
			require.Equal(t, 1, s.calls(idler), "the call is not made again")
			s.answer(s.do("RetrieveCall", caller, s.dialog), "#InboundCall#ACTIVE#")
			for _, m := range s.java.Received()[s.read:] {
				for _, bad := range []string{"RE_LOGIN", "#State#LOGOUT", "#Error#", "RECONNECT"} {
					require.NotContains(t, m.Body, bad, "the client saw\n%s", s.describe(s.read))
				}
			}
			require.Empty(t, s.rejected(), "nothing was given up")
		})
	}
}

// rejected are the commands in the reject queue.
func (s *story) rejected() []Event {
	s.t.Helper()
	c := NewClient(s.t, s.Queue, []string{"/queue/" + s.Queue + ".rejected"}, s.Setup.Order[0]...)
	corr := s.do("Beat", "queue://"+s.desk, "")
	s.find(0, "an answer to Beat", func(m javapeer.Message) bool { return m.CorrelationID == corr })
	return slices.DeleteFunc(c.Events(), func(e Event) bool { return strings.Contains(e.Body, "#System#") })
}
