package session

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
)

// withAgents runs test with an empty set of sessions among fakes; all of them
// must end with the node.
func (g *rig) withAgents(test func(a *Agents)) {
	g.t.Helper()
	ctx, cancel := context.WithCancel(g.t.Context())
	a := NewAgents(g.deps)
	a.Start(ctx)
	defer a.Wait()
	defer cancel()
	test(a)
	cancel()
	a.Wait()
	require.Empty(g.t, a.All(), "none is left")
}

// login makes agent 1001's session in a, and logs them in.
func (g *rig) login(a *Agents) *Session {
	g.t.Helper()
	g.s = a.Connect("1001")
	g.do(destA, "Connect#1001", "A,pw")
	g.do(noDest, "Login#1001", "pw,2001")
	g.tell(userEvent("", finesse.StateNotReady))
	require.Len(g.t, g.got(), 3, "AgentInfo, State, DialogStatus")
	g.server.set(func(f *fakeServer) { f.asked, f.ids = nil, nil })
	return g.s
}

// asks counts how often Finesse was asked for something.
func (g *rig) asks(what string) (n int) {
	synctest.Wait()
	for _, a := range g.server.log() {
		if a == what {
			n++
		}
	}
	return n
}

func TestConnectStartsOneSession(t *testing.T) {
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			require.Nil(t, a.Find("1001"))
			require.Empty(t, a.All())
			s := g.login(a)
			require.Equal(t, "1001", s.Agent())
			require.Same(t, s, a.Find("1001"))
			require.Same(t, s, a.Connect("1001"), "one session for an agent")
			require.Nil(t, a.Find("1002"))
			require.Equal(t, []*Session{s}, a.All())
		})
	})
}

// TestForgottenSession: the session of a silent, logged-out agent ends, and the
// next Connect starts another.
func TestForgottenSession(t *testing.T) {
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			first := a.Connect("1001")
			time.Sleep(g.deps.Options.Linger)
			<-first.Done()
			synctest.Wait()
			require.Nil(t, a.Find("1001"))
			require.NotSame(t, first, g.login(a))
		})
	})
}

// TestSessionThatHasJustEnded: a Connect does not get a session that takes no
// more commands, and what is still to be cleared away is not the new one.
func TestSessionThatHasJustEnded(t *testing.T) {
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			ended, cancel := context.WithCancel(g.t.Context())
			cancel()
			old := New("1001", g.deps)
			old.Run(ended)
			a.byID["1001"] = old
			s := g.login(a)
			require.NotSame(t, old, s)
			a.remove(old)
			require.Same(t, s, a.Find("1001"))
		})
	})
}

func TestLetGoOfAgents(t *testing.T) {
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			require.False(t, a.LetGo("1001"), "there is none")
			s := g.login(a)
			require.False(t, a.LetGo("1002"))
			require.True(t, a.LetGo("1001"))
			<-s.Done()
			synctest.Wait()
			require.Nil(t, a.Find("1001"))
			require.Equal(t, 1, g.yields)
		})
	})
}

func TestTakeOverStartsASuccessor(t *testing.T) {
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			a.TakeOver("1001", g.holding())
			require.Len(t, g.got(), 2, "M8")
			require.Equal(t, "1001", a.Find("1001").Agent())
			require.Equal(t, 1, g.asks("CONNECT"))
		})
	})
}

// TestTakeOverBehindAnOldSession: an agent who comes back gets a session when
// the earlier one has told what it owes; never two at a time.
func TestTakeOverBehindAnOldSession(t *testing.T) {
	comesBack := func(t *testing.T, then func(g *rig, a *Agents, old *Session)) {
		bubble(t, func(g *rig) {
			g.withAgents(func(a *Agents) {
				old := g.login(a)
				g.do(noDest, "MakeReady#1001", "")
				a.TakeOver("1001", g.holding())
				synctest.Wait()
				require.Equal(t, 1, g.yields, "the earlier session lets go")
				require.Zero(t, g.asks("CONNECT"), "and its successor waits")
				then(g, a, old)
			})
		})
	}
	t.Run("it waits", func(t *testing.T) {
		comesBack(t, func(g *rig, a *Agents, old *Session) {
			<-old.Done()
			require.Equal(t, 1, g.asks("CONNECT"))
			require.NotNil(t, a.Find("1001"))
			require.NotSame(t, old, a.Find("1001"))
			require.Contains(t, g.got(), "/topic/A 1001#Error#GENERIC_ERROR", "the outcome that was owed")
		})
	})
	t.Run("a client is faster", func(t *testing.T) {
		comesBack(t, func(g *rig, a *Agents, old *Session) {
			a.Retire("1001")
			s := a.Connect("1001")
			require.NotSame(t, old, s)
			<-old.Done()
			require.Zero(t, g.asks("CONNECT"), "one session for an agent")
			require.Same(t, s, a.Find("1001"))
		})
	})
}

func TestHandedReachesTheSession(t *testing.T) {
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			a.Handed("1001", false) // nobody is there to hear it
			h := g.holding()
			h.Yields = true
			a.TakeOver("1001", h)
			g.s = a.Find("1001")
			g.do(noDest, "MakeReady#1001", "")
			a.Handed("1001", true)
			time.Sleep(handOverTime - time.Millisecond)
			require.Zero(t, g.asks("READY"), "the other node is at it")
			a.Handed("1001", false)
			require.Equal(t, 1, g.asks("READY"))
		})
	})
}

// TestRetiredSessionGoesOn: it tells what it owes, but commands find another.
func TestRetiredSessionGoesOn(t *testing.T) {
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			old := g.login(a)
			g.do(noDest, "MakeReady#1001", "")
			g.got()
			a.LetGo("1001")
			a.Retire("1001")
			require.Nil(t, a.Find("1001"))
			s := a.Connect("1001")
			require.NotSame(t, old, s)
			<-old.Done()
			require.Equal(t, []string{"/topic/A 1001#Error#GENERIC_ERROR"}, g.got())
			require.Same(t, s, a.Find("1001"), "the end of the old session is not that of the new")
		})
	})
}

func TestSupervisorAt(t *testing.T) {
	connect := func(g *rig, a *Agents, agent string, at address, roles ...string) *Session {
		g.server.set(func(f *fakeServer) { f.user.Roles = roles })
		g.s = a.Connect(agent)
		g.do(at, "Connect#"+agent, strings.TrimPrefix(string(at), "/topic/")+",pw")
		g.do(noDest, "GetState#"+agent, "") // so that the agent is read
		return g.s
	}
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			require.Nil(t, a.SupervisorAt(destA))
			connect(g, a, "1001", destA, "Agent")
			connect(g, a, "1002", destB, "Agent", "Supervisor")
			require.Nil(t, a.SupervisorAt(destA), "one is no supervisor, one is elsewhere")
			first := connect(g, a, "1004", destA, "Agent", "Supervisor")
			require.Same(t, first, a.SupervisorAt(destA))
			connect(g, a, "1005", destA, "Agent", "Supervisor")
			smallest := connect(g, a, "1003", destA, "Agent", "Supervisor")
			connect(g, a, "1006", destA, "Agent", "Supervisor")
			for range 50 { // the order of the sessions is another each time
				require.Same(t, smallest, a.SupervisorAt(destA), "the same each time [C15]")
			}
			require.Nil(t, a.SupervisorAt(address("/topic/C")))
		})
	})
}

func TestPlaces(t *testing.T) {
	p := NewPlaces(2)
	require.True(t, p.Admit("1001"))
	require.True(t, p.Admit("1002"))
	require.False(t, p.Admit("1003"), "[C20]")
	require.Equal(t, 2, p.Taken())
	p.Release("1003") // they have none
	require.Equal(t, 2, p.Taken())
	p.Release("1001")
	require.Equal(t, 1, p.Taken())
	require.True(t, p.Admit("1003"))
	unlimited := NewPlaces(0)
	for _, agent := range []string{"1001", "1002"} {
		require.True(t, unlimited.Admit(agent), "0 = no limit")
	}
}

// TestHandlersAreMadeOnce: a session costs no table of its own.
func TestHandlersAreMadeOnce(t *testing.T) {
	bubble(t, func(g *rig) {
		require.Len(t, g.deps.table(), len(handlers()))
		g.deps.rows[protocol.MakeReady] = row{}
		require.Nil(t, g.deps.table()[protocol.MakeReady].run)
	})
}

// TestSessionsDoNotMix: what one agent is told, another is not.
func TestSessionsDoNotMix(t *testing.T) {
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			g.login(a)
			g.s = a.Connect("1002")
			g.do(destB, "Connect#1002", "B,pw")
			g.got()
			g.do(noDest, "GetState#1002", "")
			out := g.outputs()
			require.Len(t, out, 1)
			require.Equal(t, wire.Address(destB), out[0].To)
			require.Equal(t, "1002", out[0].Agent)
		})
	})
}
