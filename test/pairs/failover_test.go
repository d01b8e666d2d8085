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

// TestActivePassive plays the failures of an active-passive pair by the numbers
// of gc-protocol 5.2: priorities 127 and 100, the same brokers in the same
// order, GC_FAILBACK=true.
func TestActivePassive(t *testing.T) {
	th := newTheatre(t)
	t.Run("1 AMQ-1 down, GC-1 up", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killBroker(th.One)
		s.comesToServe(0) // the other may be first on AMQ-2 for a moment
		s.servedBy(0)
		s.Holding(2, 0)
		s.quiet(2)
	})
	t.Run("2 AMQ-2 and GC-1 down", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killBroker(th.Two)
		s.killNode(0)
		s.takenOverBy(1)
		s.servedBy(1)
		s.quiet(1)
	})
	t.Run("3 AMQ-1 and GC-1 down", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killBroker(th.One)
		s.killNode(0)
		s.takenOverBy(1)
		s.servedBy(1)
		require.Equal(t, []string{"gcbridge-gc-2"}, s.fin.Resources(idler), "GC-2 has the XMPP subscriptions")
		s.quiet(2)
	})
	t.Run("4 GC-1 back", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killNode(0)
		s.takenOverBy(1)
		s.mark()
		s.Nodes[0].Start()
		s.takenOverBy(0)
		s.Holding(2, 0)
		s.servedBy(0)
		s.quiet(1)
	})
	t.Run("6 AMQ-1 back, GC-1 still down", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killBroker(th.One)
		s.killNode(0)
		s.takenOverBy(1)
		s.restoreBroker(th.One)
		s.servedBy(1)
		s.quiet(2)
	})
	t.Run("7 GC-1 down, both brokers up", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killNode(0)
		s.takenOverBy(1)
		s.servedBy(1)
		s.quiet(1)
	})
	t.Run("8 GC-2 down, both brokers up", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.killNode(1)
		s.servedBy(0)
		for _, m := range s.java.Received()[s.read:] {
			require.NotEqual(t, "true", m.Properties["gcRecovered"], "nobody is taken over:\n%s", s.describe(s.read))
		}
		s.quiet(1)
	})
}

// TestLinkDown is the fifth failure of an active-passive pair and the fourth of
// an active-active one: the sites do not hear each other. Each node works for
// the clients that reach it, and when they hear each other again each agent has
// one owner.
func TestLinkDown(t *testing.T) {
	one := brokertest.ActiveMQ(t, brokertest.Name("amq-1"))
	wire := NewPipe(t, strings.TrimPrefix(one.OpenWireURL(), "tcp://"))
	two := brokertest.ActiveMQ(t, brokertest.Name("amq-2"), brokertest.NetworkAt(wire.Addr()))
	th := theatre{Brokers: Brokers{one, two}, classes: javapeer.Compile(t)}
	stomp := NewPipe(t, strings.TrimPrefix(one.URL(), "stomp://"))
	for name, setup := range map[string]func(Brokers) Setup{
		"active-passive 5": func(b Brokers) Setup {
			s := ActivePassive(b)
			s.Order[1] = []string{"stomp://" + stomp.Addr(), b.Two.URL()} // the first broker is at the other site
			return s
		},
		"active-active 4": func(b Brokers) Setup {
			s := ActiveActive(b)
			s.Order[1] = []string{b.Two.URL()}
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := th.begin(t, setup, th.One)
			s.mark()
			wire.Cut()
			stomp.Cut()
			s.servedBy(0)
			there := NewClient(t, s.Queue, []string{"/queue/" + s.desk}, th.Two.URL())
			s.Holding(2, 2)
			corr, err := there.Do(t.Context(), "GetState#"+idler, "")
			require.NoError(t, err)
			require.True(t, wait.Until(patience, func() bool {
				return slices.ContainsFunc(there.Events(), func(e Event) bool {
					return e.Corr == corr && e.Node == "gc-2" && strings.Contains(e.Body, idler+"#State#READY#")
				})
			}), "GC-2 works for its own clients")
			there.Close()
			// GC-1 carries on with its own. What comes of it is told by GC-2:
			// Finesse sends an agent's events to the newest of his presences.
			s.do("HoldCall", caller, s.dialog)
			require.True(t, wait.Until(patience, func() bool { return s.callIs(callcontrol.Held) }))

			wire.Restore()
			stomp.Restore()
			s.Whole(2)
			s.comesToServe(0)
			s.answer(s.do("RetrieveCall", caller, s.dialog), "#InboundCall#ACTIVE#")
			s.servedBy(0)
			s.Whole(2)
			s.quiet(2)
		})
	}
}

// TestActiveActive plays the failures of an active-active pair: each node has
// its own broker first, GC_FAILBACK=false.
func TestActiveActive(t *testing.T) {
	th := newTheatre(t)
	t.Run("1 AMQ-1 down, GC-1 up", func(t *testing.T) {
		s := th.begin(t, ActiveActive)
		s.mark()
		s.killBroker(th.One)
		s.servedBy(-1) // GC-2 is there already, and the agents follow the commands
		s.comesToServe(0)
		s.servedBy(0)
		s.quiet(2)
	})
	t.Run("2 AMQ-1 and GC-1 down", func(t *testing.T) {
		s := th.begin(t, ActiveActive)
		s.mark()
		s.killBroker(th.One)
		s.killNode(0)
		s.takenOverBy(1)
		s.servedBy(1)
		require.Equal(t, []string{"gcbridge-gc-2"}, s.fin.Resources(idler), "GC-2 has the XMPP subscriptions")
		s.quiet(2)
	})
	t.Run("3 GC-1 restored", func(t *testing.T) {
		s := th.begin(t, ActiveActive)
		s.mark()
		s.killNode(0)
		s.takenOverBy(1)
		s.mark()
		s.Nodes[0].Start()
		s.Whole(2)
		s.Holding(0, 2)
		require.Empty(t, s.java.Received()[s.read:], "GC-2 keeps the agents")
		s.quiet(1)
	})
	t.Run("5 AMQ-1 back, GC-1 and AMQ-2 down", func(t *testing.T) {
		s := th.begin(t, ActiveActive)
		s.mark()
		s.killBroker(th.One)
		s.killNode(0)
		s.takenOverBy(1)
		s.restoreBroker(th.One)
		s.killBroker(th.Two)
		s.servedBy(1)
		s.quiet(2)
	})
	t.Run("6 GC-1 down, both brokers up", func(t *testing.T) {
		s := th.begin(t, ActiveActive)
		s.mark()
		s.killNode(0)
		s.takenOverBy(1)
		s.servedBy(1)
		s.quiet(1)
	})
	t.Run("7 GC-2 down", func(t *testing.T) {
		s := th.begin(t, ActiveActive, th.Two, th.One)
		s.mark()
		s.killNode(1)
		s.takenOverBy(0)
		s.servedBy(0)
		s.quiet(1)
	})
}
