package session

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/wire"
	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// named is a session of the agent 1001, whose client knows their login name.
func (g *rig) named() {
	g.t.Helper()
	g.server.loginName, g.server.right = "ann.lee", "pw"
	g.server.user.LoginName = "ann.lee"
	g.s = New("ann.lee", g.deps)
	g.run()
	g.do(destA, "Connect#ann.lee", "A,pw")
}

// TestLoginName: the login id is asked for once, and Finesse hears of nothing else
// from then on; the client hears its own word.
func TestLoginName(t *testing.T) {
	bubble(t, func(g *rig) {
		g.named()
		g.do(noDest, "Login#ann.lee", "pw,2001")
		require.Equal(t, []string{"USER", "CONNECT", "LOGIN 2001"}, g.server.log())
		require.Equal(t, "1001", g.server.lastCred.User)
		g.tell(userEvent(g.server.ids[0], finesse.StateNotReady))
		out := g.got()
		require.Len(t, out, 3)
		require.True(t, strings.HasPrefix(out[0], "/topic/A ann.lee#AgentInfo#"), out[0])
		require.True(t, strings.HasPrefix(out[1], "/topic/A ann.lee#State#NOT_READY#"), out[1])
		require.Contains(t, out[1], "#ann.lee#2001#")

		st, id := finesse.StateReady, "1001"
		g.do(noDest, "MakeReady#ann.lee", "")
		n := userEvent(g.server.ids[1], st)
		n.User.ID = &id // and no login name, as in the events of some releases
		g.tell(n)
		require.Contains(t, strings.Join(g.got(), "\n"), "ann.lee#State#READY#")
		require.Empty(t, g.server.wrongOnes())

		g.do(destA, "Connect#ann.lee", "A,pw")
		require.NotContains(t, g.server.log()[3:], "CONNECT", "the same proof as before")
		g.do(destB, "Connect#ann.lee", "B,bad")
		require.Equal(t, []string{"/topic/B ann.lee#Error#SUBSCRIPTION_FAILED"}, g.got())
		require.Equal(t, []string{"bad"}, g.server.wrongOnes(), "one try, of the login id")
	})
}

// TestLoginNameRefused: what Finesse says of a bad id or password costs one try, and
// the text says what was wrong.
func TestLoginNameRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		fail error
		pw   string
		code protocol.ErrorCode
		text string
	}{
		"nobody":         {&finesse.Error{Op: "GET User", Status: 404, Class: errclass.Upstream}, "pw", protocol.ErrUserNotFound, "by this login id or login name"},
		"wrong password": {nil, "bad", protocol.ErrSubscriptionFailed, ""},
		"no server":      {&finesse.Error{Op: "GET User", Status: 503, Class: errclass.Unavailable}, "pw", protocol.ErrFinesseUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				d, err := protocol.NewDialect(protocol.Edition44, protocol.FormatJSON, "", nil)
				require.NoError(t, err)
				g.deps.Dialect = d
				g.server.right, g.server.fail["USER"] = "pw", tc.fail
				g.s = New("ann.lee", g.deps)
				g.run()
				g.do(destA, "Connect#ann.lee", "A,"+tc.pw)
				require.Equal(t, []string{"USER"}, g.server.log(), "the notification service is not asked")
				out := g.got()
				require.Len(t, out, 1)
				require.Contains(t, out[0], `"errorType":"`+string(tc.code)+`"`)
				require.Contains(t, out[0], tc.text)
			})
		})
	}
}

// TestLoginNameIsHandedOn: the other node knows the login id without asking.
func TestLoginNameIsHandedOn(t *testing.T) {
	bubble(t, func(g *rig) {
		g.named()
		g.do(noDest, "Login#ann.lee", "pw,2001")
		g.tell(userEvent(g.server.ids[0], finesse.StateNotReady))
		require.Equal(t, "1001", g.held[len(g.held)-1].LoginID)
		g.cancel()
		<-g.s.Done()

		g.server.set(func(f *fakeServer) { f.asked = nil })
		g.s = Successor("ann.lee", g.deps, Holding{
			LoginID: "1001", Password: secret.New("pw"), Binding: wire.Binding{To: destA, Dialect: g.deps.Dialect}, LoggedIn: true,
		})
		g.got()
		g.run()
		require.Contains(t, strings.Join(g.got(), "\n"), "/topic/A ann.lee#State#NOT_READY#")
		require.Equal(t, []string{"CONNECT", "USER", "DIALOGS"}, g.server.log())
		require.Empty(t, g.server.wrongOnes())
	})
}

// TestTwoSpellings: one agent of Finesse has one session; the newest client has them.
func TestTwoSpellings(t *testing.T) {
	bubble(t, func(g *rig) {
		g.named()
		former := g.s
		g.got()
		g.s = New("1001", g.deps)
		ctx, cancel := context.WithCancel(g.t.Context())
		go g.s.Run(ctx)
		g.do(destB, "Connect#1001", "B,pw")
		out := g.got()
		require.Len(t, out, 2, "[C9]")
		require.True(t, strings.HasPrefix(out[0], "/topic/A ann.lee#State#LOGOUT#"), out[0])
		require.Equal(t, "/topic/A ann.lee#Error#SESSION_INVALIDATED", out[1])
		synctest.Wait()
		select {
		case <-former.Done():
		default:
			t.Fatal("the session of the other spelling goes on")
		}
		require.Equal(t, 1, g.lost, "the other nodes hear of it")
		g.do(noDest, "GetState#1001", "")
		require.Contains(t, strings.Join(g.got(), "\n"), "/topic/B 1001#State#NOT_READY#")
		cancel()
		<-g.s.Done()
	})
}
