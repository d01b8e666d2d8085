package session

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
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
	return g.s.inbox.ended()
}

// TestFormerOwnerAnswers: the node that accepted a command tells its outcome, when
// the agent has gone to another node, too.
func TestFormerOwnerAnswers(t *testing.T) {
	refused := func(requestID string) finesse.Notification {
		return finesse.Notification{
			Source: "/finesse/api/User/1001", RequestID: requestID, Errors: []finesse.APIError{{Type: "Generic Error"}},
		}
	}
	// Which of the two it looks at first, the event or that it is let go, is chance.
	for name, tc := range map[string]struct {
		event func(requestID string) finesse.Notification
		told  string
	}{
		"with an event that it has": {
			func(id string) finesse.Notification { return userEvent(id, finesse.StateReady) }, "1001#State#READY#",
		},
		"with an event without an echo": {
			func(string) finesse.Notification { return userEvent("", finesse.StateReady) }, "1001#State#READY#",
		},
		"with a refusal that it has": {
			refused, "1001#Error#",
		},
		"with a refusal without an echo": {
			func(string) finesse.Notification { return refused("") }, "1001#Error#",
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
					g.do(noDest, "MakeReady#1001", "")
					out := g.outputs()
					require.Len(t, out, 1)
					require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
					require.Contains(t, out[0].Message.Body, tc.told)
					require.Contains(t, g.done(), "MakeReady")
					require.True(t, g.over(), "nothing is owed any more")
				})
			}
		})
	}
	t.Run("with the state that came after the one that was asked for", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
			time.Sleep(time.Millisecond)
			g.do(noDest, "MakeNotReady#1001", "")
			g.do(noDest, "MakeCall#1001", "9001")
			g.letGo() // READY came and went; the successor had the event
			time.Sleep(settleFirst)
			synctest.Wait()
			out := g.outputs()
			require.Len(t, out, 2)
			for i, word := range []string{"MakeReady", "MakeNotReady"} {
				require.Equal(t, "corr-"+word, out[i].CorrelationID)
				require.Contains(t, out[i].Message.Body, "1001#State#NOT_READY#")
				require.Contains(t, g.done(), word)
			}
			require.False(t, g.over(), "nothing shows the call")
		})
	})
	t.Run("not with a state that is not yet so", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeNotReady#1001", "")
			time.Sleep(time.Millisecond)
			g.do(noDest, "MakeReady#1001", "")
			g.letGo()
			time.Sleep(settleFirst)
			synctest.Wait()
			out := g.outputs()
			require.Len(t, out, 1)
			require.Equal(t, "corr-MakeNotReady", out[0].CorrelationID)
			require.False(t, g.over(), "READY is still to come")
		})
	})
	t.Run("not with what is the successor's to tell", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
			g.letGo()
			g.tell(dialogEvent(finesse.EventPost, "55", "ALERTING", "ALERTING"))
			require.Empty(t, g.got())
			require.False(t, g.over())
		})
	})
	t.Run("by reading Finesse", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
			g.letGo()
			require.Zero(t, g.deps.Places.Taken(), "the place is free before they can come back")
			g.server.set(func(f *fakeServer) { f.user.State = finesse.StateReady })
			time.Sleep(settleFirst)
			out := g.outputs()
			require.Len(t, out, 1)
			require.Contains(t, out[0].Message.Body, "1001#State#READY#")
			require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
			require.True(t, g.over())
		})
	})
	t.Run("a login", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.start()
			g.do(destA, "Connect#1001", "A,pw")
			g.do(noDest, "Login#1001", "pw,2001")
			g.got()
			g.letGo()
			require.False(t, g.over())
			time.Sleep(settleFirst)
			out := g.outputs()
			require.Len(t, out, 3, "AgentInfo, State, DialogStatus")
			require.Equal(t, "corr-Login", out[0].CorrelationID)
			require.True(t, g.over())
		})
	})
	t.Run("not what nobody asked for", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.tell(userEvent("", finesse.StateReady))
			g.got()
			g.do(noDest, "force_logout#1001", "")
			g.tell(userEvent(g.server.ids[0], finesse.StateNotReady))
			require.Len(t, g.got(), 1)
			g.letGo()
			require.True(t, g.over(), "the LOGOUT behind it is the successor's")
			require.Empty(t, g.got())
		})
	})
	t.Run("never silent", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
			g.letGo()
			time.Sleep(outcome - time.Millisecond)
			require.Empty(t, g.got())
			time.Sleep(time.Millisecond)
			out := g.outputs()
			require.Len(t, out, 1)
			require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
			require.Equal(t, "1001#Error#GENERIC_ERROR", out[0].Message.Body)
			require.True(t, g.over())
		})
	})
	t.Run("nor when Finesse hangs", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
			g.server.stuck = true
			g.letGo()
			time.Sleep(outcome)
			require.Len(t, g.got(), 1)
			require.True(t, g.over())
		})
	})
	t.Run("with a defect it ends, too", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
			g.letGo()
			g.server.set(func(f *fakeServer) { f.panics = true })
			time.Sleep(outcome)
			require.Len(t, g.got(), 1)
			require.Equal(t, 1, g.count("session_panics"))
			require.True(t, g.over())
		})
	})
	t.Run("at once when the agent comes back", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
			g.letGo()
			g.s.LetGo()
			require.Len(t, g.got(), 1)
			require.True(t, g.over())
		})
	})
	t.Run("and by a last read then", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
			g.letGo()
			g.server.set(func(f *fakeServer) { f.user.State = finesse.StateReady })
			g.s.LetGo()
			out := g.outputs()
			require.Len(t, out, 1)
			require.Contains(t, out[0].Message.Body, "1001#State#READY#")
			require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
			require.True(t, g.over())
		})
	})
	t.Run("when its own connection ends", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.do(noDest, "MakeReady#1001", "")
			g.letGo()
			g.server.streams[0].end(nil)
			time.Sleep(outcome)
			require.Len(t, g.got(), 1)
			require.NotContains(t, g.server.log(), "CONNECT", "it would take the events from the successor")
			require.True(t, g.over())
		})
	})
	t.Run("the state of a team member", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.supervise()
			g.do(noDest, "MakeReady#1002", "")
			g.got()
			g.letGo()
			time.Sleep(settleFirst)
			out := g.outputs()
			require.Len(t, out, 1)
			require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
			require.True(t, g.over())
		})
	})
}

// TestLetGoFinishes: what was accepted before the agent went is carried out, and
// not answered RE_LOGIN; but nobody fetches them back, and nothing begins that
// would have to go on after the session.
func TestLetGoFinishes(t *testing.T) {
	bubble(t, func(g *rig) {
		g.s = New("1001", g.deps)
		g.s.tenure.released, g.s.life.ended = true, true
		g.s.client.Binding = wire.Binding{To: destA, Dialect: g.deps.Dialect}
		g.s.presence.Connected(g.server, &fakeStream{c: make(chan finesse.Notification)}, finesse.Credentials{User: "1001"})
		for _, text := range []string{"MakeReady#1001", "Connect#1001", "force_logout#1001"} {
			c, err := protocol.ParseCommand(text, []byte("A,pw"))
			require.NoError(t, err)
			require.True(t, g.s.Offer(g.request(c, wire.Binding{})))
		}
		g.server.user.State = finesse.StateReady
		g.s.Run(g.t.Context())
		require.Contains(t, g.server.log(), "READY")
		require.NotContains(t, g.server.log(), "CONNECT")
		require.Equal(t, 1, g.returned)
		require.NotContains(t, g.server.log(), "NOT_READY", "[C16] its second half would never come")
		require.Contains(t, g.got(), "/topic/A 1001#Error#PLEASE_RETRY")
	})
}

// TestStoppingNodeLeavesWhatIsOpen: the commands are not acknowledged, so that
// another node or the next start gets them again.
func TestStoppingNodeLeavesWhatIsOpen(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.decided = nil
		g.do(noDest, "MakeReady#1001", "")
		g.cancel()
		<-g.s.Done()
		require.Empty(t, g.got())
		require.Empty(t, g.done())
	})
}

// TestHoldingTellsEachChange: another node has to know whatever changes.
func TestHoldingTellsEachChange(t *testing.T) {
	bubble(t, func(g *rig) {
		h := g.holding()
		require.True(t, h.equal(g.holding()))
		for name, change := range map[string]func(*Holding){
			"password":  func(h *Holding) { h.Password = secret.New("other") },
			"extension": func(h *Holding) { h.Extension = "2" },
			"token":     func(h *Holding) { h.Token.Refresh = secret.New("r") },
			"bearer":    func(h *Holding) { h.Bearer = true },
			"binding":   func(h *Holding) { h.Binding.To = destB },
			"format":    func(h *Holding) { h.Binding.Dialect.Format = protocol.FormatJSON },
			"teams":     func(h *Holding) { h.Teams = []string{"1"} },
			"login":     func(h *Holding) { h.LoggedIn = false },
			"leaving":   func(h *Holding) { h.Leaving = true },
		} {
			o := g.holding()
			change(&o)
			require.False(t, h.equal(o), name)
		}
	})
}

func TestSuccessorDialsInTheBackground(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.connectErr = errors.New("refused")
		g.succeed(g.holding())
		g.do(noDest, "HoldCall#1001", "55")
		require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got(), "answered, not kept")
	})
}

// TestSuccessorKeepsCommandsUntilItHasDialled: the node that had the agent is dead,
// and its commands are here before the presence is up.
func TestSuccessorKeepsCommandsUntilItHasDialled(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.closed = make(chan struct{})
		g.succeed(g.holding())
		g.again = true
		g.do(noDest, "MakeReady#1001", "")
		require.Empty(t, g.got(), "kept, not refused")
		close(g.server.closed)
		synctest.Wait()
		require.Contains(t, g.server.log(), "READY")
		require.Len(t, g.got(), 2, "O-024 and O-001 of the take-over")
	})
}
