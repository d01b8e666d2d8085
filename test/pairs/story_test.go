package pairs

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse/sim"
	"gcbridge/finesse/sim/callcontrol"
	"gcbridge/test/brokertest"
	"gcbridge/test/javapeer"
	"gcbridge/test/wait"
)

// theatre is what the stories of a group share: two brokers, and the classes of
// the Java client.
type theatre struct {
	Brokers
	classes javapeer.Classes
	// cast, if set, changes who plays: it sees the simulator and the setup
	// before anything starts.
	cast    func(t *testing.T, fin *sim.Server, set *Setup)
	options []sim.Option
}

// with is the theatre with another cast.
func (th theatre) with(cast func(t *testing.T, fin *sim.Server, set *Setup), options ...sim.Option) theatre {
	th.cast, th.options = cast, options
	return th
}

func newTheatre(t *testing.T) theatre {
	t.Helper()
	return theatre{Brokers: StartBrokers(t), classes: javapeer.Compile(t)}
}

// The people of the stories: one has a call, the other has none.
const (
	caller = "1001"
	idler  = "1002"
)

// story is a pair at work for agents of a JMS client with a failover URL.
type story struct {
	*Lab
	t      *testing.T
	fin    *sim.Server
	java   *javapeer.Peer
	sent   int
	dialog string // of the caller
	desk   string // the clients' queue
	// told is how many messages had come when everybody was logged in; a
	// story reads on from read.
	told, read int
	dead       []*brokertest.Broker // to be started again at the end
}

// begin starts nodes, client and agents. The client knows the brokers of order;
// its agents are logged in, and one is on a call.
func (th theatre) begin(t *testing.T, setup func(Brokers) Setup, order ...*brokertest.Broker) *story {
	t.Helper()
	s := &story{t: t, fin: StartFinesse(t, th.options...)}
	set := setup(th.Brokers)
	set.Finesse = []*sim.Server{s.fin}
	if th.cast != nil {
		th.cast(t, s.fin, &set)
	}
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, t.Name())
	s.Lab = NewLab(t, program, name, set)
	t.Cleanup(func() {
		for _, b := range s.dead {
			b.Restart()
		}
	})
	s.Start()
	if len(order) == 0 {
		order = []*brokertest.Broker{th.One, th.Two}
	}
	var urls []string
	for _, b := range order {
		urls = append(urls, b.OpenWireURL())
	}
	s.java = th.classes.Start(t, "failover:("+strings.Join(urls, ",")+")?randomize=false&priorityBackup=true&timeout=10000&initialReconnectDelay=10")
	s.desk = "desk." + name
	desk := "queue://" + s.desk
	s.java.Listen(desk)
	for _, agent := range []string{caller, idler} {
		s.do("Connect", agent, desk+",pw"+agent)
		s.do("Login", agent, "pw"+agent+","+s.fin.Extension(agent))
		s.hear("login of "+agent, agent+"#DialogStatus#")
		s.told = len(s.java.Received())
		s.answer(s.do("MakeReady", agent, ""), agent+"#State#READY#")
	}
	var err error
	s.dialog, err = s.fin.Call("5551000", s.fin.Extension(caller))
	require.NoError(t, err)
	s.hear("the call", caller+"#NewInboundCall#", s.dialog)
	s.answer(s.do("AnswerCall", caller, s.dialog), "#InboundCall#ACTIVE#")
	s.Whole(2)
	return s
}

// do sends a persistent command and returns its correlation id.
func (s *story) do(word, agent, body string) string {
	s.t.Helper()
	s.sent++
	corr := fmt.Sprintf("s%d", s.sent)
	s.java.Send(javapeer.Send{
		To: "queue://" + s.Queue, Type: word + "#" + agent, CorrelationID: corr, Body: body, NullBody: body == "", Persistent: true,
	})
	return corr
}

// find waits for a message from the nth on that match accepts.
func (s *story) find(from int, what string, match func(javapeer.Message) bool) javapeer.Message {
	s.t.Helper()
	var found javapeer.Message
	ok := wait.Until(patience, func() bool {
		all := s.java.Received()[from:]
		i := slices.IndexFunc(all, match)
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	require.True(s.t, ok, "no %s; there came\n%s", what, s.describe(from))
	return found
}

// answer waits for the output that answers a command.
func (s *story) answer(corr string, parts ...string) javapeer.Message {
	s.t.Helper()
	return s.find(0, fmt.Sprintf("answer %s with %q", corr, parts), func(m javapeer.Message) bool {
		return m.CorrelationID == corr && holds(m.Body, parts)
	})
}

// hear waits for an output that came after the last mark.
func (s *story) hear(what string, parts ...string) javapeer.Message {
	s.t.Helper()
	return s.find(s.read, what, func(m javapeer.Message) bool { return holds(m.Body, parts) })
}

// mark lets hear look only at what comes from now on.
func (s *story) mark() { s.read = len(s.java.Received()) }

func holds(body string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(body, p) })
}

func (s *story) describe(from int) string {
	var b strings.Builder
	for _, m := range s.java.Received()[from:] {
		fmt.Fprintf(&b, "  %s corr=%q recovered=%q %.120q\n", m.Properties["gcNode"], m.CorrelationID, m.Properties["gcRecovered"], m.Body)
	}
	return b.String()
}

// recovered waits until an agent was told where he stands (M8), by whichever node.
func (s *story) recovered(agent string, parts ...string) {
	s.t.Helper()
	for _, code := range []string{"O-024", "O-001"} {
		s.find(s.read, fmt.Sprintf("%s of %s", code, agent), func(m javapeer.Message) bool {
			return m.Properties["gcCode"] == code && m.Properties["gcAgent"] == agent && m.Properties["gcRecovered"] == "true" &&
				(code == "O-001" || holds(m.Body, parts))
		})
	}
}

// killNode kills one of the nodes; Start lets it come back.
func (s *story) killNode(i int) { s.Nodes[i].Kill() }

// killBroker kills a broker until the story ends, unless it comes back before.
func (s *story) killBroker(b *brokertest.Broker) {
	b.Kill()
	s.dead = append(s.dead, b)
}

func (s *story) restoreBroker(b *brokertest.Broker) {
	s.t.Helper()
	b.Restart()
	s.dead = slices.DeleteFunc(s.dead, func(x *brokertest.Broker) bool { return x == b })
}

// takenOverBy waits until both agents were told by a node where they stand.
func (s *story) takenOverBy(node int) {
	s.t.Helper()
	name := s.Nodes[node].Name
	for agent, dialog := range map[string]string{caller: s.dialog, idler: "#DialogStatus###"} {
		for code, part := range map[string]string{"O-024": dialog, "O-001": agent + "#State#"} {
			s.find(s.read, fmt.Sprintf("%s of %s from %s", code, agent, name), func(m javapeer.Message) bool {
				return m.Properties["gcNode"] == name && m.Properties["gcCode"] == code && m.Properties["gcAgent"] == agent &&
					m.Properties["gcRecovered"] == "true" && strings.Contains(m.Body, part)
			})
		}
	}
}

// servedBy shows that a node (-1: any) has the commands, and that call and state
// went on: the call is held and taken back, and the other agent's state changed.
func (s *story) servedBy(node int) {
	s.t.Helper()
	for _, step := range []struct{ word, agent, body, want string }{
		{"HoldCall", caller, s.dialog, "#InboundCall#HELD#"},
		{"RetrieveCall", caller, s.dialog, "#InboundCall#ACTIVE#"},
		{"MakeNotReady", idler, "", "#State#NOT_READY#"},
		{"MakeReady", idler, "", "#State#READY#"},
	} {
		m := s.answer(s.do(step.word, step.agent, step.body), step.agent+step.want)
		if node >= 0 {
			require.Equal(s.t, s.Nodes[node].Name, m.Properties["gcNode"], "who serves %s", step.word)
		}
	}
}

// callIs reports whether the call is in a state for the caller, at Finesse.
func (s *story) callIs(st callcontrol.CallState) bool {
	a, _ := s.fin.Agent(caller)
	for _, d := range a.Dialogs {
		if p, ok := d.Party(a.Extension); ok && d.ID == s.dialog {
			return p.State == st
		}
	}
	return false
}

// comesToServe waits until a node has the commands. It asks again after a while:
// a command that a network of brokers carries back and forth while its consumers
// move can be lost between them (docs/reliability.md).
func (s *story) comesToServe(node int) {
	s.t.Helper()
	require.True(s.t, wait.Until(patience, func() bool {
		corr := s.do("GetState", idler, "")
		return wait.Until(5*time.Second, func() bool {
			return slices.ContainsFunc(s.java.Received(), func(m javapeer.Message) bool {
				return m.CorrelationID == corr && m.Properties["gcNode"] == s.Nodes[node].Name && strings.Contains(m.Body, idler+"#State#")
			})
		})
	}), "%s does not come to serve; there came\n%s", s.Nodes[node].Name, s.describe(s.read))
}

// quiet shows what the clients did not see: no LOGOUT, no RE_LOGIN, nobody
// invalidated, no error, and no event more often than allowed.
func (s *story) quiet(times int) {
	s.t.Helper()
	last, count := map[string]string{}, map[string]int{} // by agent and code
	for _, m := range s.java.Received()[s.told:] {
		for _, bad := range []string{"RE_LOGIN", "#State#LOGOUT", "#Error#", "RECONNECT", "SESSION_INVALIDATED"} {
			require.NotContains(s.t, m.Body, bad, "the client saw\n%s", s.describe(s.told))
		}
		if m.Properties["gcRecovered"] != "true" {
			kind := m.Properties["gcAgent"] + m.Properties["gcCode"]
			if what := m.CorrelationID + " " + m.Body; last[kind] != what {
				last[kind], count[kind] = what, 0
			}
			count[kind]++
			require.LessOrEqual(s.t, count[kind], times, "%s came too often:\n%s", m.Body, s.describe(s.told))
		}
	}
	a, ok := s.fin.Agent(caller)
	require.True(s.t, ok)
	require.Len(s.t, a.Dialogs, 1, "the call goes on")
	require.Len(s.t, a.Resources, 1, "one node has the agent's presence")
}

// terminate ends a node in order and waits.
func (s *story) terminate(i int) {
	s.t.Helper()
	s.Nodes[i].Signal(syscall.SIGTERM)
	require.NoError(s.t, s.Nodes[i].Ended(10*time.Second))
}
