package session

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/secret"
)

// TestSuccessorSpeaksTheClientsFormat: what is told without being asked for, too.
func TestSuccessorSpeaksTheClientsFormat(t *testing.T) {
	bubble(t, func(g *rig) {
		d, err := protocol.NewDialect(protocol.Edition44, protocol.FormatJSON, "", nil)
		require.NoError(t, err)
		h := g.holding()
		h.Binding.Dialect = d
		g.succeed(h)
		out := g.got()
		g.tell(userEvent("", finesse.StateReady))
		out = append(out, g.got()...)
		require.NotEmpty(t, out)
		for _, body := range out {
			require.True(t, strings.HasPrefix(body, "/topic/A {"), body)
		}
	})
}

// TestLogoutAfterATakeOver: the connection of the other node went, and Finesse may
// take that for a lost desktop. The agent is signed in again.
func TestLogoutAfterATakeOver(t *testing.T) {
	bubble(t, func(g *rig) {
		g.succeed(g.holding())
		g.got()
		g.tell(userEvent("", finesse.StateLogout))
		require.Equal(t, 1, g.asks("LOGIN 2001"), g.server.log())
		require.NotContains(t, strings.Join(g.got(), "\n"), "#LOGOUT#")
	})
}

// TestTokenOfAHolding: the other node tells the token as the password alone.
func TestTokenOfAHolding(t *testing.T) {
	bubble(t, func(g *rig) {
		g.tokens(100 * time.Second)
		h := g.holding()
		h.Password, h.Bearer = secret.New("t0"), true
		h.Token = Grant{Refresh: secret.New("r0"), Issued: time.Now(), Expires: time.Now().Add(100 * time.Second)}
		g.succeed(h)
		time.Sleep(75 * time.Second)
		require.Equal(t, 1, g.renewals())
		require.Equal(t, "t0", g.server.renewals[0].Access.Reveal())
		require.Equal(t, "t1", g.token())
		g.got()
	})
}

// TestNoCommandsAfterLetGo: while the last outcomes are awaited, what comes is the
// successor's.
func TestNoCommandsAfterLetGo(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		g.letGo()
		require.False(t, g.over(), "READY is still to come")
		require.False(t, g.s.Offer(g.request(mustParse(t, "GetState#1001"), wire.Binding{})))
		require.Empty(t, g.got())
	})
}

// TestEventDuringTheLastCommands: it came while the session served what it still had.
func TestEventDuringTheLastCommands(t *testing.T) {
	bubble(t, func(g *rig) {
		events, first := make(chan finesse.Notification), ""
		g.s = New("1001", g.deps)
		g.s.tenure.released, g.s.life.ended = true, true
		g.s.client.Binding = wire.Binding{To: destA, Dialect: g.deps.Dialect}
		g.s.presence.Connected(g.server, &fakeStream{c: events}, finesse.Credentials{User: "1001"})
		g.server.onSet = func(c finesse.StateChange, id string) {
			if c.State == finesse.StateReady {
				first = id
				return
			}
			events <- userEvent(first, finesse.StateReady)
		}
		for _, jmsType := range []string{"MakeReady#1001", "MakeNotReady#1001"} {
			require.True(t, g.s.Offer(g.request(mustParse(t, jmsType), wire.Binding{})))
		}
		g.s.Run(g.t.Context())
		out := g.outputs()
		require.NotEmpty(t, out)
		require.Contains(t, out[0].Message.Body, "1001#State#READY#")
		require.Equal(t, "corr-MakeReady", out[0].CorrelationID)
	})
}

// TestDeadlineAfterLetGo: it is the command's, counted from when Finesse accepted it.
func TestDeadlineAfterLetGo(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.do(noDest, "MakeReady#1001", "")
		time.Sleep(outcome - time.Second)
		g.got()
		g.letGo()
		g.got()
		time.Sleep(3 * time.Second)
		require.Contains(t, g.got(), "/topic/A 1001#Error#GENERIC_ERROR")
		require.True(t, g.over())
	})
}

// TestLoginAfterLetGo: its event tells it at once, without a wait for the next read.
func TestLoginAfterLetGo(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,pw")
		g.do(noDest, "Login#1001", "pw,2001")
		g.letGo()
		require.Empty(t, g.got())
		g.tell(userEvent(g.server.ids[0], finesse.StateNotReady))
		out := g.got()
		require.NotEmpty(t, out)
		require.True(t, strings.HasPrefix(out[0], "/topic/A 1001#AgentInfo#"), out[0])
		require.True(t, g.over())
	})
}

// TestForcedLogoutIsTheSuccessors: two nodes that sign the agent out would count twice.
func TestForcedLogoutIsTheSuccessors(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.tell(userEvent("", finesse.StateReady))
		g.got()
		g.do(noDest, "force_logout#1001", "")
		require.Equal(t, []string{"NOT_READY"}, g.server.log())
		g.letGo()
		g.tell(userEvent(g.server.ids[0], finesse.StateNotReady))
		time.Sleep(2 * outcome)
		synctest.Wait()
		require.Zero(t, g.asks("LOGOUT"), g.server.log())
		g.got()
	})
}
