package pairs

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/test/brokertest"
	"gcbridge/test/javapeer"
	"gcbridge/test/wait"
)

// TestVendorsFailoverDefects: each is a defect that the original's release notes
// admit. A node is killed, and it is not so here.
func TestVendorsFailoverDefects(t *testing.T) {
	th := newTheatre(t)
	// over begins a story and lets the second node take over.
	over := func(t *testing.T) *story {
		t.Helper()
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killNode(0)
		s.takenOverBy(1)
		return s
	}
	t.Run("Not Ready after fail-over", func(t *testing.T) {
		s := over(t)
		s.hear("how they stand", idler+"#State#READY#")
		s.answer(s.do("GetState", idler, ""), idler+"#State#READY#")
		a, _ := s.fin.Agent(idler)
		require.Equal(t, callcontrol.Ready, a.State)
		for _, m := range s.java.Received()[s.read:] {
			require.NotContains(t, m.Body, idler+"#State#NOT_READY", s.describe(s.read))
		}
		s.quiet(1)
	})
	t.Run("null call variables", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.do("update_call_variable", caller, s.dialog+",callVariable1,gold customer")
		s.hear("the variable", s.dialog, "callVariable1=gold customer")
		s.mark()
		s.killNode(0)
		s.takenOverBy(1)
		s.recovered(caller, "callVariable1=gold customer")
		s.mark()
		s.do("HoldCall", caller, s.dialog)
		s.hear("the next event", caller+"#InboundCall#HELD#", "callVariable1=gold customer")
		for _, m := range s.java.Received()[s.told:] {
			require.NotContains(t, strings.ToLower(m.Body), "=null", s.describe(s.told))
		}
		s.quiet(1)
	})
	t.Run("doubled call activities of one transfer", func(t *testing.T) {
		s := over(t)
		s.mark()
		s.do("Transfer_sst", caller, s.fin.Extension(idler)+","+s.dialog)
		s.hear("the call at the other agent", idler+"#NewInboundCall#", s.dialog)
		s.hear("its end at the first", caller+"#InboundCall#DROP#", s.dialog)
		s.do("AnswerCall", idler, s.dialog)
		s.hear("the answer", idler+"#InboundCall#ACTIVE#", s.dialog)
		count := map[string]int{}
		for _, m := range s.java.Received()[s.read:] {
			count[m.Body]++
			require.Equal(t, 1, count[m.Body], "%s came again:\n%s", m.Body, s.describe(s.read))
		}
	})
	t.Run("no monitor or barge afterwards", func(t *testing.T) {
		const supervisor = "1005"
		s := th.begin(t, ActivePassive)
		s.do("Connect", supervisor, "queue://"+s.desk+",pw"+supervisor)
		s.do("Login", supervisor, "pw"+supervisor+","+s.fin.Extension(supervisor))
		s.hear("login of the supervisor", supervisor+"#DialogStatus#")
		s.Whole(3)
		s.mark()
		s.killNode(0)
		s.takenOverBy(1)
		s.do("silentmonitor", supervisor, s.fin.Extension(caller))
		monitor := dialogOf(s.hear("the monitor", supervisor+"#InboundCall#ACTIVE#").Body)
		require.NotEqual(t, s.dialog, monitor)
		s.do("bargein", supervisor, s.fin.Extension(caller)+","+monitor)
		s.hear("the barge", supervisor+"#InboundCall#ACTIVE#DialogID:"+s.dialog, "ParticipantsCount:3")
		s.noFarewell()
	})
	t.Run("agent does not move back", func(t *testing.T) {
		s := over(t)
		s.mark()
		s.Nodes[0].Start()
		s.takenOverBy(0)
		s.Holding(2, 0)
		s.servedBy(0)
		require.Equal(t, []string{"gcbridge-gc-1"}, s.fin.Resources(idler), "and leaves the second node")
		s.quiet(1)
	})
	t.Run("team reason codes", func(t *testing.T) {
		s := over(t)
		s.answer(s.do("reasoncodenotready", idler, ""), "Lunch", "Break")
		s.answer(s.do("MakeNotReadyWithReason", idler, "13"), idler+"#State#NOT_READY#13#", "#Break#")
		s.quiet(1)
	})
	t.Run("second incoming call", func(t *testing.T) {
		s := over(t)
		second, err := s.fin.Call("5552000", s.fin.Extension(idler))
		require.NoError(t, err)
		s.hear("the second call", idler+"#NewInboundCall#5552000#", second)
		s.answer(s.do("AnswerCall", idler, second), idler+"#InboundCall#ACTIVE#DialogID:"+second)
		s.answer(s.do("HoldCall", caller, s.dialog), caller+"#InboundCall#HELD#DialogID:"+s.dialog)
		s.noFarewell()
	})
	t.Run("call wholly inside the gap", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killNode(0)
		ghost, err := s.fin.Call("5553000", s.fin.Extension(idler))
		require.NoError(t, err)
		require.NoError(t, s.fin.DropCall(ghost, ""))
		s.takenOverBy(1)
		s.servedBy(1)
		a, _ := s.fin.Agent(idler)
		require.Empty(t, a.Dialogs)
		s.answer(s.do("refresh", idler, ""), idler+"#DialogStatus###")
		for _, m := range s.java.Received()[s.read:] {
			if strings.Contains(m.Body, ghost) { // who tells of it also tells its end
				require.True(t, slices.ContainsFunc(s.java.Received()[s.read:], func(m javapeer.Message) bool {
					return holds(m.Body, []string{idler + "#InboundCall#", ghost}) && (strings.Contains(m.Body, "#DROP#") || strings.Contains(m.Body, "#WRAP_UP#"))
				}), s.describe(s.read))
			}
		}
		s.noFarewell()
	})
}

// TestVendorsHalfBrokenLink is the ninth: the line between the sites is up, and
// nothing passes. Each node works for the clients that reach it, and afterwards
// each agent has one owner.
func TestVendorsHalfBrokenLink(t *testing.T) {
	one := brokertest.ActiveMQ(t, brokertest.Name("amq-1"))
	wire := NewPipe(t, strings.TrimPrefix(one.OpenWireURL(), "tcp://"))
	two := brokertest.ActiveMQ(t, brokertest.Name("amq-2"), brokertest.NetworkAt(wire.Addr()))
	th := theatre{Brokers: Brokers{one, two}, classes: javapeer.Compile(t)}
	s := th.begin(t, func(b Brokers) Setup {
		s := ActiveActive(b)
		s.Order[1] = []string{b.Two.URL()}
		return s
	}, th.One)
	s.mark()
	wire.Stall()
	s.servedBy(0)
	s.Holding(2, 2)
	there := NewClient(t, s.Queue, []string{"/queue/" + s.desk}, th.Two.URL())
	corr, err := there.Do(t.Context(), "GetState#"+idler, "")
	require.NoError(t, err)
	require.True(t, wait.Until(patience, func() bool {
		return slices.ContainsFunc(there.Events(), func(e Event) bool {
			return e.Corr == corr && e.Node == "gc-2" && strings.Contains(e.Body, idler+"#State#READY#")
		})
	}), "GC-2 works for its own clients")
	there.Close()
	wire.Restore()
	s.Whole(2)
	s.comesToServe(0)
	s.servedBy(0)
	require.True(t, wait.Until(patience, func() bool { return len(s.fin.Resources(idler)) == 1 }), "one owner")
	s.noFarewell()
}

// dialogOf is the id that follows DialogID: in an output.
func dialogOf(body string) string {
	_, rest, _ := strings.Cut(body, "DialogID:")
	id, _, _ := strings.Cut(rest, "#")
	return id
}
