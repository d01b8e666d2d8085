package session

import (
	"errors"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/finesse"
	"gcbridge/protocol"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

const refusedA = "/topic/A 1001#Error#SUBSCRIPTION_FAILED"

// TestWrongPasswordsOfOthers: they cost at most two tries in five minutes,
// however they come, and take nothing from the agent who is at work.
func TestWrongPasswordsOfOthers(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.right = "pw"
		g.loggedIn()
		for i := range 6 {
			g.do(destB, "Connect#1001", fmt.Sprintf("B,bad%d", i))
			g.do(noDest, "Login#1001", fmt.Sprintf("bad%d,2001", i))
		}
		require.Equal(t, []string{"bad0", "bad1"}, g.server.wrongOnes())
		require.Len(t, g.got(), 12)
		require.Equal(t, 2, g.count("passwords_refused"))
		require.Equal(t, 10, g.count("passwords_not_tried"))
		g.do(noDest, "MakeReady#1001", "")
		require.Contains(t, g.server.log(), "READY")
		require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
		g.do(destA, "Connect#1001", "A,pw")
		require.Empty(t, g.got(), "the right one is known without asking")
		time.Sleep(5 * time.Minute)
		g.do(destB, "Connect#1001", "B,bad9")
		require.Equal(t, []string{"bad9"}, g.server.wrongOnes())
	})
}

// A clear refusal: people are told why, where the dialect has words.
func TestARefusalWithoutAskingSaysWhy(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Dialect.Format = protocol.FormatJSON
		g.start()
		for range 2 {
			g.do(destA, "Connect#1001", "A,bad")
		}
		out := g.got()
		require.Len(t, out, 2)
		require.NotContains(t, out[0], "not asked")
		require.Contains(t, out[1], "this password was refused before; Finesse is not asked again for 5m0s")
		require.Contains(t, out[1], `"errorType":"SUBSCRIPTION_FAILED"`)
	})
}

// TestANewPassword: one that is right is taken, even after others have used up
// the tries: Finesse then refuses the old one, and that is seen without a wrong try
// on top.
func TestANewPassword(t *testing.T) {
	for name, others := range map[string]int{"nobody else": 0, "one wrong": 1, "many wrong": 12} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.server.right = "pw"
				g.loggedIn()
				for i := range others {
					g.do(destB, "Connect#1001", fmt.Sprintf("B,bad%d", i))
				}
				require.Len(t, g.server.wrongOnes(), min(others, 2))
				g.got()
				g.server.set(func(f *fakeServer) { f.right = "new" })
				g.do(destA, "Connect#1001", "A,new")
				require.NotContains(t, g.got(), refusedA)
				require.Equal(t, "new", g.s.presence.Credentials().Password.Reveal())
				if others > 2 {
					require.Equal(t, []string{"pw"}, g.server.wrongOnes(), "the old one")
				}
				g.do(noDest, "MakeReady#1001", "")
				require.Empty(t, g.server.wrongOnes())
			})
		})
	}
}

// A stranger's Connect takes nothing from an agent whose stream is down for a moment.
func TestWrongPasswordWhileTheStreamIsDown(t *testing.T) {
	bubble(t, func(g *rig) {
		g.loggedIn()
		g.server.set(func(f *fakeServer) { f.connectErr = errors.New("no service") })
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(10 * time.Second)
		g.server.set(func(f *fakeServer) { f.connectErr = fmt.Errorf("login: %w", finesse.ErrAuth) })
		g.do(destB, "Connect#1001", "B,bad")
		g.server.set(func(f *fakeServer) { f.connectErr = errors.New("no service") })
		require.Equal(t, []string{"/topic/B 1001#Error#SUBSCRIPTION_FAILED"}, g.got())
		require.Equal(t, PhaseBroken, g.s.Snapshot().Phase, "not refused")
		g.do(noDest, "GetState#1001", "")
		require.Contains(t, g.got()[0], "/topic/A 1001#State#NOT_READY#")
		g.server.set(func(f *fakeServer) { f.connectErr = nil })
		time.Sleep(6 * time.Second)
		require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
	})
}

// An agent who comes from another node is no stranger, even before their first
// connection here: wrong passwords do not stand in their way.
func TestWrongPasswordsDuringATakeOver(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.connectErr = errors.New("refused")
		g.succeed(g.holding())
		time.Sleep(6 * time.Second)
		g.server.set(func(f *fakeServer) { f.connectErr = fmt.Errorf("login: %w", finesse.ErrAuth) })
		for i := range 3 {
			g.do(destB, "Connect#1001", fmt.Sprintf("B,bad%d", i))
		}
		require.Equal(t, 2, g.count("passwords_refused"))
		require.Equal(t, PhaseBroken, g.s.Snapshot().Phase, "not refused")
		require.Zero(t, g.deps.Trust.Strangers())
		g.server.set(func(f *fakeServer) { f.connectErr = nil })
		time.Sleep(6 * time.Second)
		require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
		require.Zero(t, g.deps.Trust.Strangers())
	})
}

// Tries are remembered beyond the session that made them.
func TestTriesOutliveASession(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.right = "pw"
		g.withAgents(func(a *Agents) {
			for i := range 4 {
				g.s = a.Connect("1001")
				g.do(destA, "Connect#1001", fmt.Sprintf("A,bad%d", i))
				g.s.LetGo()
				synctest.Wait()
				require.Nil(t, a.Find("1001"))
			}
		})
		require.Equal(t, []string{"bad0", "bad1"}, g.server.wrongOnes())
		g.deps.Trust.Restart()
		g.start()
		g.do(destA, "Connect#1001", "A,bad2")
		require.Equal(t, []string{"bad2"}, g.server.wrongOnes(), "another Finesse counts anew")
	})
}

// What a 401 says depends on whom the request is about, and an access token is
// no password.
func TestWhatCountsAsAWrongPassword(t *testing.T) {
	unauthorized := &finesse.Error{Status: 401, Class: errclass.Upstream}
	for name, tc := range map[string]struct {
		err       error
		id        string
		bearer    bool
		wantTries int
	}{
		"a 401 to the agent about themselves": {unauthorized, "1001", false, 2},
		"a 401 about a team":                  {unauthorized, "", false, 6},
		"a 401 about another agent":           {unauthorized, "1002", false, 6},
		"a 401 to an access token":            {unauthorized, "1001", true, 6},
		"a 403":                               {&finesse.Error{Status: 403}, "1001", false, 6},
		"no answer":                           {&finesse.Error{Err: errors.New("reset")}, "1001", false, 6},
	} {
		t.Run(name, func(t *testing.T) {
			trust, err := NewTrust(nil)
			require.NoError(t, err)
			asked := 0
			for i := range 6 {
				cred := finesse.Credentials{User: "1001", Password: secret.New(strconv.Itoa(i)), Bearer: tc.bearer}
				_, err := rest(trust, cred, tc.id, func() (int, error) { asked++; return 0, tc.err })
				require.Error(t, err)
			}
			require.Equal(t, tc.wantTries, asked)
		})
	}
}

// invent makes the sessions of so many agents whom nobody knows.
func (g *rig) invent(a *Agents, first, n int) {
	g.t.Helper()
	for i := first; i < first+n; i++ {
		id := fmt.Sprintf("9%05d", i)
		g.s = a.Connect(id)
		g.do(address("/topic/"+id), "Connect#"+id, id+",bad")
	}
	g.got()
}

// TestStrangersAreBounded: those heard of longest ago go first, and nobody whom
// Finesse has accepted.
func TestStrangersAreBounded(t *testing.T) {
	bubble(t, func(g *rig) {
		g.withAgents(func(a *Agents) {
			agent := g.login(a)
			g.invent(a, 0, maxStrangers)
			require.Len(t, a.All(), maxStrangers+1)
			g.s = a.Find("900000")
			g.do(noDest, "MakeReady#900000", "")
			require.Equal(t, []string{"/topic/900000 900000#Error#SUBSCRIPTION_FAILED"}, g.got(), "in the words of the Connect")
			g.invent(a, maxStrangers, maxStrangers-1)
			require.Len(t, a.All(), maxStrangers+1)
			require.Equal(t, maxStrangers, g.deps.Trust.Strangers())
			require.Equal(t, maxStrangers-1, g.count("strangers_forgotten"))
			require.NotNil(t, a.Find("900000"), "heard of since")
			require.Nil(t, a.Find("900001"))
			require.Same(t, agent, a.Find("1001"))
			require.Equal(t, PhaseLoggedIn, agent.Snapshot().Phase)

			g.server.set(func(f *fakeServer) { f.right = "bad" })
			g.s = a.Find("900000")
			g.deps.Trust.Restart()
			g.do(address("/topic/x"), "Connect#900000", "x,bad")
			require.Equal(t, maxStrangers-1, g.deps.Trust.Strangers(), "accepted at last")
		})
		require.Zero(t, g.deps.Trust.Strangers())
	})
}

// Who is at a try is not pushed out; with too many at it, more are told to come again.
func TestNewcomersAreNotPushedOut(t *testing.T) {
	bubble(t, func(g *rig) {
		g.server.closed = make(chan struct{}) // no login is answered
		g.withAgents(func(a *Agents) {
			for i := range 2 * maxStrangers {
				id := fmt.Sprint(100_000 + i)
				g.s = a.Connect(id)
				g.do(destA, "Connect#"+id, "A,pw")
			}
			require.Len(t, a.All(), 2*maxStrangers)
			for i := range maxNewcomers - 2*maxStrangers {
				g.deps.Trust.trying(&Session{agent: strconv.Itoa(i)})
			}
			require.Nil(t, a.Connect("1001"))
			require.Equal(t, 1, g.count("strangers_refused"))
			close(g.server.closed)
			synctest.Wait()
			require.Len(t, a.All(), 2*maxStrangers, "all are accepted")
			require.Zero(t, g.count("strangers_forgotten"))
			require.NotNil(t, a.Connect("1001"))
		})
	})
}

// A stranger who comes back just when they are pushed out is served.
func TestAStrangerWhoComesBackIsServed(t *testing.T) {
	for range 20 { // the session looks at its mail and its signals in any order
		bubble(t, func(g *rig) {
			g.start()
			g.do(destA, "Connect#1001", "A,bad")
			g.got()
			g.server.closed = make(chan struct{})
			g.do(destA, "Connect#1001", "A,worse") // is under way
			g.do(noDest, "MakeReady#1001", "")
			g.s.inbox.signal(sigForget)
			close(g.server.closed)
			require.Equal(t, []string{refusedA, refusedA}, g.got())
			require.Zero(t, g.returned)
		})
	}
}

// And one who does not is forgotten.
func TestAForgottenStranger(t *testing.T) {
	bubble(t, func(g *rig) {
		g.start()
		g.do(destA, "Connect#1001", "A,bad")
		g.s.inbox.signal(sigForget)
		<-g.s.Done()
	})
}
