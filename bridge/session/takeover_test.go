package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol/secret"
)

// succeed runs the session of an agent taken over from another node.
func (g *rig) succeed(h Holding) {
	g.s = Successor("1001", g.deps, h)
	g.run()
}

// succeedInCompany is succeed while another node lives that may have commands of the agent.
func (g *rig) succeedInCompany() {
	h := g.holding()
	h.Yields = true
	g.succeed(h)
}

func (g *rig) holding() Holding {
	return Holding{
		Password: secret.New("pw"), Extension: "2001", LoggedIn: true,
		Binding: wire.Binding{To: destA, Dialect: g.deps.Dialect},
	}
}

func TestSuccessorTellsWhereTheAgentStands(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.dialogs = []finesse.Dialog{callDialog("55", "ACTIVE", "ACTIVE")}
		g.server.user.State = finesse.StateTalking
		g.succeed(g.holding())
		out := g.outputs()
		require.Len(t, out, 2, "M8")
		require.True(t, strings.HasPrefix(out[0].Message.Body, "1001#DialogStatus#55#"), out[0].Message.Body)
		require.True(t, strings.HasPrefix(out[1].Message.Body, "1001#State#TALKING#"), out[1].Message.Body)
		require.True(t, out[0].Recovered && out[1].Recovered, "[H1]")
		require.Len(t, g.held, 1, "the pair is told once the presence is up")
		require.True(t, g.held[0].equal(g.holding()))
		g.do(noDest, "HoldCall#1001", "55")
		require.Equal(t, "HOLD 55 2001", g.server.log()[len(g.server.log())-1])
	})
}

func TestSuccessorWaitsForFinesse(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.connectErr = errors.New("refused")
		g.succeed(g.holding())
		require.Empty(t, g.held, "the former owner keeps the agent until the presence is up")
		g.server.set(func(f *fakeServer) { f.connectErr = nil })
		time.Sleep(6 * time.Second)
		require.Len(t, g.got(), 2)
		require.Len(t, g.held, 1)
	})
}

func TestSuccessorWithARefusedPassword(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.connectErr = fmt.Errorf("login: %w", finesse.ErrAuth)
		g.succeed(g.holding())
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got())
		require.Equal(t, 1, g.lost, "the pair does not try again")
		require.Empty(t, g.held)
	})
}

func TestSuccessorOfAnOriginal(t *testing.T) {
	bubble(t, func(g *rig) {
		g.succeed(Holding{Password: secret.New("pw"), Extension: "2001"})
		require.Empty(t, g.got(), "nobody knows where the client listens")
		require.Len(t, g.held, 1, "yet the presence is kept")
		g.do(noDest, "GetState#1001", "")
		require.Equal(t, 1, g.returned, "[O-007] the worker answers RE_LOGIN")
	})
}

func TestLetGoIsSilent(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.s.LetGo()
		<-g.s.Done()
		require.Empty(t, g.got())
		require.Empty(t, g.server.log(), "no LOGOUT")
		require.Zero(t, g.lost, "the pair knows")
		require.Equal(t, 1, g.yields, "the commands may begin on the other node")
	})
}

// TestNoSignalIsLost: what comes while a command is under way is all obeyed after it.
func TestNoSignalIsLost(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.server.onSet = func(finesse.StateChange, string) {
			for range 100 {
				g.s.Resync()
			}
			g.s.LetGo()
		}
		g.do(noDest, "MakeReady#1001", "")
		require.Equal(t, 1, g.yields, "it is let go")
	})
}

func TestPairIsToldOfChanges(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		n := len(g.held)
		require.Equal(t, "2001", g.held[n-1].Extension)
		require.True(t, g.held[n-1].LoggedIn)
		g.do(destB, "Connect#1001", "B,pw")
		require.Len(t, g.held, n+1)
		require.Equal(t, destB, g.held[n].Binding.To)
		g.do(noDest, "GetState#1001", "")
		require.Len(t, g.held, n+1, "no change, no word")
	})
}

// TestCommandsWaitForTheFormerOwner: one that lives finishes what it has for the
// agent before their commands begin here.
func TestCommandsWaitForTheFormerOwner(t *testing.T) {
	bubble(t, func(g *rig) {
		g.succeedInCompany()
		require.Len(t, g.got(), 2, "what there is to tell is told at once")
		require.Len(t, g.held, 1, "and the presence is up, so that the other lets go")
		g.do(noDest, "MakeReady#1001", "")
		require.NotContains(t, g.server.log(), "READY")
		g.s.Handed(false)
		synctest.Wait()
		require.Contains(t, g.server.log(), "READY")
		g.do(noDest, "MakeNotReady#1001", "")
		require.Contains(t, g.server.log(), "NOT_READY", "once")
	})
	t.Run("not for long", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.succeedInCompany()
			g.do(noDest, "MakeReady#1001", "")
			require.NotContains(t, g.server.log(), "READY")
			time.Sleep(answerTime)
			synctest.Wait()
			require.Contains(t, g.server.log(), "READY", "it may be dead")
		})
	})
	t.Run("longer for one that says it is busy", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.succeedInCompany()
			g.do(noDest, "MakeReady#1001", "")
			g.s.Handed(true)
			time.Sleep(handOverTime - time.Millisecond)
			synctest.Wait()
			require.NotContains(t, g.server.log(), "READY")
			time.Sleep(time.Millisecond)
			synctest.Wait()
			require.Contains(t, g.server.log(), "READY", "not for ever")
		})
	})
	t.Run("without a presence", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.server.connectErr = errors.New("refused")
			g.succeedInCompany()
			g.do(noDest, "MakeReady#1001", "")
			require.NotContains(t, g.server.log(), "READY")
			time.Sleep(presenceTime)
			synctest.Wait()
			require.Len(t, g.done(), 1, "REST needs none")
		})
	})
	t.Run("let go meanwhile", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.succeedInCompany()
			g.do(noDest, "MakeReady#1001", "")
			g.s.LetGo()
			synctest.Wait()
			require.Zero(t, g.yields, "the next owner waits for us, and we for the former one")
			g.s.Handed(false)
			<-g.s.Done()
			require.Contains(t, g.server.log(), "READY")
			require.Equal(t, 1, g.yields)
		})
	})
}

// TestOvertakenCommandIsNotRun: order is kept where a broker did not.
func TestOvertakenCommandIsNotRun(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.begun, g.overtaken = nil, []string{"MakeReady", "GetState", "MakeCall"}
		g.do(noDest, "MakeReady#1001", "")
		require.Equal(t, []string{"/topic/A 1001#Error#PLEASE_RETRY"}, g.got())
		require.Equal(t, "MakeReady", g.decided[len(g.done())-1])
		g.do(noDest, "MakeCall#1001", "90001")
		require.Equal(t, []string{"/topic/A 1001#Error#PLEASE_RETRY"}, g.got())
		require.Empty(t, g.server.log())
		require.Empty(t, g.begun, "it overtakes nothing itself")
		g.do(noDest, "GetState#1001", "")
		require.Len(t, g.got(), 1, "a question may come late")
		g.do(noDest, "HoldCall#1001", "55")
		require.Equal(t, []string{"HoldCall"}, g.begun, "the others know before Finesse is asked")
	})
}

func TestIntentGoesFirst(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.intendErr = errors.New("no broker")
		g.do(noDest, "MakeCall#1001", "90001")
		require.Equal(t, []string{"/topic/A 1001#Error#PLEASE_RETRY"}, g.got())
		require.Empty(t, g.server.log(), "what cannot be secured is not run")
		g.intendErr, g.intents = nil, nil
		g.do(noDest, "HoldCall#1001", "55")
		require.Empty(t, g.intents, "a command that may be repeated needs none")
		g.do(noDest, "MakeCall#1001", "90001")
		require.Equal(t, []string{"ID:MakeCall"}, g.intents)
	})
}

func TestSpuriousLogout(t *testing.T) {
	logout := func(reason *finesse.ReasonCode) finesse.Notification {
		n := userEvent("", finesse.StateLogout)
		n.User.Reason = reason
		return n
	}
	lose := func(g *rig) {
		g.server.streams[len(g.server.streams)-1].end(errors.New("connection reset"))
	}
	t.Run("after a gap it is undone and not told", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			lose(g)
			time.Sleep(time.Second)
			require.Len(t, g.got(), 2, "O-024 and O-001 of the gap")
			g.tell(logout(nil))
			require.Equal(t, "LOGIN 2001", g.server.log()[len(g.server.log())-1])
			g.tell(userEvent("", finesse.StateNotReady))
			for _, m := range g.got() {
				require.NotContains(t, m, "LOGOUT")
				require.NotContains(t, m, "AgentInfo")
			}
			require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
		})
	})
	t.Run("once", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			lose(g)
			time.Sleep(time.Second)
			require.Len(t, g.got(), 2, "O-024 and O-001 of the gap")
			g.tell(logout(nil))
			g.tell(userEvent("", finesse.StateNotReady))
			g.got()
			g.tell(logout(nil))
			require.Contains(t, strings.Join(g.got(), "\n"), "1001#State#LOGOUT#")
		})
	})
	t.Run("with a code it is the truth", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			lose(g)
			time.Sleep(time.Second)
			require.Len(t, g.got(), 2, "O-024 and O-001 of the gap")
			g.tell(logout(&finesse.ReasonCode{ID: "9", Code: "255", Category: "LOGOUT"}))
			require.Contains(t, strings.Join(g.got(), "\n"), "1001#State#LOGOUT#255#")
		})
	})
	t.Run("without a gap it is the truth", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			g.tell(logout(nil))
			require.Contains(t, strings.Join(g.got(), "\n"), "1001#State#LOGOUT#")
		})
	})
	t.Run("if the client asked for it", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			lose(g)
			time.Sleep(time.Second)
			require.Len(t, g.got(), 2, "O-024 and O-001 of the gap")
			g.do(noDest, "Logout#1001", "")
			g.tell(logout(nil))
			require.Contains(t, strings.Join(g.got(), "\n"), "1001#State#LOGOUT#")
		})
	})
	t.Run("told when it cannot be undone", func(t *testing.T) {
		bubble(t, func(g *rig) {
			g.loggedIn()
			lose(g)
			time.Sleep(time.Second)
			require.Len(t, g.got(), 2, "O-024 and O-001 of the gap")
			g.server.set(func(f *fakeServer) { f.user.State = finesse.StateLogout })
			g.server.fail["LOGIN 2001"] = &finesse.Error{Status: 400}
			g.tell(logout(nil))
			require.Contains(t, strings.Join(g.got(), "\n"), "1001#State#LOGOUT#")
		})
	})
}

func TestSuccessorFinishesAForcedLogout(t *testing.T) {
	bubble(t, func(g *rig) {
		h := g.holding()
		h.Leaving = true
		g.succeed(h)
		require.Len(t, g.got(), 2)
		require.Equal(t, "LOGOUT", g.server.log()[len(g.server.log())-1], "[C16]")
		require.True(t, g.held[0].Leaving, "and the next successor would know, too")
	})
}
