package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
)

// letGo lets the session go; it goes on for as long as it owes something.
func (g *rig) letGo() {
	g.t.Helper()
	g.s.LetGo()
	synctest.Wait()
	require.Equal(g.t, 1, g.yields, "the successor waits for nothing")
}

// over reports whether the session has ended.
func (g *rig) over() bool {
	synctest.Wait()
	select {
	case <-g.s.Done():
		return true
	default:
		return false
	}
}

// TestFormerOwnerAnswers: of what the former owner of an agent has read, it tells
// what answers a command; and it does not end while it owes an answer that its
// successor cannot give.
func TestFormerOwnerAnswers(t *testing.T) {
	reclassify := awaited{
		what: "Reclassify", correlation: "c", answers: []protocol.Output{protocol.Reclassify{Data: "voice"}},
		shown: func(n finesse.Notification) bool { return n.RequestID == "r" },
	}
	refused := func(requestID string) finesse.Notification {
		return finesse.Notification{
			Source: "/finesse/api/User/1001", RequestID: requestID, Errors: []finesse.APIError{{Type: "Generic Error"}},
		}
	}
	// Which of the two it looks at first, the event or that it is let go, is chance.
	for name, tc := range map[string]struct {
		event func(requestID string) finesse.Notification
		told  string
		corr  string
	}{
		"with an event that it has": {
			func(id string) finesse.Notification { return userEvent(id, finesse.StateReady) },
			"1001#State#READY#", "corr-MakeReady",
		},
		"with a refusal that it has": {
			refused, "1001#Error#", "corr-MakeReady",
		},
		"with a refusal of nobody knows what": {
			func(string) finesse.Notification { return refused("") }, "1001#Error#", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				bubble(t, func(g *rig) {
					g.loggedIn()
					g.server.onSet = func(_ finesse.StateChange, id string) {
						g.server.tell(tc.event(id))
						g.s.LetGo()
					}
					g.do("", "MakeReady#1001", "")
					out := g.envelopes()
					require.Len(t, out, 1)
					require.Equal(t, tc.corr, out[0].CorrelationID)
					require.Contains(t, out[0].Message.Body, tc.told)
					require.True(t, g.over(), "nothing is owed any more")
				})
			}
		})
	}
	t.Run("not with what is the successor's to tell", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.s.await(reclassify)
			g.letGo()
			g.tell(userEvent("", finesse.StateReady))
			g.tell(dialogEvent(finesse.EventPost, "55", "ALERTING", "ALERTING"))
			require.Empty(t, g.got())
			g.tell(finesse.Notification{RequestID: "r"})
			require.Equal(t, []string{"/topic/A CallBack#voice"}, g.got())
			require.True(t, g.over())
		})
	})
	t.Run("a login that shows when Finesse is read", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.start()
			g.do(destA, "Connect#1001", "A,pw")
			g.do("", "Login#1001", "pw,2001")
			g.got()
			g.letGo()
			require.False(t, g.over())
			time.Sleep(loginPoll)
			out := g.envelopes()
			require.Len(t, out, 3, "AgentInfo, State, DialogStatus")
			require.Equal(t, "corr-Login", out[0].CorrelationID)
			require.True(t, g.over())
		})
	})
	t.Run("an answer that shows when Finesse is read", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			a := reclassify
			a.shown = func(finesse.Notification) bool { return g.s.view.User().State == finesse.StateReady }
			g.s.await(a)
			g.letGo()
			g.server.set(func(f *fakeServer) { f.user.State = finesse.StateReady })
			time.Sleep(settleTime)
			require.Equal(t, []string{"/topic/A CallBack#voice"}, g.got())
			require.True(t, g.over())
		})
	})
	t.Run("not a login that nobody asked for", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.s.login.waiting, g.s.login.quiet = true, true
			g.letGo()
			require.True(t, g.over())
			require.Empty(t, g.got())
		})
	})
	t.Run("never silent", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.s.await(reclassify)
			g.letGo()
			require.Zero(t, g.admits, "his place is free before he can come back")
			time.Sleep(settleTime - time.Millisecond)
			require.Empty(t, g.got())
			time.Sleep(time.Millisecond)
			out := g.envelopes()
			require.Len(t, out, 1)
			require.Equal(t, "c", out[0].CorrelationID)
			require.Contains(t, out[0].Message.Body, "not confirmed yet")
			require.True(t, g.over())
		})
	})
	t.Run("nor when Finesse hangs", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.server.stuck = true
			g.s.await(reclassify)
			g.letGo()
			time.Sleep(2 * settleTime)
			require.Len(t, g.got(), 1)
			require.True(t, g.over())
		})
	})
	t.Run("with a defect it ends, too", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			a := reclassify
			a.shown = func(finesse.Notification) bool { panic("defect") }
			g.s.await(a)
			g.letGo()
			time.Sleep(settleTime)
			require.True(t, g.over())
		})
	})
	t.Run("at once when the agent comes back", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.s.await(reclassify)
			g.letGo()
			g.s.LetGo()
			require.Len(t, g.got(), 1)
			require.True(t, g.over())
		})
	})
	t.Run("when its own connection ends", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.s.await(reclassify)
			g.letGo()
			g.server.streams[0].end(nil)
			time.Sleep(settleTime)
			require.Len(t, g.got(), 1)
			require.NotContains(t, g.server.log(), "CONNECT", "it would take the events from the successor")
			require.True(t, g.over())
		})
	})
}

// TestSuccessorAnswers: an event that answers a command of the former owner says
// which, even if the re-sync of the take-over has told its news already.
func TestSuccessorAnswers(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do("", "MakeReady#1001", "")
		id := g.server.ids[0] // of the former owner
		g.s.LetGo()
		require.True(t, g.over())
		require.Empty(t, g.got())

		g.deps.Node, g.deps.Epoch = "n2", 2
		g.server.user.State = finesse.StateReady
		g.server.dialogs = []finesse.Dialog{callDialog("55", "ACTIVE", "ACTIVE")}
		g.succeed(g.holding())
		require.Len(t, g.got(), 2, "the take-over tells READY")
		g.tell(userEvent(id, finesse.StateReady))
		told := g.envelopes()
		require.Len(t, told, 1)
		require.Equal(t, "corr-MakeReady", told[0].CorrelationID)
		require.Contains(t, told[0].Message.Body, "1001#State#READY#")
		require.False(t, told[0].Recovered)

		call := dialogEvent(finesse.EventPut, "55", "ACTIVE", "ACTIVE")
		call.RequestID = strings.ReplaceAll(id, "MakeReady", "HoldCall")
		g.tell(call)
		told = g.envelopes()
		require.Len(t, told, 1)
		require.Equal(t, "corr-HoldCall", told[0].CorrelationID)
		require.Contains(t, told[0].Message.Body, "1001#InboundCall#ACTIVE#")

		g.tell(call)
		require.Empty(t, g.got(), "once: Finesse repeats an id")
		g.tell(userEvent("", finesse.StateReady))
		g.tell(userEvent("n1-2002-1-1:corr", finesse.StateReady))
		require.Empty(t, g.got(), "no news, and nobody asked")
	})
}

func TestRequestIDCarriesTheCorrelation(t *testing.T) {
	for _, tc := range []struct{ name, node, agent, correlation, id string }{
		{"plain", "gc-1", "1001", "c1", "gc-1-1001-z-1:c1"},
		{"JMS's", "gc-1", "1001", "ID:crm-41231-1568724000000-3:1:1:1:17", "gc-1-1001-z-1:ID%3Acrm-41231-1568724000000-3%3A1%3A1%3A1%3A17"},
		{"anything", "a:b", "ag-1 \u00e4:\r\n", "x:y-z #\u00e4\r\n", "a%3Ab-ag-1+%C3%A4%3A%0D%0A-z-1:x%3Ay-z+%23%C3%A4%0D%0A"},
		{"none", "gc-1", "1001", "", "gc-1-1001-z-1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := New(tc.agent, Deps{Node: tc.node, Epoch: 35})
			id := s.nextRequestID(&Request{CorrelationID: tc.correlation})
			require.Equal(t, tc.id, id)
			require.Equal(t, tc.correlation, carriedBy(id, tc.agent))
			require.Empty(t, carriedBy(id, "100"), "another's")
		})
	}
	t.Run("too long", func(t *testing.T) {
		s := New("1001", Deps{Node: "gc-1", Epoch: 35})
		long := strings.Repeat("x", maxCarried+1)
		id := s.nextRequestID(&Request{CorrelationID: long})
		require.Equal(t, "gc-1-1001-z-1", id)
		require.Equal(t, long, s.answers.of(id), "known here alone")
	})
	for _, strange := range []string{"", ":", "145", "a-b", "-1001", "x-1001-1-1:%zz", "x-1001-1:c", "1001-1-1:c", "----:c"} {
		require.Empty(t, carriedBy(strange, "1001"), strange)
	}
}

// TestLetGoFinishes: what was accepted before the agent went is carried out, and
// not answered RE_LOGIN; but nobody fetches him back, and nothing begins that
// would have to go on after the session.
func TestLetGoFinishes(t *testing.T) {
	bubble(t, func(g *rig) {
		g.s = New("1001", g.deps)
		g.s.let, g.s.ended = true, true
		g.s.binding = Binding{Destination: destA, Dialect: g.deps.Dialect}
		g.s.link.server = g.server
		g.s.link.cred.User = "1001"
		for _, text := range []string{"MakeReady#1001", "Connect#1001", "force_logout#1001"} {
			c, err := protocol.ParseCommand(text, []byte("A,pw"))
			require.NoError(t, err)
			require.True(t, g.s.Offer(g.request(c, Binding{})))
		}
		g.s.Run(g.t.Context())
		require.Contains(t, g.server.log(), "READY")
		require.NotContains(t, g.server.log(), "CONNECT")
		require.Equal(t, 1, g.orphans)
		require.NotContains(t, g.server.log(), "NOT_READY", "[C16] its second half would never come")
		require.Equal(t, []string{"/topic/A 1001#Error#PLEASE_RETRY"}, g.got())
	})
}
