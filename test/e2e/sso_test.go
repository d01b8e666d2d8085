package e2e

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"gcbridge/bridge/config"
	"gcbridge/finesse"
	"gcbridge/finesse/sim"
	"gcbridge/test/brokertest"
	"gcbridge/test/wait"
)

// ending makes tokens that live for so long, and can be renewed for so long.
func ending(life, refresh time.Duration) sim.Option {
	return sim.WithConfig(func(c *sim.Config) { c.AuthMode, c.TokenLife, c.RefreshLife = "SSO", life, refresh })
}

// accessToken is the token in what the simulator gave an agent.
func accessToken(t *testing.T, answer string) string {
	t.Helper()
	token, err := finesse.DecodeToken([]byte(answer))
	require.NoError(t, err)
	return token.Access.Reveal()
}

// signOn connects an agent with what the token service answered, and logs them in.
func (p *phone) signOn(t *testing.T, answer string) {
	t.Helper()
	p.do("Connect#1001", "A,"+answer+",SSO")
	p.do("Login#1001", accessToken(t, answer)+",2001")
	p.expect(own, "1001#AgentInfo#")
	p.expect(own, "1001#State#NOT_READY#")
	p.expect(own, "1001#DialogStatus#")
}

// renewals counts the requests for new tokens.
func renewals(s *sim.Server) (n int) {
	for _, r := range s.Requests() {
		if strings.HasPrefix(r.Path, "/desktop/sso/token") {
			n++
		}
	}
	return n
}

// TestSSOThroughAShift: tokens come and go, commands and relinks go on, and the
// client may show the token that it knows.
func TestSSOThroughAShift(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil, ending(2*time.Second, time.Hour))
	p := newPhone(t, l.broker, own)
	first := l.sim.SignOn("1001")
	p.signOn(t, first)
	for shift, word := range []string{"MakeReady", "MakeNotReady", "MakeReady"} {
		before := renewals(l.sim)
		require.True(t, wait.Until(patience, func() bool { return renewals(l.sim) >= before+2 }), "token %d is renewed", shift)
		p.answer(own, p.do(word+"#1001", ""), "1001#State#")
		require.Equal(t, 1, l.sim.DropXMPP("1001"))
		require.Equal(t, "true", p.expect(own, "1001#DialogStatus#").header.Get("gcRecovered"))
	}
	p.do("Connect#1001", "A,"+first+",SSO")
	p.answer(own, p.do("MakeNotReady#1001", ""), "1001#State#NOT_READY#")
	require.NotContains(t, p.describe(), "#Error#")
	require.NotContains(t, l.logs.String(), accessToken(t, first))
}

// TestSSOEnds: the client is told before the end of a token that cannot be
// renewed, and a new one goes on without a gap.
func TestSSOEnds(t *testing.T) {
	l := newLab(t, brokers[1].start(t), nil, ending(6*time.Second, time.Second))
	p := newPhone(t, l.broker, own)
	p.signOn(t, l.sim.SignOn("1001"))
	p.expect(own, "1001#Error#AUTHORIZATION_FAILURE")
	p.expect(own, "1001#Control#PrintStatusBar#Your single sign-on ends in ", " seconds and could not be renewed. Please sign in again.")
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
	next := l.sim.SignOn("1001")
	p.do("Connect#1001", "A,"+next+",SSO")
	p.answer(own, p.do("MakeNotReady#1001", ""), "1001#State#NOT_READY#")
	require.NotContains(t, p.describe(), "#Error#SUBSCRIPTION_FAILED")
	require.Len(t, l.sim.Resources("1001"), 1)
}

// TestSSOTokenService: with GC_SSO_TOKEN_URL a Connect carries the password, as
// with the original's ACCESS_TOKEN_URL.
func TestSSOTokenService(t *testing.T) {
	var finesse *sim.Server
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := r.PostFormValue("username")
		if user == "" || r.PostFormValue("password") != "domain-"+user {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, finesse.SignOn(user))
	}))
	t.Cleanup(service.Close)
	l := newLab(t, brokers[1].start(t), func(c *config.Config) { c.SSOTokenURL = service.URL + "/getaccesstoken" }, ending(2*time.Second, time.Hour))
	finesse = l.sim
	p := newPhone(t, l.broker, own)
	p.answer(own, p.do("Connect#1001", "A,wrong,SSO"), "1001#Error#SUBSCRIPTION_FAILED")
	p.do("Connect#1001", "A,domain-1001,SSO")
	p.do("Login#1001", "domain-1001,2001")
	p.expect(own, "1001#AgentInfo#")
	require.True(t, wait.Until(patience, func() bool { return l.worker.Snapshot().Counters["tokens_renewed"] >= 3 }), "renewed there, too")
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
	require.Zero(t, renewals(l.sim), "Finesse itself is not asked")
	require.NotContains(t, l.logs.String(), "domain-1001")
}

// TestSSOTakeOverWithADeadToken: the node that takes an agent over whose token has
// run out renews it first.
func TestSSOTakeOverWithADeadToken(t *testing.T) {
	amq := brokertest.ActiveMQ(t)
	l := newLab(t, amq.URL(), func(c *config.Config) { paired(c); c.ConsumerPriority = 100; c.NodeID = "node-2" }, ending(4*time.Second, time.Hour))
	first, stop := l.second("node-1", 127)
	require.Eventually(t, func() bool { return len(first.Snapshot().Pair.Peers) == 1 }, patience, tick, "they see each other")
	p := newPhone(t, l.broker, own)
	p.signOn(t, l.sim.SignOn("1001"))
	require.NoError(t, l.sim.AddFault(sim.Fault{Path: "/desktop/sso/token", Status: 503}))
	p.expect(own, "1001#Error#AUTHORIZATION_FAILURE")
	dead := func() bool {
		s := first.Snapshot().Agents
		return len(s) == 1 && !s[0].TokenEnds.IsZero() && time.Now().After(s[0].TokenEnds)
	}
	require.Eventually(t, dead, patience, tick)
	stop()
	require.Eventually(t, func() bool { return l.worker.Snapshot().Counters["token_renewals_failed"] > 0 }, patience, tick, "node-2 tries")
	l.sim.ClearFaults()
	st := p.expect(own, "1001#DialogStatus#")
	require.Equal(t, "node-2", st.header.Get("gcNode"))
	p.answer(own, p.do("MakeReady#1001", ""), "1001#State#READY#")
	require.NotContains(t, p.describe(), "SUBSCRIPTION_FAILED")
	require.NotContains(t, p.describe(), "RE_LOGIN")
}
