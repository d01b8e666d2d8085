package session

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/session/signon"
	"gcbridge/finesse"
	"gcbridge/protocol/errclass"
	"gcbridge/protocol/secret"
)

// errNoService is what a token service that is out of service answers.
var errNoService = &finesse.Error{Op: "POST token", Status: 503, Class: errclass.Unavailable}

// claiming is what the clients of these tests show: a token of 100 s with a refresh token.
const claiming = `{"token":"t0","refresh_token":"r0","expires_in":100}`

// tokens lets the server renew: each token is good for a life, and the only one.
func (g *rig) tokens(life time.Duration) {
	n := 0
	g.server.set(func(f *fakeServer) {
		f.tokens = []string{"t0"}
		f.renew = func(finesse.TokenProof) (finesse.Token, error) {
			n++
			token := fmt.Sprintf("t%d", n)
			f.set(func(f *fakeServer) { f.tokens = []string{token} })
			return finesse.Token{Access: secret.New(token), Life: life}, nil
		}
	})
}

// denies lets every renewal fail.
func (g *rig) denies(err error) {
	g.server.set(func(f *fakeServer) {
		f.renew = func(finesse.TokenProof) (finesse.Token, error) { return finesse.Token{}, err }
	})
}

// renewals are how many tokens were asked for so far.
func (g *rig) renewals() (n int) {
	synctest.Wait()
	g.server.set(func(f *fakeServer) { n = len(f.renewals) })
	return n
}

// signedOn brings the session to the state after an SSO user's login.
func (g *rig) signedOn() {
	g.t.Helper()
	g.tokens(100 * time.Second)
	g.start()
	g.do(destA, "Connect#1001", "A,"+claiming+",SSO")
	g.do(noDest, "Login#1001", "t0,2001")
	g.tell(userEvent("", finesse.StateNotReady))
	require.Len(g.t, g.got(), 3, "AgentInfo, State, DialogStatus")
	require.Equal(g.t, "t0", g.server.lastCred.Password.Reveal())
}

// token is the one that the next request goes with.
func (g *rig) token() (token string) {
	synctest.Wait()
	g.server.set(func(*fakeServer) { token = g.s.presence.Credentials().Password.Reveal() }) // before the next renewal
	return token
}

const (
	warning = "/topic/A 1001#Error#AUTHORIZATION_FAILURE"
	line    = "/topic/A 1001#Control#PrintStatusBar#Your single sign-on ends in %d seconds and could not be renewed. Please sign in again."
)

func TestTokenIsRenewedAtThreeQuarters(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		held := len(g.held)
		time.Sleep(75*time.Second - 1)
		require.Zero(t, g.renewals())
		time.Sleep(time.Nanosecond)
		require.Equal(t, 1, g.renewals())
		p := g.server.renewals[0]
		require.Equal(t, []string{"1001", "t0", "r0", ""}, []string{p.User, p.Access.Reveal(), p.Refresh.Reveal(), p.Password.Reveal()})
		require.Equal(t, "t1", g.token())
		require.Len(t, g.server.streams, 1, "the stream stays")
		require.Len(t, g.held, held+1, "the other node hears of it")
		h := g.held[held]
		require.Equal(t, "t1", h.Password.Reveal())
		require.Equal(t, "r0", h.Token.Refresh.Reveal())
		require.Equal(t, time.Now().Add(100*time.Second), h.Token.Expires)
		require.Equal(t, h.Token.Expires, g.s.Snapshot().TokenEnds)
		g.do(noDest, "MakeReady#1001", "")
		require.Equal(t, "t1", g.server.lastCred.Password.Reveal(), "the next request goes with it")
		time.Sleep(8 * time.Hour)
		require.Equal(t, 1+8*3600/75, g.renewals(), "and so on for the whole shift")
		require.Equal(t, g.renewals(), g.count("tokens_renewed"))
		require.NotContains(t, g.got(), warning)
	})
}

// TestTokenDuringACommand: a renewal does not wait for a command, nor a command for it.
func TestTokenDuringACommand(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		comes := make(chan struct{})
		g.server.set(func(f *fakeServer) {
			f.renew = func(finesse.TokenProof) (finesse.Token, error) {
				<-comes
				return finesse.Token{Access: secret.New("late"), Life: time.Minute}, nil
			}
		})
		time.Sleep(80 * time.Second)
		require.Equal(t, 1, g.renewals())
		g.do(noDest, "MakeReady#1001", "")
		require.Contains(t, g.server.log(), "READY")
		close(comes)
		synctest.Wait()
		require.Equal(t, "late", g.token())
	})
}

func TestTokenRenewalIsTriedAgain(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.denies(errNoService)
		time.Sleep(75 * time.Second)
		require.Equal(t, 1, g.renewals())
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, 2, g.renewals(), "at once")
		time.Sleep(14900*time.Millisecond - 1)
		require.Less(t, g.renewals(), 13, "then at growing intervals")
		require.Greater(t, g.renewals(), 5)
		require.Empty(t, g.got())
		time.Sleep(time.Nanosecond)
		require.Equal(t, []string{warning, fmt.Sprintf(line, 10)}, g.got(), "told at 90 %")
		time.Sleep(5 * time.Second)
		require.Empty(t, g.got(), "once")
		g.tokens(100 * time.Second)
		time.Sleep(5 * time.Second)
		require.Equal(t, "t1", g.token())
		require.Equal(t, g.renewals()-1, g.count("token_renewals_failed"))
		g.denies(errNoService)
		time.Sleep(90 * time.Second)
		require.Len(t, g.got(), 2, "the new one ends, too")
	})
}

func TestTokenThatCannotBeRenewed(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.server.set(func(f *fakeServer) { f.renew = nil })
		time.Sleep(75 * time.Second)
		outs := g.outputs()
		require.Len(t, outs, 2)
		require.Equal(t, fmt.Sprintf(line, 25), outs[1].To.String()+" "+outs[1].Message.Body, "told at once")
		require.Empty(t, outs[0].CorrelationID)
		time.Sleep(time.Minute)
		require.Empty(t, g.got(), "the stream is up still")
		require.Less(t, g.renewals(), 7)
		g.server.set(func(f *fakeServer) { f.tokens = []string{"u0"} })
		g.do(destA, "Connect#1001", `A,{"token":"u0","expires_in":100},SSO`)
		require.Equal(t, "u0", g.token(), "the client's new token")
		require.Len(t, g.server.streams, 1)
		before := g.renewals()
		time.Sleep(75 * time.Second)
		require.Equal(t, before+1, g.renewals(), "and its own time")
	})
}

// TestRelinkRenewsFirst: however it is known that the token is dead, it is renewed
// before the client hears of it.
func TestRelinkRenewsFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		happens func(g *rig, pass func(time.Duration))
		want    string
	}{
		"it ran out while the service was away": {func(g *rig, pass func(time.Duration)) {
			g.denies(errNoService)
			pass(101 * time.Second)
			g.got()
			g.server.streams[0].end(errors.New("gone"))
			pass(time.Minute)
			require.Empty(g.t, g.got())
			require.Len(g.t, g.server.streams, 1, "a dead token is not shown")
			g.tokens(100 * time.Second)
		}, "t1"},
		"refused at the login": {func(g *rig, _ func(time.Duration)) {
			g.server.set(func(f *fakeServer) { f.tokens = nil })
			g.server.streams[0].end(errors.New("gone"))
		}, "t1"},
		"refused at the read": {func(g *rig, _ func(time.Duration)) {
			g.server.set(func(f *fakeServer) {
				f.fail["USER"] = &finesse.Error{Status: 401, Class: errclass.Upstream}
				renew := f.renew
				f.renew = func(p finesse.TokenProof) (finesse.Token, error) {
					f.set(func(f *fakeServer) { delete(f.fail, "USER") })
					return renew(p)
				}
			})
			g.server.streams[0].end(errors.New("gone"))
		}, "t1"},
		"renewed while the dial is under way": {func(g *rig, pass func(time.Duration)) {
			g.server.closed = make(chan struct{})
			pass(74 * time.Second)
			g.server.streams[0].end(errors.New("gone"))
			pass(2 * time.Second)
			require.Equal(g.t, "t1", g.token())
			g.server.set(func(f *fakeServer) { f.tokens = []string{"t0"} })
			close(g.server.closed)
		}, "t1"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.signedOn()
				tc.happens(g, time.Sleep)
				time.Sleep(10 * time.Second)
				require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
				require.Equal(t, tc.want, g.token())
				require.NotContains(t, g.got(), "/topic/A 1001#Error#SUBSCRIPTION_FAILED")
				require.Zero(t, g.count("errors_SUBSCRIPTION_FAILED"))
			})
		})
	}
}

// TestRefusedNowAndThen: each time that Finesse refuses a token a renewal helps.
func TestRefusedNowAndThen(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		for i := range 3 {
			g.server.set(func(f *fakeServer) { f.tokens = nil })
			g.server.streams[i].end(errors.New("gone"))
			time.Sleep(10 * time.Second)
			require.Equal(t, fmt.Sprintf("t%d", i+1), g.token())
			require.Equal(t, PhaseLoggedIn, g.s.Snapshot().Phase)
		}
		require.Zero(t, g.count("errors_SUBSCRIPTION_FAILED"))
	})
}

// TestReadWithADeadToken: a stream that is up is no reason to read with a token
// that has run out.
func TestReadWithADeadToken(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.denies(errNoService)
		time.Sleep(101 * time.Second)
		g.got()
		g.server.set(func(f *fakeServer) { f.asked = nil })
		g.s.Resync()
		time.Sleep(time.Minute)
		require.Empty(t, g.server.log())
		g.tokens(100 * time.Second)
		for g.token() != "t1" {
			time.Sleep(time.Millisecond)
		}
		require.Equal(t, []string{"USER", "DIALOGS"}, g.server.log(), "at once")
		require.Len(t, g.got(), 2, "O-024 and O-001")
	})
}

// TestRenewedAndStillRefused: whose new token Finesse refuses, too, has to connect again.
func TestRenewedAndStillRefused(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.server.set(func(f *fakeServer) { f.fail["USER"] = &finesse.Error{Status: 401, Class: errclass.Upstream} })
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, g.got())
		require.Equal(t, 1, g.renewals())
		time.Sleep(time.Hour)
		require.Equal(t, 1, g.renewals(), "no further try before the next Connect")
	})
}

// successorWith starts a successor with a token of a life that began 80 s ago.
func (g *rig) successorWith(life time.Duration) {
	h := g.holding()
	h.Password, h.Bearer = secret.New("t0"), true
	h.Token = Grant{Access: h.Password, Refresh: secret.New("r0"), Shown: signon.Fingerprint(secret.New("t0")), Issued: time.Now(), Expires: time.Now().Add(life)}
	h.Token.Issued, h.Token.Expires = h.Token.Issued.Add(-80*time.Second), h.Token.Expires.Add(-80*time.Second)
	g.succeed(h)
}

func TestTakeOverWithADeadToken(t *testing.T) {
	bubble(t, func(g *rig) {
		g.tokens(100 * time.Second)
		comes := make(chan struct{})
		renew := g.server.renew
		g.server.renew = func(p finesse.TokenProof) (finesse.Token, error) { <-comes; return renew(p) }
		g.successorWith(time.Minute)
		g.again = true
		g.do(noDest, "MakeReady#1001", "")
		require.Empty(t, g.got(), "the command waits for the new token")
		require.Empty(t, g.server.log())
		close(comes)
		synctest.Wait()
		require.Equal(t, "r0", g.server.renewals[0].Refresh.Reveal())
		require.Contains(t, g.server.log(), "READY")
		require.Len(t, g.got(), 2, "O-024 and O-001 of the take-over")
		require.Equal(t, "t1", g.held[len(g.held)-1].Password.Reveal(), "the others hear of it")
		g.do(destA, "Connect#1001", "A,"+claiming+",SSO")
		require.Equal(t, "t1", g.token(), "what the client has shown to the other node stands for it")
	})
}

func TestTakeOverGoesOnWithTheRenewals(t *testing.T) {
	bubble(t, func(g *rig) {
		g.tokens(time.Hour)
		g.successorWith(120 * time.Second)
		require.Zero(t, g.renewals())
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, g.renewals(), "90 of 120 seconds")
		g.got()
	})
}

func TestTokenService(t *testing.T) {
	for name, tc := range map[string]struct {
		password string
		err      error
		want     []string
		asked    string
	}{
		"a password":      {password: "secret", asked: "secret"},
		"a wrong one":     {password: "wrong", err: &finesse.Error{Status: 401}, want: []string{"/topic/A 1001#Error#SUBSCRIPTION_FAILED"}, asked: "wrong"},
		"out of service":  {password: "secret", err: errNoService, want: []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, asked: "secret"},
		"a token as ever": {password: claiming},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(g *rig) {
				g.deps.Options.TokenService = true
				g.tokens(100 * time.Second)
				if tc.err != nil {
					g.denies(tc.err)
				}
				g.start()
				g.do(destA, "Connect#1001", "A,"+tc.password+",SSO")
				require.Equal(t, tc.want, g.got())
				if tc.asked == "" {
					require.Zero(t, g.renewals())
					return
				}
				require.Equal(t, tc.asked, g.server.renewals[0].Password.Reveal())
				require.True(t, g.server.renewals[0].Access.IsZero())
				if tc.want != nil {
					require.Empty(t, g.server.log(), "a password is never tried as a token")
					return
				}
				g.do(noDest, "Login#1001", tc.password+",2001")
				require.Equal(t, "t1", g.server.lastCred.Password.Reveal())
				time.Sleep(75 * time.Second)
				require.Equal(t, 2, g.renewals())
				require.Equal(t, "secret", g.server.renewals[1].Password.Reveal(), "the service may want it again")
				g.got()
			})
		})
	}
}

func TestTokenServiceWithoutAServer(t *testing.T) {
	bubble(t, func(g *rig) {
		g.deps.Options.TokenService = true
		g.current = nil
		g.start()
		g.do(destA, "Connect#1001", "A,secret,SSO")
		require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got())
	})
}

// TestShownAgain: a client does not know what its token has become.
func TestShownAgain(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		time.Sleep(150 * time.Second)
		require.Equal(t, "t2", g.token())
		g.do(destA, "Connect#1001", "A,"+claiming+",SSO")
		g.do(noDest, "Login#1001", "t0,2001")
		require.Equal(t, "t2", g.server.lastCred.Password.Reveal())
		require.Len(t, g.server.streams, 1)
		require.Equal(t, 2, g.renewals(), "and nothing begins anew")
		g.tell(userEvent("", finesse.StateNotReady))
		g.got()
		g.do(destB, "Connect#1001", "B,"+claiming+",SSO")
		require.Equal(t, []string{"/topic/B 1001#Error#SUBSCRIPTION_FAILED"}, g.got(), "an old token moves nobody")
		require.Equal(t, "t2", g.token())

		g.denies(errNoService)
		time.Sleep(101 * time.Second)
		g.server.streams[0].end(errors.New("gone"))
		time.Sleep(time.Second)
		g.got()
		g.do(destA, "Connect#1001", "A,"+claiming+",SSO")
		require.Equal(t, []string{"/topic/A 1001#Error#FINESSE_UNAVAILABLE"}, g.got(), "it has run out, and there is no new one now")
		g.tokens(time.Hour)
		g.do(destA, "Connect#1001", "A,"+claiming+",SSO")
		g.do(noDest, "GetState#1001", "")
		require.NotContains(t, g.got(), "Error")
		require.Equal(t, "t1", g.token())
	})
}

func TestPasswordsAreNotRenewed(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.do(destA, "Connect#1001", "A,pw")
		require.False(t, g.s.presence.Credentials().Bearer)
		time.Sleep(time.Hour)
		require.Zero(t, g.renewals())
		g.got()
	})
}

// TestTokenOfUnknownLife: it is renewed at once, and the answer says the rest. One
// that cannot be is used as long as Finesse takes it.
func TestTokenOfUnknownLife(t *testing.T) {
	bubble(t, func(g *rig) {
		g.tokens(100 * time.Second)
		g.start()
		g.do(destA, "Connect#1001", "A,t0,SSO")
		require.Equal(t, 1, g.renewals())
		require.Equal(t, "t1", g.token())
		time.Sleep(75 * time.Second)
		require.Equal(t, 2, g.renewals())
		g.server.set(func(f *fakeServer) { f.tokens, f.renew = []string{"u"}, nil })
		g.do(destA, "Connect#1001", "A,u,SSO")
		time.Sleep(time.Hour)
		require.Equal(t, 3, g.renewals())
		require.Equal(t, PhaseConnected, g.s.Snapshot().Phase)
		require.Empty(t, g.got())
	})
}

func TestTokenWithoutAServer(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.note(func() { g.current = nil })
		time.Sleep(80 * time.Second)
		require.Zero(t, g.renewals())
		g.note(func() { g.current = g.server })
		time.Sleep(5 * time.Second)
		require.Equal(t, 1, g.renewals())
	})
}

func TestEndDuringARenewal(t *testing.T) {
	bubble(t, func(g *rig) {
		g.signedOn()
		g.server.set(func(f *fakeServer) {
			f.renewCtx = func(ctx context.Context) { <-ctx.Done() }
		})
		time.Sleep(75 * time.Second)
		require.Equal(t, 1, g.renewals())
		g.cancel()
		<-g.s.Done()
	})
}
