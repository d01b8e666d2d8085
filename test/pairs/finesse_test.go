package pairs

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/protocol/secret"
	"gcbridge/test/javapeer"
	"gcbridge/test/wait"
)

// wires are the ways from nodes to a Finesse.
type wires struct{ rest, xmpp *Pipe }

func (w *wires) cut()     { w.rest.Cut(); w.xmpp.Cut() }
func (w *wires) restore() { w.rest.Restore(); w.xmpp.Restore() }

// lay puts pipes between the given nodes and the simulator.
func (w *wires) lay(nodes ...int) func(*testing.T, *sim.Server, *Setup) {
	return func(t *testing.T, fin *sim.Server, set *Setup) {
		t.Helper()
		host := strings.TrimSuffix(strings.TrimPrefix(fin.RESTURL(), "http://"), "/finesse/api")
		w.rest, w.xmpp = NewPipe(t, host), NewPipe(t, fin.XMPPAddr())
		set.Env = []string{"GC_XMPP_PING=250ms", "GC_FINESSE_TIMEOUT=500ms"}
		for _, i := range nodes {
			set.NodeEnv[i] = []string{"GC_FINESSE_URLS=http://" + w.rest.Addr() + "/finesse/api", "GC_XMPP_ADDRS=" + w.xmpp.Addr()}
		}
	}
}

// grace is the presence grace of Finesse (60 s), scaled.
func grace(d time.Duration) sim.Option {
	return sim.WithConfig(func(c *sim.Config) { c.PresenceGrace = d })
}

// TestFinesseFails plays what can happen to Finesse and to the way there.
func TestFinesseFails(t *testing.T) {
	th := newTheatre(t)
	t.Run("for the serving node only", func(t *testing.T) {
		var w wires
		s := th.with(w.lay(0)).begin(t, ActivePassive)
		s.mark()
		w.cut()
		s.takenOverBy(1)
		s.Holding(0, 2)
		s.servedBy(1)
		s.mark()
		w.restore()
		s.takenOverBy(0)
		s.Holding(2, 0)
		s.settled()
		s.servedBy(0)
		s.noFarewell()
	})
	t.Run("A down, B up", func(t *testing.T) {
		var b *sim.Server
		s := th.with(func(t *testing.T, a *sim.Server, set *Setup) {
			t.Helper()
			b = StartFinesse(t, sim.WithPeer(a))
			set.Finesse = append(set.Finesse, b)
		}).begin(t, ActivePassive)
		s.mark()
		require.NoError(t, s.fin.Close())
		s.takenOverBy(0)
		s.fin = b
		s.servedBy(0)
		s.quiet(1)
	})
	t.Run("both nodes lose it for less than its patience", func(t *testing.T) {
		var w wires
		s := th.with(w.lay(0, 1), grace(20*time.Second)).begin(t, ActivePassive)
		s.mark()
		w.cut()
		s.hear("word of it", "System#OUT_OF_SERVICE")
		require.Contains(t, s.answer(s.do("MakeReady", idler, "")).Body, "FINESSE_UNAVAILABLE", "[C7]")
		w.restore()
		s.hear("word of the return", "System#IN_SERVICE")
		s.takenOverBy(0)
		s.settled()
		s.servedBy(0)
		s.noFarewell()
	})
	t.Run("both nodes lose it for longer, and it logs everybody out", func(t *testing.T) {
		var w wires
		s := th.with(w.lay(0, 1), grace(300*time.Millisecond), sim.WithFlavor(callcontrol.CCX)).begin(t, ActivePassive)
		s.mark()
		w.cut()
		s.hear("word of it", "System#OUT_OF_SERVICE")
		require.True(t, wait.Until(patience, func() bool { a, _ := s.fin.Agent(idler); return a.State == callcontrol.Logout }))
		w.restore()
		s.hear("the truth", idler+"#State#LOGOUT#255#")
		s.do("Login", idler, "pw"+idler+","+s.fin.Extension(idler))
		s.hear("the next login", idler+"#State#NOT_READY#")
	})
	t.Run("OUT_OF_SERVICE with XMPP up", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		require.NoError(t, s.fin.SetStatus("OUT_OF_SERVICE"))
		s.hear("word of it", "System#OUT_OF_SERVICE")
		require.Contains(t, s.answer(s.do("MakeReady", idler, "")).Body, "FINESSE_UNAVAILABLE", "[C7]")
		require.NoError(t, s.fin.SetStatus("IN_SERVICE"))
		s.hear("word of the return", "System#IN_SERVICE")
		s.recovered(caller, s.dialog)
		s.settled()
		s.servedBy(0)
		s.noFarewell()
	})
	t.Run("XMPP down with REST up, and calls begin and end meanwhile", func(t *testing.T) {
		var w wires
		s := th.with(w.lay(0, 1)).begin(t, ActivePassive)
		s.mark()
		w.xmpp.Cut()
		s.meanwhile(w.xmpp.Restore)
	})
	t.Run("half-open sockets, and calls begin and end meanwhile", func(t *testing.T) {
		var w wires
		s := th.with(w.lay(0, 1)).begin(t, ActivePassive)
		s.mark()
		w.xmpp.Stall()
		s.meanwhile(func() {
			require.True(t, wait.Until(patience, func() bool {
				st, err := s.Nodes[0].Status()
				return err == nil && st.Counters["streams_lost"] >= 2
			}), "the pings find out")
			w.xmpp.Restore()
		})
	})
	t.Run("user finesse unavailable", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		s.fin.SetServicePresence(false)
		s.servedBy(0) // SystemInfo says that it serves, and that counts
		s.fin.SetServicePresence(true)
		s.servedBy(0)
		s.quiet(1)
	})
	t.Run("resource conflict", func(t *testing.T) {
		s := th.begin(t, ActivePassive)
		s.mark()
		other, err := finesse.Connect(t.Context(), finesse.StreamConfig{
			Addr: s.fin.XMPPAddr(), TLSMode: s.fin.XMPPTLS(), Domain: s.fin.Domain(), PubSub: s.fin.PubSub(), Resource: "gcbridge-gc-1",
			Cred: finesse.Credentials{User: idler, Password: secret.New("pw" + idler)},
		})
		require.NoError(t, err)
		defer other.Abort()
		s.recovered(idler, "#DialogStatus###")
		s.servedBy(0)
		s.quiet(1)
	})
}

// meanwhile lets the caller's call end and another reach the idler while no
// events come, and shows that both are told when the way is restored.
func (s *story) meanwhile(restore func()) {
	s.t.Helper()
	require.NoError(s.t, s.fin.DropCall(s.dialog, ""))
	began, err := s.fin.Call("5552000", s.fin.Extension(idler))
	require.NoError(s.t, err)
	restore()
	s.recovered(caller)
	s.recovered(idler, began)
	s.find(s.read, "the end of the talk", func(m javapeer.Message) bool {
		return holds(m.Body, []string{caller + "#InboundCall#WRAP_UP#", s.dialog}) && m.Properties["gcRecovered"] == "true"
	})
	s.hear("the new call", idler+"#NewInboundCall#", began)
	s.answer(s.do("AnswerCall", idler, began), "#InboundCall#ACTIVE#")
	s.noFarewell()
}

// settled waits until the first node has all agents and the commands.
func (s *story) settled() {
	s.t.Helper()
	s.Holding(2, 0)
	s.comesToServe(0)
}

// noFarewell shows that nobody was told that he is logged out or unknown.
func (s *story) noFarewell() {
	s.t.Helper()
	for _, m := range s.java.Received()[s.told:] {
		require.NotContains(s.t, m.Body, "RE_LOGIN", s.describe(s.told))
		require.NotContains(s.t, m.Body, "#State#LOGOUT", s.describe(s.told))
	}
}
